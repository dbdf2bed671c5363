"""The runs on a board that a dashboard was told of, wherever their directories are."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit, urlunsplit

from blackboard import RunOnBoard, SwarmboardError, runs_on

from .pulse import Pulse

PAUSE_S = 3.0
"""How often a server is asked for its runs, at the most: it looks through all its keys."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a server says of its runs."""

    runs: tuple[RunOnBoard, ...] = ()
    error: str = ""
    """Why there is no list; empty where there is one."""


class BoardRuns:
    """Asks a server for its runs, for all pages of a process; safe from any thread.

    Args:
        url: Of the server.
        clock: Seconds that never go back.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._url, self._clock = url, clock
        self._listing, self._due_at = Listing(), 0.0
        self._lock = threading.Lock()

    def read(self) -> Listing:
        """Return the runs there, as they were some seconds ago at the most."""
        with self._lock:
            if self._clock() >= self._due_at:
                self._listing = self._ask()
                self._due_at = self._clock() + PAUSE_S
            return self._listing

    def _ask(self) -> Listing:
        pulse = Pulse(self._url)
        is_there = pulse.beats()
        pulse.close()
        if not is_there:
            return Listing(error="its server does not answer; this list goes on by itself")
        try:
            return Listing(tuple(runs_on(self._url)))
        except (SwarmboardError, OSError) as error:
            return Listing(error=str(error))


def spoken(url: str) -> str:
    """Return an address without the name and the password in it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return f"{url.partition(':')[0]}:…"
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))


@cache
def board_runs(url: str) -> BoardRuns:
    """Return the one who asks a server, in this process."""
    return BoardRuns(url)
