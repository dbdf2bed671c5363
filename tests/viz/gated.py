"""Runs that go on only as far as a test lets them, in a thread of its process."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import swarmboard
from tests.viz.opinions import Opinions
from viz.moment import Moment

PATIENCE_S = 20.0


class Gate:
    """Holds a run where a test wants to look at it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open_to: tuple[int, str] = (0, "")
        self.stands_at: tuple[int, str] = (0, "")

    def before(self, round: int, at: str) -> None:
        """Wait until the run may go on; called by the run."""
        with self._changed:
            self.stands_at = (round, at)
            self._changed.notify_all()
            self._changed.wait_for(lambda: (round, at) <= self._open_to, PATIENCE_S)

    def let(self, round: int, at: str = "vote") -> None:
        """Let the run go on up to this point of a round, and wait until it stands behind it."""
        with self._changed:
            self._open_to = (round, at)
            self._changed.notify_all()
            came = self._changed.wait_for(lambda: self.stands_at > (round, at), PATIENCE_S)
        assert came, f"the run stands at {self.stands_at}"

    def open(self) -> None:
        """Let the run go on to its end."""
        with self._changed:
            self._open_to = (1 << 30, "vote")
            self._changed.notify_all()


@contextmanager
def gated_run(out: Path, **options: Any) -> Iterator[Gate]:
    """Run `opinions` in a thread, held before its first round; let it end afterwards."""
    gate = Gate()
    kind = type("GatedOpinions", (Opinions,), {"before": staticmethod(gate.before)})
    options.setdefault("consensus_threshold", 1.0)
    thread = threading.Thread(target=lambda: swarmboard.run(kind, out=out, **options))
    thread.start()
    with gate._changed:
        assert gate._changed.wait_for(lambda: gate.stands_at > (0, ""), PATIENCE_S)
    try:
        yield gate
    finally:
        gate.open()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def until(is_so: Callable[[], object], look: Callable[[], object] = lambda: None) -> None:
    """Look again and again until something is so."""
    deadline = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to be so in time"
        look()
        pause.wait(0.005)


def assert_equal(one: Moment, other: Moment) -> None:
    """Hold all of two moments against each other."""
    assert (one.number, one.now_s, one.counts) == (other.number, other.now_s, other.counts)
    assert one.series == other.series
    assert one.frame.keys() == other.frame.keys()
    assert all(np.array_equal(one.frame[name], other.frame[name]) for name in one.frame)
    assert (one.flips is None) == (other.flips is None)
    assert one.flips is None or np.array_equal(one.flips, other.flips)
    first, second = one.vote, other.vote
    assert first is not None
    assert second is not None
    assert (first.proposal, first.weights, first.cast) == (
        second.proposal,
        second.weights,
        second.cast,
    )
    assert (first.outcome, first.is_sealed) == (second.outcome, second.is_sealed)
    assert np.array_equal(first.agents, second.agents)
    assert np.array_equal(first.choices, second.choices)
    assert np.array_equal(first.confidence, second.confidence)
