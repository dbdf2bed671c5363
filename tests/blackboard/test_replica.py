"""A replica is a fold of records: what views, tallies and the dashboard read."""

import numpy as np
import pytest

from blackboard import InvalidAction, View
from blackboard.records import (
    INPUT,
    OPERATIONAL,
    OUTCOME,
    Ballots,
    Closed,
    Decided,
    Display,
    Electorate,
    Entries,
    Entry,
    EventClass,
    Granted,
    Joined,
    Left,
    Note,
    Opened,
    Posts,
    Record,
    World,
    u4,
)
from blackboard.replica import Replica
from blackboard.rules import NO_BALLOT


def at(round: int, stage: int = 1) -> tuple[EventClass, int, int]:
    return (OUTCOME, round, stage)


def posts(round: int, agents: list[int], values: list[float], *, stage: int = 1) -> Posts:
    column = np.array(values).tobytes()
    return Posts(OUTCOME, round, stage, "bid", "task", u4(agents), b"", {"x": column})


def note(round: int, agent: int = 0, *, kind: str = "note", to: int | None = None) -> Entries:
    entry = Entry(agent, 0, kind, "task", {"round": round}, to=to)
    return Entries(OUTCOME, round, 1, (entry,))


@pytest.fixture
def replica() -> Replica:
    """Five nodes and two critics, of which one agent each may not vote."""
    made = Replica()
    for record in (
        Joined(OUTCOME, 0, 0, "node", 0, 5),
        Joined(OUTCOME, 0, 0, "chair", 5, 1, votes=False),
        Joined(OUTCOME, 0, 0, "critic", 6, 2),
        Electorate(OUTCOME, 1, 1, "e1", u4([0, 3, 7])),
        Electorate(OUTCOME, 1, 1, "e2", u4([1, 2]), np.array([5, 6], "<i8").tobytes()),
    ):
        made.fold(record)
    return made


def open_proposal(replica: Replica, name: str = "p", *, sealed: bool = False) -> None:
    replica.fold(
        Opened(OUTCOME, 1, 1, name, ("approve", "reject"), "e1", "threshold(80)", 9, sealed, {})
    )


def test_agents_have_the_role_they_joined_in(replica: Replica) -> None:
    assert [replica.role_of(agent) for agent in (0, 4, 5, 7)] == ["node", "node", "chair", "critic"]
    assert replica.roles("e1") == ("node", "node", "critic")
    with pytest.raises(KeyError, match="agent 8 has not joined; agents are 0 to 7"):
        replica.role_of(8)


def test_voters_are_those_that_joined_to_vote(replica: Replica) -> None:
    assert replica.voters().tolist() == [0, 1, 2, 3, 4, 6, 7]


def test_an_electorate_has_weights_of_one_unless_told(replica: Replica) -> None:
    assert replica.seats["e1"].weights.tolist() == [1, 1, 1]
    assert replica.seats["e2"].weights.tolist() == [5, 6]


def test_ballots_of_one_round_add_up_and_the_first_of_a_seat_stands(replica: Replica) -> None:
    open_proposal(replica)
    replica.fold(Ballots(OUTCOME, 1, 1, "p", bytes([0, 255, 255])))
    replica.fold(Ballots(INPUT, 1, 2, "p", bytes([1, 1, 255]), texts=("no", "why", "")))

    box = replica.open["p"].box
    assert box.choices.tolist() == [0, 1, NO_BALLOT]
    assert box.texts == ("", "why", "")


def test_a_new_round_begins_with_an_empty_box(replica: Replica) -> None:
    open_proposal(replica)
    replica.fold(Ballots(OUTCOME, 1, 1, "p", bytes([0, 0, 0])))

    replica.fold(Ballots(OUTCOME, 2, 1, "p", bytes([255, 1, 255])))

    assert replica.open["p"].box.choices.tolist() == [NO_BALLOT, 1, NO_BALLOT]


def test_a_counted_round_without_ballots_empties_the_box(replica: Replica) -> None:
    open_proposal(replica)
    replica.fold(Ballots(OUTCOME, 1, 1, "p", bytes([0, 0, 0])))

    replica.fold(Closed(OPERATIONAL, 2, 1, False))
    assert replica.open["p"].box.is_used
    replica.fold(Closed(OPERATIONAL, 2, 2, True))
    assert not replica.open["p"].box.is_used


def test_a_decided_proposal_is_open_no_more(replica: Replica) -> None:
    open_proposal(replica)
    decided = Decided(*at(1), "p", "accepted", None, {"approve": 3, "reject": 0}, 0, 3, 3)

    replica.fold(decided)

    assert not replica.open
    assert list(replica.decisions) == [decided]
    replica.fold(Ballots(OUTCOME, 2, 1, "p", bytes([0, 0, 0])))


def test_only_the_last_hundred_decisions_are_kept(replica: Replica) -> None:
    for number in range(150):
        replica.fold(Decided(*at(1), str(number), "expired", None, {}, 0, 1, 1))

    assert [d.proposal for d in replica.decisions] == [str(n) for n in range(50, 150)]


def test_rows_of_one_stage_join_and_those_of_the_next_replace_them(replica: Replica) -> None:
    replica.fold(posts(1, [4, 6], [0.4, 0.6]))
    replica.fold(posts(1, [0, 5], [0.0, 0.5]))
    joined = replica.latest["bid"]
    replica.fold(posts(1, [2], [9.0], stage=2))

    assert joined.agents.tolist() == [0, 4, 5, 6]
    assert joined.columns["x"].tolist() == [0.0, 0.4, 0.5, 0.6]
    assert replica.latest["bid"].columns["x"].tolist() == [9.0]


def test_entries_of_old_rounds_go_but_the_latest_rows_stay() -> None:
    replica = Replica(keep_rounds=2)
    replica.fold(posts(1, [0], [1.0]))
    for round in (2, 3, 4):
        replica.fold(note(round))

    assert [entry.payload["round"] for entry in replica.entries()] == [3, 4]
    assert replica.latest["bid"].round == 1


def test_rows_read_as_entries_with_ids(replica: Replica) -> None:
    seqs = np.array([0, 1, 0], "<u2").tobytes()
    columns = {"x": np.array([1.0, 2.0, 3.0]).tobytes()}
    replica.fold(Posts(OUTCOME, 3, 2, "bid", "task", u4([4, 4, 6]), seqs, columns))

    found = list(replica.entries("bid"))

    assert [entry.id for entry in found] == ["3.2.4.0", "3.2.4.1", "3.2.6.0"]
    assert [entry.payload for entry in found] == [{"x": 1.0}, {"x": 2.0}, {"x": 3.0}]


def test_the_last_entry_of_a_kind_is_found(replica: Replica) -> None:
    for round in (1, 2):
        replica.fold(note(round))
        replica.fold(note(round, kind="other"))

    found = replica.last("note")

    assert found is not None
    assert found.id == "2.1.0.0"
    assert replica.last("none") is None


def test_fields_claims_and_leavers_follow_the_grants(replica: Replica) -> None:
    for record in (
        Granted(*at(1), 0, "set", "k", "one"),
        Granted(*at(1), 0, "set", "k", "two"),
        Granted(*at(1), 1, "set", "k", "lost", granted=False),
        Granted(*at(1), 2, "claim", "a", until_round=3),
        Granted(*at(1), 2, "claim", "b", until_round=3),
        Granted(*at(1), 2, "release", "b"),
        Left(*at(1), u4([1, 2]), "left"),
    ):
        replica.fold(record)

    assert replica.fields == {"k": ("two", 2)}
    assert replica.claims == {"a": (2, 3)}
    assert replica.left == {1: "left", 2: "left"}


def test_the_world_and_the_display_are_the_latest(replica: Replica) -> None:
    records: list[Record] = [
        World(*at(1), "round", {"cost": 1}),
        World(*at(2), "round", {"cost": 2}),
        Display(OPERATIONAL, 2, 1, "map", {"x": 1}),
        Note(OPERATIONAL, 2, 1, "timing", {}),
    ]
    for record in records:
        replica.fold(record)

    assert replica.world == {"round": {"cost": 2}}
    assert replica.display == {"map": {"x": 1}}
    assert (replica.round, replica.stage) == (2, 1)


def test_a_view_leaves_messages_to_their_addressee(replica: Replica) -> None:
    replica.fold(note(1, 3))
    replica.fold(note(1, 4, to=6))
    view = View(replica)

    assert [entry.agent for entry in view.entries()] == [3]
    assert [entry.agent for entry in view.messages(6)] == [4]


def test_a_direct_message_is_not_the_last_entry_of_its_kind(replica: Replica) -> None:
    replica.fold(note(1, 3))
    replica.fold(note(1, 4, to=6))

    found = View(replica).last("note")

    assert found is not None
    assert found.agent == 3


def test_the_one_open_proposal_can_be_asked_for_by_no_name(replica: Replica) -> None:
    with pytest.raises(InvalidAction, match="0 proposals are open; name the one you mean"):
        _ = View(replica).proposal
    open_proposal(replica)
    assert View(replica).proposal.id == "p"
    open_proposal(replica, "q")
    with pytest.raises(InvalidAction, match="2 proposals are open"):
        _ = View(replica).proposal


def test_a_view_shows_terms_and_seats_but_sealed_ballots_never(replica: Replica) -> None:
    open_proposal(replica, sealed=True)
    replica.fold(Ballots(OUTCOME, 1, 1, "p", bytes([0, 255, 254])))

    seen = View(replica).proposal

    assert (seen.options, seen.seats.agents.tolist()) == (("approve", "reject"), [0, 3, 7])
    assert (seen.terms.rule, seen.cast, seen.ballots) == ("threshold(80)", 2, None)
    assert View(replica).ballots("p") is None
    assert not hasattr(seen, "box")


def test_what_a_view_gives_cannot_change_the_board(replica: Replica) -> None:
    open_proposal(replica)
    replica.fold(posts(1, [0], [1.0]))
    replica.fold(Ballots(OUTCOME, 1, 1, "p", bytes([0, 255, 255])))
    view = View(replica)
    shown = view.proposal.ballots
    assert shown is not None

    with pytest.raises(ValueError, match="read-only"):
        view.column("bid", "x")[0] = 7.0
    with pytest.raises(ValueError, match="read-only"):
        shown[1] = 0
