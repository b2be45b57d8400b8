"""Everything that was measured of every model, in the form that reports and choice want it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ilab_models.log import say
from ilab_scores.scores import Compared, Measured, Scores

from .models import Model
from .ratings import Ratings, compare
from .results import Results
from .settings import BENCHMARKS, MMLU, MMLU_BRANCH, MT_BENCH, MT_BENCH_BRANCH
from .tasks import Question

RATED = (MT_BENCH, MT_BENCH_BRANCH)
# The first that was measured decides: upstream chooses by MT-Bench.
_DECIDES = (MT_BENCH, MT_BENCH_BRANCH, MMLU_BRANCH, MMLU)


@dataclass(frozen=True)
class _NoRows:
    """Upstream measures no loss."""

    leaves: tuple[str, ...] = ()
    tokens: tuple[int, ...] = ()


class Findings:
    """The base comes first among `models`."""

    def __init__(
        self,
        models: Sequence[Model],
        results: Results,
        *,
        benchmarks: Sequence[str],
        questions: Sequence[Question],
        leaves: Mapping[str, str],
        absent: Mapping[str, str],
    ) -> None:
        """`leaves`: by path of a qna.yaml; `absent`: why a benchmark was not measured, by its name."""
        self.models = models
        found = {one: {model.name: results.read(model, one) for model in models} for one in benchmarks}
        self._found = {one: own for one, own in found.items() if _is_there(own[models[0].name])}
        reasons = {one: own[models[0].name] for one, own in found.items() if one not in self._found}
        self.absent = {one: reason["absent"] for one, reason in reasons.items() if reason} | dict(absent)
        self._questions = questions if MMLU_BRANCH in self._found else ()
        self._measured = {model.name: self._right(model) for model in models}
        self._scores = Scores(_NoRows(), self._questions, self._measured[models[0].name])
        self._ratings = {
            one: {name: Ratings.of(data, leaves) for name, data in self._found[one].items() if data is not None}
            for one in RATED
            if one in self._found
        }
        self.leaves = sorted({*self._scores.leaves, *(leaves.values() if MT_BENCH_BRANCH in self._found else ())})

    @property
    def base(self) -> Model:
        return self.models[0]

    @property
    def benchmarks(self) -> list[str]:
        """Those that were measured."""
        return [one for one in BENCHMARKS if one in self._found]

    @property
    def question_count(self) -> int:
        return len({(one.leaf, one.item) for one in self._questions})

    def raw(self, model: Model, benchmark: str) -> dict[str, Any] | None:
        """As its program wrote it; None where it was not measured."""
        return self._found.get(benchmark, {}).get(model.name)

    def ratings(self, model: Model, benchmark: str) -> Ratings | None:
        return self._ratings.get(benchmark, {}).get(model.name)

    def compared(self, model: Model, benchmark: str, leaf: str | None = None) -> Compared | None:
        """The figure of a model and its difference to the base's; None where it was not measured."""
        if benchmark == MMLU_BRANCH:
            return self._scores.choice(self._measured[model.name], leaf)
        if benchmark == MMLU:
            return self._compared_tasks(model) if leaf is None else None
        own, base = self.ratings(model, benchmark), self.ratings(self.base, benchmark)
        if leaf is not None:
            own, base = own and own.of_leaf(leaf), base and base.of_leaf(leaf)
        return compare(own, None if model.is_base else base)

    def chosen(self) -> tuple[Model, str]:
        """The best by the first benchmark that decides, of equal ones the earlier, and that benchmark."""
        by = next(one for one in _DECIDES if one in self._found)
        finals = [model for model in self.models if model.is_final and self.compared(model, by) is not None]
        return max(finals, key=lambda model: self._value(model, by)), by

    def _value(self, model: Model, benchmark: str) -> float:
        found = self.compared(model, benchmark)
        assert found is not None
        return found.own.value

    def _right(self, model: Model) -> Measured:
        found = self._found.get(MMLU_BRANCH, {}).get(model.name) or {"right": {}}
        return Measured(model.name, [], [found["right"][one.task][one.place] for one in self._questions])

    def _compared_tasks(self, model: Model) -> Compared | None:
        """MMLU: its subjects are what differs from sample to sample."""
        own, base = self.raw(model, MMLU), self.raw(self.base, MMLU)
        if own is None or base is None:
            return None
        subjects = {name: (float(task["score"]),) for name, task in own["tasks"].items()}
        before = {name: (float(task["score"]),) for name, task in base["tasks"].items()}
        return compare(
            Ratings(own["score"], (), 0.0, subjects, {}),
            None if model.is_base else Ratings(base["score"], (), 0.0, before, {}),
        )


def tell(findings: Findings) -> None:
    """A line for each benchmark that was not measured, and for each judge that often could not be read."""
    for benchmark, reason in findings.absent.items():
        say(f"{benchmark} was not measured: {reason}")
    for model in findings.models:
        for benchmark in RATED:
            ratings = findings.ratings(model, benchmark)
            if ratings is not None and ratings.error_rate > 0:
                say(f"{model.name}: {ratings.error_rate:.0%} of the ratings of {benchmark} could not be read")


def _is_there(found: Mapping[str, Any] | None) -> bool:
    return found is not None and "absent" not in found
