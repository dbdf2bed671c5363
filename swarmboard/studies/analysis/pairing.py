"""What a structure changes against the matched run of a single agent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from .estimates import FEW, Estimate, interval, mean, numeric, one_a_unit

TOLD = "paired difference, BCa bootstrap; Cliff's delta; Wilcoxon signed-rank test, Holm"
BASELINE = "baseline."


@dataclass(frozen=True, slots=True)
class Effect:
    """A response of runs against that of their own baselines."""

    response: str
    group: Mapping[str, Any]
    difference: Estimate
    """The mean of run minus baseline, in the response's unit."""
    cliffs_delta: Estimate
    """Of all pairs of a run and a baseline: the share in which the run has more, minus less."""
    hedges_g: float | None
    """The mean difference in standard deviations of differences, small samples corrected."""
    p: float | None
    """Of Wilcoxon's signed-rank test; None where no pair differs."""
    p_holm: float | None
    """The same, corrected for all effects that were asked for together."""
    n: int
    """Pairs."""
    method: str = TOLD
    warnings: tuple[str, ...] = ()


def paired_effect(
    ours: ArrayLike,
    theirs: ArrayLike,
    *,
    response: str = "",
    group: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> Effect:
    """Compare runs with their own baselines, pair by pair.

    Raises:
        ValueError: no pair has both numbers.
    """
    a, b = np.asarray(ours, float), np.asarray(theirs, float)
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both], b[both]
    if not len(a):
        raise ValueError("a paired effect needs at least one pair with both numbers")
    apart = a - b
    difference = mean(apart, seed=seed)
    spread = float(apart.std(ddof=1)) if len(a) > 1 else 0.0
    g = None
    if spread > 0:
        g = float(apart.mean() / spread * (1 - 3 / (4 * (len(a) - 1) - 1))) if len(a) > 2 else None
    p = float(stats.wilcoxon(apart, zero_method="pratt").pvalue) if np.any(apart != 0) else None
    notes = list(difference.warnings)
    if 0 < len(a) < 6:
        notes.append(f"{len(a)} pairs cannot reach p < 0.05 in a signed-rank test")
    left_out = int(both.size - both.sum())
    if left_out:
        notes.append(f"{left_out} pairs without both numbers were left out")
    delta = _cliffs_delta(a, b, seed)
    return Effect(
        response, dict(group or {}), difference, delta, g, p, p, len(a), warnings=tuple(notes)
    )


def effects(
    table: pd.DataFrame,
    responses: Sequence[str],
    by: Sequence[str] = (),
    *,
    seed: int = 0,
    unit: str | None = None,
) -> tuple[Effect, ...]:
    """Compare each response that has a `baseline.` column, in each group, Holm-corrected together.

    Groups without a pair, and responses without a baseline's column, have no effect.

    Args:
        table: One row a run.
        responses: The columns to compare.
        by: The columns that runs of a group agree in.
        seed: Of the resampling.
        unit: A column of which equal values in a group are one pair, of their means: `seed` of a
            study with common random numbers, whose runs of one seed are no independent witnesses.
    """
    found = []
    groups = table.groupby(list(by), dropna=False, sort=True) if by else [((), table)]
    for key, rows in groups:
        for response in responses:
            if BASELINE + response not in table.columns:
                continue
            names = [response, BASELINE + response]
            has_both = numeric(rows[names[0]]).notna() & numeric(rows[names[1]]).notna()
            if not has_both.any():
                continue
            used = rows if unit is None else rows[has_both]
            pairs = one_a_unit(used, names, (), unit)
            ours, theirs = pairs[names[0]], pairs[names[1]]
            group = dict(zip(by, key, strict=True))
            found.append(paired_effect(ours, theirs, response=response, group=group, seed=seed))
    corrected = holm([effect.p for effect in found])
    return tuple(replace(e, p_holm=p) for e, p in zip(found, corrected, strict=True))


def holm(ps: Sequence[float | None]) -> list[float | None]:
    """Return Holm's step-down correction; None (no test) is not counted and stays None."""
    tested = [i for i, p in enumerate(ps) if p is not None]
    corrected: list[float | None] = [None] * len(ps)
    highest = 0.0
    for rank, i in enumerate(sorted(tested, key=lambda i: ps[i] or 0.0)):
        highest = max(highest, min(1.0, (len(tested) - rank) * (ps[i] or 0.0)))
        corrected[i] = highest
    return corrected


def cliffs_delta(a: ArrayLike, b: ArrayLike, axis: int = -1) -> Any:
    """Return how much more often `a` exceeds `b` than `b` exceeds `a`, over all pairs (-1 to 1)."""
    left, right = np.asarray(a, float), np.asarray(b, float)
    n, m = left.shape[axis], right.shape[axis]
    ranks = stats.rankdata(np.concatenate([left, right], axis=axis), axis=axis)
    above = np.take(ranks, range(n), axis=axis).sum(axis=axis) - n * (n + 1) / 2
    return 2 * above / (n * m) - 1


def _cliffs_delta(a: Any, b: Any, seed: int) -> Estimate:
    told = "Cliff's delta, percentile bootstrap of pairs"
    value, n = float(cliffs_delta(a, b)), len(a)
    if n < 2 or (np.ptp(a) == 0 and np.ptp(b) == 0):
        return Estimate(value, None, None, n, told, warnings=("no interval",))
    low, high, _ = interval((a, b), cliffs_delta, "percentile", seed, paired=True)
    notes = (f"only {n} pairs: the interval is approximate",) if n < FEW else ()
    return Estimate(value, low, high, n, told, warnings=notes)
