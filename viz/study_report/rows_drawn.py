"""Heat maps, and values with intervals one below the other."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..canvas.palette import PALETTES
from .axes_drawn import formatter, log_ticks, set_axis
from .described import Bar, Forest, Heat
from .telling import number
from .themes import SHADES, letters, ramp

MOST_WRITTEN = 30
"""Characters of a row's numbers for which there is room at 7 points."""
MOST_ROWS_WRITTEN = 12
WIDEST_TICKS = 34
"""Characters of all labels below a heat map, and between them."""
LOG_FROM = 100.0
"""Values that differ by so much are coloured by their logarithms."""
WIDEST_LABEL = 24
"""Characters of a forest plot's label before it goes on in the next line."""


def draw_heat(figure: Any, heat: Heat) -> None:
    """Draw a cell for each pair, with its number where there is room; empty ones are hatched.

    Rows and columns change places where there is room for numbers only so. Colours go by the
    logarithm where values span decades.
    """
    from matplotlib import colors, ticker
    from matplotlib.cm import ScalarMappable
    from matplotlib.patches import Rectangle

    heat = heat if _has_room(heat) or not _has_room(_turned(heat)) else _turned(heat)
    axes = figure.subplots()
    axes.grid(visible=False)
    light, shades = PALETTES["light"], ramp(PALETTES["light"])
    known = [value for line in heat.values for value in line if value is not None]
    low, high = min(known), max(known)
    width, height = len(heat.values[0]), len(heat.values)
    is_log = low > 0 and high / low >= LOG_FROM
    scale = (colors.LogNorm if is_log else colors.Normalize)(low, high if high > low else low + 1)
    texts, written = _texts(heat), _has_room(heat)
    for row, line in enumerate(heat.values):
        for column, value in enumerate(line):
            if value is None:
                look: dict[str, Any] = {"facecolor": light.paper, "edgecolor": light.faint}
                axes.add_patch(Rectangle((column, row), 1, 1, linewidth=0, hatch="////", **look))
                continue
            shade = round(float(scale(value)) * (SHADES - 1))
            face = shades[shade]
            axes.add_patch(
                Rectangle((column, row), 1, 1, facecolor=face, edgecolor=face, linewidth=0.3)
            )
            if written:
                spot = (column + 0.5, row + 0.5)
                axes.text(*spot, texts[row][column], ha="center", va="center", color=letters(shade))
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    for which, axis, many in (("x", heat.x, width), ("y", heat.y, height)):
        _centre_ticks(axes, which, axis, many)
    bar = figure.colorbar(
        ScalarMappable(scale, colors.ListedColormap(shades)), ax=axes, aspect=28, pad=0.02
    )
    bar.ax.set_ylabel(heat.label)
    if is_log:
        bar.ax.yaxis.set_major_locator(ticker.FixedLocator(log_ticks(known)))
        bar.ax.yaxis.set_minor_locator(ticker.NullLocator())
    bar.ax.yaxis.set_major_formatter(formatter(is_log=is_log))
    bar.outline.set_visible(False)


def draw_forest(figure: Any, forest: Forest) -> None:
    """Draw rows from top to bottom."""
    axes = figure.subplots()
    light = PALETTES["light"]
    axes.axvline(forest.origin, color=light.faint, linewidth=0.8)
    for row, bar in enumerate(forest.bars):
        reach = None
        if bar.low is not None and bar.high is not None:
            reach = [[max(0.0, bar.value - bar.low)], [max(0.0, bar.high - bar.value)]]
        axes.errorbar(
            bar.value,
            row,
            xerr=reach,
            fmt="o",
            color=light.factions[0],
            markerfacecolor=light.factions[0] if bar.is_told_apart else light.paper,
            capsize=1.8,
            elinewidth=0.9,
            zorder=3,
        )
    set_axis(axes, "x", forest.axis)
    axes.set_yticks(range(len(forest.bars)), [_wrapped(bar.label) for bar in forest.bars])
    axes.set_ylim(len(forest.bars) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    if forest.legend:
        _forest_legend(figure, forest.legend)


def most_lines(bars: Sequence[Bar]) -> int:
    """Return how many lines the longest label of a forest plot takes."""
    return max(_wrapped(bar.label).count("\n") + 1 for bar in bars)


def _wrapped(label: str) -> str:
    return textwrap.fill(label, WIDEST_LABEL)


def _texts(heat: Heat) -> list[list[str]]:
    """Return the numbers of all cells."""
    known = [value for line in heat.values for value in line if value is not None]
    places = _places(min(known), max(known))
    for digits in (3, 2):
        texts = [[_written(value, places, digits) for value in line] for line in heat.values]
        if _fit(texts):
            break
    return texts


def _has_room(heat: Heat) -> bool:
    """Say whether numbers stand in the cells without touching each other."""
    return _fit(_texts(heat))


def _fit(texts: list[list[str]]) -> bool:
    longest = max(len(text) for line in texts for text in line)
    return len(texts[0]) * longest <= MOST_WRITTEN and len(texts) <= MOST_ROWS_WRITTEN


def _turned(heat: Heat) -> Heat:
    """Return a heat map with its rows as columns."""
    return Heat(heat.y, heat.x, tuple(zip(*heat.values, strict=True)), heat.label)


def _places(low: float, high: float) -> int | None:
    """Return how many decimals tell cells apart; None for numbers too large or small for that."""
    if not 0.0005 <= max(abs(low), abs(high)) < 1000 or (low > 0 and high / low >= LOG_FROM):
        return None
    return int(np.clip(2 - np.ceil(np.log10(high - low)), 0, 5)) if high > low else None


def _written(value: float | None, places: int | None, digits: int) -> str:
    """Return the number of a cell."""
    if value is None:
        return ""
    return number(float(f"{value:.{digits}g}")) if places is None else f"{value:.{places}f}"


def _centre_ticks(axes: Any, which: str, axis: Any, many: int) -> None:
    names = axis.names or tuple(number(value) for value in axis.ticks)
    widest = max(len(name) for name in names) + 1
    most = max(1, WIDEST_TICKS // widest) if which == "x" else MOST_ROWS_WRITTEN
    step = int(np.ceil(many / most))
    places = [i + 0.5 for i in range(0, many, step)]
    getattr(axes, f"set_{which}ticks")(places, [names[i] for i in range(0, many, step)])
    getattr(axes, f"set_{which}label")(axis.label)
    axes.tick_params(axis=which, length=0)


def _forest_legend(figure: Any, words: tuple[str, str]) -> None:
    from matplotlib.lines import Line2D

    light = PALETTES["light"]
    blue = light.factions[0]
    handles = [
        Line2D([], [], marker="o", linestyle="none", color=blue, markerfacecolor=face)
        for face in (blue, light.paper)
    ]
    figure.legend(handles, list(words), loc="outside upper left", ncols=2)
