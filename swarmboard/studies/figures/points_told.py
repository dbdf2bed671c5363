"""What readers of figures have to be told of points and their intervals."""

from collections.abc import Iterable

from scipy import stats

from ..analysis import Estimate
from ..analysis.estimates import CONFIDENCE, FEW

_HARDLY_CHANCE = 0.005
"""Of p of a binomial test: if intervals held what is true as often as they say, so many would leave
it out less often than this. It is small because those of few skewed runs hold it less often."""
_ROUNDING = 1e-12
"""As a share of the larger end of an interval: what is narrower comes of rounding."""


def points_told(estimates: Iterable[Estimate]) -> list[str]:
    """Say how many points rest on few runs, and how many have an interval without width."""
    drawn = list(estimates)
    thin = sum(e.n < FEW for e in drawn)
    told = [f"{thin} of {len(drawn)} points have fewer than {FEW} runs"] if thin else []
    return told + equal_told([e] for e in drawn)


def equal_told(points: Iterable[Iterable[Estimate]]) -> list[str]:
    """Say how many points have the same value in all runs.

    Args:
        points: The estimates of each; one is enough.
    """
    drawn = [list(estimates) for estimates in points]
    equal = sum(any(e.n > 1 and not has_width(e) for e in estimates) for estimates in drawn)
    if not equal:
        return []
    return [
        f"{equal} of {len(drawn)} points have the same value in all runs: their intervals have no "
        "width, and do not say how rare something else is"
    ]


def theory_told(points: Iterable[tuple[Estimate, float]]) -> list[str]:
    """Say at how many points the interval leaves out what theory says, if that is more than chance.

    Args:
        points: Estimates that share no runs and no seeds, each with its exact value; one without
            width says nothing, nor does one of few runs, whose interval is too narrow.
    """
    wide = [(e, exact) for e, exact in points if e.n >= FEW and has_width(e)]
    off = sum(not (e.low or 0.0) <= exact <= (e.high or 0.0) for e, exact in wide)
    if stats.binom.sf(off - 1, len(wide), 1 - CONFIDENCE) >= _HARDLY_CHANCE:
        return []
    return [
        f"at {off} of {len(wide)} points with {FEW} runs or more the interval leaves out the value "
        "from theory, which is more than chance readily explains: what theory assumes (a steady "
        "state, say) need not hold in these runs"
    ]


def has_width(e: Estimate) -> bool:
    """Say whether an estimate has an interval of more than one number, but for rounding."""
    if e.low is None or e.high is None:
        return False
    return e.high - e.low > _ROUNDING * max(abs(e.low), abs(e.high))
