"""One thread for all runs that a process looks at, however many pages look at them."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

from .feed import NEVER, Feed
from .runs import RunList, RunRow

IDLE_S = 60.0
"""A run at which nobody has looked for so long is let go of."""
LIST_S = 0.5
"""A list of runs is read again at the earliest after so long."""


class Hub:
    """Follows runs for pages: one daemon thread, begun with the first run.

    Args:
        idle_s: How long after the last look a run is let go of.
        clock: Seconds that never go back.
    """

    def __init__(
        self, *, idle_s: float = IDLE_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._idle_s, self._clock = idle_s, clock
        self._feeds: dict[Path, Feed] = {}
        self._awake: dict[Feed, None] = {}
        """Those that are followed now."""
        self._lists: dict[Path, tuple[RunList, float, list[RunRow]]] = {}
        self._changed = threading.Condition(threading.RLock())
        self._listing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    @property
    def awake(self) -> tuple[Feed, ...]:
        """The runs that are followed now."""
        with self._changed:
            return tuple(self._awake)

    def follow(self, path: Path | str) -> Feed:
        """Return the feed of a run directory: the same for all who look at that run."""
        path = Path(path).resolve()
        with self._changed:
            feed = self._feeds.get(path)
            if feed is None or not feed.is_of_this_run():
                feed = self._feeds[path] = self._feed_of(path)
            feed.join()
            feed.last_look = self._clock()
            self._wake(feed)
            return feed

    def runs(self, folder: Path | str) -> list[RunRow]:
        """Return the runs in a folder, newest first; of those that are followed with approval."""
        folder = Path(folder).resolve()
        with self._listing:
            known = self._lists.get(folder)
            if known is None or self._clock() - known[1] >= LIST_S:
                lists = known[0] if known else RunList(folder)
                known = self._lists[folder] = (lists, self._clock(), lists.rows())
        return [self._with_approval(row) for row in known[2]]

    def close(self) -> None:
        """Let go of everything; the hub cannot be used any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        if self._thread:
            self._thread.join()
        for lists, _, _ in self._lists.values():
            lists.close()

    def _with_approval(self, row: RunRow) -> RunRow:
        with self._changed:
            feed = self._feeds.get(row.path.resolve())
            is_known = row.is_live and feed in self._awake
        latest = feed.peek() if feed and is_known else None
        if latest is None or latest.vote is None:
            return row
        accepted = latest.counts.get("accepted", 0)
        return replace(row, approval_percent=latest.vote.approval_percent, accepted=accepted)

    def _wake(self, feed: Feed) -> None:
        """Follow a run from now on, or look at it sooner than planned."""
        if feed in self._awake and feed.due_at > 0.0:
            return
        with self._changed:
            if self._is_closed:
                return
            self._awake[feed] = None
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="feed hub", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _run(self) -> None:
        while not self._is_closed:
            for feed in self.awake:
                if self._clock() - feed.last_look > self._idle_s:
                    self._let_go(feed)
                elif feed.due_at <= self._clock():
                    try:
                        feed.poll()
                    except Exception as error:  # one run that fails must not end the others
                        feed.fail(error)
            with self._changed:
                if not self._is_closed:
                    self._changed.wait(self._pause_s())
        for feed in self.awake:
            feed.let_go()

    def _pause_s(self) -> float | None:
        """Return how long nothing is due; None where nothing is followed."""
        if not self._awake:
            return None
        idle_at = min(feed.last_look for feed in self._awake) + self._idle_s
        due_at = min(min(feed.due_at for feed in self._awake), idle_at + 0.01, NEVER)
        return max(0.0, due_at - self._clock())

    def _let_go(self, feed: Feed) -> None:
        with self._changed:
            self._awake.pop(feed, None)
            self._drop(feed)
        feed.let_go()

    def _feed_of(self, path: Path) -> Feed:
        return Feed(path, clock=self._clock, looked=self._wake, left=self._drop)

    def _drop(self, feed: Feed) -> None:
        """Forget a run that is not followed and that nobody looks at."""
        with self._changed:
            is_of_use = feed in self._awake or feed.lookers
            if not is_of_use and self._feeds.get(feed.path) is feed:
                del self._feeds[feed.path]


@cache
def the_hub() -> Hub:
    """Return the one hub of this process."""
    return Hub()
