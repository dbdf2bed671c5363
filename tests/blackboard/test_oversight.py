"""People's hands on a run: commands act between stages, answers at the close; all are recorded."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blackboard import (
    Answered,
    Approval,
    Board,
    ClosedStage,
    EventLog,
    Joined,
    Note,
    NotOpen,
    Post,
    Proposal,
    Script,
    Stopped,
    View,
    Vote,
    read_log,
)
from blackboard.records import INPUT, Closed
from blackboard.store import Store

NODES = 7
HIGH, LOW, LIMIT = 50.0, 5.0, 10.0
ALL = "y" * NODES


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    with EventLog(tmp_path / "events.log") as log:
        yield log


def on_telling(table: Any, *acts: Callable[[], None]) -> list[str]:
    """Act for a person each time the run tells people something; return what it has told."""
    told: list[str] = []
    coming = iter(acts)

    def tell(line: str) -> None:
        told.append(line)
        next(coming)()

    table.leader.oversight.tell = tell
    return told


def commands(table: Any, act: str) -> Callable[[], None]:
    return lambda: table.outsider.command(act, by="anna", reason="to look")


def answers(table: Any, said: str, proposal: str = "1.1.7.0") -> Callable[[], None]:
    return lambda: table.outsider.answer(proposal, said, by="anna", reason="seen it")


def stage(table: Any, *proposals: Proposal, votes: str = "", counts: bool = False) -> ClosedStage:
    """Run one stage of the current round."""
    draft = table.leader.begin(proposals)
    table.leader.announce()
    if votes:
        draft.add(table.nodes, table.ballots(votes))
    table.leader.commit(draft)
    closed: ClosedStage = table.leader.close(counts=counts)
    return closed


def test_a_paused_run_waits_before_its_next_stage_until_it_is_unpaused(table: Any) -> None:
    table.outsider.command("pause", by="anna")
    seen: list[str] = []
    told = on_telling(
        table,
        lambda: seen.append(table.outsider.store.meta().status),
    )
    table.leader.look_after = commands(table, "unpause")

    table.begin()

    assert seen == ["paused"]
    assert len(told) == 1
    assert table.outsider.store.meta().status == "running"


def test_step_takes_exactly_one_stage_each_time(table: Any) -> None:
    table.outsider.command("pause", by="anna")
    told = on_telling(table, *[commands(table, "step")] * 3, commands(table, "unpause"))
    table.leader.begin_round()
    waits = []

    for _ in range(6):
        stage(table)
        waits.append(len(told))

    assert waits == [1, 2, 3, 4, 4, 4]


def test_a_command_takes_effect_within_one_stage_whenever_it_comes(table: Any) -> None:
    table.leader.begin_round()
    table.leader.commit(table.leader.begin())
    table.outsider.command("pause", by="anna")
    told = on_telling(table, commands(table, "unpause"))
    table.leader.close()

    table.leader.commit(table.leader.begin())
    table.leader.close()
    table.leader.begin()

    assert len(told) == 1


def test_stop_ends_the_run_between_stages_and_stands_in_the_log_with_its_reason(
    new_table: Any, log: EventLog
) -> None:
    table = new_table(log=log)
    table.leader.commit(table.begin())
    table.outsider.command("stop", by="anna", reason="enough")
    table.leader.close()

    with pytest.raises(Stopped):
        table.leader.begin()

    table.leader.finish("broken off")
    [note] = [r for r in read_log(log.path) if isinstance(r, Note)]
    assert (note.name, note.detail) == ("stop", {"by": "anna", "reason": "enough"})
    assert note.event_class == "operational"


def test_a_paused_run_can_be_stopped(table: Any) -> None:
    table.outsider.command("pause", by="anna")
    on_telling(table, commands(table, "stop"))
    table.leader.begin_round()

    with pytest.raises(Stopped):
        table.leader.begin()


def test_a_signal_stops_a_paused_run(table: Any) -> None:
    table.outsider.command("pause", by="anna")
    on_telling(table, lambda: setattr(table.leader.oversight, "is_stopped", lambda: True))
    table.leader.begin_round()

    with pytest.raises(Stopped):
        table.leader.begin()


def test_commands_to_an_earlier_runner_are_not_for_the_next(store: Store, log: EventLog) -> None:
    first = Board(store)
    leader = first.lead(log=log)
    leader.welcome("node", NODES)
    leader.begin_round()
    leader.commit(leader.begin())
    leader.close()
    leader.end_round()
    first.command("stop", by="anna")
    first.command("pause", by="anna")

    second = Board(store).lead(takes_over=True, script=Script(log.path))
    second.welcome("node", NODES)
    for _ in range(3):
        second.begin_round()
        second.commit(second.begin())
        second.close()
        second.end_round()

    assert (second.round, second.oversight.is_paused) == (3, False)


def test_a_worker_that_comes_late_to_a_stage_is_heard_in_the_next(table: Any) -> None:
    worker = table.worker("slow")
    table.begin()
    assert worker.next_stage(timeout_s=10)
    draft = worker.draft()
    table.leader.gather({"slow": range(1)}, timeout_s=0.0)
    table.leader.close()
    worker.commit(draft)
    table.outsider.command("pause", by="anna")
    on_telling(table, commands(table, "unpause"))

    table.leader.begin()
    table.leader.announce()
    assert worker.next_stage(timeout_s=10)
    draft = worker.draft()
    draft.act(0, Post("note", {}))
    worker.commit(draft)
    missing = table.leader.gather({"slow": range(1)}, timeout_s=10)
    table.leader.close()

    assert missing == set()
    [*_, closed] = [r for r in table.leader.history.written if isinstance(r, Closed)]
    assert closed.late == ()
    assert len(table.leader.view().entries()) == 1


def test_a_worker_waits_while_the_run_is_paused(table: Any) -> None:
    worker = table.worker("patient")
    table.begin()
    table.leader.close()
    table.outsider.command("pause", by="anna")
    views: list[View | None] = []

    def look() -> None:
        with pytest.raises(TimeoutError):
            views.append(worker.next_stage(timeout_s=0.01))
        commands(table, "unpause")()

    on_telling(table, look)
    table.leader.begin()
    table.leader.announce()

    assert views == []
    assert worker.next_stage(timeout_s=10)


@pytest.mark.parametrize(("said", "outcome"), [("approve", "accepted"), ("veto", "vetoed")])
def test_a_proposal_above_the_limit_waits_for_a_persons_word(
    new_table: Any, said: str, outcome: str
) -> None:
    table = new_table(approval=Approval(LIMIT))
    told = on_telling(table, answers(table, said))

    closed = table.vote(ALL, Proposal(impact=HIGH))

    [decided] = closed.decisions
    assert (decided.outcome, decided.by) == (outcome, "anna")
    [answered] = [r for r in closed.records if isinstance(r, Answered)]
    assert (answered.event_class, answered.reason) == (INPUT, "seen it")
    assert "impact of 50 passes the limit of 10" in told[0]
    assert table.leader.has_inputs


@pytest.mark.parametrize("impact", [LOW, -LOW, LIMIT, None])
def test_a_proposal_within_the_limit_waits_for_nobody(new_table: Any, impact: float | None) -> None:
    table = new_table(approval=Approval(LIMIT, within_s=0.0))

    [decided] = table.vote(ALL, Proposal(impact=impact)).decisions

    assert (decided.outcome, decided.by) == ("accepted", None)


def test_a_saving_above_the_limit_waits_too(new_table: Any) -> None:
    table = new_table(approval=Approval(LIMIT, within_s=0.0))

    [decided] = table.vote(ALL, Proposal(impact=-HIGH)).decisions

    assert decided.outcome == "vetoed"


def test_nobody_is_asked_about_what_the_vote_or_a_gate_refuses(new_table: Any) -> None:
    table = new_table(approval=Approval(LIMIT, within_s=0.0))

    [rejected] = table.vote("nnnnnnn", Proposal(impact=HIGH)).decisions
    [shut] = table.vote(ALL, Proposal(impact=HIGH), gate=lambda _: "line 7").decisions

    assert (rejected.outcome, rejected.by) == ("rejected", None)
    assert (shut.outcome, shut.gate, shut.by) == ("expired", "line 7", None)


def test_silence_means_no(new_table: Any) -> None:
    table = new_table(approval=Approval(LIMIT, within_s=0.0))

    closed = table.vote(ALL, Proposal(impact=HIGH))

    [decided] = closed.decisions
    assert (decided.outcome, decided.by) == ("vetoed", "nobody in time")
    [answered] = [r for r in closed.records if isinstance(r, Answered)]
    assert (answered.answer, answered.by, answered.event_class) == ("veto", None, INPUT)


def test_an_approver_that_leaves_it_to_others_does_not_decide(new_table: Any) -> None:
    asked: list[str] = []
    table = new_table(approval=Approval(LIMIT, approver=lambda p: asked.append(p.id)))
    on_telling(table, answers(table, "approve"))

    [decided] = table.vote(ALL, Proposal(impact=HIGH)).decisions

    assert decided.by == "anna"
    assert set(asked) == {"1.1.7.0"}


def test_an_approval_before_the_count_is_remembered(new_table: Any) -> None:
    table = new_table(approval=Approval(LIMIT, within_s=0.0))
    table.leader.begin_round()
    stage(table, Proposal(impact=HIGH))
    answers(table, "approve")()
    stage(table)

    closed = stage(table, votes=ALL, counts=True)

    [decided] = closed.decisions
    assert (decided.outcome, decided.by) == ("accepted", "anna")


def test_an_approval_does_not_carry_what_the_vote_refuses(new_table: Any) -> None:
    table = new_table(approval=Approval(LIMIT))
    table.leader.begin_round()
    stage(table, Proposal(impact=HIGH))
    answers(table, "approve")()

    [decided] = stage(table, votes="nnnnnnn", counts=True).decisions

    assert (decided.outcome, decided.by) == ("rejected", None)


def test_the_first_answer_stands(new_table: Any) -> None:
    table = new_table(approval=Approval(LIMIT))
    table.leader.begin_round()
    stage(table, Proposal(impact=HIGH))
    table.outsider.answer("1.1.7.0", "approve", by="anna")
    table.outsider.answer("1.1.7.0", "veto", by="bo")

    [decided] = stage(table, votes=ALL, counts=True).decisions

    assert (decided.outcome, decided.by) == ("accepted", "anna")


def test_a_veto_takes_effect_at_the_next_close_whatever_the_impact(table: Any) -> None:
    table.leader.begin_round()
    stage(table, Proposal(impact=LOW, deadline_rounds=9))
    answers(table, "veto")()

    decisions = [*stage(table).decisions, *stage(table).decisions]

    assert [(d.outcome, d.by) for d in decisions] == [("vetoed", "anna")]


def test_a_veto_during_the_close_comes_before_the_decision(table: Any) -> None:
    def veto_meanwhile(_: Any) -> None:
        if not table.leader.replica.answers:
            answers(table, "veto")()

    [decided] = table.vote(ALL, Proposal(impact=LOW), gate=veto_meanwhile).decisions

    assert (decided.outcome, decided.by) == ("vetoed", "anna")


def test_what_is_not_open_cannot_be_answered(table: Any) -> None:
    table.vote(ALL, Proposal(impact=LOW))
    table.leader.checkpoint()

    with pytest.raises(NotOpen):
        table.outsider.answer("1.1.7.0", "veto", by="anna")


def test_a_run_that_waits_for_a_person_says_so_on_the_board(new_table: Any) -> None:
    table = new_table(approval=Approval(LIMIT))
    seen: list[Any] = []

    def look() -> None:
        table.outsider.refresh()
        seen.append((set(table.outsider.store.published()), set(table.outsider.replica.open)))
        answers(table, "approve")()

    on_telling_later(table, look)
    table.vote(ALL, Proposal(impact=HIGH))

    assert seen == [({"held"}, {"1.1.7.0"})]


def on_telling_later(table: Any, act: Callable[[], None]) -> None:
    """Act once when the leader, having told people, looks after its workers."""
    coming = iter([act])
    table.leader.look_after = lambda: next(coming, lambda: None)()


def test_stop_ends_a_run_that_waits_for_a_person_and_the_next_runner_waits_again(
    new_table: Any, log: EventLog
) -> None:
    table = new_table(log=log, approval=Approval(LIMIT))
    on_telling(table, commands(table, "stop"))
    with pytest.raises(Stopped):
        table.vote(ALL, Proposal(impact=HIGH))
    table.leader.finish("broken off")

    with resumed(table, log, approval=Approval(LIMIT)) as again:
        told = on_telling(again, answers(again, "approve"))
        closed = again.vote(ALL, Proposal(impact=HIGH))

    assert len(told) == 1
    assert [(d.outcome, d.by) for d in closed.decisions] == [("accepted", "anna")]
    assert [r.name for r in read_log(log.path) if isinstance(r, Note)][:1] == ["stop"]


def test_an_answer_that_was_received_but_not_recorded_is_taken_from_the_server(
    new_table: Any, log: EventLog
) -> None:
    table = new_table(log=log, approval=Approval(LIMIT))
    on_telling(table, lambda: (answers(table, "approve")(), killed()))
    with pytest.raises(KeyboardInterrupt):
        table.vote(ALL, Proposal(impact=HIGH))
    assert not [r for r in read_log(log.path) if isinstance(r, Answered)]

    with resumed(table, log, approval=Approval(LIMIT, within_s=0.0)) as again:
        [decided] = again.vote(ALL, Proposal(impact=HIGH)).decisions

    assert (decided.outcome, decided.by) == ("accepted", "anna")


def test_an_answer_in_the_log_outlives_the_server(new_table: Any, log: EventLog) -> None:
    table = new_table(log=log, approval=Approval(LIMIT))
    table.leader.begin_round()
    stage(table, Proposal(impact=HIGH))
    answers(table, "approve")()
    stage(table)

    rehearsal = Board.open("memory://").lead(
        approval=Approval(LIMIT, within_s=0.0), script=Script(log.path)
    )
    rehearsal.welcome("node", NODES)
    rehearsal.begin_round()
    for proposals in ([Proposal(impact=HIGH)], []):
        rehearsal.commit(rehearsal.begin(proposals))
        rehearsal.close()
    draft = rehearsal.begin()
    draft.add(np.arange(NODES, dtype=np.uint32), table.ballots(ALL))
    rehearsal.commit(draft)
    [decided] = rehearsal.close(counts=True).decisions

    assert (decided.outcome, decided.by) == ("accepted", "anna")


def test_who_joins_once_acts_under_one_index_before_and_after_it_is_recorded(table: Any) -> None:
    table.begin()

    first = table.outsider.join("anna", role="person", votes=False, once=True)
    again = table.outsider.join("anna", role="person", votes=False, once=True)
    other = table.outsider.join("bo", role="person", votes=False, once=True)
    table.leader.close()
    table.leader.checkpoint()
    later = table.outsider.join("anna", role="person", votes=False, once=True)

    assert (first, again, other, later) == (8, 8, 9, 8)
    assert [b.names for b in table.leader.replica.joined if isinstance(b, Joined)][-2:] == [
        ("anna",),
        ("bo",),
    ]


def test_a_vote_beside_a_held_proposal_goes_its_own_way(new_table: Any) -> None:
    table = new_table(approval=Approval(LIMIT, within_s=0.0))
    table.leader.begin_round()
    draft = table.leader.begin([Proposal(impact=HIGH), Proposal(impact=LOW)])
    for node in range(NODES):
        draft.act(node, Vote("approve", "1.1.7.0"))
        draft.act(node, Vote("approve", "1.1.7.1"))
    table.leader.commit(draft)

    decisions = table.leader.close(counts=True).decisions

    assert {d.proposal: d.outcome for d in decisions} == {
        "1.1.7.0": "vetoed",
        "1.1.7.1": "accepted",
    }


def killed() -> None:
    raise KeyboardInterrupt


@contextmanager
def resumed(table: Any, log: EventLog, **options: Any) -> Iterator[Any]:
    """Lead the table's run anew from its log, as a runner does that was started again."""
    has_records = any(True for _ in read_log(log.path))
    script = Script(log.path) if has_records else None
    table.leader = table.board.lead(log=log, takes_over=True, script=script, **options)
    table.leader.welcome("node", NODES)
    yield table
