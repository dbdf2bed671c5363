"""Intervals that decide: Wilson's of shares, Student's of means, and of a difference of two."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

FEWEST_EQUAL = 10
"""Of fewer runs that all have the same value nothing is held to be sure."""


@dataclass(frozen=True)
class Sample:
    """The values of a response in some runs of one point."""

    values: Sequence[float]
    is_share: bool
    """Whether each value is 0 or 1, and what is asked for is the share of ones."""

    @property
    def n(self) -> int:
        """How many runs have a value."""
        return len(self.values)

    @cached_property
    def mean(self) -> float | None:
        """The mean, or the share of ones; None without any value."""
        return float(np.mean(self.values)) if self.n else None


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with the ends of its interval."""

    value: float
    low: float
    high: float
    can_be_sure: bool = True
    """False where it rests on a few equal values, which do not tell how far others may lie."""

    @property
    def half_width(self) -> float:
        """Half the distance between the ends."""
        return (self.high - self.low) / 2

    def moved(self, by: float) -> "Interval":
        """Return it with the value and both ends moved."""
        return replace(self, value=self.value + by, low=self.low + by, high=self.high + by)


def interval_of(sample: Sample, confidence: float) -> Interval | None:
    """Return Wilson's interval of a share, Student's of a mean; None where there is none.

    Args:
        sample: The values; a mean needs two at least.
        confidence: In percent.
    """
    from scipy import stats

    if sample.mean is None or (sample.n < 2 and not sample.is_share):
        return None
    is_telling = sample.n >= FEWEST_EQUAL or min(sample.values) < max(sample.values)
    if sample.is_share:
        ones = round(sum(sample.values))
        ends = stats.binomtest(ones, sample.n).proportion_ci(confidence / 100, method="wilson")
        return Interval(sample.mean, float(ends.low), float(ends.high), is_telling)
    if min(sample.values) == max(sample.values):
        return Interval(sample.mean, sample.mean, sample.mean, is_telling)
    error = float(np.std(sample.values, ddof=1)) / sample.n**0.5
    reach = float(stats.t.ppf(0.5 + confidence / 200, sample.n - 1)) * error
    return Interval(sample.mean, sample.mean - reach, sample.mean + reach)


def difference(one: Interval, other: Interval) -> Interval:
    """Return the interval of `one` minus `other` from those of both, as Newcombe does."""
    value = one.value - other.value
    below = ((one.value - one.low) ** 2 + (other.high - other.value) ** 2) ** 0.5
    above = ((one.high - one.value) ** 2 + (other.value - other.low) ** 2) ** 0.5
    return Interval(value, value - below, value + above, one.can_be_sure and other.can_be_sure)
