"""The scenario's own world: its map, what it publishes per agent, and its numbers."""

from typing import Any

import solara

from ..canvas import FieldView
from ..moment import Moment, RunFacts
from .panels import CanvasPanel
from .parts import ChoiceBox, Notice, box
from .tables import FollowingTable, series_rows
from .viewer import Viewer


@solara.component
def WorldPage(viewer: Viewer) -> Any:
    """Show what the scenario has published."""
    facts = viewer.feed.facts
    field = solara.use_memo(lambda: FieldView(height_px=560), [])
    modes = list(field.modes(facts)) if facts else ["vote"]
    own = [name for name in modes if name not in ("vote", "confidence", "faction")]
    mode = solara.use_memo(lambda: [(own or ["vote"])[0]], [bool(own)])
    chosen, set_chosen = solara.use_state("")

    def colour(name: str) -> None:
        mode[0] = name
        set_chosen(name)
        viewer.again()

    def draw(facts: RunFacts, moment: Moment) -> None:
        field.show(facts, moment, mode=mode[0] if mode[0] in field.modes(facts) else "vote")

    kept = solara.use_memo(lambda: draw, [viewer, bool(own)])
    table = FollowingTable(
        "Numbers of the world",
        "What the scenario publishes, as of this moment.",
        ["", "value", "unit"],
        viewer,
        series_rows,
        "The scenario has published no numbers yet.",
    )
    if facts is None or facts.scene is None:
        text = (
            "This scenario publishes no map: its agents are drawn on the Consensus page, and its "
            "results are in the run directory, under results/."
        )
        return box("div", Notice(text=text), table, of="db-stack")
    choice = ChoiceBox(
        label="Colour by", value=chosen or mode[0], choices=own or modes, event_choose=colour
    )
    panel = CanvasPanel(facts.scene.title or "Map", field, viewer, kept, (choice,))
    return box("div", panel, table, of="db-grid")
