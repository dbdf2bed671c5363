"""Growth with size: the exponent of a power law, and whether there is one."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from .estimates import CONFIDENCE, FEW, Estimate, interval
from .misfits import bend, is_off, lack_of_fit

TOLD = "log-log least squares on runs"


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """`y = factor * x ** exponent`, fitted to geometric means."""

    exponent: Estimate
    factor: float
    is_adequate: bool
    """Whether the points lie on a line on log axes, as far as the runs can tell."""
    r_squared: float
    misfit_p: float | None
    """Of the lack-of-fit F-test against the spread of replicates; None without replicates."""
    bend_p: float | None
    """Of the same test of the line's bend alone."""
    largest_deviation: float
    """Of a level's geometric mean from the line, as a share of the line."""
    local_exponents: tuple[float, ...]
    """Between neighbouring levels of x."""
    levels: int
    n: int
    method: str
    warnings: tuple[str, ...] = ()

    def at(self, x: ArrayLike) -> Any:
        """Return the line at `x`."""
        return self.factor * np.asarray(x, float) ** self.exponent.value


def fit_power_law(
    x: ArrayLike, y: ArrayLike, *, seed: int = 0, cut_short: ArrayLike | None = None
) -> PowerLaw:
    """Fit a power law to runs; the interval resamples the replicates of each level.

    Args:
        x: Of each run.
        y: Of each run.
        seed: Of the resampling.
        cut_short: Whether a run was ended by a limit, so that its y is only a lower bound.

    Raises:
        ValueError: there are fewer than three levels of x, a run has an x or y of 0 or less, y
            never differs, or runs were cut short.
    """
    if cut_short is not None and (short := np.asarray(cut_short, bool)).any():
        raise ValueError(
            f"{short.sum()} of {short.size} runs ({100 * short.mean():.2g} %) were cut short: "
            "their values are lower bounds, of which no exponent follows"
        )
    xs, ys = np.asarray(x, float), np.asarray(y, float)
    known = np.isfinite(xs) & np.isfinite(ys)
    dropped, xs, ys = int(known.size - known.sum()), xs[known], ys[known]
    if below := int(((xs <= 0) | (ys <= 0)).sum()):
        raise ValueError(
            f"a power law needs values above 0, and {below} of {len(ys)} runs have none: fitted to "
            "the others alone it would hold for these alone"
        )
    xs, ys = np.log(xs), np.log(ys)
    levels, place = np.unique(xs, return_inverse=True)
    if len(levels) < 3:
        raise ValueError(f"a power law needs three levels of x, got {len(levels)}")
    if np.ptp(ys) < 1e-12:
        raise ValueError("a power law needs values of y that differ")
    samples = [ys[place == i] for i in range(len(levels))]
    line = stats.linregress(xs, ys)
    means = np.array([sample.mean() for sample in samples])
    sizes = np.array([len(sample) for sample in samples])
    apart = means - (line.intercept + line.slope * levels)
    deviation = float(np.expm1(np.abs(apart).max()))
    all_off = lack_of_fit(samples, float((sizes * apart**2).sum()), len(levels) - 2)
    bent = bend(samples, levels)
    adequate = not is_off(deviation, all_off, bent)
    local = np.diff(means) / np.diff(levels)
    exponent = _exponent(levels, samples, line, seed)
    notes = [f"{dropped} runs without a value were left out"] if dropped else []
    if not adequate:
        notes.append(
            f"no power law fits, as the slope between neighbouring levels goes from {local[0]:.2f} "
            f"to {local[-1]:.2f} and a level lies {100 * deviation:.0f} % off the line"
        )
    return PowerLaw(
        exponent,
        float(np.exp(line.intercept)),
        adequate,
        float(line.rvalue**2),
        all_off.p if all_off else None,
        bent.p if bent else None,
        deviation,
        tuple(float(slope) for slope in local),
        len(levels),
        len(ys),
        exponent.method,
        (*notes, *exponent.warnings),
    )


def _exponent(levels: Any, samples: list[Any], line: Any, seed: int) -> Estimate:
    """Return the slope with its interval."""
    sizes = np.array([len(sample) for sample in samples])
    n = int(sizes.sum())
    weights = levels - np.average(levels, weights=sizes)
    spread = float((sizes * weights**2).sum())

    def slope(*drawn: Any, axis: int = -1) -> Any:
        sums = [w * sample.sum(axis=axis) for w, sample in zip(weights, drawn, strict=True)]
        return sum(sums) / spread

    notes = [f"a level has only {sizes.min()} runs: the interval is approximate"]
    notes = notes if sizes.min() < FEW else []
    if sizes.min() >= 2 and any(np.ptp(sample) > 0 for sample in samples):
        low, high, used = interval(samples, slope, "BCa", seed)
        told = f"{TOLD}, {used} bootstrap over replicates"
        return Estimate(float(line.slope), low, high, n, told, warnings=tuple(notes))
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 2) * line.stderr)
    notes = ["no replicates that differ: the interval is the regression's own (Student's t)"]
    value = float(line.slope)
    return Estimate(value, value - half, value + half, n, f"{TOLD}, t", warnings=tuple(notes))
