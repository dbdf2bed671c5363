"""The world's numbers over a run: a small chart for each, all with the same axis."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from ..moment import Moment, RunFacts
from .joining import joined
from .view import CanvasView, Table

MOST_SERIES = 24
MOST_BUCKETS = 160
"""Places along a chart; where there are more moments, each place has its lowest and highest."""
FULL_SCALE = 65_534
MISSING = 65_535
_UNITS = {
    "percent": "%",
    "share": "share",
    "mw": "MW",
    "mwh": "MWh",
    "kw": "kW",
    "s": "s",
    "ms": "ms",
    "h": "h",
    "usd": "USD",
    "bits": "bits",
}
"""What the end of a name says of its unit, where the scenario does not say it."""


class SeriesView(CanvasView):
    """Small line charts of whatever numbers a scenario publishes."""

    _esm = joined("series.js")

    axis = traitlets.Dict().tag(sync=True)
    """First and last place, and their unit."""
    names: Any = traitlets.List().tag(sync=True)
    """Name, unit, lowest, highest, and value at the moment, of each chart."""
    places = traitlets.Bytes(b"").tag(sync=True)
    """float32: rounds, or simulated seconds."""
    lows = traitlets.Bytes(b"").tag(sync=True)
    """uint16, chart after chart, a value for each place."""
    highs = traitlets.Bytes(b"").tag(sync=True)
    """As `lows`; empty where each place has one value."""
    at = traitlets.Float(0.0).tag(sync=True)
    """The place of the moment that is looked at."""

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._rows: tuple[tuple[str, str, float | None, float | None, float | None], ...] = ()

    def show(
        self,
        facts: RunFacts,
        moment: Moment,
        *,
        places: NDArray[np.float64],
        series: Mapping[str, NDArray[np.float64]],
    ) -> None:
        """Draw numbers over a run.

        Args:
            facts: the run.
            moment: whose values are told beside the names.
            places: of all moments on the axis: rounds, or simulated seconds, rising.
            series: a value for each place, NaN where there is none; `series_names` has the order.
        """
        unit = "s" if facts.is_event_driven else "round"
        self._draw(
            places=places,
            series=series,
            now=moment.series,
            units=facts.scene.series if facts.scene else {},
            titles=facts.scene.titles if facts.scene else {},
            unit=unit,
            at=_place(facts, moment),
        )

    def _draw(
        self,
        *,
        places: NDArray[np.float64],
        series: Mapping[str, NDArray[np.float64]],
        now: Mapping[str, float],
        units: Mapping[str, str],
        titles: Mapping[str, str],
        unit: str,
        at: float,
    ) -> None:
        shown = list(series)[:MOST_SERIES]
        buckets = _buckets(places)
        lows, highs, rows = [], [], []
        for name in shown:
            least, most = _lowest_and_highest(series[name], buckets)
            low, high = _range(series[name])
            lows.append(_scaled(least, low, high))
            highs.append(_scaled(most, low, high))
            title = title_of(name, titles, units)
            rows.append((title, unit_of(name, units), low, high, _known(now.get(name))))
        is_single = buckets.size == places.size
        starts = np.append(buckets, places.size)
        middle = [places[a:b].mean() for a, b in pairwise(starts)]
        self._rows = tuple(rows)
        self._publish(
            axis={
                "unit": unit,
                "low": (_known(float(places[0])) or 0.0) if places.size else 0.0,
                "high": (_known(float(places[-1])) or 0.0) if places.size else 1.0,
            },
            names=[list(row) for row in rows],
            places=np.array(middle, "<f4").tobytes(),
            lows=b"".join(lows),
            highs=b"" if is_single else b"".join(highs),
            at=_known(at) or 0.0,
            label=self._words(),
            notice="" if shown else "The scenario has published no numbers yet.",
        )

    def table(self) -> Table:
        """Return a row for each number: now, lowest and highest."""
        rows = tuple((title, unit, now, low, high) for title, unit, low, high, now in self._rows)
        return Table(("number", "unit", "now", "lowest", "highest"), rows)

    def _words(self) -> str:
        told = [
            f"{title} {now:,.4g} {unit}".strip()
            for title, unit, _, _, now in self._rows
            if now is not None
        ]
        return f"{len(self._rows)} numbers of the world. " + ", ".join(told) + "."


def series_names(facts: RunFacts, moment: Moment) -> Sequence[str]:
    """Return what there is to draw: the scene's numbers in their order, then the world's own.

    What only a chart reads is left to that chart, and so is what has an empty title.
    """
    scene = facts.scene
    named = [name for name in (scene.series if scene else ()) if name in moment.series]
    charts = scene.charts.values() if scene else ()
    told = {name for chart in charts for name in (*chart.columns, *chart.marks, chart.over)}
    told |= {name for name, title in (scene.titles if scene else {}).items() if not title}
    return [*named, *(name for name in moment.series if name not in (*named, *told))]


def unit_of(name: str, units: Mapping[str, str]) -> str:
    """Return the unit of a number: as published, else as the end of its name says."""
    if name in units:
        return units[name]
    words = name.split("_")
    if len(words) > 2 and words[-2] == "per":
        return f"per {words[-1]}"
    return _UNITS.get(words[-1], "") if len(words) > 1 else ""


def title_of(name: str, titles: Mapping[str, str], units: Mapping[str, str]) -> str:
    """Return what people call a number: as published, else its name without the unit at its end."""
    if titles.get(name):
        return titles[name]
    ending = _ending_of(name) if name not in units else ""
    return name.removesuffix(ending).replace("_", " ")


def _ending_of(name: str) -> str:
    """Return the end of a name that says its unit; empty where it says none."""
    words = name.split("_")
    if len(words) > 2 and words[-2] == "per":
        return f"_per_{words[-1]}"
    return f"_{words[-1]}" if len(words) > 1 and words[-1] in _UNITS else ""


def _place(facts: RunFacts, moment: Moment) -> float:
    if facts.is_event_driven and moment.now_s is not None:
        return moment.now_s
    return float(moment.number)


def _buckets(places: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return where the moments of each place on a chart begin."""
    if places.size <= MOST_BUCKETS:
        return np.arange(places.size)
    span = float(places[-1] - places[0]) or 1.0
    slots = np.minimum((places - places[0]) / span * MOST_BUCKETS, MOST_BUCKETS - 1).astype(int)
    return np.flatnonzero(np.diff(slots, prepend=-1))


def _lowest_and_highest(
    values: NDArray[np.float64], buckets: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if not buckets.size:
        return np.empty(0), np.empty(0)
    return np.fmin.reduceat(values, buckets), np.fmax.reduceat(values, buckets)


def _range(values: NDArray[np.float64]) -> tuple[float | None, float | None]:
    known = values[np.isfinite(values)]
    return (float(known.min()), float(known.max())) if known.size else (None, None)


def _known(value: float | None) -> float | None:
    """Return a number; None where it is none that JSON has."""
    return value if value is not None and math.isfinite(value) else None


def _scaled(values: NDArray[np.float64], low: float | None, high: float | None) -> bytes:
    """Return values as shares of the way from the lowest to the highest."""
    if low is None or high is None:
        return np.full(values.size, MISSING, "<u2").tobytes()
    with np.errstate(invalid="ignore", over="ignore"):
        share = (values - low) / ((high - low) or 1.0) * FULL_SCALE
    return (
        np.where(np.isfinite(values), np.rint(np.nan_to_num(share)), MISSING)
        .astype("<u2")
        .tobytes()
    )
