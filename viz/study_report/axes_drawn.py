"""Axes that can be read: plain numbers at the values that were run."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from .described import Axis
from .telling import number, numbers, numbers_of_logs

MOST_TICKS = 9
_CHARACTERS = 37
"""Which an axis is long at the size of its ticks' labels."""
_BETWEEN = 1.5
"""Characters that labels side by side are apart, at the least."""
_LINES = 11
"""Labels one above the other for which an axis has room."""
_LITTLE_DECADES = 2.0
_EVEN, _ABOUT_EVEN = 1.01, 1.2
"""How much wider the widest gap between even ticks may be; 1, 3, 10 are about so, by logarithms."""
_SUBS = ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0))
"""Parts of a decade at which ticks can stand, from few to many."""


def set_axis(axes: Any, which: str, axis: Axis, values: Iterable[float] = ()) -> None:
    """Give one axis its label, scale and ticks.

    Args:
        axes: Matplotlib's.
        which: `x` or `y`.
        axis: What it shows.
        values: All that lie on it, by which it gets its ticks where it names none.
    """
    from matplotlib import ticker

    line = axes.xaxis if which == "x" else axes.yaxis
    known = [value for value in values if math.isfinite(value)]
    getattr(axes, f"set_{which}label")(axis.label)
    if axis.is_log:
        getattr(axes, f"set_{which}scale")("log")
        line.set_minor_locator(ticker.NullLocator())
    if axis.names:
        line.set_ticks(list(axis.ticks), list(axis.names))
        line.set_minor_locator(ticker.NullLocator())
        return
    ticks = axis.ticks or (log_ticks(known) if axis.is_log else ())
    if ticks:
        kept = thinned(ticks, is_log=axis.is_log, is_side_by_side=which == "x")
        line.set_ticks(kept, numbers_of_logs(kept) if axis.is_log else numbers(kept))
        return
    is_whole = bool(known) and all(float(value).is_integer() for value in known)
    steps = [1, 2, 2.5, 5, 10]
    line.set_major_locator(ticker.MaxNLocator(nbins=5, steps=steps, integer=is_whole))
    line.set_major_formatter(formatter())


def formatter(*, is_log: bool = False) -> Any:
    """Return what writes the ticks that are in sight in one notation."""
    from matplotlib import ticker

    class InOneNotation(ticker.Formatter):
        def __call__(self, value: float, pos: int | None = None) -> str:
            return number(value)

        def format_ticks(self, values: Sequence[float]) -> list[str]:
            low, high = (
                sorted(self.axis.get_view_interval()) if self.axis else (-math.inf, math.inf)
            )
            reach = 1e-9 * (high - low) if self.axis else 0.0
            seen = [value for value in values if low - reach <= value <= high + reach]
            texts = numbers_of_logs(seen) if is_log else numbers(seen)
            told = dict(zip(seen, texts, strict=True))
            return [told.get(value, "") for value in values]

    return InOneNotation()


def log_ticks(values: Sequence[float]) -> tuple[float, ...]:
    """Return ticks of a logarithmic axis between values: more a decade where there are few."""
    above = [value for value in values if value > 0]
    if not above:
        return ()
    low, high = min(above), max(above)
    decades = math.log10(high / low)
    first = 0 if decades > 2 * _LITTLE_DECADES else 1 if decades >= _LITTLE_DECADES else 2
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found: list[float] = []
    for subs in _SUBS[first:]:
        ladder = (float(f"{sub}e{exponent}") for exponent in exponents for sub in subs)
        found = [tick for tick in ladder if 0.97 * low <= tick <= 1.03 * high]
        if len(found) > 2:
            break
    return tuple(found)


def thinned(
    ticks: Sequence[float], *, is_log: bool = False, is_side_by_side: bool = True
) -> list[float]:
    """Return so many ticks as there is room for: every so many where they are evenly apart.

    Args:
        ticks: In rising order.
        is_log: Whether they stand by their logarithms.
        is_side_by_side: Whether long labels take more room than short ones.
    """
    places = [math.log(tick) if is_log else tick for tick in ticks]
    texts = numbers_of_logs(ticks) if is_log else numbers(ticks)
    if len(ticks) < 2 or places[0] == places[-1]:
        return list(ticks)

    def fit(one: int, other: int) -> bool:
        apart = (places[other] - places[one]) / (places[-1] - places[0])
        if not is_side_by_side:
            return apart * _LINES >= 1
        return apart * _CHARACTERS >= (len(texts[one]) + len(texts[other])) / 2 + _BETWEEN

    gaps = [after - before for before, after in pairwise(places)]
    if max(gaps) < (_ABOUT_EVEN if is_log else _EVEN) * min(gaps):
        for step in range(-(-len(ticks) // MOST_TICKS), len(ticks)):
            decades = (i for i in range(step) if is_log and math.log10(ticks[i]).is_integer())
            chosen = range(next(decades, 0), len(ticks), step)
            if all(fit(i, i + step) for i in chosen[:-1]):
                return [ticks[i] for i in chosen]
    kept = [0]
    for place in range(1, len(ticks) - 1):
        if fit(kept[-1], place) and fit(place, len(ticks) - 1):
            kept.append(place)
    return [ticks[place] for place in (*kept, len(ticks) - 1)]
