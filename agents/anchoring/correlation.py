"""How much a team is right, or of one opinion, together: what its votes are worth.

n votes with pairwise correlation rho carry no more than n / (1 + (n - 1) rho) independent ones.
"""

import math
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

SHARE = 0.95
"""How sure an interval is."""
_BEYOND = 0.999999


class Correlation(NamedTuple):
    """How often agents are right, and how much together."""

    accuracy: float
    rho: float
    low: float
    """The interval of rho (95 %); may reach below 0, where agents err rather apart."""
    high: float
    tasks: int
    agents: float
    """Answers a task, in the mean."""

    @property
    def effective_votes(self) -> float:
        """What this many votes are worth in independent ones."""
        return effective_votes(self.agents, self.rho)

    @property
    def effective_range(self) -> tuple[float, float]:
        """The same at both ends of the interval."""
        return effective_votes(self.agents, self.high), effective_votes(self.agents, self.low)


def effective_votes(votes: float, rho: float) -> float:
    """Return n / (1 + (n - 1) rho); a correlation below 0 counts as none."""
    return votes / (1 + max(votes - 1, 0) * min(max(rho, 0.0), 1.0))


def correlation_of(right: NDArray[Any]) -> Correlation | None:
    """Estimate accuracy and correlation from who was right: (tasks, agents), missing -1 or NaN.

    The estimator is that of the analysis of variance, each task a cluster (Ridout, Demetrio and
    Firth 1999, "Estimating intraclass correlation for binary data"). The interval is a jackknife
    over tasks of the logarithm of the variance ratio, in which it is nearly symmetric.

    Returns:
        None where nothing can be said: fewer than three tasks with two answers or more, or all
        answers alike.
    """
    known, ones = _counted(right)
    tasks, total, hits = len(known), float(known.sum()), float(ones.sum())
    if tasks < 3 or hits in (0.0, total):
        return None
    ratio, size = _variance_ratio(known, ones)
    rho = _rho(ratio, size)
    low, high = _interval(known, ones, float(ratio), float(size))
    return Correlation(hits / total, float(rho), low, high, tasks, total / tasks)


def rho_of(known: NDArray[np.float64], ones: NDArray[np.float64]) -> float | None:
    """Return the correlation alone, from how many answers each task has and how many are right.

    None where nothing can be said, as in `correlation_of`.
    """
    if len(known) < 3 or float(ones.sum()) in (0.0, float(known.sum())):
        return None
    ratio, size = _variance_ratio(known, ones)
    return float(_rho(ratio, size))


def _counted(right: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return answers and right ones of each task that has at least two answers."""
    values = np.asarray(right, np.float64)
    is_known = ~(np.isnan(values) | (values < 0))
    known = is_known.sum(axis=1).astype(np.float64)
    ones = np.where(is_known, values, 0.0).sum(axis=1)
    return known[known > 1], ones[known > 1]


def _variance_ratio(
    known: NDArray[np.float64], ones: NDArray[np.float64], without: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ratio of variances between and within tasks, and the size of a task.

    Args:
        known: Answers of each task.
        ones: Right ones of each task.
        without: Leave out one task after the other, and return one value for each.
    """
    parts = np.stack([np.ones(len(known)), known, known**2, ones, ones**2 / known])
    sums = parts.sum(axis=1)[:, None] - parts if without else parts.sum(axis=1)
    tasks, total, squares, hits, explained = sums
    between = (explained - hits**2 / total) / (tasks - 1)
    within = (hits - explained) / (total - tasks)
    size = (total - squares / total) / (tasks - 1)
    tiny = 1e-12
    return np.maximum(between, tiny) / np.maximum(within, tiny), size


def _rho(ratio: NDArray[np.float64] | float, size: NDArray[np.float64] | float) -> Any:
    return (ratio - 1) / (ratio + size - 1)


def _interval(
    known: NDArray[np.float64], ones: NDArray[np.float64], ratio: float, size: float
) -> tuple[float, float]:
    tasks = len(known)
    left_out, _ = _variance_ratio(known, ones, without=True)
    pseudo = tasks * math.log(ratio) - (tasks - 1) * np.log(left_out)
    middle = float(pseudo.mean())
    error = float(pseudo.std(ddof=1)) / math.sqrt(tasks)
    reach = float(stdtrit(tasks - 1, (1 + SHARE) / 2)) * error
    ends = [
        float(_rho(math.exp(min(max(end, -50.0), 50.0)), size))
        for end in (middle - reach, middle + reach)
    ]
    return max(ends[0], -1.0), min(ends[1], 1.0)


class Agreement(NamedTuple):
    """How much agents choose alike, whoever is right: no truth is needed."""

    observed: float
    """The share of pairs of votes on the same task that are alike."""
    by_chance: float
    beyond_chance: float
    """Fleiss' kappa: 1 for always alike, 0 for chance. High where all are right, too."""
    tasks: int


def agreement_beyond_chance(
    votes: NDArray[Any], *, chance: Literal["shares", "even"] = "shares"
) -> Agreement | None:
    """Return Fleiss' kappa of votes: (tasks, agents) of option numbers, missing -1 or NaN.

    This is no correlation of errors: a competent team agrees because it is right. Read it as an
    upper bound of how much agents depend on each other, where no truth is known.

    Args:
        votes: The number of the option that each agent chose on each task.
        chance: Whether chance follows the options' shares over all tasks (Fleiss 1971), or all
            options are equally likely (Bennett 1954), for options that have nothing in common
            from one task to the next.

    Returns:
        None where no task has two votes, or chance leaves nothing to explain.
    """
    values = np.nan_to_num(np.asarray(votes, np.float64), nan=-1).astype(np.int64)
    options = int(values.max(initial=-1)) + 1
    if options == 0:
        return None
    counts = np.stack([(values == option).sum(axis=1) for option in range(options)], axis=1)
    counts = counts[counts.sum(axis=1) > 1].astype(np.float64)
    cast = counts.sum(axis=1)
    if not len(cast):
        return None
    pairs = float((cast * (cast - 1)).sum())
    observed = float((counts * (counts - 1)).sum()) / pairs
    shares = counts.sum(axis=0) / cast.sum()
    by_chance = float((shares**2).sum()) if chance == "shares" else 1 / options
    if by_chance > _BEYOND:
        return None
    beyond = (observed - by_chance) / (1 - by_chance)
    return Agreement(observed, by_chance, beyond, len(cast))
