"""Measures folded from logs made by hand, with turns, messages and ballots counted by hand."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blackboard import (
    NO_BALLOT,
    NO_DEADLINE,
    Abstained,
    Ballots,
    Closed,
    Decided,
    Electorate,
    Entries,
    Entry,
    Granted,
    Instant,
    Opened,
    Posts,
    Replied,
    Requested,
    u4,
)
from swarmboard.measures import Measures

OUT: Any = "outcome"
BOTH = ("approve", "reject")


def opened(name: str, round: int, *, sealed: bool = True, seats: str = "e1", last: int = 9) -> Any:
    return Opened(OUT, round, 1, name, BOTH, seats, "threshold(60)", last, sealed, {})


def posts(round: int, stage: int, agents: Sequence[int]) -> Any:
    column = np.zeros(len(agents)).tobytes()
    return Posts(OUT, round, stage, "bid", "task", u4(agents), b"", {"mw": column})


def entry(agent: int, to: int | None = None, seq: int = 0) -> Entry:
    return Entry(agent, seq, "plan", "task", {}, to=to)


def closed(round: int, stage: int, *, counts: bool = False) -> Any:
    return Closed("operational", round, stage, counts)


def accepted(name: str, round: int, yes: int, no: int) -> Any:
    weights = {"approve": yes, "reject": no}
    return Decided(OUT, round, 1, name, "accepted", "approve", weights, 0, yes + no, yes + no)


ELECTORATE = Electorate(OUT, 1, 1, "e1", u4([0, 1, 2]))


def two_rounds(*, sealed: bool) -> Measures:
    """Three agents bid, agent 0 plans, agent 1 tells agent 2 alone, all vote in two rounds."""
    measures = Measures()
    measures.take(
        [
            *(posts(1, 1, [0, 1, 2]), closed(1, 1)),
            *(Entries(OUT, 1, 2, (entry(0), entry(1, to=2))), closed(1, 2)),
            *(ELECTORATE, opened("p", 1, sealed=sealed)),
            *(Ballots(OUT, 1, 3, "p", bytes([0, 0, 1])), closed(1, 3, counts=True)),
        ]
    )
    measures.take(
        [
            Ballots(OUT, 2, 1, "p", bytes([0, 1, 1])),
            closed(2, 1, counts=True),
            accepted("p", 2, 2, 1),
        ]
    )
    return measures


def test_turns_and_messages_are_those_counted_by_hand() -> None:
    reading = two_rounds(sealed=True).reading

    assert reading.turns == 3 + 2 + 3 + 3
    assert reading.messages == 3 + 1 + 1, "three bids, the plan, and the word to agent 2"
    assert reading.deliveries == 2 + 3 + 3 + 1, "by agent 0, 1 and 2; and that word"


def test_ballots_that_are_open_are_read_by_the_others_in_the_next_round() -> None:
    reading = two_rounds(sealed=False).reading

    assert reading.messages == 5 + 3
    assert reading.deliveries == 9 + 3 * 2


def test_open_ballots_of_what_is_decided_at_once_are_read_by_nobody() -> None:
    measures = Measures()

    measures.take(
        [
            *(ELECTORATE, opened("p", 1, sealed=False)),
            *(Ballots(OUT, 1, 1, "p", bytes([0, 0, 0])), closed(1, 1, counts=True)),
            accepted("p", 1, 3, 0),
        ]
    )
    measures.take([posts(2, 1, [0, 1, 2]), closed(2, 1)])

    assert measures.reading.deliveries == 0


def test_ballots_flips_and_rounds_are_those_counted_by_hand() -> None:
    votes = two_rounds(sealed=True).votes

    assert (votes.cast, votes.recast, votes.flips) == (6, 3, 1)
    assert (votes.accepted, votes.spent.round, votes.spent.ballots) == (1, 2, 6)
    assert votes.open_for == 2


def test_a_ballot_is_held_against_the_voting_round_before_and_no_other() -> None:
    measures = Measures()
    rounds = [bytes([0, 0, 0]), bytes([1, NO_BALLOT, 0]), bytes([1, 1, 1])]

    measures.take([ELECTORATE])
    for number, choices in enumerate(rounds, 1):
        first = [opened("p", 1)] if number == 1 else []
        measures.take([*first, Ballots(OUT, number, 1, "p", choices), closed(number, 1)])

    assert measures.votes.recast == 2 + 2, "seat 1 did not vote in round 2"
    assert measures.votes.flips == 1 + 1


def test_who_failed_took_a_turn_and_who_had_left_did_not() -> None:
    measures = Measures()

    measures.take(
        [
            *(posts(1, 1, [0]), Abstained(OUT, 1, 1, None, "error", u4([1])), closed(1, 1)),
            Abstained(OUT, 1, 1, "p", "error", u4([1])),
            Abstained(OUT, 1, 1, "p", "silent", u4([2])),
            Abstained(OUT, 1, 1, "p", "left", u4([3])),
            Abstained(OUT, 1, 1, "p", "quarantined", u4([4])),
        ]
    )

    assert measures.reading.turns == 3


def test_an_agent_takes_one_turn_in_a_stage_however_much_it_does() -> None:
    measures = Measures()
    reply: Any = Replied("input", 1, 1, u4([0, 2]), "{}")

    measures.take(
        [
            ELECTORATE,
            *(opened("p", 1), opened("q", 1)),
            *(posts(1, 1, [0, 1]), Entries(OUT, 1, 1, (entry(0), entry(0, seq=1)))),
            Ballots(OUT, 1, 1, "p", bytes([0, NO_BALLOT, NO_BALLOT])),
            Ballots(OUT, 1, 1, "q", bytes([1, 1, NO_BALLOT])),
            *(closed(1, 1), reply),
        ]
    )

    assert measures.reading.turns == 3
    assert measures.votes.cast == 3


def test_what_only_its_author_came_back_to_is_no_message() -> None:
    measures = Measures()

    measures.take([posts(1, 1, [0]), closed(1, 1), posts(1, 2, [0]), closed(1, 2)])
    alone = measures.reading.messages
    measures.take([posts(2, 1, [1]), closed(2, 1)])

    assert alone == 0
    assert (measures.reading.messages, measures.reading.deliveries) == (2, 2)


def test_seats_of_a_panel_belong_to_those_whose_claims_were_granted() -> None:
    measures = Measures()
    claim: dict[str, Any] = {"act": "claim", "key": "p"}

    measures.take(
        [
            *(Instant(OUT, 1, 0, 2.0), opened("p", 1, seats="panel 2", last=NO_DEADLINE)),
            *(Requested(OUT, 1, 1, 3, 0, **claim), Requested(OUT, 1, 1, 4, 0, **claim)),
            *(Requested(OUT, 1, 1, 7, 0, **claim), closed(1, 1)),
            *(Granted(OUT, 1, 1, 3, **claim), Granted(OUT, 1, 1, 4, **claim, granted=False)),
            Granted(OUT, 1, 1, 7, **claim),
        ]
    )
    measures.take(
        [
            *(Instant(OUT, 2, 0, 3.5), Ballots(OUT, 2, 1, "p", bytes([NO_BALLOT, 0]))),
            closed(2, 1, counts=True),
        ]
    )
    measures.take(
        [
            *(Instant(OUT, 3, 0, 6.0), Ballots(OUT, 3, 1, "p", bytes([0, NO_BALLOT]))),
            *(closed(3, 1, counts=True), accepted("p", 3, 2, 0)),
        ]
    )

    assert measures.reading.turns == 3 + 1 + 1
    assert measures.reading.messages == 2, "agent 7 saw the claim of 3, and 3 that of 7"
    assert measures.reading.deliveries == 2
    assert (measures.votes.cast, measures.votes.spent.seconds) == (2, 6.0)
    assert measures.votes.open_for_s == 4.0


type Stages = list[tuple[set[int], set[int]]]


def read_by(stages: Stages) -> list[set[int]]:
    """Return who was shown each write, by going through all of them again and again."""
    found = []
    for number, (acting, writing) in enumerate(stages):
        for writer in acting & writing:
            later = set().union(*(those for those, _ in stages[number + 1 :]))
            found.append(later - {writer})
    return found


@pytest.mark.parametrize("agents", [5, 80], ids=["one by one", "as columns"])
@given(data=st.data())
def test_messages_are_the_same_as_by_following_each_write_to_each_reader(
    agents: int, data: Any
) -> None:
    someone = st.sets(st.integers(0, agents - 1), max_size=agents)
    stages: Stages = data.draw(st.lists(st.tuples(someone, someone), max_size=8))
    measures = Measures()

    for number, (acting, writing) in enumerate(stages, 1):
        writers, idle = sorted(acting & writing), sorted(acting - writing)
        silent = [Abstained(OUT, number, 1, None, "invalid", u4(idle))] if idle else []
        wrote: list[Any] = [posts(number, 1, writers)] if writers else []
        if agents < 10 and writers:
            wrote = [Entries(OUT, number, 1, tuple(map(entry, writers)))]
        measures.take([*wrote, *silent, closed(number, 1)])

    readers = read_by(stages)
    assert measures.reading.turns == sum(len(acting) for acting, _ in stages)
    assert measures.reading.messages == sum(bool(those) for those in readers)
    assert measures.reading.deliveries == sum(map(len, readers))
