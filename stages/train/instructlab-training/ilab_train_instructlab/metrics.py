"""The file in which upstream notes each step: for progress and losses, never to decide by.

Lines may be missing (they are written in the background) and the last may be torn. After a kill, steps that no state
held are taken again and noted again: of a place in the training the last line counts.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FILE = "training_params_and_metrics_global0.jsonl"


@dataclass(frozen=True)
class Step:
    samples: int
    """Rows of the phase behind the step."""
    loss: float
    """Nats per counted token, before the step; not finite when the training has diverged."""
    tokens: int
    """Counted ones."""
    rate: float
    rows_per_second: float


class Metrics:
    def __init__(self, output: Path) -> None:
        self._file = output / FILE
        self._offset = 0
        self.steps: dict[int, Step] = {}
        """By rows behind them."""
        if self._file.is_file():
            self._end_torn_line()
            list(self.read())

    def read(self) -> Iterator[Step]:
        """The steps noted since the last call."""
        try:
            with self._file.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            step = _step(line)
            if step is not None:
                self.steps[step.samples] = step
                yield step

    def mean(self, after: int, until: int) -> float | None:
        """The mean over counted tokens of the steps that end behind `after` rows and not behind `until`."""
        return mean([step for samples, step in self.steps.items() if after < samples <= until])

    def _end_torn_line(self) -> None:
        with self._file.open("r+b") as file:
            if file.seek(0, 2) > 0:
                file.seek(-1, 2)
                if file.read(1) != b"\n":
                    file.write(b"\n")


def mean(steps: list[Step]) -> float | None:
    tokens = sum(step.tokens for step in steps)
    return sum(step.loss * step.tokens for step in steps) / tokens if tokens else None


def _step(line: bytes) -> Step | None:
    try:
        data = json.loads(line)
        return Step(
            samples=int(data["samples_seen"]),
            loss=float(data["avg_loss"]),
            tokens=int(data["num_loss_counted_tokens"]),
            rate=float(data["lr"]),
            rows_per_second=float(data["overall_throughput"]),
        )
    except (ValueError, KeyError, TypeError):
        return None


def has_diverged(step: Step) -> bool:
    return not math.isfinite(step.loss)
