"""What is on the board: how much of what, and who writes there."""

from typing import Any

import solara

from .parts import box
from .tables import FollowingTable, count_rows, role_rows
from .viewer import Viewer


@solara.component
def BoardPage(viewer: Viewer) -> Any:
    """Show what the board holds as of the moment that is looked at."""
    counts = FollowingTable(
        "On the board so far",
        "Entries, ballots and what was decided, up to this moment.",
        ["", "so far"],
        viewer,
        count_rows,
        "Nothing has been written yet.",
    )
    roles = FollowingTable(
        "Who writes there",
        "Agents by role; an agent's number begins with the first of its role.",
        ["Role", "agents", "first"],
        viewer,
        role_rows,
        "Nobody has joined yet.",
    )
    return box("div", counts, roles, of="db-halves")
