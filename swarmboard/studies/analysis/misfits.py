"""Whether a law fits the levels it was fitted to, as far as the spread of replicates tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

MISFIT_P = 0.01
"""Lack of fit is told when chance alone gives as much this rarely ..."""
MISFIT_SHARE = 0.05
"""... and some level lies at least so far from the law, as a share of it."""
_NO_SPREAD = 1e-24


@dataclass(frozen=True, slots=True)
class Misfit:
    """An F-test of how far levels lie from a law, against the spread of replicates."""

    ratio: float
    """F: how many times the variance that replicates account for."""
    p: float


def lack_of_fit(samples: Sequence[Any], squares: float, free: int) -> Misfit | None:
    """Return the test; None where replicates show no spread to compare with.

    Args:
        samples: The runs of each level, in the unit in which the law was fitted.
        squares: The sum of squares that is to be accounted for, over runs.
        free: Its degrees of freedom; below 1 there is no test.
    """
    within = float(sum(((sample - sample.mean()) ** 2).sum() for sample in samples))
    free_within = sum(len(sample) for sample in samples) - len(samples)
    if free < 1 or free_within < 1 or within <= _NO_SPREAD:
        return None
    ratio = (squares / free) / (within / free_within)
    return Misfit(float(ratio), float(stats.f.sf(ratio, free, free_within)))


def bend(samples: Sequence[Any], levels: Any) -> Misfit | None:
    """Return the test of a line's bend alone, which a test of all that is off a line may miss.

    Args:
        samples: The runs of each level.
        levels: Where they lie, three or more.
    """
    sizes = np.array([len(sample) for sample in samples])
    means = np.array([sample.mean() for sample in samples])
    centred = levels - np.average(levels, weights=sizes)
    left = []
    for degree in (1, 2):
        line = np.polyval(np.polyfit(centred, means, degree, w=np.sqrt(sizes)), centred)
        left.append(float((sizes * (means - line) ** 2).sum()))
    return lack_of_fit(samples, left[0] - left[1], 1)


def is_off(deviation: float, *tests: Misfit | None) -> bool:
    """Say whether a law does not fit.

    Args:
        deviation: Of the level that lies furthest from it, as a share of it.
        tests: Of which one is enough; where there is none, the deviation decides.
    """
    ps = [test.p for test in tests if test]
    return deviation > MISFIT_SHARE and (not ps or min(ps) < MISFIT_P)
