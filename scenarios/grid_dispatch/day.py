"""A day of dispatch intervals: loads and availability over time, and ramps between them."""

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from blackboard import BadInput

from .case import Case
from .market import Market
from .options import GridOptions

type Floats = NDArray[np.float64]

MINUTES = 5
RAMP_PERCENT_PER_MINUTE = 2.0
"""Of a node's nameplate range; the first interval starts anywhere."""
SWING = 0.15
"""The built-in day's load falls this far below the case's own at night (made up)."""


@dataclass(frozen=True, eq=False, slots=True)
class Series:
    """A user's profile: one row an interval."""

    load: Floats
    """(intervals,) factor on the case's loads."""
    available: Floats | None
    """(intervals, units) MW a unit can reach at most; infinite where nothing is said."""


class Day:
    """The case as it stands in each interval."""

    def __init__(self, case: Case, options: GridOptions, series: Series | None = None) -> None:
        self._base = Market.of(case)
        self._case, self._options = case, options
        self.intervals = options.intervals or 1
        self._series = series or self._profile()
        self._check_capacity()

    @property
    def nameplate(self) -> tuple[Floats, Floats]:
        """The published limits of the nodes with a choice, in MW."""
        return self._base.curves.low, self._base.curves.high

    def with_case(self, case: Case) -> Self:
        """Return the same day with another state of the grid (a unit tripped)."""
        day = type(self)(case, self._options, self._series)
        day._base = Market.of(case, self._base.network, nodes=self._base.curves.nodes)
        return day

    def market(self, interval: int, previous: Floats | None) -> Market:
        """Return the market of an interval.

        Args:
            interval: From 0.
            previous: (nodes,) outputs of the interval before, from which ramps count.
        """
        if self.intervals == 1 and self._options.series is None:
            return self._base
        low, high = (limit.copy() for limit in self.nameplate)
        if previous is not None:
            reach = (high - low) * RAMP_PERCENT_PER_MINUTE / 100 * MINUTES
            low, high = np.maximum(low, previous - reach), np.minimum(high, previous + reach)
        if self._series.available is not None:
            high = self._within_availability(high, self._series.available[interval])
            low = np.minimum(low, high)  # what has failed cannot wait for its ramp
        return self._base.limited(low, high, float(self._series.load[interval]))

    def _within_availability(self, high: Floats, available: Floats) -> Floats:
        """Lower the nodes' upper limits by what their units have lost."""
        units, curves = self._case.units, self._base.curves
        lost = np.maximum(units.high_mw - available, 0.0)[curves.unit_index]
        lost_at = np.bincount(curves.unit_node, weights=lost, minlength=len(curves))
        return np.minimum(high, curves.high - lost_at)

    def _profile(self) -> Series:
        """Read the user's series, or make up a day that starts and ends at full load."""
        if self._options.series is not None:
            return read_series(Path(self._options.series), self._case, self.intervals)
        hour = np.arange(self.intervals) * 2 * math.pi / max(self.intervals, 288)
        return Series(1.0 - SWING * 0.5 * (1.0 - np.cos(hour)), None)

    def _check_capacity(self) -> None:
        load = float(self._case.load_mw.sum()) * self._series.load
        most = np.full(self.intervals, float(self._case.units.high_mw.sum()))
        if self._series.available is not None:
            most = np.minimum(self._series.available, self._case.units.high_mw).sum(axis=1)
        short = np.flatnonzero(load > most)
        if short.size:
            at = int(short[0])
            raise BadInput(
                f"case {self._case.name}, interval {at + 1}: the load of {load[at]:,.1f} MW is "
                f"more than the {most[at]:,.1f} MW its units can make; lower the load or add units"
            )


def read_series(path: Path, case: Case, intervals: int) -> Series:
    """Read a load and availability profile.

    Columns: `load` (factor on the case's loads, from 0) and any `unit_ID` (MW available).

    Raises:
        BadInput: names the row, column and unit of what is wrong.
    """
    rows = _read_rows(path)
    names = list(rows[0]) if rows else []
    known = {f"unit_{unit}": column for column, unit in enumerate(case.units.ids.tolist())}
    for name in names:
        if name not in ("load", "interval", *known):
            raise BadInput(
                f"{path}: unknown column {name!r}; there are load (factor), interval, and unit_ID "
                f"(MW) for the case's units {', '.join(map(str, case.units.ids[:5]))} ..."
            )
    if len(rows) < intervals or "load" not in names:
        raise BadInput(
            f"{path}: a column load (factor) and {intervals} rows are needed, one an interval; "
            f"there are {len(rows)} rows and the columns {', '.join(names) or 'none'}"
        )
    load = np.array([_number(path, row, rows[row], "load", "factor") for row in range(intervals)])
    columns = [name for name in names if name in known]
    if not columns:
        return Series(load, None)
    available = np.full((intervals, len(case.units)), np.inf)
    for name in columns:
        unit = known[name]
        values = [_number(path, row, rows[row], name, "MW") for row in range(intervals)]
        least = float(case.units.low_mw[unit])
        for row, value in enumerate(values):
            if value < least:
                raise BadInput(
                    f"{path}, row {row + 2}, column {name}: {value:g} MW is below the unit's least "
                    f"output of {least:g} MW; give at least that"
                )
        available[:, unit] = values
    return Series(load, available)


def count_rows(path: Path) -> int:
    """Return how many intervals a series has.

    Raises:
        BadInput: it cannot be read, or has none.
    """
    rows = len(_read_rows(path))
    if not rows:
        raise BadInput(f"the series {path} has no rows: give a header and a row an interval")
    return rows


def _read_rows(path: Path) -> list[dict[str, str]]:
    try:
        return list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"the series {path} cannot be read: {error}") from error


def _number(path: Path, row: int, cells: dict[str, str], column: str, unit: str) -> float:
    text = (cells.get(column) or "").strip()
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise BadInput(
            f"{path}, row {row + 2}, column {column}: {text!r} is no {unit} from 0 upwards"
        )
    return value
