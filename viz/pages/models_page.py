"""What language models did in a run, and who abstained for which cause."""

from typing import Any

import solara

from .parts import box
from .tables import FollowingTable, abstention_rows, token_rows
from .viewer import Viewer


@solara.component
def ModelsPage(viewer: Viewer) -> Any:
    """Show tokens, cost and abstentions."""
    tokens = FollowingTable(
        "Calls and tokens",
        "Of the whole run; tokens by what they were spent on.",
        ["", "whole run"],
        viewer,
        token_rows,
        "No model was asked, or the run goes on: what models took is written when it ends.",
    )
    causes = FollowingTable(
        "Abstentions by cause",
        "An agent that could not answer abstains; nothing votes in its place.",
        ["Cause", "abstentions"],
        viewer,
        abstention_rows,
        "Nobody has abstained.",
    )
    return box("div", tokens, causes, of="db-halves")
