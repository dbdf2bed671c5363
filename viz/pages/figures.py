"""Widgets that change with every moment of a run: key figures, and the bar of the replay."""

from collections.abc import Sequence
from pathlib import Path

import anywidget
import traitlets

type Figure = tuple[str, str, str, str]
"""Name, value, note, and tone: empty, is-good, is-warn or is-bad."""


class Readout(anywidget.AnyWidget):
    """Key figures, replaced in place."""

    _esm = Path(__file__).parent / "readout.js"

    label = traitlets.Unicode("Key figures").tag(sync=True)
    figures: traitlets.List[list[str]] = traitlets.List().tag(sync=True)

    def show(self, figures: Sequence[Figure]) -> None:
        """Show these and no others."""
        self.figures = [list(figure) for figure in figures]


class ReplayBar(anywidget.AnyWidget):
    """Plays the moments of a run; `position` is what the person looks at."""

    _esm = Path(__file__).parent / "replay_bar.js"

    count = traitlets.Int(0).tag(sync=True)
    position = traitlets.Int(0).tag(sync=True)
    said = traitlets.Unicode("").tag(sync=True)
    """Which moment it is, in words."""
    unit = traitlets.Unicode("Round").tag(sync=True)
