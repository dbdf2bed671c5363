"""A published table as bars: each row's columns beside each other, or as parts of one bar."""

from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from ..moment import Moment, RunFacts
from .colouring import COLOURS, SHAPES, look_of_name
from .joining import joined
from .tabled import columns_of
from .view import CanvasView, Table

MOST_ROWS, MOST_COLUMNS = 24, 6
_PITCH_PX, _GAP_PX, _LEAST_PX = 30, 12, 90


class PartsView(CanvasView):
    """Bars by name: one for each column of a row, or one for each row, with its columns as parts.

    Args:
        name: Of the chart, as the scenario published it.
    """

    _esm = joined("parts.js")

    rows: Any = traitlets.List().tag(sync=True)
    items: Any = traitlets.List().tag(sync=True)
    """Name, colour, shape and unit of each column."""
    values = traitlets.Bytes(b"").tag(sync=True)
    """(rows, columns) float32, NaN where nothing is known."""
    is_whole = traitlets.Bool(False).tag(sync=True)
    """Whether the columns are parts of one bar."""

    def __init__(self, name: str = "", **traits: Any) -> None:
        super().__init__(**{"height_px": _LEAST_PX, **traits})
        self._name = name
        self._values: NDArray[np.float64] = np.empty((0, 0))
        self._names: tuple[str, ...] = ()

    def show(self, facts: RunFacts, moment: Moment) -> None:
        """Draw the table as of a moment; of a long one its first rows."""
        chart = facts.scene.charts.get(self._name) if facts.scene else None
        columns = () if chart is None else columns_of(self._name, chart, moment)
        if chart is None or not any(np.isfinite(column).any() for column in columns):
            notice = "Nothing has been published of this yet."
            self._publish(rows=[], values=b"", notice=notice, label=notice)
            return
        self._values = np.stack(columns, axis=1)
        self._names = chart.rows or tuple(str(row + 1) for row in range(len(self._values)))
        drawn = self._values[:MOST_ROWS, :MOST_COLUMNS]
        is_whole = chart.kind == "parts"
        bars = 1 if is_whole else drawn.shape[1]
        units = list(chart.columns.items())[:MOST_COLUMNS]
        self._publish(
            height_px=max(_LEAST_PX, 16 + len(drawn) * (_GAP_PX + max(_PITCH_PX, 20 * bars))),
            rows=list(self._names[:MOST_ROWS]),
            items=[
                [name.replace("_", " "), *(look_of_name(facts, name) or _look(k)), unit]
                for k, (name, unit) in enumerate(units)
            ],
            values=drawn.astype("<f4").tobytes(),
            is_whole=is_whole,
            label=self._words(),
            notice="",
        )

    def table(self) -> Table:
        """Return the table with all its rows."""
        told = tuple(f"{name} ({unit})" if unit else str(name) for name, _, _, unit in self.items)
        rows = (
            (name, *(float(f"{v:.6g}") if np.isfinite(v) else None for v in values[: len(told)]))
            for name, values in zip(self._names, self._values, strict=False)
        )
        return Table(("", *told), tuple(rows))

    def _words(self) -> str:
        told = [
            f"{name}: " + ", ".join(f"{v:,.4g}" if np.isfinite(v) else "none" for v in values)
            for name, values in zip(self._names, self._values, strict=False)
        ]
        return f"{self._name}. {'; '.join(told)}"[:300]


def _look(column: int) -> tuple[str, str]:
    return f"factions.{column % COLOURS}", SHAPES[column % len(SHAPES)]
