"""Reading an event log bit by bit, also while it is written, and single frames out of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from blackboard import (
    Display,
    LogDamaged,
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
        self.is_void = False
        """Whether the log was cut behind what has been read: a runner went on from an earlier
        round, so all has to be read again."""
        self._damaged_at = 0

    def read(self) -> Iterator[tuple[int, list[Record]]]:
        """Yield where each new segment begins, and its records; nothing once it is void.

        Raises:
            LogDamaged: the log is damaged there.
        """
        if not self.path.is_file():
            return
        if self.path.stat().st_size < self.position:
            self.is_void = True
        if self.is_void:
            return
        start = self.position
        try:
            for end, segment in read_placed_segments(self.path, start=start):
                with legible(self.path, self.position):
                    records = list[Record](unframe(segment))
                begin, self.position = self.position, end
                yield begin, records
        except LogDamaged:
            if start == self.position and start not in (0, self._damaged_at):
                self.is_void = True  # the log has other segments by now, or damage is found again
                return
            self._damaged_at = self.position
            raise


@contextmanager
def legible(path: Path, at: int) -> Iterator[None]:
    """Take what cannot be decoded in a segment of a log for damage.

    Raises:
        LogDamaged: a record has no meaning in this version.
    """
    try:
        yield
    except ValueError as error:
        raise LogDamaged(
            f"{path} cannot be read on in the segment at byte {at}: it holds a record that this "
            f"version does not know, or a damaged one ({error})"
        ) from error


def read_frame(path: Path, place: FramePlace) -> Display | None:
    """Return a frame from where it stands in a log; None where the log has it no more."""
    if not path.is_file():
        return None
    raw = next(read_segments(path, start=place.segment), b"")
    for body in bodies(raw):
        if body[1 : 1 + len(_DISPLAY)] == _DISPLAY:
            with legible(path, place.segment):
                record = decode(body)
            if isinstance(record, Display) and (record.name, record.round) == (
                "frame",
                place.round,
            ):
                return record
    return None
