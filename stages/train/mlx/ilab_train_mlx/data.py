"""The two training files of datagen, encoded; what is left out is counted."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ilab_mlx.batching import shuffled_batches
from ilab_mlx.encoding import Encoded, Encoder
from ilab_models.phases import PHASES, training_files
from ilab_models.rows import Row, read_rows
from ilab_stage import BadInput

_NAMED = 5


@dataclass(frozen=True)
class Phase:
    number: int
    subject: str
    rows: tuple[Encoded, ...]
    dropped: int
    """Rows longer than the limit, left out of `rows`."""

    @property
    def title(self) -> str:
        return f"phase {self.number} ({self.subject})"

    def plan(self, *, epochs: int, size: int, seed: int) -> list["Step"]:
        """Every step of the phase, in order; the same whenever it is asked for, so that a restart finds its place."""
        lengths = [len(row.tokens) for row in self.rows]
        steps: list[Step] = []
        for epoch in range(1, epochs + 1):
            batches = shuffled_batches(lengths, size, f"{seed}/phase/{self.number}/epoch/{epoch}")
            for place, batch in enumerate(batches, 1):
                rows = tuple(self.rows[row] for row in batch)
                steps.append(Step(epoch, rows, place == len(batches)))
        return steps


@dataclass(frozen=True)
class Step:
    epoch: int
    rows: tuple[Encoded, ...]
    ends_epoch: bool

    @property
    def tokens(self) -> int:
        return sum(len(row.tokens) for row in self.rows)


def read_phases(folder: Path, encoder: Encoder, *, longest: int, say: Callable[[str], None]) -> list[Phase]:
    """The phases that have rows, in order. `say` is told what is skipped or left out."""
    present = {file.name for file in training_files(folder)}
    phases = []
    for number, subject, name in PHASES:
        if name not in present:
            say(f"phase {number} ({subject}) is skipped: there is no {name}")
            continue
        phases.append(_phase(number, subject, read_rows(folder / name), encoder, longest, say))
    return phases


def _phase(
    number: int, subject: str, rows: list[Row], encoder: Encoder, longest: int, say: Callable[[str], None]
) -> Phase:
    kept: list[Encoded] = []
    dropped: list[tuple[Row, int]] = []
    for row, encoded in _encoded(rows, encoder):
        if len(encoded.tokens) <= longest:
            kept.append(encoded)
        else:
            dropped.append((row, len(encoded.tokens)))
    phase = Phase(number, subject, tuple(kept), len(dropped))
    if dropped:
        most = max(length for _, length in dropped)
        places = ", ".join(row.place for row, _ in dropped[:_NAMED])
        more = f" and {len(dropped) - _NAMED} more" if len(dropped) > _NAMED else ""
        fault = f"{len(dropped)} of {len(rows)} rows are longer than maxSeqLen {longest} (longest: {most} tokens)"
        if not kept:
            raise BadInput(f"{phase.title} has nothing to learn from: {fault}")
        say(f"{phase.title}: {fault} and are left out: {places}{more}")
    return phase


def _encoded(rows: list[Row], encoder: Encoder) -> Iterator[tuple[Row, Encoded]]:
    return ((row, encoder.encode(row)) for row in rows)
