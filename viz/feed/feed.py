"""One run as all pages of a process see it: live while it goes on, from its log afterwards."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blackboard import RunDirectory

from ..moment import Moment, RunFacts
from .asking import Asking
from .book import Book
from .curve import Curve
from .directory import is_led, read_or_nothing
from .live import LiveRun
from .past import PastRun
from .shelf import Lines

GROWING_S, LED_S = 1.0, 2.0
"""How often a log is read on whose board cannot be reached, and how often to see whether a run
that ended goes on again."""
ENDING_S, ENDS_WITHIN_S = 0.25, 30.0
"""How often to see whether a run that is over has written all it has to say, which the log is not
read for meanwhile; and how long at the most."""
FAILED_S = 5.0
"""How soon to try again after an error of our own."""
NEVER = float("inf")


class Feed:
    """The moments of one run, shared by all who look at it; made by `Hub.follow`.

    Whoever is done calls `close`. It may be asked from any thread; waiting is for coroutines.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], float],
        looked: Callable[["Feed"], None],
        left: Callable[["Feed"], None] = lambda _: None,
    ) -> None:
        self.path = path
        directory = RunDirectory.open(path) or RunDirectory(path, path.name)
        self.run_id = directory.run_id
        self.lookers = 0
        """How many follow it."""
        self.last_look = clock()
        self.version = 0
        """Grows with every change; `wait` returns when it does."""
        self.book = Book(directory.log)
        """What agents wrote, for who asks."""
        self._directory, self._clock, self._looked, self._left = directory, clock, looked, left
        self._source: LiveRun | PastRun | None = None
        self._shown: LiveRun | PastRun | None = None
        """What is shown; the source before, while the log is read again."""
        self._failure: str | None = None
        self._due_at = 0.0
        self._leave_by: float | None = None
        self._is_gone = False
        self._waiters: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._listeners: dict[Callable[[], None], None] = {}
        self._lines: tuple[object, Curve] | None = None
        """The curve of a version, for all who ask."""
        self._lock = threading.Lock()

    @property
    def is_live(self) -> bool:
        """Whether the run goes on, as far as is known."""
        return self.status in ("running", "paused")

    @property
    def is_ready(self) -> bool:
        """Whether there is a moment to show."""
        shown = self._seen()
        return shown is not None and shown.latest is not None

    @property
    def facts(self) -> RunFacts | None:
        """What is known of the run; the same object until there is more."""
        shown = self._seen()
        return shown.facts if shown else None

    @property
    def latest(self) -> Moment | None:
        """The newest moment; of a round that goes on, another with its number may follow."""
        shown = self._seen()
        return shown.latest if shown else None

    @property
    def status(self) -> str:
        """running, paused, done, stopped, failed, or lost."""
        shown = self._seen()
        return shown.status if shown else "running"

    @property
    def asking(self) -> Asking | None:
        """Where questions to models stand now; None where no board says it."""
        shown = self._shown
        return shown.asking if isinstance(shown, LiveRun) else None

    @property
    def error(self) -> str | None:
        """Why nothing comes, in words for people; None where all is well."""
        shown = self._seen()
        if self._is_gone:
            return (
                f"The directory {self.path} was removed, or may not be read any more: what is "
                "shown here is what was known of the run"
            )
        return self._failure or (shown.error if shown else None)

    @property
    def is_gone(self) -> bool:
        """Whether the run's directory was removed, or cannot be read any more."""
        return self._is_gone

    @property
    def numbers(self) -> NDArray[np.int64]:
        """The rounds or instants of the closed moments, ascending."""
        curve = self.curve()
        return np.empty(0, np.int64) if curve is None else curve.number

    def moment(self, number: int) -> Moment:
        """Return the closed moment of a round or instant, or the one before it.

        Raises:
            LookupError: there is none yet.
        """
        if (shown := self._seen()) is None:
            raise LookupError("nothing of the run has been read yet")
        return shown.moment(number)

    def moments_since(self, number: int) -> list[Moment]:
        """Return the closed moments after a number, oldest first."""
        shown = self._seen()
        return shown.moments_since(number) if shown else []

    def moments_to(self, number: int, count: int) -> list[Moment]:
        """Return so many closed moments up to a number, oldest first, without their frames."""
        shown = self._seen()
        return shown.moments_to(number, count) if shown else []

    def curve(self) -> Curve | None:
        """Return the closed moments as lines; the same ones until there is news."""
        if (shown := self._seen()) is None:
            return None
        key, lines = (shown, self.version, shown.moments), self._lines
        if lines is None or lines[0] != key:
            lines = self._lines = (key, shown.curve())
        return lines[1]

    def series(self, name: str) -> NDArray[np.float64]:
        """Return one of the moments' numbers, beside `numbers`; NaN where one has none."""
        shown = self._seen()
        return shown.series(name) if shown else np.empty(0)

    def lines(self, names: Sequence[str]) -> Lines | None:
        """Return some of the moments' numbers together with their places on the axis."""
        shown = self._seen()
        return shown.lines(names) if shown else None

    async def wait(self, timeout_s: float, *, seen: int | None = None) -> int:
        """Wait for a change, and return the version; the same one if there was none in time.

        Args:
            timeout_s: How long to wait.
            seen: The version that was looked at; returns at once where there is another by now.
        """
        waiter = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._waiters.add(waiter)
        try:
            self._seen()
            if seen is None or self.version == seen:
                async with asyncio.timeout(timeout_s):
                    await waiter[1].wait()
        except TimeoutError:
            pass
        finally:
            with self._lock:
                self._waiters.discard(waiter)
        self._seen()
        return self.version

    def is_of_this_run(self) -> bool:
        """Say whether no other run stands in the directory by now."""
        found = RunDirectory.open(self.path)
        return found is None or found.run_id == self.run_id

    def words_of(self, proposal: str) -> str:
        """Return an open proposal's impact and content in words; empty where it is not open."""
        shown = self._shown
        return shown.words_of(proposal) if isinstance(shown, LiveRun) else ""

    def listen(self, told: Callable[[], None]) -> Callable[[], None]:
        """Have something called at each change, by whoever brings it; return what ends that."""
        with self._lock:
            self._listeners[told] = None

        def end() -> None:
            with self._lock:
                self._listeners.pop(told, None)

        return end

    def peek(self) -> Moment | None:
        """Return the newest moment without being one who looks."""
        return self._shown.latest if self._shown else None

    def join(self) -> None:
        """Be one more who looks; whoever is calls `close` in the end."""
        with self._lock:
            self.lookers += 1

    def close(self) -> None:
        """Look no more; the run is let go of some time after the last who looked."""
        with self._lock:
            self.lookers = max(0, self.lookers - 1)
        if not self.lookers:
            self._left(self)

    @property
    def due_at(self) -> float:
        """When the hub has to call `poll` again."""
        if isinstance(self._source, LiveRun) and not self._source.ends_as:
            return self._source.due_at
        return self._due_at

    def poll(self) -> None:
        """Look for news; the hub's thread calls it."""
        source = self._source
        if source is None:
            self._open()
        elif isinstance(source, LiveRun):
            if not source.ends_as and source.poll() and source is self._shown:
                self.tell()
            if source.status == "lost":
                self._see_whether_it_is_there()
            if source.ends_as:
                self._take_leave(source.ends_as)
        elif source.is_complete:
            self._read_on(source)
        self._show_what_is_ready()

    def fail(self, error: Exception) -> None:
        """Know that looking failed in a way that nobody foresaw; it is tried again later."""
        self._failure = f"{type(error).__name__}: {error}"
        self._due_at = self._clock() + FAILED_S
        self._source = None
        self.tell()

    def let_go(self) -> None:
        """Close the board, and forget the moments; the hub's thread calls it."""
        for source in {self._source, self._shown}:
            if source:
                source.close()
        self._source = self._shown = self._lines = None
        self.book = Book(self._directory.log)
        self._due_at = 0.0

    def tell(self) -> None:
        """Tell all who wait that there is something new."""
        with self._lock:
            self.version += 1
            waiters, listeners = list(self._waiters), list(self._listeners)
        for loop, event in waiters:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)
        for listener in listeners:
            listener()

    def _seen(self) -> LiveRun | PastRun | None:
        """Return what is shown, and know that somebody looks."""
        self.last_look = self._clock()
        self._looked(self)
        return self._shown

    def _open(self) -> None:
        """Find out where the run's moments come from."""
        if url := self._url():
            self._source = LiveRun(url, self.run_id, path=self.path, clock=self._clock)
        else:
            self._read_again(None)

    def _url(self) -> str | None:
        """Return where the board of a run is that goes on, if it can be reached from here."""
        url = str(read_or_nothing(self._directory, "board.json").get("url") or "")
        return url if url and not url.startswith("memory:") and is_led(self._directory) else None

    def _read_again(self, ends_as: str | None) -> None:
        """Read the log; what is shown stays until that is done."""
        self._due_at = NEVER
        source = self._source = PastRun(self.path, changed=self._grown, ends_as=ends_as)
        if source.is_complete:  # before it could tell
            self._due_at = 0.0

    def _take_leave(self, ends_as: str) -> None:
        """Read the log of a run that is over, once its process needs the machine no more."""
        now = self._clock()
        self._leave_by = self._leave_by or now + ENDS_WITHIN_S
        if now < self._leave_by and is_led(self._directory):
            self._due_at = now + ENDING_S
            return
        self._leave_by = None
        self._read_again(ends_as)

    def _see_whether_it_is_there(self) -> None:
        """Know whether the run's directory can be read; tell where that has changed."""
        is_gone = True
        with suppress(OSError):
            is_gone = not (self.path / "config.json").is_file()
        if is_gone != self._is_gone:
            self._is_gone = is_gone
            self.tell()

    def _show_what_is_ready(self) -> None:
        """Show the source, once there is more to see than in what is shown."""
        source, shown = self._source, self._shown
        if source is shown or source is None:
            return
        is_ready = source.is_complete if isinstance(source, PastRun) else source.is_whole
        if shown is None or is_ready:
            self._shown, self._failure = source, None
            if shown:
                shown.close()
            self.tell()

    def _grown(self) -> None:
        """Know that more of the log has been read; called from the thread that reads it."""
        source = self._source
        if not isinstance(source, PastRun):
            return
        if source.is_complete:
            self._due_at = 0.0
            self._looked(self)
        if self._shown is source:
            self.tell()

    def _read_on(self, source: PastRun) -> None:
        """Go on with a log that grows, or with a run that was taken up again."""
        self._see_whether_it_is_there()
        if self._shown is source and self._url():
            self._open()
            return
        status = source.status
        if source.catch_up() or source.status != status:
            self.tell()
        if source.is_void:
            self._read_again(None)
            return
        self._due_at = self._clock() + (GROWING_S if source.status == "running" else LED_S)
