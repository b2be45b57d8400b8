"""What Weights & Biases is told: the metrics of the stage, and a point for each step that upstream noted."""

from collections.abc import Mapping, Sequence
from typing import Any

from ilab_wandb.report import Report

from .metrics import Metrics
from .plan import Phase


def report(settings: Mapping[str, Any], phases: Sequence[Phase], metrics: Mapping[str, float]) -> Report:
    history = [
        {
            "phase": phase.number,
            "samples": samples,
            "loss": step.loss,
            "learning_rate": step.rate,
            "rows_per_second": step.rows_per_second,
        }
        for phase in phases
        for samples, step in sorted(Metrics(phase.output).steps.items())
    ]
    return Report(stage="train", config=settings, summary=metrics, history=history)
