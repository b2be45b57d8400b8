"""What a training has done so far: everything the result needs that the weights do not tell."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Tally:
    """A mean over tokens, as its two sums."""

    nats: float = 0.0
    tokens: int = 0

    def add(self, loss: float, tokens: int) -> None:
        self.nats += loss * tokens
        self.tokens += tokens

    @property
    def mean(self) -> float:
        return self.nats / self.tokens


@dataclass(frozen=True)
class Checkpoint:
    """One entry of index.json, which leaves out `files`: names and bytes."""

    name: str
    """Also where its folder lies below `checkpoints`."""
    phase: int
    subject: str
    epoch: int
    step: int
    """Steps of the phase behind it."""
    train_loss: float
    """Nats per counted token over its epoch, as they were when the steps were taken."""
    files: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if key != "files"}


@dataclass
class Ledger:
    """`window` and `epoch` are under way; they survive a restart, so that its figures are those of a whole training."""

    checkpoints: list[Checkpoint] = field(default_factory=list)
    window: Tally = field(default_factory=Tally)
    epoch: Tally = field(default_factory=Tally)
    first_loss: float | None = None
    last_loss: float | None = None

    def close_window(self) -> float:
        loss = self.window.mean
        self.first_loss = loss if self.first_loss is None else self.first_loss
        self.last_loss = loss
        self.window = Tally()
        return loss

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(data: dict[str, Any]) -> "Ledger":
        return Ledger(
            checkpoints=[Checkpoint(**entry) for entry in data["checkpoints"]],
            window=Tally(**data["window"]),
            epoch=Tally(**data["epoch"]),
            first_loss=data["first_loss"],
            last_loss=data["last_loss"],
        )
