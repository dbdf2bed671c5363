"""The universal scalability law: how throughput grows with size, levels off and falls."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from .estimates import CONFIDENCE, FEW, Estimate
from .misfits import Misfit, is_off, lack_of_fit

RESAMPLES = 399
TOLD_FROM = 1e-3
"""Crosstalk that costs the largest size tried less than this share is none."""
_AT_BOUND = 1e-6
"""Contention so close to 0 or 1 lies at its bound, and is no number that was fitted."""
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
    """The interval of the peak; None where the law does not fit, throughput was not seen to
    decline, or more than 2.5 % of resamples have no peak."""
    is_adequate: bool
    """Whether the sizes lie on the law, as far as the runs can tell; else no coefficient has an
    interval."""
    misfit_p: float | None
    """Of the lack-of-fit F-test against the spread of replicates; None without replicates."""
    largest_deviation: float
    """Of a size's geometric mean from the law, as a share of the law."""
    declines: bool
    """Whether some size has less mean throughput than a smaller one that has the most."""
    r_squared: float
    """Of log throughput."""
    sizes: tuple[float, ...]
    """That it was fitted to, ascending."""
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
    rows = [np.flatnonzero(place == i) for i in range(len(levels))]
    fewest = min(map(len, rows))
    peak = _peak(best[1], best[2], levels[-1])
    deviation, misfit = _misfit([logs[r] for r in rows], levels, best, has_peak=peak is not None)
    adequate = not is_off(deviation, misfit)
    declines = int(np.argmax([x[r].mean() for r in rows])) < len(levels) - 1
    drawn = np.empty((0, 3))
    if fewest >= 2 and adequate:
        rng = np.random.default_rng(seed)
        picks = (np.concatenate([rng.choice(r, len(r)) for r in rows]) for _ in range(RESAMPLES))
        drawn = np.array([_fitted(n[pick], logs[pick]) for pick in picks])
    notes = [f"{dropped} runs without positive throughput were left out"] if dropped else []
    if fewest < FEW and adequate:
        notes.append(f"a size has only {fewest} runs: intervals are approximate")
    if not adequate:
        notes.append(_misfit_told(deviation, misfit))
    elif peak is None:
        notes.append("no peak is told, as no crosstalk (beta) can be told from the sizes tried")
    elif not declines:
        notes.append("throughput is largest at the largest size tried, so no peak was seen")
    elif not levels[0] <= peak <= levels[-1]:
        notes.append(f"the peak at N = {peak:.0f} lies outside the sizes tried: an extrapolation")
    residuals = logs - np.log(throughput(n, *best))
    total = float(((logs - logs.mean()) ** 2).sum())
    gamma, alpha, beta = (_estimate(best, drawn, i, len(x)) for i in range(3))
    return Scalability(
        gamma,
        alpha,
        beta,
        peak,
        _peak_ends(drawn, levels[-1]) if peak is not None and declines else None,
        adequate,
        misfit.p if misfit else None,
        deviation,
        declines,
        1 - float((residuals**2).sum()) / total if total else 1.0,
        tuple(levels.tolist()),
        len(x),
        TOLD,
        tuple(notes),
    )


def _misfit(
    samples: list[Any], levels: Any, best: Any, *, has_peak: bool
) -> tuple[float, Misfit | None]:
    """Return how far a size lies off the law, as a share of it, and the test of all of them."""
    apart = np.array([sample.mean() for sample in samples]) - np.log(throughput(levels, *best))
    squares = sum(len(sample) * off**2 for sample, off in zip(samples, apart, strict=True))
    fitted = 1 + int(_AT_BOUND < best[1] < 1 - _AT_BOUND) + has_peak
    test = lack_of_fit(samples, float(squares), len(levels) - fitted)
    return float(np.expm1(np.abs(apart).max())), test


def _misfit_told(deviation: float, misfit: Misfit | None) -> str:
    ratio = f" (F = {misfit.ratio:.3g} for lack of fit)" if misfit else ""
    return (
        f"the law does not fit, as a size lies {100 * deviation:.0f} % off it{ratio}: where it "
        "peaks is not told, and its coefficients have no intervals"
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
        note = ("no replicates, or no fit: no interval",)
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
