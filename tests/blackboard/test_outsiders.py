"""What outsiders do takes effect at a stage's close, and what they get wrong is said clearly."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from blackboard import (
    NO_BALLOT,
    BallotRefused,
    Board,
    Claim,
    InvalidAction,
    NotOpen,
    Post,
    Proposal,
    Release,
    SetField,
    Vote,
    threshold,
)
from blackboard.records import (
    INPUT,
    OUTCOME,
    Joined,
    Left,
    indices,
)

NODES = 7


def test_an_outsiders_vote_takes_effect_at_the_close_and_is_an_input(table: Any) -> None:
    draft = table.begin(Proposal())
    table.outsider.refresh()
    table.outsider.vote(6, Vote("approve", reason="I saw it"))
    draft.add(table.nodes[:5], table.ballots("yyyyy"))
    table.leader.commit(draft)
    table.outsider.refresh()
    assert table.outsider.view().proposal.cast == 0

    closed = table.leader.close(counts=True)

    [decided] = closed.decisions
    assert decided.outcome == "accepted"
    own, given = closed.ballots
    assert (own.event_class, given.event_class) == (OUTCOME, INPUT)
    assert given.texts[6] == "I saw it"
    assert table.leader.has_inputs


def test_an_agents_own_ballot_gives_way_to_one_cast_in_its_name(table: Any) -> None:
    draft = table.begin(Proposal())
    table.outsider.vote(6, Vote("reject"))
    draft.act(6, Post("note", {"k": 1}))
    draft.add(
        table.nodes,
        structs.replace(
            table.ballots("yyyyyyy"), confidence=np.full(NODES, 0.5), reasons=np.arange(NODES) / 1.0
        ),
    )
    table.leader.commit(draft)

    closed = table.leader.close(counts=True)

    [decided] = closed.decisions
    assert decided.weights == {"approve": 6, "reject": 1}
    own = closed.ballots[0]
    assert own.choices[6] == NO_BALLOT
    assert np.frombuffer(own.confidence)[6] == 1.0
    assert np.isnan(np.frombuffer(own.numbers)[6])


def test_a_ballot_after_the_count_of_its_round_is_late(table: Any) -> None:
    table.vote("yyyyyn.", Proposal(deadline_rounds=2))
    table.outsider.refresh()
    name = table.outsider.view().proposal.id
    table.outsider.vote(6, Vote("approve"))

    closed = table.vote("yyyyynn")

    assert [d.outcome for d in closed.decisions] == ["rejected"]
    [late] = [r for r in closed.abstained if r.event_class == INPUT]
    assert (late.proposal, late.cause, indices(late.agents).tolist()) == (name, "late", [6])
    assert len(closed.ballots) == 1


def test_a_ballot_in_a_later_stage_of_a_counted_round_is_late(table: Any, state: Any) -> None:
    draft = table.begin(Proposal(deadline_rounds=2))
    draft.add(table.nodes[:6], table.ballots("yyyyyn"))
    table.leader.commit(draft)
    table.leader.close(counts=True)
    table.leader.begin()
    table.leader.announce()
    table.outsider.refresh()
    name = table.outsider.view().proposal.id
    table.outsider.vote(6, Vote("approve"))

    closed = table.leader.close()

    [late] = closed.abstained
    assert (late.event_class, late.proposal, late.cause) == (INPUT, name, "late")
    assert indices(late.agents).tolist() == [6]
    assert table.leader.view().proposal.cast == 6
    table.leader.announce()
    table.outsider.refresh()
    assert state(table.outsider.replica) == state(table.leader.replica)


def test_a_ballot_before_the_second_count_of_a_round_is_counted(table: Any) -> None:
    draft = table.begin(Proposal(deadline_rounds=2))
    draft.add(table.nodes[:6], table.ballots("yyyyyn"))
    table.leader.commit(draft)
    table.leader.close(counts=True)
    table.leader.begin()
    table.leader.announce()
    table.outsider.vote(6, Vote("approve"))

    [decided] = table.leader.close(counts=True).decisions

    assert decided.weights == {"approve": 6, "reject": 1}


def test_a_joiner_acts_before_the_leader_has_seen_it(table: Any) -> None:
    table.begin()
    ann = table.outsider.join("Ann")
    table.outsider.post(ann, Post("note", {"hello": 1}))

    table.leader.close()

    assert [entry.agent for entry in table.leader.view().entries("note")] == [ann]


def test_an_outsiders_post_is_numbered_behind_the_agents_own(table: Any) -> None:
    draft = table.begin()
    table.outsider.post(3, Post("note", {"from": "outside"}))
    draft.act(3, Post("bid", {"price": 1.0, "amount": 2.0}))
    draft.act(3, Post("note", {"from": "inside"}))
    table.leader.commit(draft)

    table.leader.close()

    found = [e for e in table.leader.view().entries() if e.agent == 3]
    assert [entry.id for entry in found] == ["1.1.3.0", "1.1.3.1", "1.1.3.2"]
    assert [entry.payload.get("from") for entry in found] == [None, "inside", "outside"]


def test_a_message_is_seen_by_its_addressee_only(table: Any) -> None:
    table.begin()
    table.outsider.post(1, Post("note", {"text": "psst"}, to=2))
    table.leader.close()
    table.leader.announce()
    table.outsider.refresh()

    view = table.outsider.view()

    assert view.entries() == []
    assert [entry.payload["text"] for entry in view.messages(2)] == ["psst"]
    assert view.messages(3) == []


def test_an_outsiders_claim_and_leave_are_granted_at_the_close(table: Any) -> None:
    table.begin()
    table.outsider.claim(5, Claim("ticket", lease_rounds=4))
    table.outsider.leave(5)
    assert table.leader.view().holder("ticket") is None

    records = table.leader.close().records

    assert table.leader.view().holder("ticket") == 5
    assert [r.cause for r in records if isinstance(r, Left)] == ["left"]
    table.leader.announce()
    table.outsider.refresh()
    with pytest.raises(InvalidAction, match="agent 5 has left the run"):
        table.outsider.claim(5, Release("ticket"))


def test_an_outsiders_field_shows_from_the_close(table: Any) -> None:
    draft = table.begin()
    assert table.outsider.set(1, "k", {"a": [1, 2]}, expected=0) == 1
    assert table.outsider.set(2, "k", "next") == 2
    draft.act(0, SetField("k", "own", expected=2))
    table.leader.commit(draft)
    assert table.leader.view().field("k", "unset") == "unset"

    table.leader.close()

    assert (table.leader.view().field("k"), table.leader.view().revision("k")) == ("own", 3)
    assert table.outsider.set(1, "k", None) == 4


def test_an_outsider_that_joins_gets_an_index_of_its_own(table: Any) -> None:
    first = table.outsider.join("Ann", role="guest")
    second = table.leader.welcome("critic", 2)
    table.begin()
    third = table.outsider.join("Bob")
    records = table.leader.close().records

    assert (first, second, third) == (NODES, NODES + 1, NODES + 4)
    joined = [(r.event_class, r.first, r.role) for r in records if isinstance(r, Joined)]
    assert joined == [(INPUT, NODES, "guest"), (INPUT, NODES + 4, "outsider")]
    assert table.leader.view().agents == NODES + 5


def test_a_joiner_votes_on_what_opens_later(table: Any) -> None:
    table.begin(Proposal(deadline_rounds=9, id="before"))
    ann = table.outsider.join("Ann")
    table.leader.close()
    table.begin(Proposal(id="after"))
    table.outsider.refresh()

    table.outsider.vote(ann, Vote("approve", "after"))

    with pytest.raises(InvalidAction, match=f"agent {ann} is not in the electorate"):
        table.outsider.vote(ann, Vote("approve", "before"))


def test_a_vote_that_slips_in_before_the_close_is_counted_anew(new_table: Any) -> None:
    table = new_table(rule=threshold(60))
    draft = table.begin(Proposal())
    draft.add(table.nodes[:6], table.ballots("yyyyyn"))
    table.leader.commit(draft)
    asked: list[str] = []

    def gate(proposal: Any) -> None:
        if not asked:
            table.outsider.vote(6, Vote("reject"))
        asked.append(proposal.id)

    closed = table.leader.close(counts=True, gate=gate)

    assert len(asked) == 2
    assert [d.weights for d in closed.decisions] == [{"approve": 5, "reject": 2}]
    assert [r.event_class for r in closed.ballots] == [OUTCOME, INPUT]
    assert closed.abstained == []


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda b: b.vote(0, Vote("maybe")), r"voted 'maybe' .* options are approve, reject or ab"),
        (lambda b: b.vote(0, Vote("approve", confidence=1.5)), "confidence 1.5"),
        (lambda b: b.vote(0, Vote("approve", "9.9.9.9")), r"9\.9\.9\.9 is not open; open are"),
        (lambda b: b.vote(99, Vote("approve")), "agent 99 has not joined"),
        (lambda b: b.vote(-1, Vote("approve")), "agent -1 has not joined"),
        (lambda b: b.vote(NODES, Vote("approve")), f"agent {NODES} is not in the electorate"),
        (lambda b: b.post(99, Post("note", {})), "agent 99 has not joined"),
        (lambda b: b.post(0, Post("note", {}, to=99)), "wrote to agent 99, who has not joined"),
        (lambda b: b.post(0, Post("bid", {"price": 1.0})), r"declares \['amount', 'price'\]"),
        (lambda b: b.post(0, Post("note", {"x": object()})), "cannot be stored"),
        (lambda b: b.post(0, Post("note", {}, layer="gossip")), "layer 'gossip' is none of"),  # type: ignore[arg-type]
        (lambda b: b.claim(0, Claim("t", lease_rounds=0)), "claimed 't' for 0 rounds"),
        (lambda b: b.set(0, "k", object()), "cannot be stored"),
        (lambda b: b.set(99, "k", 1), "agent 99 has not joined"),
    ],
)
def test_what_an_outsider_gets_wrong_is_said_clearly(
    table: Any, act: Callable[[Board], None], message: str
) -> None:
    table.begin(Proposal())
    before = table.board.store.meta().rev

    with pytest.raises(InvalidAction, match=message):
        act(table.outsider)
    assert table.board.store.meta().rev == before


def test_a_second_ballot_through_another_board_is_refused(table: Any) -> None:
    table.begin(Proposal())
    table.outsider.vote(3, Vote("approve"))

    with pytest.raises(BallotRefused, match="agent 3 voted already in this round"):
        table.board.vote(3, Vote("reject"))


def test_a_decided_proposal_takes_no_ballots(table: Any) -> None:
    table.vote("yyyyyyy", Proposal())
    name = table.leader.view().decisions[0].proposal

    with pytest.raises(InvalidAction, match=f"proposal {name} is not open"):
        table.outsider.vote(3, Vote("approve", name))


def test_a_board_behind_the_server_is_told_that_a_proposal_closed(
    table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.begin(Proposal())
    table.outsider.refresh()
    draft = table.leader.begin()
    draft.add(table.nodes, table.ballots("yyyyyyy"))
    table.leader.commit(draft)
    table.leader.close(counts=True)
    monkeypatch.setattr(table.outsider, "refresh", lambda: 0)

    with pytest.raises(NotOpen, match="it was decided, or never opened"):
        table.outsider.vote(3, Vote("approve"))
