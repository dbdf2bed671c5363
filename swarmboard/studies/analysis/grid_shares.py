"""How much of a response's variance lies between the values of each parameter of a grid."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .estimates import CONFIDENCE
from .pairing import holm

RESAMPLES = 399
PERMUTATIONS = 999
TOLD_FROM_0 = 0.05
"""Of p after Holm's correction: from here on the interval of a share reaches down to 0."""
_TAILS = (50 * (1 - CONFIDENCE), 50 * (1 + CONFIDENCE))


@dataclass(frozen=True, slots=True)
class Share:
    """What one parameter explains alone, as a share of all variance (0-1)."""

    value: float
    low: float
    high: float
    p_holm: float | None
    """Of a permutation test against no effect, corrected for all parameters (0-1)."""


def shares_of_variance(codes: Sequence[Any], y: Any, *, seed: int) -> list[Share]:
    """Return the share of each parameter: epsilon squared (Kelley 1935), with its interval.

    Where every setting has replicates, chance is what differs between these: they are resampled
    within their settings, and a parameter's values are permuted among runs that agree in all
    others. Where not, it is whatever a parameter leaves unexplained, of all runs.

    Resampling takes chance for effects where values are many, so the permutations decide which
    shares are above 0: the interval of any other reaches down to it.

    Args:
        codes: Of each parameter the number of every run's value, from 0.
        y: The response of every run.
        seed: Of the resampling.
    """
    rng = np.random.default_rng(seed)
    whole = np.zeros(len(y), int)
    settings = _strata(codes, whole)
    found = [_share(code, y) for code in codes]
    others, ends = [whole] * len(codes), np.empty((len(codes), 2))
    if np.bincount(settings).min() > 1:
        found = [_share(code, y, settings) for code in codes]
        others = [_strata([*codes[:i], *codes[i + 1 :]], whole) for i in range(len(codes))]
        ends = _ends_within(codes, y, settings, rng) + np.array(found)[:, None]
    else:
        picks = list(_resampled(whole, rng, RESAMPLES))
        drawn = [[_share(code[pick], y[pick]) for code in codes] for pick in picks]
        ends = np.percentile(drawn, _TAILS, axis=0).T
    corrected = holm([_p(code, y, o, rng) for code, o in zip(codes, others, strict=True)])
    return [
        Share(value, max(0.0, float(low)) if _is_told(p) else 0.0, min(1.0, float(high)), p)
        for value, (low, high), p in zip(found, ends, corrected, strict=True)
    ]


def _ends_within(codes: Sequence[Any], y: Any, settings: Any, rng: np.random.Generator) -> Any:
    """Return by how much the ends of each interval lie off its share.

    What resampling within settings takes for true are the means of these; their residuals are
    widened to what they would be around a true mean.
    """
    sizes = np.bincount(settings)
    means = (np.bincount(settings, y) / sizes)[settings]
    world = means + (y - means) * np.sqrt(sizes / (sizes - 1))[settings]
    total = ((world - world.mean()) ** 2).sum()
    true = [1 - _within(code, world) / total for code in codes]
    drawn = [
        [_share(code, world[pick], settings) for code in codes]
        for pick in _resampled(settings, rng, RESAMPLES)
    ]
    return np.percentile(np.array(drawn) - true, _TAILS, axis=0).T


def _is_told(p: float | None) -> bool:
    return p is not None and p < TOLD_FROM_0


def _strata(codes: Sequence[Any], whole: Any) -> Any:
    """Return the number of the stratum of each run: runs of one agree in all codes."""
    if not codes:
        return whole
    return np.unique(np.column_stack(codes), axis=0, return_inverse=True)[1].ravel()


def _resampled(strata: Any, rng: np.random.Generator, times: int) -> Iterator[Any]:
    """Yield drawings with replacement of as many runs of each stratum, ordered as these are."""
    sizes = np.bincount(strata)
    firsts = (np.cumsum(sizes) - sizes)[strata]
    by_stratum = np.argsort(strata, kind="stable")
    for _ in range(times):
        yield by_stratum[firsts + (rng.random(len(strata)) * sizes[strata]).astype(int)]


def _p(code: Any, y: Any, strata: Any, rng: np.random.Generator) -> float:
    """Return how rarely chance puts as much variance between a parameter's values."""
    counts, centred = np.bincount(code), y - y.mean()
    by_stratum = np.argsort(strata, kind="stable")
    ordered = code[by_stratum]

    def between(values: Any) -> float:
        return float((np.bincount(ordered, values) ** 2 / counts).sum())

    found = between(centred[by_stratum]) * (1 - 1e-9)
    drawn = (between(centred[np.argsort(strata + rng.random(len(y)))]) for _ in range(PERMUTATIONS))
    return (1 + sum(value >= found for value in drawn)) / (PERMUTATIONS + 1)


def _share(code: Any, y: Any, errors: Any | None = None) -> float:
    """Return epsilon squared; `errors` are strata in which only chance differs."""
    total, levels = float(((y - y.mean()) ** 2).sum()), len(np.unique(code))
    if total == 0 or len(y) <= levels:
        return 0.0
    within = _within(code, y)
    left, free = (
        (within, len(y) - levels)
        if errors is None
        else (_within(errors, y), len(y) - len(np.unique(errors)))
    )
    return max(0.0, (total - within - (levels - 1) * left / free) / total)


def _within(code: Any, y: Any) -> float:
    counts = np.bincount(code)
    means = np.bincount(code, y) / np.maximum(counts, 1)
    return float(((y - means[code]) ** 2).sum())
