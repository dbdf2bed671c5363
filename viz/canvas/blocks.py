"""Blocks beside each other by rising height, as a merit order has them."""

from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from ..moment import ChartFacts, Moment, RunFacts
from .joining import joined
from .tabled import columns_of
from .view import CanvasView, Table

FULL_SCALE = 254
UNKNOWN = 255


class BlocksView(CanvasView):
    """Blocks of a width and a height, each filled in part, and lines at a width and a height.

    Args:
        name: Of the chart, as the scenario published it.
    """

    _esm = joined("blocks.js")

    names: Any = traitlets.List().tag(sync=True)
    """What the blocks are called, from the left."""
    units: Any = traitlets.List().tag(sync=True)
    """Name and unit of width, height and filling."""
    widths = traitlets.Bytes(b"").tag(sync=True)
    """float32, from the left."""
    heights = traitlets.Bytes(b"").tag(sync=True)
    """float32, rising."""
    filled = traitlets.Bytes(b"").tag(sync=True)
    """uint8: the share of each block's width, 254 for all of it, 255 where nobody knows."""
    note = traitlets.Unicode("").tag(sync=True)
    """What a reader should know of the blocks."""
    marks: Any = traitlets.List().tag(sync=True)
    """Name, unit and value of the line at a width, and of the one at a height."""

    def __init__(self, name: str = "", **traits: Any) -> None:
        super().__init__(**{"height_px": 300, **traits})
        self._name = name
        self._columns: tuple[NDArray[np.float64], ...] = ()
        self._rows: list[str] = []

    def show(self, facts: RunFacts, moment: Moment) -> None:
        """Draw the blocks as of a moment."""
        chart = facts.scene.charts.get(self._name) if facts.scene else None
        if chart is None:
            self._publish(names=[], notice="This run publishes no such chart.")
            return
        columns = columns_of(self._name, chart, moment)
        if len(columns) < 3 or not np.isfinite(columns[0] * columns[1]).any():
            notice = "Nothing has been published of this yet; it comes with the first round."
            self._publish(names=[], widths=b"", heights=b"", filled=b"", notice=notice)
            return
        drawn = np.isfinite(columns[0] * columns[1]) & (columns[0] > 0)
        order = np.flatnonzero(drawn)[np.argsort(columns[1][drawn], kind="stable")]
        width, height, filled = self._columns = tuple(column[order] for column in columns[:3])
        self._rows = [_named(chart, row) for row in order.tolist()]
        share = np.clip(filled / width, 0, 1) * FULL_SCALE
        codes = np.where(np.isfinite(share), np.rint(np.nan_to_num(share)), UNKNOWN)
        marks = _marks(facts, chart, moment)
        self._publish(
            names=self._rows,
            units=[[name.replace("_", " "), unit] for name, unit in chart.columns.items()][:3],
            widths=width.astype("<f4").tobytes(),
            heights=height.astype("<f4").tobytes(),
            filled=codes.astype(np.uint8).tobytes(),
            marks=marks,
            note=chart.note,
            label=self._words(chart, marks),
            notice="",
        )

    def table(self) -> Table:
        """Return a row for each block, from the left."""
        if not self._columns:
            return Table(("block",), ())
        told = tuple(f"{name} ({unit})" if unit else str(name) for name, unit in self.units)
        rows = zip(self._rows, *(map(_plain, column) for column in self._columns), strict=True)
        return Table(("block", *told), tuple(rows))

    def _words(self, chart: ChartFacts, marks: list[Any]) -> str:
        width, _, filled = self._columns
        known = np.isfinite(filled)
        part = 100 * filled[known].sum() / width[known].sum() if known.any() else 0.0
        lines = [f"{name} {value:,.4g} {unit}".strip() for name, unit, value in marks if name]
        whole = int((filled[known] >= width[known] * (1 - 1e-6)).sum())
        none = int((filled[known] <= width[known] * 1e-6).sum())
        return (
            f"{width.size:,} blocks by {list(chart.columns)[1]}: {whole:,} filled, {none:,} empty, "
            f"{part:.1f} % of all width. {', '.join(lines)}."
        )[:300]


def _named(chart: ChartFacts, row: int) -> str:
    return chart.rows[row] if row < len(chart.rows) else f"{row + 1}"


def _marks(facts: RunFacts, chart: ChartFacts, moment: Moment) -> list[Any]:
    """Return name, unit and value of up to two lines; an empty name for none."""
    units = facts.scene.series if facts.scene else {}
    found: list[Any] = []
    for name in chart.marks[:2]:
        value = moment.series.get(name)
        is_known = value is not None and np.isfinite(value)
        title = name.replace("_", " ")
        found.append([title, units.get(name, ""), value] if is_known else ["", "", 0.0])
    return found


def _plain(value: float) -> float | None:
    return float(f"{value:.6g}") if np.isfinite(value) else None
