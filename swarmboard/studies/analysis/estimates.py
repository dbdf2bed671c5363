"""Means, medians and shares with intervals, alone and by group."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from ..share_names import is_named_share_of_runs
from ..shares import is_share_of_runs

type Statistic = Literal["mean", "median", "share"]

FEW = 10
"""Below so many values a bootstrap interval is noticeably too narrow, and the result says so."""
RESAMPLES = 1999
CONFIDENCE = 0.95
_BATCH_VALUES = 2_000_000
"""How many resampled values are held at a time."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval."""

    value: float
    low: float | None
    """The lower end; None where there is no interval."""
    high: float | None
    n: int
    """The runs that it rests on."""
    method: str
    confidence: float = CONFIDENCE
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """The runs that agree in some columns."""

    values: Mapping[str, Any]
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Grouped:
    """One response, estimated in each group."""

    response: str
    by: tuple[str, ...]
    groups: tuple[Group, ...]
    n: int
    """The runs with a value."""
    missing: int
    """The runs without one, which stand in no estimate."""
    method: str
    warnings: tuple[str, ...] = ()


def mean(values: ArrayLike, *, seed: int = 0) -> Estimate:
    """Estimate the mean, with a bias-corrected accelerated (BCa) bootstrap interval."""
    return _bootstrapped(values, np.mean, "mean, BCa bootstrap", "BCa", seed)


def median(values: ArrayLike, *, seed: int = 0) -> Estimate:
    """Estimate the median, with a percentile bootstrap interval.

    BCa's jackknife is wrong for medians.
    """
    return _bootstrapped(values, np.median, "median, percentile bootstrap", "percentile", seed)


def share(successes: int, n: int) -> Estimate:
    """Estimate a share (0-1) of `n` runs, with Wilson's interval.

    Raises:
        ValueError: `n` is not positive, or `successes` is outside 0 to `n`.
    """
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"a share needs 0 to n successes of n >= 1, got {successes} of {n}")
    ends = stats.binomtest(successes, n).proportion_ci(CONFIDENCE, method="wilson")
    notes = (_few(n),) if n < FEW else ()
    return Estimate(
        successes / n, float(ends.low), float(ends.high), n, "share, Wilson", warnings=notes
    )


def grouped(
    table: pd.DataFrame,
    response: str,
    by: Sequence[str],
    *,
    statistic: Statistic | None = None,
    seed: int = 0,
    unit: str | None = None,
) -> Grouped:
    """Estimate a response in each group of runs, groups in ascending order of their values.

    Args:
        table: One row a run.
        response: The column to estimate.
        by: The columns that runs of a group agree in; a missing value is a value of its own.
        statistic: What `statistic_of` says of the response in this table, unless said otherwise:
            a part of a study is told what the whole of it is. Units that are pooled have
            fractions of runs, of which there is a mean.
        seed: Of the resampling.
        unit: A column of which equal values in a group are one observation: their mean. Of a
            study with common random numbers that is `seed`.
    """
    values = numeric(table[response])
    known = one_a_unit(table[values.notna()], [response], by, unit)
    kind = statistic or statistic_of(table[response])
    if kind == "share" and len(known) < values.notna().sum():
        kind = "mean"
    groups = [
        Group(dict(zip(by, key, strict=True)), _estimated(rows[response], kind, seed))
        for key, rows in known.groupby(list(by), dropna=False, sort=True)
    ]
    missing = int(values.isna().sum())
    notes = [f"{missing} of {len(table)} runs have no {response}"] if missing else []
    if len(known) > 1 and known[response].nunique() == 1:
        notes.append(f"{response} is the same in all runs")
    thin = sum(group.estimate.n < FEW for group in groups)
    if thin:
        notes.append(f"{thin} of {len(groups)} groups have fewer than {FEW} runs")
    method = groups[0].estimate.method if groups else kind
    return Grouped(response, tuple(by), tuple(groups), len(known), missing, method, tuple(notes))


def statistic_of(column: pd.Series) -> Statistic:
    """Return what is estimated of a column: the share of runs, or the mean.

    True and false, and whole numbers that are all 0 or 1, are shares of runs, and so are the
    fractions 0.0 and 1.0 of a column that is named as one.

    Args:
        column: Of all runs of a study: a part of them may have 0 alone of what is no share.
    """
    known = column.dropna()
    is_share = is_share_of_runs(known) or is_named_share_of_runs(str(column.name), known)
    return "share" if is_share else "mean"


def one_a_unit(
    table: pd.DataFrame, responses: Sequence[str], by: Sequence[str], unit: str | None
) -> pd.DataFrame:
    """Return responses as numbers, with one row, the mean, for each value of `unit` in a group.

    Runs that share a seed are no independent witnesses: pooled as if they were, intervals are too
    narrow and tests find what is not there.
    """
    numbers = table.assign(**{name: numeric(table[name]) for name in responses})
    keys = list(dict.fromkeys((*by, unit))) if unit else []
    if not unit or not numbers.duplicated(keys).any():
        return numbers
    means = numbers.groupby(keys, dropna=False, sort=False)[list(responses)].mean()
    return means.reset_index()


def is_boolean(column: pd.Series) -> bool:
    """Say whether a column holds only true, false and missing values, and at least one."""
    known = column.dropna()
    return len(known) > 0 and all(isinstance(value, bool | np.bool_) for value in known)


def numeric(column: pd.Series) -> pd.Series:
    """Return a column as floats, NaN where it is missing or infinite."""
    floats = pd.to_numeric(column, errors="coerce").astype("float64")
    return floats.where(np.isfinite(floats))


def _estimated(values: pd.Series, kind: Statistic, seed: int) -> Estimate:
    if kind == "share":
        return share(int(values.sum()), len(values))
    return mean(values, seed=seed) if kind == "mean" else median(values, seed=seed)


def _bootstrapped(values: ArrayLike, statistic: Any, told: str, method: str, seed: int) -> Estimate:
    sample = np.asarray(values, float)
    sample = sample[np.isfinite(sample)]
    if sample.size == 0:
        raise ValueError("an estimate needs at least one finite value")
    value, n = float(statistic(sample)), int(sample.size)
    if n == 1:
        return Estimate(value, None, None, 1, told, warnings=("one run: no interval",))
    if np.ptp(sample) == 0:
        note = f"all {n} values are equal: the interval has no width"
        return Estimate(value, value, value, n, told, warnings=(note,))
    low, high, used = interval((sample,), statistic, method, seed)
    notes = [_few(n)] if n < FEW else []
    if used != method:
        told = told.replace(method, used)
    return Estimate(value, low, high, n, told, warnings=tuple(notes))


def interval(
    samples: Sequence[np.ndarray[Any, Any]],
    statistic: Any,
    method: str,
    seed: int,
    *,
    paired: bool = False,
) -> tuple[float, float, str]:
    """Return the ends of a bootstrap interval and its method: BCa, or where that fails percentile.

    Args:
        samples: Resampled each for itself, so that groups keep their sizes.
        statistic: Takes the samples and `axis`.
        method: `BCa` or `percentile`.
        seed: Of the resampling.
        paired: Resample places instead, the same in each sample.
    """
    batch = max(1, _BATCH_VALUES // sum(len(sample) for sample in samples))
    for tried in dict.fromkeys((method, "percentile")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ends = stats.bootstrap(
                tuple(samples),
                statistic,
                n_resamples=RESAMPLES,
                batch=batch,
                vectorized=True,
                confidence_level=CONFIDENCE,
                method=tried,
                paired=paired,
                rng=np.random.default_rng(seed),
            ).confidence_interval
        if np.isfinite(ends.low) and np.isfinite(ends.high):
            return float(ends.low), float(ends.high), tried
    raise ValueError("a bootstrap interval needs values that differ")


def _few(n: int) -> str:
    return f"only {n} runs: the interval is approximate"
