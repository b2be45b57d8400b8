"""Which rows of a teacher may be trained on."""

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from .leaves import Example, Leaf
from .rows import Turn, example_turns
from .texts import HeldOutTexts, normal


class Seeded(Protocol):
    """A leaf with the examples it is trained on."""

    @property
    def leaf(self) -> Leaf: ...
    @property
    def training(self) -> Sequence[Example]: ...


class Fitting:
    """Lets a question by once; `counts` has those that repeat what is held out, and those that repeat another."""

    def __init__(self, materials: Sequence[Seeded], held_out: HeldOutTexts) -> None:
        self._held_out = held_out
        self._seen = {
            normal(turn.user) for own in materials for e in own.training for turn in example_turns(own.leaf, e)
        }
        self.counts: Counter[str] = Counter()

    def fit(self, turns: Sequence[Turn]) -> list[Turn]:
        fit = []
        for turn in turns:
            if self._held_out.repeated_by(turn.user, turn.assistant) is not None:
                self.counts["held_out"] += 1
            elif normal(turn.user) in self._seen:
                self.counts["repeated"] += 1
            else:
                self._seen.add(normal(turn.user))
                fit.append(turn)
        return fit
