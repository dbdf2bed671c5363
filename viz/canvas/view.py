"""What all canvases share: theme, size, words and sequence as traits, and the table behind."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import anywidget
import traitlets

from ..moment import Moment, RunFacts
from .joining import STYLE

type Cell = str | int | float | None
LONGEST_PART = 40
"""Letters of a name that a file's name has at the most."""


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
        self._called = ("", self.title, "")
        self.on_msg(self._tell)

    def table(self) -> Table:
        """Return the numbers that are drawn."""
        raise NotImplementedError

    def tables(self) -> tuple[tuple[str, Table], ...]:
        """Return all that is drawn as tables, each with the name of what a row is."""
        return (("row", self.table()),)

    def call(self, *, run: str, title: str, facts: RunFacts, moment: Moment) -> None:
        """Say what is drawn, for the names and headings of what a person saves of it."""
        unit = "instant" if facts.is_event_driven else "round"
        self._called = (run, title, f"{unit} {moment.number:,}")

    def told(self) -> dict[str, Any]:
        """Return what a saved view is called, and its table as plain values."""
        run, title, when = self._called
        named = title or type(self).__name__.removesuffix("View")
        sequence, table = self.sequence, self.table()
        return {
            "sequence": sequence,
            "stem": file_stem(run, re.split(r"[,:] ", named)[0], when.replace(",", "")),
            "title": named,
            "about": ", ".join(filter(None, (run and f"run {run}", when))),
            "label": self.label,
            "columns": list(table.columns),
            "rows": [[_finite(cell) for cell in row] for row in table.rows],
        }

    def _tell(self, _: Any, content: Any, buffers: Any) -> None:
        """Answer a page that saves the view."""
        if isinstance(content, Mapping) and content.get("kind") == "tell":
            self.send({"kind": "told", "number": content.get("number"), **self.told()})

    def _is_same_run(self, facts: RunFacts) -> bool:
        return self._facts is not None and self._facts.run_id == facts.run_id

    def _publish(self, **values: Any) -> None:
        """Send what differs from the last update as one message; nothing where all is equal."""
        plain = {name: _as_json(value) for name, value in values.items()}
        changed = {name: value for name, value in plain.items() if getattr(self, name) != value}
        if not changed:
            return
        with self.hold_sync():
            for name, value in changed.items():
                setattr(self, name, value)
            self.sequence += 1


def file_stem(*parts: str) -> str:
    """Return the name of a file without its ending: letters that every system takes."""
    plain = (re.sub(r"[^A-Za-z0-9._]+", "-", part).strip("-.")[:LONGEST_PART] for part in parts)
    return "-".join(filter(None, plain)) or "view"


def _as_json(value: Any) -> Any:
    """Return a trait's value with None for each number in it that is not finite."""
    if isinstance(value, Mapping):
        return {name: _as_json(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _finite(cell: Cell) -> Cell:
    """Return a value as JSON has it."""
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell
