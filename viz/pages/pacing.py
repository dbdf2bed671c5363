"""How often pages are brought up to date: as often as they wish, while that costs little in all."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SHARE = 0.04
"""Of a core, what the threads of all pages of a process may take; sending takes as much again."""
MOST_OF_ONE = 0.005
"""Of a core, what one of them may take, so that a table that is hard to make slows down itself and
not the drawings beside it."""
LONGEST_REST_S = 5.0
"""How long one of them rests at the most for its own sake: people wait for it."""
FORGOTTEN_S = 10.0
"""What has not worked for so long counts for nothing."""
_KEPT = 0.8


class Paces:
    """What all that is repeated in a process would cost if it was repeated as often as it wishes.

    Args:
        share: Of a core, above which all are repeated less often, each by the same factor.
        clock: Seconds that never go back.
    """

    def __init__(
        self, *, share: float = SHARE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.clock = clock
        self._share = share
        self._paces: dict[Pace, None] = {}
        self._lock = threading.Lock()

    def add(self, pace: "Pace") -> None:
        """Count something from now on."""
        with self._lock:
            self._paces[pace] = None

    def remove(self, pace: "Pace") -> None:
        """Count something no longer."""
        with self._lock:
            self._paces.pop(pace, None)

    def stretch(self) -> float:
        """Return how many times longer than they wish all have to rest."""
        now = self.clock()
        with self._lock:
            wished = sum(p.wish for p in self._paces if now - p.worked_at < FORGOTTEN_S)
        return max(1.0, wished / self._share)


class Pace:
    """The rests of one thing that is done again and again.

    Args:
        least_s: How long it rests at the least.
        most: The share of a core that it may take.
        among: All that are counted with it.
        effort: Seconds that the calling thread has worked.
    """

    def __init__(
        self,
        least_s: float,
        *,
        most: float = MOST_OF_ONE,
        among: Paces | None = None,
        effort: Callable[[], float] = time.thread_time,
    ) -> None:
        self._least_s, self._most = least_s, most
        self._among = among or PAGES
        self._effort = effort
        self._cost_s = 0.0
        self.worked_at = float("-inf")

    @property
    def wish(self) -> float:
        """The share of a core that it counts for: what it may take at the most, or less."""
        return min(self._most, self._cost_s / self._least_s)

    @contextmanager
    def work(self) -> Iterator[None]:
        """Do it once, and know what that took."""
        before = self._effort()
        yield
        spent_s, is_first = self._effort() - before, self.worked_at == float("-inf")
        self._cost_s = spent_s if is_first else _KEPT * self._cost_s + (1 - _KEPT) * spent_s
        self.worked_at = self._among.clock()
        self._among.add(self)

    def rest_s(self) -> float:
        """Return how long to rest now."""
        return self._own_rest_s() * self._among.stretch()

    def end(self) -> None:
        """Do it no more."""
        self._among.remove(self)

    def _own_rest_s(self) -> float:
        """Return how long it would rest if it was alone."""
        return max(self._least_s, min(self._cost_s / self._most, LONGEST_REST_S))


PAGES = Paces()
"""What the pages of this process cost."""
