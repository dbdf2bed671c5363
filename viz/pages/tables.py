"""Tables that follow a run once a second: plain numbers of the moment that is looked at."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import solara

from ..moment import Moment, RunFacts
from .parts import FactsTable, Notice, box
from .rows import shown, summary_of
from .viewer import Viewer
from .visit import every

type Rows = Sequence[Sequence[str]]
type Told = Callable[[RunFacts, Moment, Mapping[str, Any]], Rows]
"""Makes rows of a moment, and of the summary of a run that has ended (else it is empty)."""
REFRESH_S = 1.0


@solara.component
def FollowingTable(
    title: str, caption: str, columns: Sequence[str], viewer: Viewer, told: Told, empty: str
) -> Any:
    """Show a table of the moment that is looked at.

    Args:
        title: Its heading.
        caption: What is in it.
        columns: Their headings; the first names the rows.
        viewer: The run.
        told: Makes the rows.
        empty: What to say where there are none.
    """
    rows, set_rows = solara.use_state(())

    def refresh() -> None:
        moment, facts = viewer.moment(), viewer.feed.facts
        if moment is not None and facts is not None:
            summary = {} if viewer.feed.is_live else summary_of(viewer.feed.path)
            set_rows(tuple(map(tuple, told(facts, moment, summary))))

    every(REFRESH_S, refresh)
    head = box("h2", title)
    if not rows:
        return box("section", head, Notice(text=empty), of="db-panel")
    table = FactsTable(caption=caption, columns=list(columns), rows=[*map(list, rows)])
    return box("section", head, table, of="db-panel")


def count_rows(facts: RunFacts, moment: Moment, summary: Mapping[str, Any]) -> Rows:
    """Return what has happened so far, by name; causes of abstentions where there were any."""
    return [
        (name.replace("_", " ").capitalize(), shown(many))
        for name, many in moment.counts.items()
        if many or not name.startswith("abstained_")
    ]


def role_rows(facts: RunFacts, moment: Moment, summary: Mapping[str, Any]) -> Rows:
    """Return who takes part."""
    return [(role, shown(many), f"{first:,}") for role, first, many in facts.roles]


def abstention_rows(facts: RunFacts, moment: Moment, summary: Mapping[str, Any]) -> Rows:
    """Return how many abstained up to a moment, by cause."""
    found = ((n, many) for n, many in moment.counts.items() if n.startswith("abst"))
    return [(name.replace("_", " "), shown(many)) for name, many in found]
