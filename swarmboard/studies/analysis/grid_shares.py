"""How much of a response's variance lies between the values of each parameter of a grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .estimates import CONFIDENCE
from .pairing import holm

RESAMPLES = 399
PERMUTATIONS = 999
TOLD_FROM_0 = 0.05
"""Of p after Holm's correction: from here on the interval of a share reaches down to 0."""
_ENOUGH_REPLICATES = 5
"""Degrees of freedom that make differences between replicates a measure of chance."""
_TAILS = (50 * (1 - CONFIDENCE), 50 * (1 + CONFIDENCE))


@dataclass(frozen=True, slots=True)
class Share:
    """What one parameter explains alone, as a share of all variance (0-1)."""

    value: float
    low: float
    high: float
    p_holm: float | None
    """Of a permutation test against no effect, corrected for all parameters (0-1)."""


@dataclass(frozen=True, slots=True)
class Shares:
    """The shares of all parameters."""

    each: tuple[Share, ...]
    has_replicates: bool
    """Whether chance is what differs between replicates; else it is all that no parameter explains
    alone, interactions included."""


@dataclass(frozen=True, slots=True)
class _Fit:
    """What is no chance: the mean of each setting, or the sum of each parameter's effects."""

    settings: Any | None
    basis: Any | None
    """Orthonormal columns, runs x effects."""
    free: int
    """Degrees of freedom of chance."""

    def __call__(self, y: Any) -> Any:
        if self.settings is None:
            return self.basis @ (self.basis.T @ y)  # type: ignore[union-attr]
        return (np.bincount(self.settings, y) / np.bincount(self.settings))[self.settings]


def shares_of_variance(codes: Sequence[Any], y: Any, *, seed: int) -> Shares:
    """Return the share of each parameter: epsilon squared (Kelley 1935), with its interval.

    Intervals are by residual bootstrap. It takes chance for effects where values are many, so a
    permutation test decides which shares are above 0: the interval of any other reaches down to
    it. A parameter's values are permuted among runs that agree in all others, or, where most runs
    have none of that kind, among all behind what the others explain.

    Args:
        codes: Of each parameter the number of every run's value, from 0.
        y: The response of every run.
        seed: Of the resampling.
    """
    rng = np.random.default_rng(seed)
    fit = _fit(codes, len(y))
    found = [_share(code, y, fit) for code in codes]
    ends = _ends(codes, y, fit, rng)
    corrected = holm([_p(codes, i, y, rng) for i in range(len(codes))])
    each = [
        Share(value, max(0.0, float(low)) if _is_told(p) else 0.0, min(1.0, float(high)), p)
        for value, (low, high), p in zip(found, ends, corrected, strict=True)
    ]
    return Shares(tuple(each), fit.settings is not None)


def _is_told(p: float | None) -> bool:
    return p is not None and p < TOLD_FROM_0


def _fit(codes: Sequence[Any], runs: int) -> _Fit:
    settings = _strata(codes, runs)
    if (free := runs - int(settings.max()) - 1) >= _ENOUGH_REPLICATES:
        return _Fit(settings, None, free)
    basis = _effects(codes, runs)
    return _Fit(None, basis, max(1, runs - basis.shape[1]))


def _strata(codes: Sequence[Any], runs: int) -> Any:
    """Return the number of the stratum of each run: runs of one agree in all codes."""
    if not codes:
        return np.zeros(runs, int)
    return np.unique(np.column_stack(codes), axis=0, return_inverse=True)[1].ravel()


def _effects(codes: Sequence[Any], runs: int) -> Any:
    """Return an orthonormal basis of the mean and each parameter's effects."""
    columns = [np.ones((runs, 1)), *(np.eye(code.max() + 1)[code] for code in codes)]
    left, sizes, _ = np.linalg.svd(np.hstack(columns), full_matrices=False)
    return left[:, sizes > 1e-9 * sizes[0]]


def _ends(codes: Sequence[Any], y: Any, fit: _Fit, rng: np.random.Generator) -> Any:
    """Return the ends of each share's interval.

    What is fitted is taken for true, and chance is drawn from residuals, widened to what they would
    be around the truth.
    """
    true = fit(y)
    chance = (y - true) * np.sqrt(len(y) / fit.free)
    drawn = []
    for _ in range(RESAMPLES):
        again = true + chance[rng.integers(0, len(y), len(y))]
        drawn.append([_share(code, again, fit) for code in codes])
    return np.percentile(drawn, _TAILS, axis=0).T


def _p(codes: Sequence[Any], which: int, y: Any, rng: np.random.Generator) -> float:
    """Return how rarely chance puts as much variance between a parameter's values."""
    code, others = codes[which], [*codes[:which], *codes[which + 1 :]]
    strata, values = _strata(others, len(y)), y - y.mean()
    if np.bincount(strata)[strata].mean() < 2:
        basis = _effects(others, len(y))
        strata, values = np.zeros(len(y), int), y - basis @ (basis.T @ y)
    by_stratum = np.argsort(strata, kind="stable")
    ordered = code[by_stratum]
    found = _between(ordered, values[by_stratum]) * (1 - 1e-9)
    drawn = (
        _between(ordered, values[np.argsort(strata + rng.random(len(y)))])
        for _ in range(PERMUTATIONS)
    )
    return (1 + sum(value >= found for value in drawn)) / (PERMUTATIONS + 1)


def _share(code: Any, y: Any, fit: _Fit) -> float:
    total, levels = float(((y - y.mean()) ** 2).sum()), len(np.unique(code))
    if total == 0 or len(y) <= levels:
        return 0.0
    chance = float(((y - fit(y)) ** 2).sum()) / fit.free
    return max(0.0, (_between(code, y) - (levels - 1) * chance) / total)


def _between(code: Any, y: Any) -> float:
    """Return the sum of squares between values."""
    counts = np.bincount(code)
    sums = np.bincount(code, y)
    return float((sums**2 / np.maximum(counts, 1)).sum() - y.sum() ** 2 / len(y))
