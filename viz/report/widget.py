"""The consensus views as one widget of a notebook."""

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ipywidgets

from ..canvas import FieldView
from ..feed import PastRun
from ..pages.figures import Readout, ReplayBar
from .scenes import FLOWS, Scenes

TITLES = {
    "field": "Agents",
    "curve": "Approval",
    "bars": "Tally",
    "flows": "Who changed sides",
}
"""What the views are called in what a person saves of them."""


def consensus_widget(run: Path, rows: Sequence[tuple[str, str]], digest: str | None) -> Any:
    """Return a widget with the agents, the approval and the tally of a run, and a slider.

    Args:
        run: The run directory.
        rows: Names and texts of the summary, which stand below.
        digest: Of the run; None where it has not ended.

    Raises:
        LookupError: the log has no moment to show.
    """
    past = PastRun(run)
    past.catch_up()
    scenes = Scenes(past, digest)
    bar, readout = ReplayBar(), Readout()
    mode = ipywidgets.Dropdown(options=list(scenes.modes), description="Colour by")
    numbers = past.numbers
    bar.count = len(numbers)
    bar.unit = "Instant" if scenes.facts.is_event_driven else "Round"

    def show(_: Any = None) -> None:
        moment = past.moment(int(numbers[bar.position]))
        for name, title in TITLES.items():
            view = scenes.views[name]
            view.call(run=run.name, title=title, facts=scenes.facts, moment=moment)
        field = scenes.views["field"]
        assert isinstance(field, FieldView)
        field.show(scenes.facts, moment, mode=mode.value)
        for name in ("curve", "bars"):
            scenes.views[name].show(scenes.facts, moment)
        scenes.views["flows"].load(scenes.facts, past.moments_to(moment.number, FLOWS))
        scenes.views["curve"].cursor = moment.number
        bar.said = f"{moment.number:,}"
        readout.show(scenes.figures(moment))

    bar.position = len(numbers) - 1
    bar.observe(show, "position")
    mode.observe(show, "value")
    show()
    table = "".join(
        f"<tr><th style='text-align:left'>{html.escape(name)}</th>"
        f"<td style='text-align:left'>{html.escape(text)}</td></tr>"
        for name, text in rows
    )
    drawn = [scenes.views[name] for name in ("field", "curve", "bars", "flows")]
    below = ipywidgets.HTML(f"<table>{table}</table>")
    return ipywidgets.VBox([readout, bar, mode, *drawn, below])
