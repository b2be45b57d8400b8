"""The stage: inputs `train` and `model`, artifact `checkpoints`."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ilab_models.checkpoints import write_index
from ilab_models.configuration import difference, fingerprints, record
from ilab_models.folders import copy_folder
from ilab_models.log import say
from ilab_models.model_source import ModelSource, find_model
from ilab_models.phases import PHASES, training_files
from ilab_models.rows import read_rows
from ilab_models.scratch import scratch_folder
from ilab_process.child import Child
from ilab_stage import BadInput, Stage, Stopped, TryLater, digest_file
from ilab_wandb.report import send
from ilab_wandb.settings import Wandb

from . import logged
from .done import Done
from .environment import ENGINE, child_environment
from .failures import failure
from .follower import follow
from .launch import Launch
from .nodes import First, Nodes, end_order
from .plan import Course, Phase
from .processed import Processed, keep_fitting
from .settings import Settings
from .training import run_phases

_PACKAGES = ("instructlab-training", "torch", "transformers", "accelerate")
# Upstream's own number.
_MOST_PROCESSES = 16


def main(stage: Stage) -> None:
    nodes = Nodes.read(stage.environment)
    scratch = scratch_folder(stage, "train")
    meeting = stage.content / "work" / "nodes"
    if nodes.count > 1 and scratch.parent != meeting.parent:
        raise BadInput(f"{meeting.parent} cannot be written: machines that train together need it, one for all of them")
    try:
        if nodes.rank > 0:
            follow(stage, nodes, meeting=meeting, scratch=scratch)
            return
        first = First(meeting, nodes) if nodes.count > 1 else None
        train(stage, scratch, nodes, first)
    except Stopped as error:
        raise TryLater("stopped on request (SIGTERM) before the first step: nothing is lost") from error
    if first is not None:
        first.order(end_order())
    shutil.rmtree(scratch, ignore_errors=True)


def train(stage: Stage, scratch: Path, nodes: Nodes, first: First | None) -> None:
    wandb = Wandb.read(stage.params)
    data = stage.input("train").path
    files = training_files(data)
    model = find_model(stage, "model", scratch)
    settings = Settings.read(stage.params, tiny=model.is_tiny, longest=model.row_limit(stage.params))
    _check_chat_template(model.path)
    phases = [_phase(number, subject, data / name, scratch) for number, subject, name in PHASES if data / name in files]
    for number, subject, name in PHASES:
        if data / name not in files:
            say(f"phase {number} ({subject}) is skipped: there is no {name}")
    machines = f" on each of {nodes.count} machines" if nodes.count > 1 else ""
    say(f"base model {model.uri}, {settings.fine_tune_type} tuning with {settings.machine}{machines}")
    _keep_only_ours(scratch, _configuration(settings, nodes, model, files))
    environment = child_environment(stage.environment, scratch=scratch, collective_timeout=settings.collective_timeout)
    report, processed = _prepare(stage, settings, phases, model.path, environment, scratch)
    flash_attention = _flash_attention(settings, report)

    stage.defer_stop()
    courses = [Course(one.rows, settings.batch_size, settings.epochs) for one in processed]
    if first is not None:
        first.meet(lambda: _stop_waiting(stage))
    launch = Launch(settings, environment, flash_attention, nodes, first)
    finished = run_phases(stage, launch, list(zip(phases, courses, strict=True)), model.path)

    root = stage.fresh_folder("checkpoints")
    for phase, done in finished:
        for name, folder in done.folders.items():
            if stage.stop_requested:
                raise TryLater("stopped on request (SIGTERM) while checkpoints were handed on: all are kept")
            copy_folder(phase.folder / folder, root / name)
    write_index(root, model.uri, [entry for _, done in finished for entry in done.checkpoints])
    stage.add_artifact("checkpoints")
    found = _metrics(settings, finished, processed, courses)
    if wandb is not None:
        send(stage, wandb, logged.report(settings.as_json(), phases, found), engine=ENGINE, scratch=scratch)
    stage.finish(found)


def _phase(number: int, subject: str, file: Path, scratch: Path) -> Phase:
    folder = scratch / f"phase{number}"
    return Phase(number, subject, file, folder, len(read_rows(file)))


def _check_chat_template(model: Path) -> None:
    if any(model.glob("chat_template*")):
        return
    config = model / "tokenizer_config.json"
    text = config.read_text(encoding="utf-8") if config.is_file() else "{}"
    try:
        found = json.loads(text).get("chat_template")
    except (ValueError, AttributeError) as error:
        raise BadInput(f"the model's tokenizer_config.json cannot be read: {error}") from error
    if not found:
        raise BadInput("the model's tokenizer has no chat template: it cannot be tuned on conversations")


def _stop_waiting(stage: Stage) -> None:
    if stage.stop_requested:
        raise TryLater("stopped on request (SIGTERM) before the first step: nothing is lost")


def _configuration(settings: Settings, nodes: Nodes, model: ModelSource, files: Sequence[Path]) -> dict[str, Any]:
    # States are those of so many ranks.
    machines = {"nodes": nodes.count} if nodes.count > 1 else {}
    return machines | {
        "settings": settings.as_json(),
        "model": {"uri": model.uri, "files": fingerprints(model.path)},
        "data": {file.name: digest_file(file.resolve()).sha256 for file in files},
        "packages": {name: version(name) for name in _PACKAGES},
    }


def _keep_only_ours(scratch: Path, configuration: Mapping[str, Any]) -> None:
    file = scratch / "configuration.json"
    differs = difference(file, configuration)
    if differs is None:
        return
    folders = [folder for folder in scratch.glob("phase*") if folder.is_dir()]
    if folders and file.is_file():
        say(f"what an earlier try kept is of another configuration ({differs}): starts anew")
    for folder in folders:
        shutil.rmtree(folder)
    record(file, configuration)


def _prepare(
    stage: Stage,
    settings: Settings,
    phases: Sequence[Phase],
    model: Path,
    environment: Mapping[str, str],
    scratch: Path,
) -> tuple[dict[str, Any], list[Processed]]:
    """What `prepare` reports, and the rows of each phase as tokens."""
    for phase in phases:
        phase.folder.mkdir(parents=True, exist_ok=True)
    missing = [phase for phase in phases if Processed.read(phase.counts) is None]
    plan = {
        "gpus": settings.gpus,
        "model": str(model),
        "processes": min(_MOST_PROCESSES, len(os.sched_getaffinity(0))),
        "data": [{"rows": str(phase.rows), "folder": str(phase.raw)} for phase in missing],
    }
    stage.progress("making rows into tokens", fraction=0)
    place = scratch / "plan.json"
    report = scratch / "report.json"
    report.unlink(missing_ok=True)
    place.write_text(json.dumps(plan), encoding="utf-8")
    child = Child("ilab_train_instructlab.prepare", [str(place)], environment=environment, folder=scratch)
    code = child.follow(lambda: None)
    if code != 0:
        raise failure("making rows into tokens", code, child.last, timeout=settings.collective_timeout)
    found = json.loads(report.read_text(encoding="utf-8"))
    if "fault" in found:
        raise BadInput(found["fault"])
    for phase in missing:
        kept = keep_fitting(
            phase.raw / "data.jsonl", phase.data, given=phase.given, longest=settings.max_seq_len, title=phase.title
        )
        shutil.rmtree(phase.raw)
        kept.write(phase.counts)
    return found, [processed for phase in phases if (processed := Processed.read(phase.counts)) is not None]


def _flash_attention(settings: Settings, report: Mapping[str, Any]) -> bool:
    if settings.backend == "deepspeed" and not report["deepspeed"]:
        raise BadInput("parameter instructlabTraining.distributedBackend is deepspeed, which is not installed here")
    if settings.flash_attention and not report["flash_attention"]:
        raise BadInput("parameter instructlabTraining.flashAttention is true, but flash-attn is not installed here")
    return bool(report["flash_attention"] if settings.flash_attention is None else settings.flash_attention)


def _metrics(
    settings: Settings,
    finished: Sequence[tuple[Phase, Done]],
    processed: Sequence[Processed],
    courses: Sequence[Course],
) -> dict[str, float]:
    """A figure that upstream did not note is absent."""
    metrics: dict[str, float] = {"checkpoints": sum(len(done.checkpoints) for _, done in finished)}
    losses = {"train_loss_first": finished[0][1].first_loss, "train_loss_last": finished[-1][1].last_loss}
    metrics |= {name: loss for name, loss in losses.items() if loss is not None}
    return metrics | {
        "rows": sum(one.rows for one in processed),
        "dropped_rows": sum(one.dropped for one in processed),
        "steps": sum(course.steps for course in courses),
        "tokens": settings.epochs * sum(one.tokens for one in processed),
    }
