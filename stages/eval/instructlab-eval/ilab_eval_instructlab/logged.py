"""What Weights & Biases is told: the metrics of the stage, base against chosen leaf by leaf, a point for each model."""

from collections.abc import Mapping
from typing import Any

from ilab_scores.scores import Compared
from ilab_wandb.report import Report

from .measured import Findings
from .models import Model
from .settings import MMLU_BRANCH, MT_BENCH_BRANCH


def report(findings: Findings, chosen: Model, by: str, metrics: Mapping[str, float], judge: str) -> Report:
    return Report(
        stage="eval",
        config={"chosen": chosen.name, "chosenBy": by, "judge": judge, "absent": dict(findings.absent)},
        summary={**metrics, **_by_leaf(findings, chosen)},
        history=[{"model": model.name, **_of_model(findings, model)} for model in findings.models],
    )


def _of_model(findings: Findings, model: Model) -> dict[str, Any]:
    found = {one: findings.compared(model, one) for one in findings.benchmarks}
    return {one: compared.own.value for one, compared in found.items() if compared is not None}


def _by_leaf(findings: Findings, chosen: Model) -> dict[str, float]:
    figures: dict[str, float] = {}
    for leaf in findings.leaves:
        for benchmark in (MMLU_BRANCH, MT_BENCH_BRANCH):
            base = findings.compared(findings.base, benchmark, leaf)
            tuned = findings.compared(chosen, benchmark, leaf)
            name = f"leaves/{leaf}/{benchmark}"
            figures |= _figure(f"{name}_base", base) | _figure(f"{name}_tuned", tuned)
            if tuned is not None and tuned.delta is not None:
                figures[f"{name}_delta"] = tuned.delta.value
    return figures


def _figure(name: str, found: Compared | None) -> dict[str, float]:
    return {} if found is None else {name: found.own.value}
