"""The digest of a run that goes on: that of the last round which has closed, from its log."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from blackboard import (
    Decided,
    Ended,
    LogDamaged,
    bodies,
    decode,
    read_placed_segments,
    segment_ends,
)

from .log_reader import legible

PAUSE_S = 1.0
"""How often the log is looked at, at the most."""
_READ = (b"ended", b"decided")


class LastDigest:
    """Reads the end of a log now and again; all of it never.

    Args:
        log: The event log of a run.
        clock: Seconds that never go back.
    """

    def __init__(self, log: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._log, self._clock = log, clock
        self._position, self._due_at = -1, 0.0
        self._damaged_size = -1
        """The log's size when it turned out to be damaged."""
        self._found: tuple[int, str] | None = None
        self.approval_percent: float | None = None
        """Of the latest decision that was read; None before the first."""

    def read(self) -> tuple[int, str] | None:
        """Return the last round or instant that ended, and its digest; None before the first."""
        if self._clock() >= self._due_at:
            self._due_at = self._clock() + PAUSE_S
            with suppress(OSError, LogDamaged):
                self._read_on()
        return self._found

    def _read_on(self) -> None:
        size = self._log.stat().st_size
        if size == self._damaged_size:
            return
        try:
            if 0 <= self._position <= size:
                with suppress(LogDamaged):  # it was cut, and is longer than before by now
                    self._follow()
                    return
            ends = segment_ends(self._log)
            self._position = ends[-2] if len(ends) > 1 else 0
            self._follow()
        except LogDamaged:
            self._damaged_size = size
            raise

    def _follow(self) -> None:
        """Read from where the last reading ended."""
        for end, raw in read_placed_segments(self._log, start=self._position):
            for body in bodies(raw):
                if bytes(body[2 : 2 + (body[1] & 0x1F)]) in _READ:
                    with legible(self._log, self._position):
                        record = decode(body)
                    if isinstance(record, Ended):
                        self._found = (record.round, record.digest.hex())
                    elif isinstance(record, Decided) and record.eligible:
                        leading = record.weights.get("approve", max(record.weights.values()))
                        self.approval_percent = 100 * leading / record.eligible
            self._position = end
