"""The course of one phase, known beforehand: upstream takes a batch a step and every row once an epoch."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Milestone:
    """A checkpoint that upstream writes in the course of a phase."""

    name: str
    """Also where its folder lies below `checkpoints`."""
    epoch: int
    """From 1."""
    step: int
    """Steps of the phase behind it."""
    samples: int
    """Rows of the phase behind it: upstream's name for its folder."""


@dataclass(frozen=True)
class Phase:
    number: int
    subject: str
    rows: Path
    """The file datagen made."""
    folder: Path
    """What is kept of the phase between attempts."""
    given: int
    """Rows of the file."""

    @property
    def title(self) -> str:
        return f"phase {self.number} ({self.subject})"

    @property
    def raw(self) -> Path:
        """Where upstream writes the rows as tokens."""
        return self.folder / "tokens"

    @property
    def data(self) -> Path:
        """Those of them that are trained on."""
        return self.folder / "data.jsonl"

    @property
    def counts(self) -> Path:
        """Written when `data` is whole."""
        return self.folder / "data.json"

    @property
    def output(self) -> Path:
        """Upstream's own folder."""
        return self.folder / "output"

    def hf_format(self, samples: int) -> Path:
        return self.output / "hf_format" / f"samples_{samples}"


@dataclass(frozen=True)
class Course:
    """How many steps lie where."""

    rows: int
    batch: int
    epochs: int

    @property
    def epoch_steps(self) -> int:
        return -(-self.rows // self.batch)

    @property
    def steps(self) -> int:
        return self.epoch_steps * self.epochs

    @property
    def samples(self) -> int:
        return self.rows * self.epochs

    def steps_at(self, samples: int) -> int:
        """Steps behind this many rows; the last of an epoch takes what is left of it."""
        epochs, rest = divmod(samples, self.rows)
        return epochs * self.epoch_steps + -(-rest // self.batch)

    def epoch_at(self, samples: int) -> int:
        """From 1; the epoch whose step ended behind this many rows."""
        return max(1, -(-samples // self.rows))

    def milestones(self, prefix: str, every: int) -> list[Milestone]:
        """At each epoch's end, and wherever a step ends behind a multiple of `every` rows (0: nowhere)."""
        found = []
        for epoch in range(1, self.epochs + 1):
            start = (epoch - 1) * self.rows
            for step in range(1, self.epoch_steps + 1):
                samples = start + min(step * self.batch, self.rows)
                ends = step == self.epoch_steps
                if ends or (every > 0 and samples % every == 0):
                    name = f"{prefix}/epoch-{epoch}" if ends else f"{prefix}/samples-{samples}"
                    found.append(Milestone(name, epoch, (epoch - 1) * self.epoch_steps + step, samples))
        return found
