"""What is measured: the base, and the checkpoints of the train stage."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ilab_models.checkpoints import Candidate
from ilab_scores.scores import BASE


@dataclass(frozen=True)
class Model:
    name: str
    """`base`, or the checkpoint's."""
    folder: Path
    is_final: bool
    """Whether it can be chosen: a checkpoint of the last phase."""

    @property
    def key(self) -> str:
        """The name as part of a file name, and as what a server calls the model."""
        return self.name.replace("/", "-")

    @property
    def is_base(self) -> bool:
        return self.name == BASE


def all_models(base: Path, candidates: Sequence[Candidate]) -> list[Model]:
    """The base first. A checkpoint of an earlier phase is where the next began: it is no model to publish."""
    last = max(candidate.phase for candidate in candidates)
    ours = [Model(candidate.name, candidate.folder, candidate.phase == last) for candidate in candidates]
    return [Model(BASE, base, False), *ours]
