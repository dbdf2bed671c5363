"""What all canvases share: theme, size, words and sequence as traits, and the table behind."""

from dataclasses import dataclass
from typing import Any

import anywidget
import traitlets

from ..moment import RunFacts
from .joining import STYLE

type Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers of a view as rows, for people and programs that do not see the canvas."""

    columns: tuple[str, ...]
    """Headings, with units."""
    rows: tuple[tuple[Cell, ...], ...]


class CanvasView(anywidget.AnyWidget):
    """A canvas that draws what `show` was given.

    All that changes with a moment travels in one message; the browser draws once, in an animation
    frame, when `sequence` has changed. Nothing moves by itself, so there is no motion to reduce.
    """

    _css = STYLE

    theme = traitlets.Enum(["light", "dark"], "light").tag(sync=True)
    height_px = traitlets.Int(320, min=80).tag(sync=True)
    title = traitlets.Unicode("").tag(sync=True)
    label = traitlets.Unicode("").tag(sync=True)
    """The current numbers in words; what a screen reader says."""
    notice = traitlets.Unicode("").tag(sync=True)
    """What to say in place of, or beside, a drawing: nothing to see yet, or sealed."""
    sequence = traitlets.Int(0).tag(sync=True)
    """Counts the updates."""

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._facts: RunFacts | None = None

    def table(self) -> Table:
        """Return the numbers that are drawn."""
        raise NotImplementedError

    def _is_same_run(self, facts: RunFacts) -> bool:
        return self._facts is not None and self._facts.run_id == facts.run_id

    def _publish(self, **values: Any) -> None:
        """Send what differs from the last update as one message; nothing where all is equal."""
        changed = {name: value for name, value in values.items() if getattr(self, name) != value}
        if not changed:
            return
        with self.hold_sync():
            for name, value in changed.items():
                setattr(self, name, value)
            self.sequence += 1
