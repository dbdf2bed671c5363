"""Reading an event log bit by bit, also while it is written, and single frames out of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from blackboard import (
    Display,
    Record,
    bodies,
    decode,
    read_placed_segments,
    read_segments,
    unframe,
)

_DISPLAY = b"\xa7display"
"""How MessagePack writes the type of a display record, behind the head of its array."""


class FramePlace(NamedTuple):
    """Where a frame stands in a log."""

    segment: int
    """Where its segment begins, in bytes."""
    round: int


class LogReader:
    """Reads a log's whole segments once each; `read` again for those that came since."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.position = 0
        """How far the log has been read, in bytes."""

    def read(self) -> Iterator[tuple[int, list[Record]]]:
        """Yield where each new segment begins, and its records.

        Raises:
            LogDamaged: the log is damaged there.
        """
        if not self.path.is_file():
            return
        for end, segment in read_placed_segments(self.path, start=self.position):
            begin, self.position = self.position, end
            yield begin, list[Record](unframe(segment))


def read_frame(path: Path, place: FramePlace) -> Display | None:
    """Return a frame from where it stands in a log; None where the log has it no more."""
    if not path.is_file():
        return None
    raw = next(read_segments(path, start=place.segment), b"")
    for body in bodies(raw):
        if body[1 : 1 + len(_DISPLAY)] == _DISPLAY:
            record = decode(body)
            if isinstance(record, Display) and (record.name, record.round) == (
                "frame",
                place.round,
            ):
                return record
    return None
