"""The digest of a run that goes on: that of the last round which has closed, from its log."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from blackboard import Ended, LogDamaged, bodies, decode, read_placed_segments, segment_ends

PAUSE_S = 1.0
"""How often the log is looked at, at the most."""
_ENDED = b"ended"


class LastDigest:
    """Reads the end of a log now and again; all of it never.

    Args:
        log: The event log of a run.
        clock: Seconds that never go back.
    """

    def __init__(self, log: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._log, self._clock = log, clock
        self._position, self._due_at = -1, 0.0
        self._found: tuple[int, str] | None = None

    def read(self) -> tuple[int, str] | None:
        """Return the last round or instant that ended, and its digest; None before the first."""
        if self._clock() >= self._due_at:
            self._due_at = self._clock() + PAUSE_S
            with suppress(OSError, LogDamaged):
                self._read_on()
        return self._found

    def _read_on(self) -> None:
        size = self._log.stat().st_size
        if self._position < 0 or size < self._position:
            ends = segment_ends(self._log)
            self._position = ends[-2] if len(ends) > 1 else 0
        for end, raw in read_placed_segments(self._log, start=self._position):
            for body in bodies(raw):
                if bytes(body[2 : 2 + (body[1] & 0x1F)]) == _ENDED:
                    record = decode(body)
                    assert isinstance(record, Ended)
                    self._found = (record.round, record.digest.hex())
            self._position = end
