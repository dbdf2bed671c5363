"""The studies beside the runs, and the page of one: how far it is, and what its runs come to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import solara

from ..canvas import StudyView
from ..feed import StudyRow, StudyTable, choices_of, find_study, lines_of, the_studies
from ..feed.studies import study_row
from ..serve.place import place
from .figures import Readout
from .panels import ViewPanel
from .parts import ChoiceBox, FactsTable, Notice, StudiesTable, box
from .study_rows import (
    MOST_TOLD,
    failure_rows,
    report_path,
    stop_rows,
    study_figures,
    study_table_row,
)
from .visit import every

REFRESH_S = 1.0
NO_LINES = "none"
"""What is chosen where all runs are one line."""
CHART_NOTE = (
    "Means over the runs that have ended, with 95 % intervals: Student's for means, Wilson's for "
    "shares. Runs that differ in parameters not named here are taken together."
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of a study."""

    row: StudyRow | None = None
    """How far it is; None before it was looked at."""
    chosen: tuple[str, str, str] = ("", "", "")
    """The response, what it is drawn over, and what its lines differ in."""
    responses: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    """Parameters that it can be drawn over."""
    failed: tuple[tuple[str, ...], ...] = ()
    """Of runs that failed: which, its setting, why."""


@solara.component
def StudiesPage() -> Any:
    """Show all studies, or the one that the address names."""
    router = solara.use_router()
    key = router.parts[1] if len(router.parts) > 1 else ""
    if not key:
        return AllStudies(router.push)
    path = find_study(place().runs, key)
    if path is None:
        text = f"There is no study {key!r} here. It may have been removed."
        return Notice(
            text=text,
            tone="is-bad",
            button="See all studies",
            event_press=lambda _: router.push("/studies"),
        )
    return OneStudy(path).key(str(path))


@solara.component
def AllStudies(go: Callable[[str], None]) -> Any:
    """Show the studies beside the runs."""
    rows, set_rows = solara.use_state(None)
    seen: list[Any] = solara.use_memo(lambda: [None], [])

    def refresh() -> None:
        found = [study_table_row(row) for row in the_studies().rows(place().runs)]
        if found != seen[0]:
            seen[0] = found
            set_rows(found)

    every(REFRESH_S, refresh)
    head = box("div", box("h1", "Studies"), box("code", str(place().runs)), of="db-row")
    if rows is None:
        return box("div", head, of="db-stack")
    if not rows:
        text = (
            f"There are no studies in {place().runs}, nor in the folder studies beside it. In a "
            "terminal: swarmboard sweep STUDY.toml"
        )
        return box("div", head, Notice(text=text), of="db-stack")
    table = box("section", StudiesTable(rows=rows, event_go=go), of="db-panel")
    return box("div", head, table, of="db-stack")


@solara.component
def OneStudy(path: Path) -> Any:
    """Show how far a study is, a chart of its runs, what failed and what it found."""
    shown, set_shown = solara.use_state(Shown())
    readout = solara.use_memo(Readout, [])
    view = solara.use_memo(lambda: StudyView(height_px=380), [])
    picked = solara.use_memo(lambda: ["", "", ""], [])

    def refresh() -> None:
        told = study_row(path)
        readout.show(study_figures(told))
        set_shown(the_studies().look(told, lambda table: _draw(view, told, table, picked)))

    def choose(at: int) -> Callable[[str], None]:
        def take(value: str) -> None:
            picked[at] = value
            refresh()

        return take

    every(REFRESH_S, refresh)
    if shown.row is None:
        return box("div", box("h1", path.name), of="db-stack")
    titled = "Results" if shown.row.status == "done" else "Results so far"
    chart = ViewPanel(titled, view, _choosers(shown, choose), CHART_NOTE)
    return box(
        "div", _head(shown.row), readout, chart, *_tables(shown.row, shown.failed), of="db-stack"
    )


def _choosers(shown: Shown, choose: Callable[[int], Callable[[str], None]]) -> list[Any]:
    """Return what a person picks the lines of the chart by."""
    if not shown.responses:
        return []
    response, x, lines = shown.chosen
    others = [NO_LINES, *(name for name in shown.places if name != x)]
    choosers = [
        ChoiceBox(label="Shows", value=response, choices=shown.responses, event_choose=choose(0)),
        ChoiceBox(label="over", value=x, choices=shown.places, event_choose=choose(1)),
    ]
    if len(others) > 1:
        choosers.append(ChoiceBox(label="by", value=lines, choices=others, event_choose=choose(2)))
    return choosers


def _head(row: StudyRow) -> Any:
    told = [row.scenario, f"varies {', '.join(row.varied)}" if row.varied else ""]
    parts = [
        box("h1", row.key),
        box("span", ", ".join(filter(None, told)), of="db-muted"),
        box("span", of="db-space"),
    ]
    if row.has_report:
        link = {"href": report_path(row.key), "target": "_blank", "rel": "noopener"}
        parts.append(box("a", "Report", of="db-button", **link))
    return box("div", *parts, of="db-row")


def _tables(row: StudyRow, failed: tuple[tuple[str, ...], ...]) -> list[Any]:
    """Return what stands below the chart: what was found, what failed, why points stopped."""
    parts = []
    if row.error:
        parts.append(Notice(text=row.error, tone="is-bad"))
    if row.found and len(row.found) <= MOST_TOLD:
        items = [box("li", said) for said in row.found]
        parts.append(box("section", box("h2", "Found"), box("ul", *items), of="db-panel"))
    if failed:
        some = f"{len(failed):,} of the {row.failed:,} runs that failed"
        shown = "Every run that failed" if len(failed) == row.failed else some
        table = FactsTable(
            caption=f"{shown}; failures/ in the study has the tracebacks",
            columns=["run", "setting", "why"],
            rows=[list(one) for one in failed],
            numbers=False,
        )
        parts.append(box("section", box("h2", "Failed runs"), table, of="db-panel"))
    if stops := stop_rows(row):
        caption = "Why points got no more replicates"
        if row.status == "running" or len(row.stops) > MOST_TOLD:
            caption += ", some of them"
        table = FactsTable(
            caption=caption, columns=["point", "replicates", "why"], rows=stops, numbers=False
        )
        parts.append(box("section", box("h2", "Points that stopped"), table, of="db-panel"))
    return parts


def _draw(view: StudyView, row: StudyRow, table: StudyTable, picked: Sequence[str]) -> Shown:
    """Draw what is picked, or else what tells most."""
    responses, places, by = choices_of(table, asked=row.responses)
    response = picked[0] if picked[0] in responses else next(iter(responses), "")
    x = picked[1] if picked[1] in places else next(iter(places), "")
    lines = picked[2] or by or NO_LINES
    if lines == x or lines not in (*places, NO_LINES):
        lines = NO_LINES
    found = lines_of(table, response, x, None if lines == NO_LINES else lines)
    view.draw(
        [
            (line.name, [(p.place, p.mean, p.low, p.high, p.runs) for p in line.points])
            for line in found
        ],
        x=x,
        response=response,
        notice="No run has ended yet; each one adds to a point.",
    )
    failed = tuple(map(tuple, failure_rows(table.failures, row.varied)))
    return Shown(row, (response, x, lines), tuple(responses), tuple(places), failed)
