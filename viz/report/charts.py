"""What a scenario publishes beside its map, as a report has it: a section and a view for each."""

import html
from collections.abc import Mapping
from typing import Any

from ..canvas import BlocksView, CanvasView, CourseView, PartsView
from ..canvas.static_page import plain_state
from ..feed import PastRun
from ..moment import Moment, RunFacts

MOVING = {
    "stack": ("names", "units", "widths", "heights", "filled", "marks", "note", "label", "notice"),
    "bars": ("height_px", "rows", "items", "values", "label", "notice"),
    "parts": ("height_px", "rows", "items", "values", "label", "notice"),
    "course": ("names", "at", "label", "notice"),
}
"""What a moment may change, by kind of chart."""


class Charts:
    """Draws the charts of a run, and keeps what differs from how they stand at its end.

    Args:
        run: All of whose log has been read.
    """

    def __init__(self, run: PastRun) -> None:
        self._run, self._facts = run, run.facts
        scene = self._facts.scene
        charts = scene.charts if scene else {}
        self.titles = {f"chart{k}": name for k, name in enumerate(charts)}
        """By the name of the view."""
        self.kinds = {f"chart{k}": chart.kind for k, chart in enumerate(charts.values())}
        self.views: dict[str, CanvasView] = {
            name: _view_of(self.kinds[name], title) for name, title in self.titles.items()
        }
        self._courses: dict[str, Any] = {
            name: run.lines(view.names_of(self._facts))[2]
            for name, view in self.views.items()
            if isinstance(view, CourseView)
        }
        self._draw(run.moment(2**62))
        self._still = {
            name: plain_state(view, MOVING[self.kinds[name]]) for name, view in self.views.items()
        }

    def scene(self, moment: Moment) -> dict[str, dict[str, Any]]:
        """Return what a moment changes, by view; all else is as it is at the end."""
        self._draw(moment)
        told = {}
        for name, view in self.views.items():
            state = plain_state(view, MOVING[self.kinds[name]])
            still = self._still[name]
            told[name] = {key: value for key, value in state.items() if value != still[key]}
        return told

    def _draw(self, moment: Moment) -> None:
        for name, view in self.views.items():
            if isinstance(view, CourseView):
                view.show_course(self._facts, moment, self._courses[name])
            else:
                _show(view, self._facts, moment)


def sections(titles: Mapping[str, str]) -> str:
    """Return the places of charts in the page, in pairs."""
    told = "".join(_section(name, html.escape(title)) for name, title in titles.items())
    return f'<div class="grid">{told}</div>' if told else ""


def _section(name: str, title: str) -> str:
    button = f'<button type="button" data-table="{name}" aria-pressed="false">Show as a table'
    place = f'class="table" id="{name}-table" tabindex="0" role="region"'
    return (
        f'<section aria-labelledby="h-{name}"><div class="head"><h2 id="h-{name}">{title}</h2>'
        f'{button}</button></div><div class="view" id="{name}"></div>'
        f'<div {place} aria-label="{title}, as a table" hidden></div></section>'
    )


def _view_of(kind: str, name: str) -> CanvasView:
    if kind == "course":
        return CourseView(name)
    return BlocksView(name) if kind == "stack" else PartsView(name)


def _show(view: CanvasView, facts: RunFacts, moment: Moment) -> None:
    assert isinstance(view, BlocksView | PartsView)
    view.show(facts, moment)
