"""The stage: inputs `model` (base), `checkpoints`, `tasks`, `heldout`; artifacts `scores`, `scores-table`,
`upstream-reports`, `model`."""

import json
import shutil
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ilab_models.checkpoints import read_candidates
from ilab_models.configuration import difference, fingerprints, record
from ilab_models.log import say
from ilab_models.model_source import find_model
from ilab_models.scratch import scratch_folder
from ilab_process.child import Child
from ilab_stage import BadInput, Stage, Stopped, TryLater, digest_folder
from ilab_teacher.client import TeacherClient, Unanswered
from ilab_wandb.report import send
from ilab_wandb.settings import Wandb

from . import logged, repository, tasks
from .environment import ENGINE, child_environment
from .measured import RATED, Findings, tell
from .models import Model, all_models
from .mt_bench import FAULT
from .report import metrics, scores_document, scores_table, upstream_reports
from .results import Results
from .settings import MMLU, MMLU_BRANCH, MT_BENCH_BRANCH, Settings

_PACKAGES = ("instructlab-eval", "lm-eval", "torch", "transformers")


def main(stage: Stage) -> None:
    scratch = scratch_folder(stage, "eval")
    try:
        evaluate(stage, scratch)
    except Stopped as error:
        raise TryLater("stopped on request (SIGTERM): what was measured is kept") from error
    shutil.rmtree(scratch, ignore_errors=True)


def evaluate(stage: Stage, scratch: Path) -> None:
    settings = Settings.read(stage.params)
    wandb = Wandb.read(stage.params)
    base = find_model(stage, "model", scratch)
    checkpoints = stage.input("checkpoints").path
    models = all_models(base.path, read_candidates(checkpoints))
    work = _Work(stage, settings, scratch)
    work.keep_only_ours({"base": fingerprints(base.path), "checkpoints": _folders(models)})
    _ask_judge(settings, stage.environment)

    work.measure_mmlu(models)
    work.measure_mt_bench([model for model in models if model.is_base or model.is_final])
    findings = Findings(
        models,
        work.results,
        benchmarks=work.benchmarks,
        questions=work.tasks.questions if work.tasks else (),
        leaves=work.leaves or {},
        absent=work.absent,
    )
    tell(findings)
    if not findings.benchmarks:
        raise BadInput(
            "nothing could be measured: " + "; ".join(f"{one}: {why}" for one, why in findings.absent.items())
        )
    chosen, by = findings.chosen()
    judge = settings.judge.model if settings.judge else ""
    found = metrics(findings, chosen) | {
        "candidates": sum(not model.is_base for model in findings.models),
        "questions": findings.question_count,
    }
    _write(stage, findings, chosen, by=by, judge=judge)
    if wandb is not None:
        send(stage, wandb, logged.report(findings, chosen, by, found, judge), engine=ENGINE, scratch=scratch)
    stage.progress(f"chose {chosen.name} by {by}", fraction=1, metrics=found)
    stage.finish(found, chosen=chosen.name)


class _Work:
    """What is measured with what, and by which program."""

    def __init__(self, stage: Stage, settings: Settings, scratch: Path) -> None:
        self._stage = stage
        self._settings = settings
        self._scratch = scratch
        self._environment = child_environment(stage.environment, scratch, settings.first_questions)
        self.results = Results(scratch / "results")
        self.absent: dict[str, str] = {}
        given = stage.optional_input("tasks")
        heldout = stage.optional_input("heldout")
        self._inputs = [found.path for found in (given, heldout) if found is not None]
        self.tasks = tasks.lay_out(given.path, scratch / "tasks") if given and self._wants(MMLU_BRANCH) else None
        if self._wants(MMLU_BRANCH) and self.tasks is None:
            self.absent[MMLU_BRANCH] = "there is no multiple-choice question"
        self.leaves: dict[str, str] | None = None
        if self._wants(MT_BENCH_BRANCH):
            file = heldout.path / "heldout.jsonl" if heldout else None
            self.leaves = repository.lay_out(file, scratch / "taxonomy") if file else None
            if self.leaves is None:
                self.absent[MT_BENCH_BRANCH] = "no example of a skill was held out"

    @property
    def benchmarks(self) -> list[str]:
        """Those that can be measured, as far as is known before."""
        return [one for one in self._settings.benchmarks if one not in self.absent]

    def keep_only_ours(self, models: Mapping[str, Any]) -> None:
        configuration = {
            "settings": self._settings.as_json(),
            "models": models,
            "inputs": {path.name: digest_folder(path.resolve())[0] for path in self._inputs},
            "packages": {name: version(name) for name in _PACKAGES},
        }
        file = self._scratch / "configuration.json"
        differs = difference(file, configuration)
        if differs is None:
            return
        folders = [self._scratch / name for name in ("results", "mt_bench")]
        if file.is_file() and any(folder.is_dir() for folder in folders):
            say(f"what an earlier try measured is of another configuration ({differs}): starts anew")
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        record(file, configuration)

    def measure_mmlu(self, models: Sequence[Model]) -> None:
        wanted = [one for one in (MMLU, MMLU_BRANCH) if one in self.benchmarks]
        missing = [(model, open_ones) for model in models if (open_ones := self._missing(model, wanted))]
        if not missing:
            return
        shots = tasks.few_shots([self.tasks], self._settings.few_shots)
        if shots != self._settings.few_shots:
            say(
                "no answered question stands before another: the tasks ask each several times, it would give the answer"
            )
        plan = {
            "tasks": str(self.tasks.folder) if self.tasks else None,
            "few_shots": {MMLU: self._settings.few_shots, MMLU_BRANCH: shots},
            "batch_size": self._settings.batch_size,
            "models": [{"name": model.name, "folder": str(model.folder), "results": files} for model, files in missing],
        }
        self._stage.progress(f"measuring {', '.join(wanted)} of {len(missing)} models", fraction=0)
        self._run("mmlu", plan)

    def measure_mt_bench(self, models: Sequence[Model]) -> None:
        wanted = [one for one in RATED if one in self.benchmarks]
        missing = [(model, open_ones) for model in models if (open_ones := self._missing(model, wanted))]
        judge = self._settings.judge
        if not missing or judge is None:
            return
        plan = {
            "models": [
                {"key": model.key, "folder": str(model.folder), "is_base": model.is_base, "results": files}
                for model, files in missing
            ],
            "serve": self._settings.serve,
            "gpus": self._settings.gpus,
            "seconds": self._settings.serve_seconds,
            "workers": self._settings.max_workers,
            "judge": {"url": judge.url, "model": judge.model},
            "merge": self._settings.merge_system_message,
            "taxonomy": str(self._scratch / "taxonomy"),
            "work": str(self._scratch / "mt_bench"),
        }
        self._stage.progress(f"measuring {', '.join(wanted)} of {len(missing)} models", fraction=0.5)
        self._run("mt_bench", plan)

    def _wants(self, benchmark: str) -> bool:
        return benchmark in self._settings.benchmarks

    def _missing(self, model: Model, benchmarks: Sequence[str]) -> dict[str, str]:
        return {one: str(self.results.place(model, one)) for one in benchmarks if self.results.read(model, one) is None}

    def _run(self, program: str, plan: Mapping[str, Any]) -> None:
        folder = self._scratch / program
        folder.mkdir(exist_ok=True)
        place = folder / "plan.json"
        place.write_text(json.dumps(plan), encoding="utf-8")
        fault = folder / FAULT
        fault.unlink(missing_ok=True)
        child = Child(f"ilab_eval_instructlab.{program}", [str(place)], environment=self._environment, folder=folder)
        code = child.follow(lambda: None)
        if fault.is_file():
            told = json.loads(fault.read_text(encoding="utf-8"))
            raise {"BadInput": BadInput, "TryLater": TryLater}[told["kind"]](told["message"])
        if code != 0:
            raise RuntimeError(f"{program} ended with {code}: {child.last[-1] if child.last else 'it printed nothing'}")


def _ask_judge(settings: Settings, environment: Mapping[str, str]) -> None:
    """Before hours of answers are made for it."""
    if settings.judge is None:
        return
    client = TeacherClient(settings.judge, environment.get("JUDGE_API_KEY"), say=say)
    client.check_model()
    question = [{"role": "user", "content": "Rate this answer from [[1]] to [[10]]: yes."}]
    try:
        client.ask(question, temperature=0, max_tokens=16)
    except Unanswered as error:
        raise BadInput(f"the judge at {settings.judge.url} refuses a simple question: {error}") from error


def _folders(models: Sequence[Model]) -> dict[str, Any]:
    return {model.name: fingerprints(model.folder) for model in models if not model.is_base}


def _write(stage: Stage, findings: Findings, chosen: Model, *, by: str, judge: str) -> None:
    document = scores_document(findings, chosen, by)
    stage.output("scores.json").write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    stage.output("scores.md").write_text(scores_table(findings, chosen), encoding="utf-8")
    reports = stage.fresh_folder("reports")
    for name, report in upstream_reports(findings, chosen, judge).items():
        (reports / name).write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    target = stage.fresh_folder("model")
    for file in sorted(chosen.folder.iterdir()):
        if file.is_file():
            shutil.copyfile(file, target / file.name)
    stage.add_artifact("scores", "scores.json")
    stage.add_artifact("scores-table", "scores.md")
    stage.add_artifact("upstream-reports", "reports")
    stage.add_artifact("model")
