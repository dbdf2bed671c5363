"""Heat maps, and values with intervals one below the other."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..canvas.palette import PALETTES
from .axes_drawn import MOST_TICKS, number, set_axis
from .described import Bar, Forest, Heat
from .themes import SHADES, letters, ramp

MOST_WRITTEN = 30
"""Characters of a row's numbers for which there is room at 7 points."""
MOST_ROWS_WRITTEN = 12
WIDEST_LABEL = 24
"""Characters of a forest plot's label before it goes on in the next line."""


def draw_heat(figure: Any, heat: Heat) -> None:
    """Draw a cell for each pair, with its number where there is room; empty ones are hatched."""
    from matplotlib import colors
    from matplotlib.cm import ScalarMappable
    from matplotlib.patches import Rectangle

    axes = figure.subplots()
    axes.grid(visible=False)
    light, shades = PALETTES["light"], ramp(PALETTES["light"])
    known = [value for line in heat.values for value in line if value is not None]
    low, high = min(known), max(known)
    width, height = len(heat.values[0]), len(heat.values)
    places = _places(low, high)
    texts = [[_written(value, places) for value in line] for line in heat.values]
    longest = max(len(text) for line in texts for text in line)
    written = width * longest <= MOST_WRITTEN and height <= MOST_ROWS_WRITTEN
    for row, line in enumerate(heat.values):
        for column, value in enumerate(line):
            if value is None:
                look: dict[str, Any] = {"facecolor": light.paper, "edgecolor": light.faint}
                axes.add_patch(Rectangle((column, row), 1, 1, linewidth=0, hatch="////", **look))
                continue
            shade = round((value - low) / (high - low) * (SHADES - 1)) if high > low else 0
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
    scale = colors.Normalize(low, high if high > low else low + 1)
    bar = figure.colorbar(
        ScalarMappable(scale, colors.ListedColormap(shades)), ax=axes, aspect=28, pad=0.02
    )
    bar.ax.set_ylabel(heat.label)
    bar.ax.yaxis.set_major_formatter(lambda value, _: number(value))
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


def _places(low: float, high: float) -> int | None:
    """Return how many decimals tell cells apart; None for numbers too large or small for that."""
    if not 0.0005 <= max(abs(low), abs(high)) < 1000:
        return None
    return int(np.clip(2 - np.ceil(np.log10(high - low)), 0, 5)) if high > low else None


def _written(value: float | None, places: int | None) -> str:
    """Return the number of a cell."""
    if value is None:
        return ""
    return number(float(f"{value:.3g}")) if places is None else f"{value:.{places}f}"


def _centre_ticks(axes: Any, which: str, axis: Any, many: int) -> None:
    names = axis.names or tuple(number(value) for value in axis.ticks)
    step = int(np.ceil(many / MOST_TICKS)) if which == "x" else int(np.ceil(many / 12))
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
