"""What a judge thinks of a model's answers, and of the difference to the base."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ilab_scores.scores import Compared
from ilab_scores.statistics import Estimate, mean_of_groups


@dataclass(frozen=True)
class Ratings:
    score: float
    """Upstream's: the mean of all ratings that could be read, from 1 to 10."""
    turns: tuple[float | None, ...]
    error_rate: float
    """The part of the answers whose rating could not be read: they are not in the score."""
    by_question: Mapping[str, tuple[float, ...]]
    """Ratings of its turns; a question is one observation."""
    leaf_of: Mapping[str, str]
    """Leaf by question; empty where questions have none."""

    @staticmethod
    def of(found: Mapping[str, Any], leaves: Mapping[str, str]) -> "Ratings":
        """`found` as `mt_bench` writes it; `leaves` by path of a qna.yaml."""
        by_question: dict[str, tuple[float, ...]] = {}
        leaf_of = {}
        for answer in found["answers"]:
            question = str(answer["question_id"])
            by_question[question] = (*by_question.get(question, ()), float(answer["score"]))
            if answer.get("qna_file") in leaves:
                leaf_of[question] = leaves[answer["qna_file"]]
        return Ratings(found["score"], tuple(found["turns"]), found["error_rate"], by_question, leaf_of)

    def of_leaf(self, leaf: str) -> "Ratings | None":
        """None where the leaf has no rating."""
        own = {question: given for question, given in self.by_question.items() if self.leaf_of.get(question) == leaf}
        if not own:
            return None
        given = [rating for ratings in own.values() for rating in ratings]
        return Ratings(sum(given) / len(given), (), 0.0, own, self.leaf_of)


def compare(own: Ratings | None, base: Ratings | None) -> Compared | None:
    """The difference, where there is one, is taken question by question: of those that both have a rating for."""
    if own is None:
        return None
    estimate = _estimate(own.score, [_mean(given) for given in own.by_question.values()])
    if base is None:
        return Compared(estimate, None)
    both = own.by_question.keys() & base.by_question.keys()
    changes = [_mean(own.by_question[question]) - _mean(base.by_question[question]) for question in sorted(both)]
    return Compared(estimate, _estimate(own.score - base.score, changes) if changes else None)


def _estimate(value: float, observations: Sequence[float]) -> Estimate:
    found = mean_of_groups([list(observations)])
    return Estimate(value, found.error, found.freedom)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
