"""The universal scalability law: how throughput grows with size, levels off and falls."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from .estimates import CONFIDENCE, FEW, Estimate

RESAMPLES = 399
TOLD_FROM = 1e-3
"""Crosstalk that costs the largest size tried less than this share is none."""
TOLD = "least squares of log throughput, percentile bootstrap over replicates"


@dataclass(frozen=True, slots=True)
class Scalability:
    """`X(N) = gamma N / (1 + alpha (N - 1) + beta N (N - 1))`."""

    gamma: Estimate
    """Throughput of one, in the response's unit."""
    alpha: Estimate
    """Contention: the share that waits for what is shared (0-1)."""
    beta: Estimate
    """Crosstalk: what each pair costs."""
    peak: float | None
    """The N of the largest throughput; None where it grows without end."""
    peak_ends: tuple[float, float] | None
    """The interval of the peak; None where resampling does not always find one."""
    r_squared: float
    """Of log throughput."""
    levels: int
    n: int
    method: str
    warnings: tuple[str, ...] = ()

    def at(self, size: ArrayLike) -> Any:
        """Return the throughput at a size."""
        return throughput(size, self.gamma.value, self.alpha.value, self.beta.value)


def throughput(size: ArrayLike, gamma: float, alpha: float, beta: float) -> Any:
    """Return X(N)."""
    n = np.asarray(size, float)
    return gamma * n / (1 + alpha * (n - 1) + beta * n * (n - 1))


def fit_usl(size: ArrayLike, response: ArrayLike, *, seed: int = 0) -> Scalability:
    """Fit the law to runs with positive throughput.

    Raises:
        ValueError: there are fewer than four sizes: three numbers are fitted.
    """
    n, x = np.asarray(size, float), np.asarray(response, float)
    usable = np.isfinite(n) & np.isfinite(x) & (n >= 1) & (x > 0)
    dropped, n, x = int(usable.size - usable.sum()), n[usable], x[usable]
    levels, place = np.unique(n, return_inverse=True)
    if len(levels) < 4:
        raise ValueError(f"the universal scalability law needs four sizes, got {len(levels)}")
    logs = np.log(x)
    best = _fitted(n, logs)
    rng = np.random.default_rng(seed)
    rows = [np.flatnonzero(place == i) for i in range(len(levels))]
    fewest = min(map(len, rows))
    drawn = np.empty((0, 3))
    if fewest >= 2:
        picks = (np.concatenate([rng.choice(r, len(r)) for r in rows]) for _ in range(RESAMPLES))
        drawn = np.array([_fitted(n[pick], logs[pick]) for pick in picks])
    notes = [f"{dropped} runs without positive throughput were left out"] if dropped else []
    if fewest < FEW:
        notes.append(f"a size has only {fewest} runs: intervals are approximate")
    peak = _peak(best[1], best[2], levels[-1])
    if peak is None:
        notes.append("no peak: no crosstalk (beta) can be told from the sizes tried")
    elif not levels[0] <= peak <= levels[-1]:
        notes.append(f"the peak at N = {peak:.0f} lies outside the sizes tried: an extrapolation")
    residuals = logs - np.log(throughput(n, *best))
    total = float(((logs - logs.mean()) ** 2).sum())
    gamma, alpha, beta = (_estimate(best, drawn, i, len(x)) for i in range(3))
    r_squared = 1 - float((residuals**2).sum()) / total if total else 1.0
    ends = None if peak is None else _peak_ends(drawn, levels[-1])
    return Scalability(
        *(gamma, alpha, beta, peak, ends), r_squared, len(levels), len(x), TOLD, tuple(notes)
    )


def _peak(alpha: float, beta: float, largest: float) -> float | None:
    """Return where throughput is largest; None where crosstalk is less than can be told."""
    crosstalk = beta * largest * (largest - 1)
    if crosstalk < TOLD_FROM * (1 + alpha * (largest - 1)):
        return None
    return max(1.0, float(np.sqrt(max(0.0, 1 - alpha) / beta)))


def _peak_ends(drawn: Any, largest: float) -> tuple[float, float] | None:
    """Return the interval of the peak; a resample without one has it beyond all bounds."""
    if not len(drawn):
        return None
    peaks = sorted(_peak(alpha, beta, largest) or np.inf for _, alpha, beta in drawn)
    tail = (1 - CONFIDENCE) / 2 * (len(peaks) - 1)
    low, high = peaks[int(tail)], peaks[-1 - int(tail)]
    return (float(low), float(high)) if np.isfinite(high) else None


def _estimate(best: Any, drawn: Any, i: int, n: int) -> Estimate:
    if not len(drawn):
        note = ("no replicates: no interval",)
        return Estimate(float(best[i]), None, None, n, TOLD, warnings=note)
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(drawn[:, i], (tail, 100 - tail))
    return Estimate(float(best[i]), float(low), float(high), n, TOLD)


def _fitted(n: Any, logs: Any) -> Any:
    """Return gamma, alpha and beta; begun from the linear form of N / X, weighted relatively."""
    linear = np.stack([np.ones_like(n), n - 1, n * (n - 1)], axis=1)
    ratio = n / np.exp(logs)
    start, _ = optimize.nnls(linear / ratio[:, None], np.ones_like(n))
    base = max(start[0], 1e-12 * ratio.min())
    begun = np.array([-np.log(base), min(start[1] / base, 1.0), start[2] / base])

    def away(values: Any) -> Any:
        log_gamma, alpha, beta = values
        return log_gamma + np.log(n) - np.log1p(alpha * (n - 1) + beta * n * (n - 1)) - logs

    def slopes(values: Any) -> Any:
        below = 1 + values[1] * (n - 1) + values[2] * n * (n - 1)
        return np.stack([np.ones_like(n), -(n - 1) / below, -n * (n - 1) / below], axis=1)

    scale = np.array([1.0, 0.1, 1 / n.max() ** 1.5])
    found = optimize.least_squares(
        away, begun, slopes, bounds=([-np.inf, 0, 0], [np.inf, 1, np.inf]), x_scale=scale
    )
    return np.array([np.exp(found.x[0]), *found.x[1:]])
