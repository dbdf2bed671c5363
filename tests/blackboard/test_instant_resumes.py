"""Instants that go on from a log: what was lost between server and log, and within an instant."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blackboard import Diverged, InstantLeader, Leader, NotOpen, Post, Proposal, threshold
from blackboard.bitmaps import bitmap
from blackboard.memory_store import MemoryStore
from blackboard.store import Commit, Store

type Lead = Callable[..., Leader]
type ClockOf = Callable[[Any], Any]
ZOE = bitmap(np.array([4], np.uint32))
TERMS: dict[str, Any] = {"rule": threshold(60), "kind": InstantLeader}


@pytest.fixture(autouse=True)
def one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write only when that is asked for."""
    monkeypatch.setattr("blackboard.instants.WINDOW_S", 1e9)


def begun(lead: Lead, clock_of: ClockOf, store: Store, log: Path) -> Any:
    """Lead from the beginning, or again, an instant that is in the log."""
    clock = clock_of(lead(store, log, takes_over=True, **TERMS))
    clock.leader.welcome("node", 7)
    clock.at(0.0, clock.claims("o", 2), Proposal(id="o", panel=3))
    clock.leader.write_out()
    return clock


def takes_ballots(store: Store, name: str) -> bool:
    """Say whether the server still takes ballots on a proposal."""
    try:
        store.submit(Commit(f"zoe of {name}", 1, None, None, 0, b"", ((name, ZOE),)))
    except NotOpen:
        return False
    return True


def break_between(clock: Any, monkeypatch: pytest.MonkeyPatch, *proposals: str) -> None:
    """Open proposals that the server is told of and the log is not."""

    def breaks() -> None:
        raise RuntimeError("the lights went out")

    clock.at(1.0, {}, *[Proposal(id=name, panel=2) for name in proposals])
    monkeypatch.setattr(clock.leader.history, "flush", breaks)
    with pytest.raises(RuntimeError, match="the lights"):
        clock.leader.write_out()


def test_what_the_server_alone_held_open_is_closed_when_the_run_goes_on(
    lead: Lead,
    clock_of: ClockOf,
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = begun(lead, clock_of, store, tmp_path / "log")
    break_between(first, monkeypatch, "p", "q")

    second = begun(lead, clock_of, store, tmp_path / "log")
    second.at(1.0, second.claims("p", 3), Proposal(id="p", panel=1))
    second.at(2.0, second.yes("p", 3))
    second.leader.write_out()

    assert [takes_ballots(store, name) for name in "opq"] == [True, False, False]


def test_a_run_that_breaks_there_twice_goes_on_all_the_same(
    lead: Lead,
    clock_of: ClockOf,
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    break_between(begun(lead, clock_of, store, tmp_path / "log"), monkeypatch, "p", "q")
    break_between(begun(lead, clock_of, store, tmp_path / "log"), monkeypatch, "q", "r")

    third = begun(lead, clock_of, store, tmp_path / "log")
    third.at(1.0, {}, Proposal(id="p", panel=2))
    third.leader.write_out()

    assert [takes_ballots(store, name) for name in "opqr"] == [True, True, False, False]


def test_a_run_that_stopped_within_an_instant_that_decided_goes_on_there(
    lead: Lead, clock_of: ClockOf, store: Store, tmp_path: Path
) -> None:
    first = begun(lead, clock_of, store, tmp_path / "log")
    first.leader.begin_instant(1.0)
    first.stage(first.claims("o", 3, 4))
    first.stage(first.yes("o", 2, 3))
    first.leader.finish("broken off")

    second = begun(lead, clock_of, store, tmp_path / "log")
    second.leader.begin_instant(1.0)
    second.stage(second.claims("o", 3, 4))
    second.stage(second.yes("o", 2, 3))
    second.stage({0: Post("note", {"n": 1})})
    second.leader.end_round()
    second.leader.finish("done")

    assert not takes_ballots(store, "o")
    assert [decided.proposal for decided in second.leader.replica.decisions] == ["o"]


def test_a_run_that_goes_differently_now_names_the_instant(
    lead: Lead, clock_of: ClockOf, tmp_path: Path
) -> None:
    first = begun(lead, clock_of, MemoryStore(), tmp_path / "log")
    first.at(1.0, {0: Post("note", {"n": 1})})
    first.leader.finish("done")
    again = begun(lead, clock_of, MemoryStore(), tmp_path / "log")

    with pytest.raises(Diverged, match="entries differs in entries in instant 2, stage 1"):
        again.at(1.0, {0: Post("note", {"n": 2})})
