"""The scenario's own world: its map, what it publishes beside it, and its numbers over the run."""

import time
from typing import Any

import solara

from ..canvas import BlocksView, CourseView, FieldView, PartsView, SeriesView, series_names
from ..moment import Moment, RunFacts
from .panels import CanvasPanel, shows
from .parts import ChoiceBox, Notice, box, slot
from .viewer import Draw, Viewer
from .visit import use_facts

SERIES_S = 1.0
"""How often the lines of a run that goes on are drawn again."""


@solara.component
def WorldPage(viewer: Viewer) -> Any:
    """Show what the scenario has published."""
    facts = use_facts(viewer)
    lines = solara.use_memo(SeriesView, [])
    drawn = solara.use_memo(lambda: _lines(lines, viewer), [viewer])
    scene = facts.scene if facts is not None else None
    numbers = CanvasPanel("Numbers of the world over the run", lines, viewer, drawn).key("numbers")
    charts = [
        _chart(viewer, name, chart.kind).key(f"chart {name}")
        for name, chart in (scene.charts if scene else {}).items()
    ]
    if scene is None or not len(scene.positions):
        text = (
            "This scenario publishes no map: its agents are drawn on the Consensus page, and its "
            "results are in the run directory, under results/."
        )
        return box("div", Notice(text=text), *charts, numbers, of="db-stack")
    world = WorldMap(viewer).key("map")
    beside = [box("div", *charts, of="db-stack")] if charts else []
    first = box("div", world, numbers, of="db-stack" if charts else "db-grid")
    return box("div", first, slot(*beside), of="db-grid" if charts else "db-stack")


def _chart(viewer: Viewer, name: str, kind: str) -> Any:
    return (Course if kind == "course" else WorldChart)(viewer, name, kind)


@solara.component
def WorldChart(viewer: Viewer, name: str, kind: str) -> Any:
    """Show a table that is published with each round."""
    view = solara.use_memo(lambda: (BlocksView if kind == "stack" else PartsView)(name), [])
    draw = solara.use_memo(lambda: shows(view), [])
    return CanvasPanel(name, view, viewer, draw)


@solara.component
def Course(viewer: Viewer, name: str, kind: str) -> Any:
    """Show numbers along another one than the round."""
    view = solara.use_memo(lambda: CourseView(name), [])
    draw = solara.use_memo(lambda: _course(view, viewer), [viewer])
    return CanvasPanel(name, view, viewer, draw)


@solara.component
def WorldMap(viewer: Viewer) -> Any:
    """Show the map, agents and edges coloured by what is asked for."""
    facts = use_facts(viewer)
    field = solara.use_memo(lambda: FieldView(height_px=560), [])
    modes, edges = field.modes(facts), field.edge_modes(facts)
    own = [name for name in modes if name not in ("vote", "confidence", "faction")]
    chosen: list[str] = solara.use_memo(
        lambda: [(own or ["vote"])[0], edges[0] if edges else ""], [tuple(own), tuple(edges)]
    )
    _, set_said = solara.use_state(())

    def colour(place: int, name: str) -> None:
        chosen[place] = name
        set_said(tuple(chosen))
        viewer.again()

    def draw(facts: RunFacts, moment: Moment) -> None:
        mode = chosen[0] if chosen[0] in field.modes(facts) else "vote"
        field.show(facts, moment, mode=mode, edges=chosen[1] or None, with_votes=False)

    kept = solara.use_memo(lambda: draw, [viewer, id(chosen)])
    agents, lines = chosen
    controls = [
        ChoiceBox(
            label="Agents by",
            value=agents,
            choices=list(dict.fromkeys([*own, "vote"])),
            event_choose=lambda name: colour(0, name),
        )
    ]
    if len(edges) > 1:
        controls.append(
            ChoiceBox(
                label="Lines by",
                value=lines,
                choices=list(edges),
                event_choose=lambda name: colour(1, name),
            )
        )
    title = facts.scene.title if facts and facts.scene else ""
    return CanvasPanel(title or "Map", field, viewer, kept, controls)


def _lines(view: SeriesView, viewer: Viewer) -> Draw:
    """Return what draws the numbers: at once where a person goes back, else now and again."""
    drawn = [0.0]

    def draw(facts: RunFacts, moment: Moment) -> None:
        feed, now = viewer.feed, time.monotonic()
        if feed.is_live and now - drawn[0] < SERIES_S:
            return
        found = feed.lines(series_names(facts, moment))
        if found is None:
            return
        numbers, now_s, series = found
        drawn[0] = now
        places = now_s if facts.is_event_driven else numbers.astype(float)
        view.show(facts, moment, places=places, series=series)

    return draw


def _course(view: CourseView, viewer: Viewer) -> Draw:
    """Return what draws a course, as often as the numbers of the world."""
    drawn = [0.0]

    def draw(facts: RunFacts, moment: Moment) -> None:
        feed, now = viewer.feed, time.monotonic()
        if feed.is_live and now - drawn[0] < SERIES_S:
            return
        if found := feed.lines(view.names_of(facts)):
            drawn[0] = now
            view.show_course(facts, moment, found[2])

    return draw
