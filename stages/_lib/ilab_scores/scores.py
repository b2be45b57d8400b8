"""What was measured of each model, compared with the base, leaf by leaf and as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .statistics import Estimate, mean_of_groups, ratio

BASE = "base"


class HeldOutRows(Protocol):
    """The rows whose loss was measured; none at all where an engine measures no loss."""

    @property
    def leaves(self) -> Sequence[str]:
        """Of each row."""
        ...

    @property
    def tokens(self) -> Sequence[int]:
        """Answer tokens of each row."""
        ...


class Question(Protocol):
    @property
    def leaf(self) -> str: ...

    @property
    def item(self) -> str:
        """Rows of one question share it: they are one observation."""
        ...


@dataclass(frozen=True)
class Measured:
    """One model, on the rows and questions that all models are measured on."""

    name: str
    nats: list[float]
    """Of each held-out row."""
    right: list[bool]
    """Of each question."""


@dataclass(frozen=True)
class Compared:
    """An estimate of one model, and its difference from the base's; None for the base itself."""

    own: Estimate
    delta: Estimate | None


class Scores:
    def __init__(self, heldout: HeldOutRows, questions: Sequence[Question], base: Measured) -> None:
        self._heldout = heldout
        self._questions = questions
        self._base = base
        self.leaves = sorted({*heldout.leaves, *(question.leaf for question in questions)})

    def loss(self, model: Measured, leaf: str | None = None) -> Compared | None:
        """Nats per answer token over all leaves, or over one; None when the leaf has no row."""
        places = [at for at, own in enumerate(self._heldout.leaves) if leaf in (None, own)]
        if not places:
            return None
        sizes = [float(self._heldout.tokens[at]) for at in places]
        own = ratio([model.nats[at] for at in places], sizes)
        if model is self._base:
            return Compared(own, None)
        return Compared(own, ratio([model.nats[at] - self._base.nats[at] for at in places], sizes))

    def choice(self, model: Measured, leaf: str | None = None) -> Compared | None:
        """The part of the questions answered rightly: the mean over the leaves as upstream takes it, or of one leaf."""
        leaves = [one for one in self.leaves if leaf in (None, one)]
        groups = [items for one in leaves if (items := self._items(one))]
        if not groups:
            return None

        def estimate(value: Any) -> Estimate:
            means = [[sum(value(at) for at in item) / len(item) for item in items] for items in groups]
            return mean_of_groups(means)

        own = estimate(lambda at: float(model.right[at]))
        if model is self._base:
            return Compared(own, None)
        return Compared(own, estimate(lambda at: float(model.right[at]) - float(self._base.right[at])))

    def as_json(self, model: Measured) -> dict[str, Any]:
        """An entry of scores.json; figures that do not exist are null or, without any question at all, absent."""
        per_leaf = {
            leaf: {
                "rows": sum(own == leaf for own in self._heldout.leaves),
                "questions": len(self._items(leaf)),
                **_figures(self.loss(model, leaf), self.choice(model, leaf)),
            }
            for leaf in self.leaves
        }
        return {"name": model.name, **_figures(self.loss(model), self.choice(model)), "per_leaf": per_leaf}

    def _items(self, leaf: str) -> list[list[int]]:
        """The questions of a leaf, each as the places of its rows."""
        items: dict[str, list[int]] = {}
        for at, question in enumerate(self._questions):
            if question.leaf == leaf:
                items.setdefault(question.item, []).append(at)
        return list(items.values())


def _figures(loss: Compared | None, choice: Compared | None) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for name, compared in (("heldout_loss", loss), ("mc", choice)):
        if compared is None:
            continue
        value = name if name == "heldout_loss" else "mc_accuracy"
        figures |= {value: compared.own.value, f"{name}_se": compared.own.error}
        if compared.delta is not None:
            figures |= {
                f"{name}_delta": compared.delta.value,
                f"{name}_delta_se": compared.delta.error,
                f"{name}_within_noise": compared.delta.within_noise,
            }
    return figures
