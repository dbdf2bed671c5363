"""Going on where a run was broken off: votes, answers, joiners and commands that were under way."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blackboard import (
    CALLS,
    Board,
    Leader,
    Note,
    Post,
    Proposal,
    Vote,
    VoteBlock,
    decode,
    read_log,
    write_tables,
)
from blackboard.memory_store import MemoryStore
from blackboard.records import Joined
from blackboard.store import Floor, Store

NODES = np.arange(7, dtype=np.uint32)
type Lead = Callable[..., Leader]
type Hook = Callable[[Leader], None]
type Voters = Callable[[int, int], Any]


def everybody_at_the_end(round: int, stage: int) -> Any:
    """Let all vote in the last of three stages."""
    return NODES if stage == 3 else NODES[:0]


def play(
    leader: Leader,
    *,
    rounds: int,
    at: tuple[int, int] = (0, 0),
    hook: Hook | None = None,
    voters: Voters = everybody_at_the_end,
    terms: Proposal | None = None,
) -> None:
    """Take seven nodes through rounds of three stages, or up to a stage in which a hook is run.

    A proposal opens in each second stage, and is counted in the third.
    """
    if not leader.replica.agents:
        leader.welcome("node", len(NODES))
    while leader.round < rounds:
        leader.begin_round()
        for stage in (1, 2, 3):
            draft = leader.begin([terms or Proposal()] if stage == 2 else [])
            if not leader.is_rehearsing:
                leader.announce()
            if (leader.round, stage) == at and hook:
                hook(leader)
                return
            for name in leader.replica.open:
                cast = voters(leader.round, stage)
                choices = np.full(len(cast), stage == 3 and leader.round == 2, np.uint8)
                draft.add(cast, VoteBlock(choices, name, cast))
            leader.commit(draft)
            leader.close(counts=stage == 3)
        leader.end_round()


def outside(leader: Leader) -> Board:
    """Return an outsider's board beside a leader."""
    assert leader._channel
    return Board(leader._channel.store, kinds={"bid": ("price",)})


def twice(round: int, stage: int) -> Any:
    """Let six vote in the second stage, and all in the third: six ballots are second ones."""
    return NODES[:6] if stage == 2 else NODES if stage == 3 else NODES[:0]


@pytest.mark.parametrize("is_new", [False, True], ids=["same-server", "new-server"])
def test_who_had_voted_in_the_round_cannot_vote_again_after_a_break(
    lead: Lead, new_store: Callable[[], Store], tmp_path: Path, is_new: bool
) -> None:
    whole = lead(MemoryStore(), tmp_path / "whole")
    play(whole, rounds=3, voters=twice)
    store = new_store()
    first = lead(store, tmp_path / "log")
    play(first, rounds=3, at=(2, 3), hook=lambda leader: leader.history.break_off(), voters=twice)

    second = lead(new_store() if is_new else store, tmp_path / "log", takes_over=True)
    play(second, rounds=3, voters=twice)
    again = lead(MemoryStore(), tmp_path / "log")
    play(again, rounds=3, voters=twice)

    assert second.digest.hex == whole.digest.hex == again.digest.hex


@pytest.mark.parametrize("act", ["veto", "vote"])
def test_what_was_received_for_a_proposal_waits_until_it_has_opened_again(
    lead: Lead, store: Store, tmp_path: Path, act: str
) -> None:
    def say(leader: Leader) -> None:
        if act == "veto":
            outside(leader).answer("2.2.7.0", "veto", by="anna")
        else:
            outside(leader).vote(6, Vote("approve", "2.2.7.0"))

    first = lead(store, tmp_path / "log")
    play(first, rounds=3, at=(2, 2), hook=say)

    second = lead(store, tmp_path / "log", takes_over=True)
    play(second, rounds=3)
    again = lead(MemoryStore(), tmp_path / "log")
    play(again, rounds=3)

    decided = {d.proposal: d for d in second.replica.decisions}["2.2.7.0"]
    expected = (
        ("vetoed", {"approve": 0, "reject": 0})
        if act == "veto"
        else (
            "rejected",
            {"approve": 1, "reject": 6},
        )
    )
    assert (decided.outcome, decided.weights) == expected
    assert again.digest.hex == second.digest.hex
    write_tables(tmp_path / "log", tmp_path)


def test_what_was_true_only_for_the_runner_before_stands_on_the_board_no_more(
    lead: Lead, store: Store, tmp_path: Path
) -> None:
    first = lead(store, tmp_path / "log")
    play(first, rounds=2, at=(2, 1), hook=lambda leader: leader.show_now(CALLS, {"left": 3}))
    before = decode(store.published()[CALLS])

    second = lead(store, tmp_path / "log", takes_over=True)
    play(second, rounds=2)

    after = decode(store.published()[CALLS])
    assert isinstance(before, Note)
    assert isinstance(after, Note)
    assert (before.round, before.stage, before.detail) == (2, 1, {"left": 3})
    assert after.detail == {}


def test_a_late_ballot_of_an_earlier_round_does_not_bar_the_agents_own(
    lead: Lead, store: Store, tmp_path: Path
) -> None:
    terms = Proposal(deadline_rounds=3, id="p")

    def rounds(leader: Leader) -> None:
        leader.welcome("node", 7)
        for number in (1, 2):
            leader.begin_round()
            draft = leader.begin([terms] if number == 1 else [])
            voters = NODES[:5] if number == 1 else NODES
            draft.add(voters, VoteBlock(np.zeros(len(voters), np.uint8), "p", voters))
            leader.commit(draft)
            leader.close(counts=True)
            leader.end_round()
            if number == 1 and not leader.is_rehearsing:
                outside(leader).vote(5, Vote("approve", "p"))

    first = lead(store, tmp_path / "log")
    rounds(first)

    again = lead(MemoryStore(), tmp_path / "log")
    rounds(again)

    assert again.digest.hex == first.digest.hex


@pytest.mark.parametrize("is_seated", [False, True])
def test_who_joins_before_the_first_round_has_the_same_seat_in_the_rehearsal(
    lead: Lead, store: Store, tmp_path: Path, is_seated: bool
) -> None:
    first = lead(store, tmp_path / "log")
    if is_seated:
        first.welcome("node", 7)
    joined = outside(first).join("anna", votes=False)
    play(first, rounds=2, voters=nobody)

    again = lead(MemoryStore(), tmp_path / "log")
    play(again, rounds=2, voters=nobody)

    assert again.digest.hex == first.digest.hex
    assert again.replica.role_of(joined) == "outsider"


def nobody(round: int, stage: int) -> Any:
    """Let nobody vote."""
    return NODES[:0]


def post(leader: Leader) -> None:
    """Have an outsider write a note that the log will not hold."""
    outside(leader).post(5, Post("note", {"received": True}))


def test_what_was_received_survives_two_deaths_before_it_is_recorded(
    lead: Lead, store: Store, tmp_path: Path
) -> None:
    first = lead(store, tmp_path / "log")
    play(first, rounds=4, at=(3, 1), hook=post)
    second = lead(store, tmp_path / "log", takes_over=True)
    play(second, rounds=4, at=(3, 1), hook=lambda leader: None)

    third = lead(store, tmp_path / "log", takes_over=True)
    play(third, rounds=4)

    assert [entry.payload for entry in third.view().entries("note")] == [{"received": True}]


def test_a_stop_in_the_middle_of_the_log_loses_nothing_that_was_received(
    lead: Lead, store: Store, tmp_path: Path
) -> None:
    first = lead(store, tmp_path / "log")
    play(first, rounds=4, at=(3, 1), hook=post)
    second = lead(store, tmp_path / "log", takes_over=True)
    play(second, rounds=1)
    second.finish("stopped")

    third = lead(store, tmp_path / "log", takes_over=True)
    play(third, rounds=4)

    assert [entry.payload for entry in third.view().entries("note")] == [{"received": True}]


def test_a_new_server_goes_on_from_the_revision_and_the_agents_of_the_log(
    lead: Lead, new_store: Callable[[], Store], tmp_path: Path
) -> None:
    first = lead(new_store(), tmp_path / "log")
    play(first, rounds=2)
    floor = Floor(first.epoch, first.revision, first.replica.agents)
    store = new_store()

    second = lead(store, tmp_path / "log", floor=floor)
    joined = outside(second).join("anna", votes=False)
    play(second, rounds=4, at=(3, 1), hook=post)
    third = lead(store, tmp_path / "log", takes_over=True)
    play(third, rounds=4)

    assert joined == first.replica.agents
    assert store.meta().rev > first.revision
    assert [entry.payload for entry in third.view().entries("note")] == [{"received": True}]


def test_panels_that_are_over_are_forgotten(lead: Lead, tmp_path: Path) -> None:
    leader = lead(MemoryStore(), tmp_path / "log")
    leader.welcome("node", 600)
    for first in range(590):
        leader.begin_round()
        draft = leader.begin([Proposal(electorate=range(first, first + 5))])
        leader.commit(draft)
        leader.close(counts=True)
        leader.end_round()

    assert len(leader.replica.seats) <= 256
    assert len(leader.state()["openings"]["electorates"]) <= 600
    assert sum(isinstance(record, Joined) for record in read_log(tmp_path / "log")) == 2
