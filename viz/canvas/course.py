"""Numbers over something else than the round, such as the intervals of a day."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..moment import Moment, RunFacts
from .series import SeriesView
from .view import Table


class CourseView(SeriesView):
    """Small charts along a series whose values many moments share; each shows its last moment.

    Args:
        name: Of the chart, as the scenario published it.
    """

    def __init__(self, name: str = "", **traits: Any) -> None:
        super().__init__(**traits)
        self._name = name
        self._places: NDArray[np.float64] = np.empty(0)
        self._course: dict[str, NDArray[np.float64]] = {}

    def names_of(self, facts: RunFacts) -> tuple[str, ...]:
        """Return the series it needs, that along which it runs first."""
        chart = facts.scene.charts.get(self._name) if facts.scene else None
        return () if chart is None else (chart.over, *chart.columns)

    def show_course(
        self, facts: RunFacts, moment: Moment, series: Mapping[str, NDArray[np.float64]]
    ) -> None:
        """Draw the course of a run.

        Args:
            facts: the run.
            moment: whose place is marked.
            series: the series of `names_of`, all as long as each other, oldest moment first.
        """
        over, *names = self.names_of(facts) or ("",)
        along = series.get(over, np.empty(0))
        known = np.flatnonzero(np.isfinite(along))
        places, last = np.unique(along[known][::-1], return_index=True)
        rows = known[::-1][last]
        self._places = places
        self._course = {name: series[name][rows] for name in names if name in series}
        at = moment.series.get(over, float("nan"))
        if not np.isfinite(at):
            at = float(places[-1]) if places.size else 0.0
        here = np.flatnonzero(places == at)
        now = {n: float(v[here[0]]) for n, v in self._course.items() if here.size}
        chart = facts.scene.charts.get(self._name) if facts.scene else None
        self._draw(
            places=places,
            series=self._course,
            now={name: value for name, value in now.items() if np.isfinite(value)},
            units=chart.columns if chart else {},
            titles=facts.scene.titles if facts.scene else {},
            unit=over.replace("_", " "),
            at=at,
        )

    def table(self) -> Table:
        """Return a row for each place along the course."""
        names = [f"{row[0]} ({row[1]})" if row[1] else str(row[0]) for row in self.names]
        rows = tuple(
            (float(place), *(_plain(values[k]) for values in self._course.values()))
            for k, place in enumerate(self._places.tolist())
        )
        return Table((str(self.axis.get("unit", "")), *names), rows)


def _plain(value: float) -> float | None:
    return float(f"{value:.6g}") if np.isfinite(value) else None
