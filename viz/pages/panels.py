"""A panel around a canvas: its heading, what it can be asked, and the table behind it."""

from collections.abc import Callable, Sequence
from typing import Any

import solara

from ..canvas import CanvasView
from ..moment import Moment, RunFacts
from .layout import is_dark
from .parts import ActButton, FactsTable, box
from .viewer import Draw, Viewer
from .visit import every

MOST_ROWS = 500
"""Rows of a table that a page shows; the rest is counted."""
TABLE_S = 1.0


@solara.component
def CanvasPanel(
    title: str, view: CanvasView, viewer: Viewer, draw: Draw, controls: Sequence[Any] = ()
) -> Any:
    """Show a canvas, and on request the table behind it.

    Args:
        title: Of the panel.
        view: The canvas, made once for the visit.
        viewer: What draws it.
        draw: How a moment is drawn on it; the same function for the whole visit.
        controls: What stands beside the title.
    """
    as_table, set_as_table = solara.use_state(False)

    def follow() -> Callable[[], None]:
        def drawn(facts: RunFacts, moment: Moment) -> None:
            view.call(run=viewer.feed.path.name, title=title, facts=facts, moment=moment)
            draw(facts, moment)

        return viewer.add(drawn)

    def dress() -> None:
        view.theme = "dark" if is_dark.value else "light"

    solara.use_effect(follow, [viewer])
    solara.use_effect(dress, [is_dark.value])
    button = ActButton(
        label="Show the drawing" if as_table else "Show as a table",
        tone="is-small",
        event_press=lambda _: set_as_table(not as_table),
    )
    head = box("div", box("h2", title), box("span", of="db-space"), *controls, button, of="db-row")
    body = TableBehind(title, view) if as_table else view
    return box("section", head, body, of="db-panel", **{"aria-label": title})


@solara.component
def TableBehind(title: str, view: CanvasView) -> Any:
    """Show the numbers of a canvas as rows, as they are every second."""
    now, set_now = solara.use_state(((), (), 0))

    def refresh() -> None:
        table = view.table()
        rows = tuple(tuple(map(cell, row)) for row in table.rows[:MOST_ROWS])
        set_now((tuple(table.columns), rows, len(table.rows)))

    every(TABLE_S, refresh)
    columns, rows, many = now
    shown = f"the first {MOST_ROWS:,} of {many:,} rows" if many > MOST_ROWS else f"{many:,} rows"
    return FactsTable(caption=f"{title}: {shown}", columns=list(columns), rows=[*map(list, rows)])


def cell(value: Any) -> str:
    """Return a cell as text."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.6g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def shows(view: CanvasView) -> Draw:
    """Return what draws each moment as the canvas draws it by itself."""

    def draw(facts: RunFacts, moment: Moment) -> None:
        view.show(facts, moment)

    return draw
