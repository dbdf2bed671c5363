"""Axes that can be read: plain numbers at the values that were run."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from .described import Axis

MOST_TICKS = 7
_LITTLE_DECADES = 2.0


def number(value: float) -> str:
    """Return a number as people write it: 1,024, 0.05, 3e-07."""
    if value == 0:
        return "0"
    if abs(value) >= 1e6 or abs(value) < 1e-3:
        return f"{value:.2g}".replace("e-0", "e-").replace("e+0", "e")
    if float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:.4g}"


def numbers(values: Sequence[float]) -> list[str]:
    """Return numbers of one linear axis, with as many decimals each: 7.8, 8.0."""
    told = [number(value) for value in values]
    if any("e" in text for text in told):
        return told
    decimals = max((len(text.partition(".")[2]) for text in told), default=0)
    return [f"{value + 0.0:,.{decimals}f}" for value in values]


def set_axis(axes: Any, which: str, axis: Axis, values: Iterable[float] = ()) -> None:
    """Give one axis its label, scale and ticks.

    Args:
        axes: Matplotlib's.
        which: `x` or `y`.
        axis: What it shows.
        values: All that lie on it, by which a logarithmic one gets its ticks.
    """
    from matplotlib import ticker

    line = axes.xaxis if which == "x" else axes.yaxis
    getattr(axes, f"set_{which}label")(axis.label)
    if axis.is_log:
        getattr(axes, f"set_{which}scale")("log")
        line.set_minor_locator(ticker.NullLocator())
    if axis.names:
        line.set_ticks(list(axis.ticks), list(axis.names))
        line.set_minor_locator(ticker.NullLocator())
        return
    if axis.ticks:
        kept = thinned(axis.ticks)
        line.set_ticks(kept, [number(value) for value in kept])
        return
    if axis.is_log:
        line.set_major_locator(ticker.LogLocator(subs=_subs(values), numticks=9))
        line.set_major_formatter(ticker.FuncFormatter(lambda value, _: number(value)))
        return

    class Alike(ticker.Formatter):
        def __call__(self, value: float, pos: int | None = None) -> str:
            return number(value)

        def format_ticks(self, values: Sequence[float]) -> list[str]:
            return numbers(values)

    line.set_major_formatter(Alike())


def thinned(ticks: tuple[float, ...]) -> list[float]:
    """Return so many ticks as there is room for, evenly, the first among them."""
    step = math.ceil(len(ticks) / MOST_TICKS)
    return list(ticks[::step])


def _subs(values: Iterable[float]) -> tuple[float, ...]:
    """Return between which parts of a decade ticks stand: more where there are few decades."""
    positive = [value for value in values if value > 0]
    decades = math.log10(max(positive) / min(positive)) if positive else 9
    if decades > 2 * _LITTLE_DECADES:
        return (1.0,)
    return (1.0, 2.0, 5.0) if decades < _LITTLE_DECADES else (1.0, 3.0)
