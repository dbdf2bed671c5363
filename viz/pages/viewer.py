"""What one visit draws of one run: the latest moment, or the one the person went back to."""

import threading
from collections.abc import Callable

from ..feed import Feed
from ..moment import Moment, RunFacts

LATEST = -1
"""The number of the moment to show where it is always the newest."""
ENDED = ("done", "stopped", "failed")
type Draw = Callable[[RunFacts, Moment], None]


class Viewer:
    """Draws the moments of a feed with whatever the page has put up; latest wins.

    Drawing happens in the thread that calls `look`, one moment at a time, and nowhere else, so
    that widgets are never written to by two threads at once.

    Args:
        feed: The run, as all visitors of the process see it.
    """

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.at = LATEST
        """The number of the moment the person looks at."""
        self.news = threading.Event()
        """Set to have `look` called sooner."""
        self._draws: dict[int, Draw] = {}
        self._fresh: set[int] = set()
        self._failed: set[int] = set()
        """Those of which it has been said that they could not be drawn."""
        self._names = 0
        self._is_resting = False
        self._seen: tuple[int, int] | None = None
        self._lock = threading.Lock()

    def add(self, draw: Draw) -> Callable[[], None]:
        """Have something drawn from now on, at once too; return what takes it away again."""
        with self._lock:
            self._names += 1
            name = self._names
            self._draws[name] = draw
            self._fresh.add(name)
        self.news.set()

        def remove() -> None:
            with self._lock:
                self._draws.pop(name, None)
                self._fresh.discard(name)
                self._failed.discard(name)

        return remove

    def go(self, number: int) -> None:
        """Look at the moment of a round or instant; `LATEST` follows the run."""
        if self.at != number:
            self.at = number
            self.news.set()

    def again(self) -> None:
        """Have everything drawn again, as it is to look otherwise."""
        with self._lock:
            self._fresh.update(self._draws)
        self.news.set()

    def look(self) -> bool:
        """Draw what is new; say whether anything was.

        Raises:
            Exception: something could not be drawn, though all else was; told once of each.
        """
        self.news.clear()
        now = (self.feed.version, self.at)
        moment, facts = self.moment(), self.feed.facts
        if moment is None or facts is None:
            return False
        with self._lock:
            names = set(self._draws) if now != self._seen else set(self._fresh)
            self._fresh.clear()
            draws = {name: self._draws[name] for name in sorted(names) if name in self._draws}
        self._seen, wrong = now, None
        for name, draw in draws.items():
            try:
                draw(facts, moment)
            except Exception as error:  # one panel that fails must not keep the others back
                if wrong is None and name not in self._failed:
                    self._failed.add(name)
                    wrong = error
        if wrong is not None:
            raise wrong
        return bool(draws)

    def rest(self, least_s: float, most_s: float) -> None:
        """Wait for so long, and then for news of the run; what a person does ends it at once.

        Args:
            least_s: News of the run can wait so long.
            most_s: How long to wait for them.
        """
        if self.news.wait(least_s):
            return
        self._is_resting = True
        if self._seen is None or self._seen[0] == self.feed.version:
            self.news.wait(most_s)
        self._is_resting = False

    def hear(self) -> None:
        """Know that there is news of the run."""
        if self._is_resting:
            self.news.set()

    def moment(self) -> Moment | None:
        """Return the moment that is looked at; None while there is none."""
        if self.at == LATEST:
            return self.feed.latest
        try:
            return self.feed.moment(self.at)
        except LookupError:
            return None
