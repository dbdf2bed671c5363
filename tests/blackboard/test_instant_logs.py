"""The log of a run in simulated time: many instants a segment, and nothing else is different."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from blackboard import (
    NO_DEADLINE,
    Ballots,
    Board,
    BoardEntry,
    Decided,
    EventLog,
    Granted,
    Instant,
    InstantLeader,
    Joined,
    Opened,
    Post,
    Proposal,
    Replica,
    read_log,
    read_rounds,
    read_segments,
    recount,
    threshold,
)
from blackboard.digest import Digest
from blackboard.memory_store import MemoryStore

type NewClock = Callable[..., Any]


def history(clock: Any) -> None:
    """Run a few instants with a bit of everything."""
    leader = clock.leader
    leader.begin_instant(0.0)
    clock.stage(clock.claims("p", 5, 2), Proposal(id="p", panel=3, barred=(1,)))
    clock.stage({3: Post("note", {"n": 1})}, votes=False)
    leader.end_round()
    leader.begin_instant(0.25)
    clock.stage(clock.yes("p", 5) | clock.claims("p", 0, 1))
    leader.record("round", {"busy": 2})
    leader.end_round()
    leader.begin_instant(1.0)
    leader.end_round()
    leader.begin_instant(1.5)
    clock.stage(clock.yes("p", 2))
    leader.end_round()


type Logged = Callable[..., tuple[Any, Path]]


@pytest.fixture
def logged(tmp_path: Path, clock_of: Callable[[InstantLeader], Any]) -> Iterator[Logged]:
    """Begin a run whose log is at hand."""
    logs: list[EventLog] = []

    def logged(name: str = "events.log") -> tuple[Any, Path]:
        path = tmp_path / name
        logs.append(EventLog(path))
        leader = Board(MemoryStore()).lead(rule=threshold(60), log=logs[-1], kind=InstantLeader)
        leader.welcome("node", 7)
        return clock_of(leader), path

    yield logged
    for log in logs:
        log.close()


def test_a_log_is_the_same_however_many_instants_are_written_together(
    logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    together, path = logged("together.log")
    history(together)
    together.leader.finish("done")
    monkeypatch.setattr("blackboard.instants.WINDOW_S", -1.0)
    single, other = logged("single.log")
    history(single)
    single.leader.finish("done")

    assert len([*read_segments(path)]) < len([*read_segments(other)])
    assert [*read_log(path)] == [*read_log(other)]
    assert together.leader.digest.hex == single.leader.digest.hex


def test_rounds_are_read_out_of_segments_that_hold_many(
    logged: Logged,
) -> None:
    clock, path = logged()
    history(clock)
    clock.leader.finish("done")

    rounds = dict(read_rounds(path))

    assert [*rounds] == [0, 1, 2, 3, 4]
    assert all(isinstance(records[0], Instant) for number, records in rounds.items() if number)
    times = [record.at_s for record in read_log(path) if isinstance(record, Instant)]
    assert times == [0.0, 0.25, 1.0, 1.5]


def test_the_digest_is_chained_instant_by_instant(
    logged: Logged,
) -> None:
    clock, path = logged()
    history(clock)
    clock.leader.finish("done")

    digest = Digest()
    for _, records in read_rounds(path):
        digest.add(records)
        digest.close_round()

    assert digest.hex == clock.leader.digest.hex


def test_the_log_holds_panels_as_the_page_says(
    logged: Logged,
) -> None:
    clock, path = logged()
    history(clock)
    clock.leader.finish("done")

    records = [*read_log(path)]

    [opened] = [record for record in records if isinstance(record, Opened)]
    assert (opened.electorate, opened.deadline_round) == ("panel 3 without 1", NO_DEADLINE)
    told = [r.agent for r in records if isinstance(r, Granted) and r.granted]
    assert told == [2, 5, 0]
    ballots = [r.choices for r in records if isinstance(r, Ballots)]
    assert ballots == [bytes([255, 0, 255]), bytes([0, 255, 255])]


def test_decisions_of_panels_are_recounted_from_the_log(
    logged: Logged,
) -> None:
    clock, path = logged()
    history(clock)
    clock.leader.finish("done")

    [(told, again)] = recount(read_log(path))

    assert told == again
    assert (told.outcome, told.round) == ("accepted", 4)


def test_what_was_not_written_yet_is_gone_with_its_process(
    logged: Logged,
) -> None:
    clock, path = logged()
    clock.leader.begin_instant(0.0)
    clock.stage({3: Post("note", {"n": 1})})
    clock.leader.end_round()
    clock.leader.write_out()
    clock.leader.begin_instant(1.0)
    clock.stage({4: Post("note", {"n": 2})})
    clock.leader.end_round()

    assert [number for number, _ in read_rounds(path)] == [0, 1]


def test_a_run_that_breaks_off_within_an_instant_keeps_its_closed_stages(
    logged: Logged,
) -> None:
    clock, path = logged()
    clock.leader.begin_instant(0.0)
    clock.stage({3: Post("note", {"n": 1})})
    clock.leader.begin()
    clock.leader.history.break_off()

    [entry] = _entries(path)

    assert entry.payload == {"n": 1}


def _entries(path: Path) -> list[BoardEntry]:
    replica = Replica()
    for record in read_log(path):
        replica.fold(record)
    return [*replica.entries("note")]


def test_the_server_is_told_no_later_than_the_log(
    logged: Logged,
) -> None:
    clock, path = logged()
    history(clock)
    assert not [r for r in read_log(path) if isinstance(r, Decided)]

    clock.leader.write_out()

    assert [r.proposal for r in read_log(path) if isinstance(r, Decided)] == ["p"]
    assert isinstance(next(iter(read_log(path))), Joined)
