"""The runs on the dashboard's board whose directories are elsewhere."""

from collections.abc import Iterable
from typing import Any

import solara

from blackboard import RunOnBoard

from ..feed.board_runs import board_runs, spoken
from .parts import FactsTable, Notice, box
from .visit import every

REFRESH_S = 3.0
BUNDLED = "bundled"
HERE, ELSEWHERE = "in this folder", "elsewhere"


def has_list(board: str | None) -> bool:
    """Say whether a dashboard was told of a board that many runs share."""
    return board not in (None, BUNDLED)


@solara.component
def BoardRunsPanel(url: str, known: frozenset[str]) -> Any:
    """Show which runs a server keeps.

    Args:
        url: Of the server.
        known: Ids of the runs whose directories are in the dashboard's folder.
    """
    listing, set_listing = solara.use_state(None)
    every(REFRESH_S, lambda: set_listing(board_runs(url).read()))
    rows = rows_of(listing.runs, known) if listing else []
    head = box("div", box("h2", "Runs on the board"), box("code", spoken(url)), of="db-row")
    parts: list[Any] = [head]
    if listing is None:
        parts.append(Notice(text="Asking the server …"))
    elif listing.error:
        parts.append(Notice(text=f"No list: {listing.error}.", tone="is-warn"))
    elif not rows:
        parts.append(Notice(text="This server keeps no run now."))
    else:
        parts.append(
            FactsTable(
                caption="What the server keeps: runs that go on, and for a day those that ended.",
                columns=["Run", "status", "round or instant", "agents", "its directory"],
                rows=rows,
                numbers=False,
            )
        )
        if any(row[-1] == ELSEWHERE for row in rows):
            text = (
                "A run's pages are drawn from its directory. Those of a run that is elsewhere are "
                "shown by a dashboard with --runs on the folder that holds it."
            )
            parts.append(box("p", text, of="db-muted db-small"))
    return box("section", *parts, of="db-panel", **{"aria-label": "Runs on the board"})


def rows_of(runs: Iterable[RunOnBoard], known: Iterable[str]) -> list[list[str]]:
    """Return runs as rows of a table."""
    here = set(known)
    return [
        [
            run.run_id,
            _status(run),
            f"{run.round:,}",
            f"{run.agents:,}",
            HERE if run.run_id in here else ELSEWHERE,
        ]
        for run in runs
    ]


def _status(run: RunOnBoard) -> str:
    if run.status not in ("new", "running", "paused"):
        return run.status
    status = "live" if run.status == "running" else run.status
    return status if run.is_led else f"{status}, its runner is gone"
