"""Workers beside the leader: in time, late, gone, and started again."""

from typing import Any

import pytest

from blackboard import (
    InvalidAction,
    Post,
    Proposal,
    Vote,
    WrongStage,
    ahead_by_k,
    first_to_k,
)
from blackboard.records import (
    Abstained,
    Entries,
)

NODES = 7


def test_a_worker_that_is_missing_is_named_and_its_late_commit_counts_for_nothing(
    table: Any, state: Any
) -> None:
    worker = table.worker("slow")
    table.begin(Proposal())
    assert worker.next_stage(timeout_s=10)
    draft = worker.draft()
    draft.add(table.nodes, table.ballots("yyyyyyy"))
    draft.act(0, Post("note", {}))

    assert table.leader.gather(dict.fromkeys(["slow", "gone"], range(0)), timeout_s=0.01) == {
        "slow",
        "gone",
    }
    closed = table.leader.close(counts=True)
    worker.commit(without_ballots(draft))

    assert [d.outcome for d in closed.decisions] == ["expired"]
    table.begin()
    table.leader.close()
    table.leader.announce()
    table.outsider.refresh()
    assert state(table.outsider.replica) == state(table.leader.replica)
    assert table.outsider.view().entries() == []


def without_ballots(draft: Any) -> Any:
    """Take the ballots out of a draft: the proposal is closed, and they would be refused."""
    draft.drop_ballots("1.1.7.0", tuple(range(NODES)))
    return draft


def test_a_commit_during_the_close_is_late(table: Any, state: Any) -> None:
    worker = table.worker("slow")
    draft = table.begin(Proposal())
    draft.add(table.nodes, table.ballots("yyyyyyy"))
    table.leader.commit(draft)
    assert worker.next_stage(timeout_s=10)
    late = worker.draft()
    late.act(0, Post("note", {}))
    table.leader.gather(dict.fromkeys(["slow"], range(0)), timeout_s=0)

    closed = table.leader.close(counts=True, gate=lambda _: worker.commit(late))

    assert [d.outcome for d in closed.decisions] == ["accepted"]
    table.begin()
    table.leader.announce()
    table.outsider.refresh()
    assert state(table.outsider.replica) == state(table.leader.replica)
    assert table.leader.view().entries() == []


def test_a_worker_too_late_for_the_next_stage_is_refused(table: Any) -> None:
    worker = table.worker("slow")
    table.begin()
    assert worker.next_stage(timeout_s=10)
    draft = worker.draft()
    table.leader.close()
    table.begin()

    with pytest.raises(WrongStage):
        worker.commit(draft)


def test_a_worker_started_again_goes_on_where_the_run_is(table: Any) -> None:
    def work() -> Any:
        worker = table.worker("w")
        view = worker.next_stage(timeout_s=10)
        assert view is not None
        draft = worker.draft()
        draft.act(0, Post("note", {"round": view.round}))
        worker.commit(draft)

    for _ in range(2):
        table.begin()
        work()
        work()
        assert table.leader.gather(dict.fromkeys(["w"], range(0)), timeout_s=10) == set()
        table.leader.close()

    notes = [entry.payload for entry in table.leader.view().entries()]
    assert notes == [{"round": 1}, {"round": 2}]


def test_a_worker_passes_over_stages_that_have_ended(table: Any) -> None:
    worker = table.worker("w")
    for _ in range(3):
        table.begin()
        table.leader.close()
    table.begin()

    view = worker.next_stage(timeout_s=10)

    assert view is not None
    assert (view.round, view.stage) == (4, 1)


def test_a_worker_that_hears_nothing_says_so(table: Any) -> None:
    with pytest.raises(TimeoutError, match="worker w: no stage began"):
        table.board.work("w").next_stage(timeout_s=0.01)


def test_a_workers_ballots_give_way_to_an_outsiders(table: Any) -> None:
    worker = table.worker("w")
    table.begin(Proposal())
    assert worker.next_stage(timeout_s=10)
    draft = worker.draft()
    draft.add(table.nodes, table.ballots("yyyyyyy"))
    table.outsider.vote(0, Vote("reject"))
    table.outsider.vote(1, Vote("reject"))

    worker.commit(draft)
    table.leader.gather(dict.fromkeys(["w"], range(0)), timeout_s=10)

    [decided] = table.leader.close(counts=True).decisions
    assert decided.weights == {"approve": 5, "reject": 2}


def test_a_worker_cannot_propose_with_a_rule_that_the_leader_does_not_know(table: Any) -> None:
    worker = table.worker("w")
    table.begin()
    assert worker.next_stage(timeout_s=10)
    draft = worker.draft()
    draft.act(0, Proposal(rule=lambda tally: None))

    with pytest.raises(InvalidAction, match="make a rule of your own the run's rule"):
        worker.commit(draft)


@pytest.mark.parametrize("rule", [first_to_k(3), ahead_by_k(2)], ids=repr)
def test_rules_that_read_ballots_in_order_do_not_depend_on_who_came_first(
    table: Any, rule: Any
) -> None:
    worker = table.worker("w")
    draft = table.begin(Proposal(rule=rule, options=("red", "green")))
    assert worker.next_stage(timeout_s=10)
    work = worker.draft()
    work.add(table.nodes[:4], table.ballots("1110"))
    draft.add(table.nodes[4:], table.ballots("000"))
    table.leader.commit(draft)
    worker.commit(work)
    table.leader.gather(dict.fromkeys(["w"], range(0)), timeout_s=10)

    [decided] = table.leader.close(counts=True).decisions

    assert decided.option == "green"


def test_abstentions_of_workers_keep_their_cause(table: Any) -> None:
    worker = table.worker("w")
    table.begin(Proposal())
    assert worker.next_stage(timeout_s=10)
    draft = worker.draft()
    draft.abstain(table.nodes[:2], "budget")
    worker.commit(draft)
    table.leader.gather(dict.fromkeys(["w"], range(0)), timeout_s=10)

    closed = table.leader.close(counts=True)

    [motion] = [d.proposal for d in closed.decisions]
    assert table.causes(closed, motion) == {"budget": [0, 1], "silent": [2, 3, 4, 5, 6]}
    assert isinstance(closed.records[0], Abstained)
    assert not any(isinstance(r, Entries) for r in closed.records)
