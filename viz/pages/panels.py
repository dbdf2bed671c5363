"""A panel around a canvas: its heading, what it can be asked, and the table behind it."""

from collections.abc import Callable, Sequence
from typing import Any

import solara

from ..canvas import CanvasView
from ..moment import Moment, RunFacts
from .layout import is_dark
from .parts import ActButton, FactsTable, Notice, box, slot
from .rows import counted
from .viewer import Draw, Viewer
from .visit import every

MOST_ROWS = 500
"""Rows of a table that a page shows at first; as many more come with each press of a button."""
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
        draw: How a moment is drawn on it; another function only where that is another way.
        controls: What stands beside the title.
    """

    def follow() -> Callable[[], None]:
        def drawn(facts: RunFacts, moment: Moment) -> None:
            view.call(run=viewer.feed.path.name, title=title, facts=facts, moment=moment)
            draw(facts, moment)

        return viewer.add(drawn)

    solara.use_effect(follow, [viewer, draw])
    return ViewPanel(title, view, controls)


@solara.component
def ViewPanel(title: str, view: CanvasView, controls: Sequence[Any] = (), note: str = "") -> Any:
    """Show a canvas that others draw, and on request the table behind it.

    Args:
        title: Of the panel.
        view: The canvas, made once for the visit.
        controls: What stands beside the title.
        note: How to read it.
    """
    as_table, set_as_table = solara.use_state(False)

    def dress() -> None:
        view.theme = "dark" if is_dark.value else "light"

    solara.use_effect(dress, [is_dark.value])
    button = ActButton(
        label="Show the drawing" if as_table else "Show as a table",
        tone="is-small",
        event_press=lambda _: set_as_table(not as_table),
    )
    space = box("span", of="db-space")
    head = box("div", box("h2", title), space, slot(*controls), button, of="db-row")
    body = slot(TableBehind(title, view) if as_table else view)
    below = [box("p", note, of="db-muted db-small")] if note else []
    return box("section", head, body, *below, of="db-panel", **{"aria-label": title})


@solara.component
def TableBehind(title: str, view: CanvasView) -> Any:
    """Show the numbers of a canvas as rows, as they are every second."""
    now, set_now = solara.use_state(())
    most: list[int] = solara.use_memo(lambda: [MOST_ROWS], [])

    def refresh() -> None:
        found = []
        for noun, table in view.tables():
            rows = tuple(tuple(map(cell, row)) for row in table.rows[: most[0]])
            found.append((noun, tuple(table.columns), rows, len(table.rows)))
        set_now((tuple(found), view.notice))

    def more(_: Any) -> None:
        most[0] += MOST_ROWS
        refresh()

    every(TABLE_S, refresh)
    if not now:
        return Notice(text="Writing the rows …")
    parts, more_rows, notice = [], [], now[1]
    for noun, columns, rows, many in now[0]:
        said = counted(many, noun)
        shown = f"the first {len(rows):,} of {said}" if many > len(rows) else said
        if rows:
            words = f"{title}: {shown}"
            parts.append(FactsTable(caption=words, columns=[*columns], rows=[*map(list, rows)]))
    if any(many > len(rows) for _, _, rows, many in now[0]):
        words = f"Show {MOST_ROWS:,} more rows"
        more_rows.append(box("div", ActButton(label=words, tone="is-small", event_press=more)))
    tables = parts or [Notice(text=notice or "There are no rows yet.")]
    return box("div", slot(*tables), slot(*more_rows), of="db-stack")


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
