"""What a cohort returns for members that are down does not reach the draft."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from agents.attendance import AttendedDraft
from blackboard import Abstain, Board, InvalidAction, Leader, PostBlock, Proposal, Vote, VoteBlock

EVERYBODY = np.arange(4, dtype=np.uint32)


@pytest.fixture
def leader() -> Iterator[Leader]:
    with Board.open("memory://", kinds={"offer": ("price",)}) as board:
        leader = board.lead()
        leader.welcome("voter", 4)
        leader.begin_round()
        yield leader


def close(leader: Leader, draft: Any) -> Any:
    leader.commit(draft)
    return leader.close(counts=True)


def test_ballots_and_reasons_of_those_down_are_left_out(leader: Leader) -> None:
    draft = leader.begin([Proposal()])
    attended = AttendedDraft(draft, np.array([1, 2], np.uint32))

    attended.add(
        EVERYBODY,
        VoteBlock(np.array([0, 0, 1, 1], np.uint8), reasons=np.array([1.0, 2.0, 3.0, 4.0])),
    )

    [ballots] = close(leader, draft).ballots
    assert list(ballots.choices) == [0, 255, 255, 1]
    assert np.frombuffer(ballots.numbers)[[0, 3]].tolist() == [1.0, 4.0]


def test_a_block_names_its_own_agents(leader: Leader) -> None:
    draft = leader.begin()
    attended = AttendedDraft(draft, np.array([1], np.uint32))
    some = np.array([1, 3], np.uint32)

    attended.add(EVERYBODY, PostBlock("offer", {"price": np.array([5.0, 6.0])}, agents=some))

    close(leader, draft)
    rows = leader.view().rows("offer")
    assert rows is not None
    assert (rows.agents.tolist(), rows.columns["price"].tolist()) == ([3], [6.0])


def test_a_block_of_nobody_else_is_no_block(leader: Leader) -> None:
    draft = leader.begin()
    attended = AttendedDraft(draft, EVERYBODY)

    attended.add(EVERYBODY, PostBlock("offer", {"price": np.zeros(4)}))

    assert draft.records() == []


def test_a_wrong_block_is_refused_as_it_would_be_without(leader: Leader) -> None:
    attended = AttendedDraft(leader.begin(), np.array([1], np.uint32))

    with pytest.raises(InvalidAction, match="has the shape \\(3,\\) for 4 agents"):
        attended.add(EVERYBODY, PostBlock("offer", {"price": np.zeros(3)}))


def test_nobody_abstains_twice(leader: Leader) -> None:
    draft = leader.begin()
    draft.abstain(np.array([1], np.uint32), "error")
    attended = AttendedDraft(draft, np.array([1], np.uint32))

    attended.abstain(EVERYBODY, "error")
    attended.add(EVERYBODY, Abstain("late", agents=np.array([1, 2], np.uint32)))

    found = [(r.cause, r.members.tolist()) for r in close(leader, draft).abstained]
    assert found == [("error", [0, 1, 2, 3]), ("late", [2])]


def test_objects_pass_as_they_are(leader: Leader) -> None:
    draft = leader.begin([Proposal()])
    attended = AttendedDraft(draft, np.array([1], np.uint32))

    attended.act(0, Vote("approve"))
    alike = attended.act_alike(EVERYBODY[2:], [Vote("reject"), Vote("reject")])

    assert alike
    assert list(close(leader, draft).ballots[0].choices) == [0, 255, 1, 1]
