"""A run as its directory tells it: every moment again, from the event log alone."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blackboard import Display, LogDamaged, RunDirectory, SwarmboardError

from ..moment import Moment, RunFacts
from .curve import Curve
from .directory import end_status, is_led, read_or_nothing
from .log_reader import FramePlace, LogReader, read_frame
from .shelf import Kept, Lines, Shelf
from .teller import Teller, fields_of

MOST_MOMENTS = 20_000
"""Moments that are kept of a run at the most; of longer ones every second, fourth ..."""
MOST_BYTES = 256 << 20
"""What the moments of one run take at the most, frames aside; they are read when asked for."""
FRAMES_KEPT = 8
_NO_FRAME: Mapping[str, NDArray[np.float32]] = {}


class PastRun:
    """The moments of a run's log, read in the background; any of them is there at once.

    Of each moment the vote is kept, compressed, and where its frame stands in the log. So memory
    stays below `MOST_BYTES`, a frame or two, and what the board itself holds of the latest
    rounds, whatever the run's size.

    Args:
        path: The run directory.
        most: Moments to keep at the most.
        most_bytes: Bytes to keep at the most.
        changed: Called from the reading thread as more is there.
        ends_as: How the run ended, where its board said so before its directory does.
    """

    def __init__(
        self,
        path: Path,
        *,
        most: int = MOST_MOMENTS,
        most_bytes: int = MOST_BYTES,
        changed: Callable[[], None] = lambda: None,
        ends_as: str | None = None,
    ) -> None:
        directory = RunDirectory.open(path) or RunDirectory(path, path.name)
        self.path, self.run_id = path, directory.run_id
        self.error: str | None = None
        """What kept the rest of the log from being read."""
        self._directory, self._changed = directory, changed
        self._teller = Teller(self.run_id, read_or_nothing(directory, "config.json"))
        self._facts = self._teller.facts
        self._reader = LogReader(directory.log)
        self._shelf = Shelf(most=most, most_bytes=most_bytes, thins=True)
        self._place: FramePlace | None = None
        self._frames: OrderedDict[FramePlace, Mapping[str, NDArray[np.float32]]] = OrderedDict()
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._read, self._closed = threading.Event(), threading.Event()
        self.status = "running"
        """running, done, stopped or failed; lost where its runner died."""
        self._ends_as = ends_as
        self._thread = threading.Thread(target=self.catch_up, name="past run", daemon=True)
        self._thread.start()

    @property
    def facts(self) -> RunFacts:
        """What is known of the run; whole once its first round has been read."""
        return self._facts

    @property
    def is_void(self) -> bool:
        """Whether the log was cut since it was read, so that it has to be read anew."""
        return self._reader.is_void

    @property
    def moments(self) -> int:
        """How many moments there are by now."""
        return len(self._shelf)

    @property
    def is_complete(self) -> bool:
        """Whether all of the log has been read."""
        return self._read.is_set()

    @property
    def numbers(self) -> NDArray[np.int64]:
        """The rounds or instants of the moments, ascending."""
        return self._shelf.curve().number

    @property
    def latest(self) -> Moment | None:
        """The last moment read so far; None before the first."""
        with suppress(LookupError):
            return self.moment(2**62)
        return None

    @property
    def size(self) -> int:
        """Bytes that the kept moments take, by estimate."""
        return self._shelf.size

    def moment(self, number: int) -> Moment:
        """Return the moment of a round or instant; where it was let go of, the one before it.

        Raises:
            LookupError: none has been read yet.
        """
        return self._whole(self._shelf.find(number))

    def moments_since(self, number: int) -> list[Moment]:
        """Return the moments after a number, oldest first, without their frames."""
        return [kept.whole(_NO_FRAME) for kept in self._shelf.since(number)]

    def moments_to(self, number: int, count: int) -> list[Moment]:
        """Return so many moments up to a number, oldest first, without their frames."""
        return self._shelf.up_to(number, count)

    def curve(self) -> Curve:
        """Return all moments as lines."""
        return self._shelf.curve()

    def series(self, name: str) -> NDArray[np.float64]:
        """Return one of the moments' numbers, for all of them; NaN where one has none."""
        return self._shelf.series(name)

    def lines(self, names: Sequence[str]) -> Lines:
        """Return some of the moments' numbers together with their places on the axis."""
        return self._shelf.lines(names)

    def wait(self, timeout_s: float) -> bool:
        """Wait until all of the log has been read; say whether it has."""
        return self._read.wait(timeout_s)

    def catch_up(self) -> bool:
        """Read what the log has got since; say whether that was anything."""
        with self._reading:
            before = self._reader.position
            self._read_on()
            return self._reader.position > before

    def close(self) -> None:
        """Read no further, and let go of the moments."""
        self._closed.set()
        if self._thread is not threading.current_thread():
            self._thread.join()
        self._shelf = Shelf(most=1, most_bytes=0, thins=True)
        self._frames.clear()

    def _read_on(self) -> None:
        try:
            for begin, records in self._reader.read():
                for record in records:
                    if told := self._teller.take(record):
                        self._shelf.add(told, self._place)
                    if type(record) is Display and record.name == "frame":
                        self._place = FramePlace(begin, record.round)
                self._facts = self._teller.facts
                if self._closed.is_set():
                    return
                self._changed()
        except (LogDamaged, OSError) as error:
            self.error = str(error)
        except Exception as error:  # whatever a log of another version holds: what is read stays
            self.error = f"the log cannot be read on ({type(error).__name__}: {error})"
        try:
            self._end()
        finally:
            self._read.set()
            self._changed()

    def _end(self) -> None:
        """Know how the run ended, if it did."""
        self.status = (is_led(self._directory) and (self._ends_as or "running")) or (
            end_status(self._directory) or self._ends_as or "lost"
        )
        if self.status != "running" and (last := self._teller.finish(self.status)):
            self._shelf.add(last, self._place, is_last=True)

    def _whole(self, kept: Kept) -> Moment:
        whole = kept.whole(self._frame(kept.frame))
        is_last = self.is_complete and kept.row.number == self._shelf.find(2**62).row.number
        return replace(whole, status=self.status if is_last else "running")

    def _frame(self, place: FramePlace | None) -> Mapping[str, NDArray[np.float32]]:
        if place is None:
            return _NO_FRAME
        with self._lock:
            if place in self._frames:
                self._frames.move_to_end(place)
                return self._frames[place]
        try:
            record = read_frame(self._directory.log, place)
        except (SwarmboardError, OSError) as error:
            self.error = str(error)
            return _NO_FRAME
        frame = fields_of(record.payload) if record else _NO_FRAME
        with self._lock:
            self._frames[place] = frame
            if len(self._frames) > FRAMES_KEPT:
                self._frames.popitem(last=False)
        return frame
