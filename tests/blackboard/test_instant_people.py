"""Instants and people: commands where no stage is, and what is written while one is awaited."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from blackboard import Answered, Approval, EventLog, Note, Post, Proposal, Stopped, read_log

type NewClock = Callable[..., Any]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    """A log at hand."""
    with EventLog(tmp_path / "events.log") as log:
        yield log


def idle(clock: Any, *times_s: float) -> None:
    """Run instants that have no stage."""
    for at_s in times_s:
        clock.leader.listen(0.0)
        clock.leader.begin_instant(at_s)
        clock.leader.end_round()


def notes(log: EventLog) -> list[tuple[str, int]]:
    """Return what people commanded by the log, and before which instant."""
    return [(r.name, r.round) for r in read_log(log.path) if isinstance(r, Note)]


def test_a_run_without_stages_is_stopped_before_its_next_instant(
    new_clock: NewClock, log: EventLog
) -> None:
    clock = new_clock(log=log)
    idle(clock, 0.0, 1.0)
    clock.outsider.command("stop", by="anna", reason="enough")

    with pytest.raises(Stopped):
        idle(clock, 2.0)

    clock.leader.finish("broken off")
    assert notes(log) == [("stop", 3)]
    assert clock.leader.rounds_ended == 2


def test_a_run_without_stages_is_paused_and_stepped_instant_by_instant(
    new_clock: NewClock, log: EventLog
) -> None:
    clock = new_clock(log=log)
    coming = iter(["step", "step", "unpause"])
    waits: list[tuple[int, str]] = []

    def tell(line: str) -> None:
        waits.append((clock.leader.round, clock.outsider.store.meta().status))
        clock.outsider.command(next(coming), by="anna")

    clock.leader.oversight.tell = tell
    clock.outsider.command("pause", by="anna")

    idle(clock, 0.0, 1.0, 2.0, 3.0)

    assert waits == [(1, "paused"), (2, "paused"), (3, "paused")]
    assert notes(log) == [("pause", 1), ("step", 1), ("step", 2), ("unpause", 3)]
    assert clock.outsider.store.meta().status == "running"


def test_what_came_from_outside_is_recorded_as_soon_as_its_instant_has_ended(
    new_clock: NewClock, log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blackboard.instants.WINDOW_S", 1e9)
    clock = new_clock(log=log)
    clock.at(0.0, {}, Proposal(id="p"))
    clock.leader.write_out()
    clock.at(1.0, {0: Post("note", {"n": 1})})
    clock.outsider.answer("p", "veto", by="ada")

    clock.hear(2.0)
    clock.at(3.0, {0: Post("note", {"n": 2})})

    records = [*read_log(log.path)]
    assert [r.proposal for r in records if isinstance(r, Answered)] == ["p"]
    assert records[-1].round == 3


def test_while_a_person_is_waited_for_the_log_has_all_instants_before(
    new_clock: NewClock, log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blackboard.instants.WINDOW_S", 1e9)
    held: list[int] = []

    def approver(proposal: Any) -> bool:
        held.append([*read_log(log.path)][-1].round)
        return True

    clock = new_clock(log=log, approval=Approval(0.5, 10.0, approver))
    clock.at(0.0, clock.claims("p", 1), Proposal(id="p", panel=1, impact=1.0))
    clock.at(1.0, {0: Post("note", {"n": 1})})

    clock.at(2.0, clock.yes("p", 1))

    assert held == [2]
