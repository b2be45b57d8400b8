"""The report of eval (stages/README.md), read with no trust in its shape."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ilab_stage import BadInput


@dataclass(frozen=True)
class Figure:
    """One measure of one model; None where nothing was measured."""

    value: float | None
    error: float | None
    delta_error: float | None
    """Standard error of the difference to the base."""
    within_noise: bool

    @staticmethod
    def of(data: Mapping[str, Any], value: str, name: str) -> "Figure":
        error, delta_error = _number(data.get(f"{name}_se")), _number(data.get(f"{name}_delta_se"))
        return Figure(_number(data.get(value)), error, delta_error, data.get(f"{name}_within_noise") is True)


@dataclass(frozen=True)
class Score:
    loss: Figure
    choice: Figure
    mmlu: Figure
    mt_bench: Figure
    mt_bench_branch: Figure

    @staticmethod
    def of(data: Mapping[str, Any]) -> "Score":
        return Score(
            loss=Figure.of(data, "heldout_loss", "heldout_loss"),
            choice=Figure.of(data, "mc_accuracy", "mc"),
            mmlu=Figure.of(data, "mmlu", "mmlu"),
            mt_bench=Figure.of(data, "mt_bench", "mt_bench"),
            mt_bench_branch=Figure.of(data, "mt_bench_branch", "mt_bench_branch"),
        )


@dataclass(frozen=True)
class Report:
    base: Score
    tuned: Score
    chosen: str
    within_noise: bool
    candidates: int
    base_leaves: Mapping[str, Score]
    tuned_leaves: Mapping[str, Score]


def read_report(path: Path) -> Report:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        chosen = str(data["chosen"])
        tuned = next(candidate for candidate in data["candidates"] if candidate["name"] == chosen)
        return Report(
            base=Score.of(data["base"]),
            tuned=Score.of(tuned),
            chosen=chosen,
            within_noise=data.get("withinNoise") is True,
            candidates=len(data["candidates"]),
            base_leaves=_leaves(data["base"]),
            tuned_leaves=_leaves(tuned),
        )
    except StopIteration as error:
        raise BadInput("input scores has no candidate of the name it chose") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"input scores is no report of eval: {error!r}") from error


def _leaves(data: Mapping[str, Any]) -> dict[str, Score]:
    return {leaf: Score.of(score) for leaf, score in (data.get("per_leaf") or {}).items()}


def _number(value: Any) -> float | None:
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if good else None
