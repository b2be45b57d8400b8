"""Means of small samples, how sure they are, and whether a difference can be told from chance."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

# Student's t at 97.5 % by degrees of freedom; between two of them the smaller counts, which widens the interval.
_T = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228, 12: 2.179,
      14: 2.145, 16: 2.120, 18: 2.101, 20: 2.086, 25: 2.060, 30: 2.042, 40: 2.021, 60: 2.000, 120: 1.980}  # fmt: skip

_ALIKE = 6


@dataclass(frozen=True)
class Estimate:
    value: float
    error: float | None
    """Standard error; None when one observation is all there is."""
    freedom: int
    """Degrees of freedom behind the error."""

    @property
    def within_noise(self) -> bool | None:
        """Of a difference: whether its 95 % interval holds zero; None where there is no interval.

        Where all changed by the same there is no interval either: by the sign test five alike may be chance, six are not.
        """
        if self.error == 0 and self.value != 0:
            return self.count < _ALIKE
        return None if self.error is None else abs(self.value) <= t_quantile(self.freedom) * self.error

    @property
    def count(self) -> int:
        """How many observations it is from."""
        return self.freedom + 1


def t_quantile(freedom: int) -> float:
    return _T[max(known for known in _T if known <= max(1, freedom))]


def ratio(sums: Sequence[float], sizes: Sequence[float]) -> Estimate:
    """Sum over sum, each row one observation: nats over tokens, for example."""
    size, count = sum(sizes), len(sums)
    value = sum(sums) / size
    if count < 2:
        return Estimate(value, None, 0)
    squares = sum((one - value * weight) ** 2 for one, weight in zip(sums, sizes, strict=True))
    return Estimate(value, math.sqrt(squares * count / (count - 1)) / size, count - 1)


def mean_of_groups(groups: Sequence[Sequence[float]]) -> Estimate:
    """The unweighted mean of the groups' means: a group of one counts like a group of hundreds.

    For the error all observations are one sample: groups are too small for a variance of their own, and as what differs
    between them is counted as chance, the error is rather too big than too small.
    """
    means = [sum(group) / len(group) for group in groups]
    value = sum(means) / len(means)
    every = [one for group in groups for one in group]
    if len(every) < 2:
        return Estimate(value, None, 0)
    centre = sum(every) / len(every)
    variance = sum((one - centre) ** 2 for one in every) / (len(every) - 1)
    weights = sum(1 / len(group) for group in groups) / len(groups) ** 2
    return Estimate(value, math.sqrt(variance * weights), len(every) - 1)
