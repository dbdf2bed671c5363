"""A board led through rounds and stages, with workers and outsiders beside the leader."""

import json
import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from blackboard import (
    ABSTAINED,
    NO_BALLOT,
    Abstain,
    Board,
    Claim,
    ClosedStage,
    EventLog,
    FieldConflict,
    InvalidAction,
    Leader,
    LeaseLost,
    Leave,
    NotOpen,
    Post,
    PostBlock,
    Proposal,
    Release,
    SetField,
    Tally,
    Verdict,
    Vote,
    VoteBlock,
    WrongStage,
    ahead_by_k,
    first_to_k,
    plurality,
    read_log,
    threshold,
    veto,
)
from blackboard.digest import Digest
from blackboard.errors import BallotRefused
from blackboard.records import (
    INPUT,
    OUTCOME,
    Abstained,
    Ballots,
    Closed,
    Entries,
    Granted,
    Joined,
    Left,
    indices,
)
from blackboard.store import Store

type Beside = Callable[[Store], Store]

REPOSITORY = Path(__file__).resolve().parents[2]
STATE = Path(__file__).with_name("board_state.py")
state: Callable[..., dict[str, Any]] = runpy.run_path(str(STATE))["state"]
KINDS = {"bid": ("price", "amount")}
NODES = 7


class Table:
    """A run of a few nodes, and an outsider's board on the same store."""

    def __init__(self, store: Store, other: Store, **options: Any) -> None:
        self.board = Board(store, kinds=KINDS)
        self.leader = self.board.lead(**options)
        self.leader.welcome("node", NODES)
        self.outsider = Board(other, kinds=KINDS)
        self.nodes = np.arange(NODES, dtype=np.uint32)

    def begin(self, *proposals: Proposal) -> Any:
        """Begin the next round's first stage, where others can see it."""
        self.leader.begin_round()
        draft = self.leader.begin(proposals)
        self.leader.announce()
        return draft

    def vote(
        self, choices: str, *proposals: Proposal, name: str | None = None, **close: Any
    ) -> ClosedStage:
        """Run a round of one stage in which nodes vote: `y`, `n`, `a`, or `.` for nothing."""
        draft = self.begin(*proposals)
        draft.add(self.nodes[: len(choices)], ballots(choices, name))
        self.leader.commit(draft)
        closed = self.leader.close(counts=True, **close)
        self.leader.end_round()
        return closed


def ballots(choices: str, name: str | None = None) -> VoteBlock:
    codes = {"y": 0, "n": 1, "a": ABSTAINED, ".": NO_BALLOT}
    return VoteBlock(
        np.array([int(c) if c.isdigit() else codes[c] for c in choices], np.uint8), name
    )


@pytest.fixture
def table(store: Store, beside: Beside) -> Table:
    return Table(store, beside(store))


def causes(closed: ClosedStage, proposal: str) -> dict[str, list[int]]:
    found = (r for r in closed.abstained if r.proposal == proposal)
    return {record.cause: indices(record.agents).tolist() for record in found}


def test_a_motion_is_accepted_when_the_threshold_agrees(table: Table) -> None:
    closed = table.vote("yyyyyyn", Proposal(payload={"what": "tea"}))

    [decided] = closed.decisions
    assert (decided.outcome, decided.option) == ("accepted", None)
    assert decided.weights == {"approve": 6, "reject": 1}
    assert (decided.eligible, decided.eligible_agents, decided.abstained) == (7, 7, 0)
    assert not table.leader.view().proposals


def test_a_motion_that_rejections_forbid_is_rejected(table: Table) -> None:
    [decided] = table.vote("yyyyynn", Proposal(deadline_rounds=5)).decisions

    assert decided.outcome == "rejected"


def test_a_motion_without_an_outcome_expires_at_its_deadline(table: Table) -> None:
    first = table.vote("yyyyya.", Proposal(deadline_rounds=3))
    second = table.vote("yyyyya.")
    third = table.vote("yyyyya.")

    assert (first.decisions, second.decisions) == ([], [])
    [decided] = third.decisions
    assert (decided.outcome, decided.round) == ("expired", 3)
    assert decided.abstained == 1


def test_each_voting_round_takes_fresh_ballots_and_the_latest_counts(table: Table) -> None:
    table.vote("yyyyyn.", Proposal(deadline_rounds=3))

    [decided] = table.vote("nyyyyyy").decisions

    assert decided.outcome == "accepted"
    assert decided.weights == {"approve": 6, "reject": 1}


def test_ballots_of_an_earlier_round_count_no_more(table: Table) -> None:
    table.vote("yyyyy..", Proposal(deadline_rounds=2))

    [decided] = table.vote("......y").decisions

    assert decided.outcome == "expired"
    assert decided.weights == {"approve": 1, "reject": 0}


def test_an_option_that_reaches_the_threshold_is_named(table: Table) -> None:
    proposal = Proposal(options=("red", "green", "blue"), rule=threshold(50))

    [decided] = table.vote("2222011", proposal).decisions

    assert (decided.outcome, decided.option) == ("accepted", "blue")
    assert decided.weights == {"red": 1, "green": 2, "blue": 4}


@pytest.mark.parametrize("rule", [threshold(40), plurality()], ids=repr)
def test_a_tie_between_options_expires(table: Table, rule: Any) -> None:
    proposal = Proposal(options=("red", "green"), rule=rule)

    [decided] = table.vote("000111a", proposal).decisions

    assert (decided.outcome, decided.option) == ("expired", None)


def test_weights_decide_in_integers(table: Table) -> None:
    weighted = Proposal(electorate=(0, 1, 2), weights=(1, 1, 8))

    [decided] = table.vote("nny", weighted).decisions

    assert decided.outcome == "accepted"
    assert decided.weights == {"approve": 8, "reject": 2}
    assert (decided.eligible, decided.eligible_agents) == (10, 3)


def test_a_shut_gate_expires_what_the_rule_accepts_and_is_named(table: Table) -> None:
    [decided] = table.vote("yyyyyyy", Proposal(), gate=lambda _: "a standing objection").decisions

    assert (decided.outcome, decided.gate) == ("expired", "a standing objection")


def test_a_gate_is_not_asked_about_what_is_rejected(table: Table) -> None:
    [decided] = table.vote("nnnnnnn", Proposal(), gate=lambda _: "shut").decisions

    assert (decided.outcome, decided.gate) == ("rejected", None)


def test_a_veto_names_who_decided(store: Store, beside: Beside) -> None:
    table = Table(store, beside(store), rule=veto("node", threshold(50)))

    [decided] = table.vote("yyyyyyn", Proposal()).decisions

    assert (decided.outcome, decided.by) == ("vetoed", "veto")


def test_a_users_own_function_is_a_rule(table: Table) -> None:
    def odd_one_wins(tally: Tally) -> Verdict | None:
        return Verdict("accepted") if tally.no % 2 else None

    [decided] = table.vote("yyyyyyn", Proposal(rule=odd_one_wins)).decisions

    assert decided.outcome == "accepted"


def test_a_stage_that_does_not_count_decides_nothing(table: Table) -> None:
    draft = table.begin(Proposal())
    draft.add(table.nodes, ballots("yyyyyyy"))
    table.leader.commit(draft)

    assert table.leader.close().decisions == []
    draft = table.leader.begin()
    table.leader.commit(draft)
    assert [d.outcome for d in table.leader.close(counts=True).decisions] == ["accepted"]


def test_seats_without_a_ballot_abstain_for_a_cause(table: Table) -> None:
    draft = table.begin(Proposal())
    draft.add(table.nodes, ballots("ya....."))
    draft.abstain(table.nodes[2:4], "error")
    draft.act(4, Abstain("budget"))
    draft.act(5, Leave())
    table.leader.commit(draft)

    closed = table.leader.close(counts=True)

    [decided] = closed.decisions
    assert causes(closed, decided.proposal) == {
        "budget": [4],
        "error": [2, 3],
        "left": [5],
        "silent": [6],
    }
    assert decided.abstained == 1


def test_who_left_stays_eligible_and_abstains(table: Table) -> None:
    table.vote("yyyyyn.", Proposal(deadline_rounds=2))
    table.leader.remove(table.nodes[:1], "left")
    table.leader.remove(table.nodes[1:2], "quarantined")

    closed = table.vote("..yyyy.")

    [decided] = closed.decisions
    assert decided.eligible == NODES
    assert causes(closed, decided.proposal) == {"left": [0], "quarantined": [1], "silent": [6]}


def test_sealed_ballots_never_show_in_a_view(table: Table) -> None:
    table.vote("yyyyn..", Proposal(deadline_rounds=2))
    table.leader.begin_round()
    table.leader.begin()
    view = table.leader.view()

    assert view.proposal.ballots is None
    assert view.ballots(view.proposal.id) is None
    assert view.proposal.cast == 5
    table.leader.announce()
    table.outsider.refresh()
    assert table.outsider.view().proposal.ballots is None


def test_open_ballots_show_from_the_next_stage(table: Table) -> None:
    draft = table.begin(Proposal(sealed=False))
    draft.add(table.nodes, ballots("yn.y..."))
    before = table.leader.view().proposal
    table.leader.commit(draft)
    table.outsider.refresh()

    assert before.ballots is not None
    assert set(before.ballots.tolist()) == {NO_BALLOT}
    seen = table.outsider.view().proposal.ballots
    assert seen is not None
    assert set(seen.tolist()) == {NO_BALLOT}

    table.leader.close()
    table.leader.begin()
    table.leader.announce()
    table.outsider.refresh()
    expected = [0, 1, NO_BALLOT, 0, NO_BALLOT, NO_BALLOT, NO_BALLOT]
    shown = table.leader.view().proposal.ballots
    assert shown is not None
    assert shown.tolist() == expected
    shown = table.outsider.view().proposal.ballots
    assert shown is not None
    assert shown.tolist() == expected


def test_a_run_can_have_open_ballots_by_default(store: Store, beside: Beside) -> None:
    table = Table(store, beside(store), sealed=False)
    table.begin(Proposal())

    assert table.leader.view().proposal.ballots is not None


def test_claims_go_to_the_first_in_canonical_order(table: Table) -> None:
    draft = table.begin()
    for agent in (5, 2, 4):
        draft.act(agent, Claim("ticket"))
    table.leader.commit(draft)

    granted = [r for r in table.leader.close().records if isinstance(r, Granted)]

    assert [(r.agent, r.granted) for r in granted] == [(2, True), (4, False), (5, False)]
    assert table.leader.view().holder("ticket") == 2


def test_a_claim_lasts_for_its_lease_and_can_be_given_back(table: Table) -> None:
    draft = table.begin()
    draft.act(1, Claim("short", lease_rounds=1))
    draft.act(1, Claim("long", lease_rounds=9))
    draft.act(1, Claim("back", lease_rounds=9))
    draft.act(3, Release("long"))
    table.leader.commit(draft)
    table.leader.close()
    draft = table.begin()
    draft.act(1, Release("back"))
    table.leader.commit(draft)
    table.leader.close()
    table.begin()

    view = table.leader.view()

    assert [view.holder(item) for item in ("short", "long", "back")] == [None, 1, None]


def test_of_two_writes_to_a_field_the_second_conflicts(table: Table) -> None:
    draft = table.begin()
    draft.act(4, SetField("k", "late", expected=0))
    draft.act(1, SetField("k", "early", expected=0))
    table.leader.commit(draft)

    granted = [r for r in table.leader.close().records if isinstance(r, Granted)]

    assert [(r.agent, r.granted) for r in granted] == [(1, True), (4, False)]
    assert (table.leader.view().field("k"), table.leader.view().revision("k")) == ("early", 1)
    with pytest.raises(FieldConflict):
        table.outsider.set(0, "k", "blind", expected=0)


def test_an_outsiders_vote_takes_effect_at_the_close_and_is_an_input(table: Table) -> None:
    draft = table.begin(Proposal())
    table.outsider.refresh()
    table.outsider.vote(6, Vote("approve", reason="I saw it"))
    draft.add(table.nodes[:5], ballots("yyyyy"))
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


def test_an_agents_own_ballot_gives_way_to_one_cast_in_its_name(table: Table) -> None:
    draft = table.begin(Proposal())
    table.outsider.vote(6, Vote("reject"))
    draft.act(6, Post("note", {"k": 1}))
    draft.add(
        table.nodes,
        structs.replace(
            ballots("yyyyyyy"), confidence=np.full(NODES, 0.5), reasons=np.arange(NODES) / 1.0
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


def test_a_ballot_after_the_count_of_its_round_is_late(table: Table) -> None:
    table.vote("yyyyyn.", Proposal(deadline_rounds=2))
    table.outsider.refresh()
    name = table.outsider.view().proposal.id
    table.outsider.vote(6, Vote("approve"))

    closed = table.vote("yyyyynn")

    assert [d.outcome for d in closed.decisions] == ["rejected"]
    [late] = [r for r in closed.abstained if r.event_class == INPUT]
    assert (late.proposal, late.cause, indices(late.agents).tolist()) == (name, "late", [6])
    assert len(closed.ballots) == 1


def test_an_outsiders_post_is_numbered_behind_the_agents_own(table: Table) -> None:
    draft = table.begin()
    table.outsider.post(3, Post("note", {"from": "outside"}))
    draft.act(3, Post("bid", {"price": 1.0, "amount": 2.0}))
    draft.act(3, Post("note", {"from": "inside"}))
    table.leader.commit(draft)

    table.leader.close()

    found = [e for e in table.leader.view().entries() if e.agent == 3]
    assert [entry.id for entry in found] == ["1.1.3.0", "1.1.3.1", "1.1.3.2"]
    assert [entry.payload.get("from") for entry in found] == [None, "inside", "outside"]


def test_a_message_is_seen_by_its_addressee_only(table: Table) -> None:
    table.begin()
    table.outsider.post(1, Post("note", {"text": "psst"}, to=2))
    table.leader.close()
    table.leader.announce()
    table.outsider.refresh()

    view = table.outsider.view()

    assert view.entries() == []
    assert [entry.payload["text"] for entry in view.messages(2)] == ["psst"]
    assert view.messages(3) == []


def test_an_outsiders_claim_and_leave_are_granted_at_the_close(table: Table) -> None:
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


def test_an_outsiders_field_shows_from_the_close(table: Table) -> None:
    draft = table.begin()
    assert table.outsider.set(1, "k", {"a": [1, 2]}, expected=0) == 1
    assert table.outsider.set(2, "k", "next") == 2
    draft.act(0, SetField("k", "own", expected=2))
    table.leader.commit(draft)
    assert table.leader.view().field("k", "unset") == "unset"

    table.leader.close()

    assert (table.leader.view().field("k"), table.leader.view().revision("k")) == ("own", 3)
    assert table.outsider.set(1, "k", None) == 4


def test_an_outsider_that_joins_gets_an_index_of_its_own(table: Table) -> None:
    first = table.outsider.join("Ann", role="guest")
    second = table.leader.welcome("critic", 2)
    table.begin()
    third = table.outsider.join("Bob")
    records = table.leader.close().records

    assert (first, second, third) == (NODES, NODES + 1, NODES + 4)
    joined = [(r.event_class, r.first, r.role) for r in records if isinstance(r, Joined)]
    assert joined == [(INPUT, NODES, "guest"), (INPUT, NODES + 4, "outsider")]
    assert table.leader.view().agents == NODES + 5


def test_a_joiner_votes_on_what_opens_later(table: Table) -> None:
    table.begin(Proposal(deadline_rounds=9, id="before"))
    ann = table.outsider.join("Ann")
    table.leader.close()
    table.begin(Proposal(id="after"))
    table.outsider.refresh()

    table.outsider.vote(ann, Vote("approve", "after"))

    with pytest.raises(InvalidAction, match=f"agent {ann} is not in the electorate"):
        table.outsider.vote(ann, Vote("approve", "before"))


def test_a_vote_that_slips_in_before_the_close_is_counted_anew(
    store: Store, beside: Beside
) -> None:
    table = Table(store, beside(store), rule=threshold(60))
    draft = table.begin(Proposal())
    draft.add(table.nodes[:6], ballots("yyyyyn"))
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
        (lambda b: b.post(0, Post("note", {}, layer="gossip")), "layer 'gossip' is none of"),
        (lambda b: b.claim(0, Claim("t", lease_rounds=0)), "claimed 't' for 0 rounds"),
        (lambda b: b.set(0, "k", object()), "cannot be stored"),
        (lambda b: b.set(99, "k", 1), "agent 99 has not joined"),
    ],
)
def test_what_an_outsider_gets_wrong_is_said_clearly(
    table: Table, act: Callable[[Board], None], message: str
) -> None:
    table.begin(Proposal())
    before = table.board.store.meta().rev

    with pytest.raises(InvalidAction, match=message):
        act(table.outsider)
    assert table.board.store.meta().rev == before


def test_a_second_ballot_through_another_board_is_refused(table: Table) -> None:
    table.begin(Proposal())
    table.outsider.vote(3, Vote("approve"))

    with pytest.raises(BallotRefused, match="agent 3 voted already in this round"):
        table.board.vote(3, Vote("reject"))


def test_a_decided_proposal_takes_no_ballots(table: Table) -> None:
    table.vote("yyyyyyy", Proposal())
    name = table.leader.view().decisions[0].proposal

    with pytest.raises(InvalidAction, match=f"proposal {name} is not open"):
        table.outsider.vote(3, Vote("approve", name))


def test_a_board_behind_the_server_is_told_that_a_proposal_closed(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.begin(Proposal())
    table.outsider.refresh()
    draft = table.leader.begin()
    draft.add(table.nodes, ballots("yyyyyyy"))
    table.leader.commit(draft)
    table.leader.close(counts=True)
    monkeypatch.setattr(table.outsider, "refresh", lambda: 0)

    with pytest.raises(NotOpen, match="it was decided, or never opened"):
        table.outsider.vote(3, Vote("approve"))


@pytest.mark.parametrize(
    ("proposal", "message"),
    [
        (Proposal(options=("one",)), "needs 2 to 253 different options"),
        (Proposal(options=("one", "one")), "needs 2 to 253 different options"),
        (Proposal(options=("yes", "abstain")), "called abstain"),
        (Proposal(options=("yes", "")), "may be empty"),
        (Proposal(deadline_rounds=0), "deadline_rounds must be at least 1, got 0"),
        (Proposal(electorate=()), "electorate is empty"),
        (Proposal(electorate=(1, 77)), "agent 77 of the electorate has not joined"),
        (Proposal(electorate=(-1, 2)), "agent -1 of the electorate has not joined"),
        (Proposal(electorate=(2, 1), weights=(1, 2)), "ascending order"),
        (Proposal(electorate=(1, 2), weights=(1,)), "as many positive weights, got 1"),
        (Proposal(electorate=(1, 2), weights=(1, 0)), "the smallest 0"),
        (Proposal(payload={"x": {1j}}), "cannot be stored"),
    ],
)
def test_a_proposal_that_could_not_be_voted_on_is_refused(
    table: Table, proposal: Proposal, message: str
) -> None:
    table.leader.begin_round()

    with pytest.raises(InvalidAction, match=message):
        table.leader.begin([proposal])


def test_a_proposal_that_is_open_cannot_open_again(table: Table) -> None:
    table.begin(Proposal(id="same"))

    with pytest.raises(InvalidAction, match="proposal same is open already"):
        table.begin(Proposal(id="same"))


def test_an_agents_proposal_opens_at_the_close_on_its_own_terms(table: Table) -> None:
    draft = table.begin()
    draft.act(5, Post("bid", {"price": 1.0, "amount": 1.0}))
    draft.act(5, Proposal(electorate=(0, 1), rule=threshold(100), payload={"what": "tea"}))
    draft.act(2, Proposal(deadline_rounds=2, payload={"what": "coffee"}))
    table.leader.commit(draft)
    table.leader.close()

    later, sooner = table.leader.view().proposals

    assert (later.id, sooner.id) == ("1.1.2.0", "1.1.5.1")
    assert (later.payload, sooner.payload) == ({"what": "coffee"}, {"what": "tea"})
    assert (later.terms.rule, sooner.terms.rule) == ("threshold(80)", "threshold(100)")
    assert (later.terms.deadline_round, sooner.seats.agents.tolist()) == (2, [0, 1])


def test_a_runner_that_another_replaced_is_fenced_off(table: Table) -> None:
    draft = table.begin()
    table.board.store.release(table.leader.runner)
    table.board.lead("next")

    with pytest.raises(LeaseLost, match="another runner has taken the run over"):
        table.leader.commit(draft)


def test_a_run_that_is_led_cannot_be_led_by_another(table: Table) -> None:
    with pytest.raises(LeaseLost, match="runner second cannot lead: another one does"):
        table.outsider.lead("second")


def test_a_lease_that_ran_out_is_renewed_when_nobody_led_meanwhile(
    store: Store, beside: Beside
) -> None:
    table = Table(store, beside(store), lease_ms=1)
    store.wait(store.meta().rev, timeout_s=0.02)

    table.leader.renew_if_due()

    assert table.leader.epoch == 2
    assert table.vote("yyyyyyy", Proposal()).decisions


def test_a_lease_that_another_held_meanwhile_is_lost(store: Store, beside: Beside) -> None:
    table = Table(store, beside(store), lease_ms=1)
    store.wait(store.meta().rev, timeout_s=0.02)
    store.lease("other", ttl_ms=60_000)
    store.release("other")

    with pytest.raises(LeaseLost, match="epoch 1 was followed by 3"):
        table.leader.renew_if_due()


def test_a_finished_run_says_so_and_gives_the_lease_back(table: Table) -> None:
    table.vote("yyyyyyy", Proposal())
    table.leader.record("end", {"cost": 1.5})

    table.leader.finish("done")

    assert table.board.store.meta().status == "done"
    table.outsider.refresh()
    assert state(table.outsider.replica) == state(table.leader.replica)
    assert table.outsider.lead("next").epoch == 2


def test_waiting_for_a_condition_follows_the_board(table: Table) -> None:
    assert not table.outsider.wait_until(lambda view: bool(view.proposals), timeout_s=0.01)

    table.begin(Proposal())

    assert table.outsider.wait_until(lambda view: bool(view.proposals), timeout_s=30)


def test_nothing_of_a_closed_proposal_stays_on_the_server(table: Table) -> None:
    for _ in range(3):
        table.vote("yyyyy.a", *([] if table.leader.view().proposals else [Proposal(deadline_rounds=3)]))
    store = table.board.store
    name = table.leader.view().decisions[0].proposal

    table.begin()

    assert [store.voted(name, round) for round in (1, 2, 3)] == [b"", b"", b""]


# The same run on every store, cut into workers in every way


AGENTS = 37
ROUNDS = 4
CUTS = {
    "one": [AGENTS],
    "two": [5, AGENTS],
    "three": [11, 12, AGENTS],
    "five": [3, 9, 10, 31, AGENTS],
}


def act(agents: range, view: Any, draft: Any) -> None:
    """Let agents do a bit of everything, depending on all they see."""
    everyone = np.arange(AGENTS)
    dice = np.random.default_rng([view.round, view.stage]).random((AGENTS, 4))
    mine = slice(agents.start, agents.stop)
    members = everyone[mine].astype(np.uint32)
    seen = view.entries()
    trend = float(view.column("bid", "price").sum()) if view.rows("bid") else 0.0
    columns = {"price": trend / 100 + dice[mine, 0], "amount": dice[mine, 1]}
    draft.add(members, PostBlock("bid", columns))
    for trial in view.proposals:
        options = len(trial.options)
        choices = (dice[mine, 2] * (options + 1)).astype(np.uint8)
        choices[choices == options] = ABSTAINED
        choices[(members * 7 + view.round) % 5 == 0] = NO_BALLOT
        choices[~np.isin(members, trial.seats.agents)] = NO_BALLOT
        draft.add(members, VoteBlock(choices, trial.id, None, dice[mine, 3], dice[mine, 1]))
    for agent in agents:
        luck = float(dice[agent, 3])
        if luck < 0.3:
            last = seen[-1].id if seen else ""
            payload = {"saw": len(seen), "last": last, "tags": {"b", "a"}, "x": np.ones(2)}
            draft.act(agent, Post("note", payload, confidence=1, reasons=("r",)))
        if luck < 0.1:
            draft.act(agent, Post("note", {"psst": luck}, to=(agent + 1) % AGENTS))
        if 0.3 < luck < 0.6:
            draft.act(agent, Claim(f"item-{int(luck * 100) % 4}"))
        if luck > 0.8:
            draft.act(agent, SetField("best", luck, expected=view.revision("best")))
        if 0.7 < luck < 0.75:
            draft.abstain(np.array([agent], np.uint32), "error")
        if luck > 0.95 and view.round == 2:
            draft.act(agent, Leave())
        if 0.6 < luck < 0.65:
            options = ("red", "green", "blue")
            rule = plurality() if agent % 2 else None
            draft.act(agent, Proposal(options=options, rule=rule, deadline_rounds=2))


def play(store: Store, beside: Beside, log: Path, ends: list[int], *, order: int = 0) -> Leader:
    """Run some rounds, with agents cut into ranges that end at `ends`, one process each."""
    starts = [0, *ends[:-1]]
    mine, *others = [range(a, b) for a, b in zip(starts, ends, strict=True)]
    board = Board(store, kinds=KINDS)
    leader = board.lead("runner", rule=threshold(60), sealed=False, log=EventLog(log))
    names = [f"w{at}" for at in range(len(others))]
    workers = [Board(beside(store), kinds=KINDS).work(name) for name in names]
    turns = np.random.default_rng(order).permuted(np.tile(range(len(workers)), (100, 1)), axis=1)
    leader.welcome("node", AGENTS)
    for round in range(1, ROUNDS + 1):
        leader.begin_round()
        for stage in (1, 2, 3):
            proposals = [Proposal(deadline_rounds=2, sealed=True)] if stage == 2 else []
            draft = leader.begin(proposals)
            leader.announce()
            act(mine, leader.view(), draft)
            for late, at in enumerate(turns[round * 3 + stage].tolist()):
                if late == 1:
                    leader.commit(draft)
                view = workers[at].next_stage(timeout_s=10)
                assert view is not None
                assert state(workers[at].replica) == state(leader.replica)
                work = workers[at].draft()
                act(others[at], view, work)
                workers[at].commit(work)
            if len(others) < 2:
                leader.commit(draft)
            assert leader.gather(names, timeout_s=10) == set()
            leader.close(counts=stage == 3)
        leader.record("round", {"cost": round / 3})
        leader.end_round()
    leader.finish("done")
    assert leader.log is not None
    leader.log.close()
    assert {worker.next_stage(timeout_s=10) for worker in workers} <= {None}
    return leader


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, bytes]:
    """The digest and log of the run in memory with one worker."""
    from blackboard.memory_store import MemoryStore

    log = tmp_path_factory.mktemp("single") / "events.log"
    leader = play(MemoryStore(), lambda store: store, log, CUTS["one"])
    return leader.digest.hex, log.read_bytes()


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("cut", CUTS)
def test_digest_and_log_do_not_depend_on_store_cut_or_order(
    store: Store, beside: Beside, tmp_path: Path, single: tuple[str, bytes], cut: str, order: int
) -> None:
    leader = play(store, beside, tmp_path / "events.log", CUTS[cut], order=order)

    assert leader.digest.hex == single[0]
    assert (tmp_path / "events.log").read_bytes() == single[1]


def test_the_run_that_is_compared_has_a_bit_of_everything(
    tmp_path: Path, single: tuple[str, bytes]
) -> None:
    (tmp_path / "log").write_bytes(single[1])
    records = list(read_log(tmp_path / "log"))

    names = {type(record).__name__ for record in records}
    assert names >= {"Posts", "Entries", "Ballots", "Abstained", "Requested", "Granted", "Left"}
    outcomes = {record.outcome for record in records if type(record).__name__ == "Decided"}
    assert len(outcomes) >= 2
    assert sum(isinstance(record, Closed) for record in records) == 3 * ROUNDS


def test_a_follower_in_another_process_sees_the_same_board(
    store: Store, beside: Beside, tmp_path: Path
) -> None:
    if store.kind == "memory":
        pytest.skip("memory is of one process")
    leader = play(store, beside, tmp_path / "log", CUTS["three"])

    answer = subprocess.run(
        [sys.executable, str(STATE), store.url, store.run],  # type: ignore[attr-defined]
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        check=True,
        text=True,
    )

    assert json.loads(answer.stdout) == json.loads(json.dumps(state(leader.replica)))


def test_one_altered_ballot_gives_another_digest(tmp_path: Path, single: tuple[str, bytes]) -> None:
    (tmp_path / "log").write_bytes(single[1])
    records = list(read_log(tmp_path / "log"))
    at = next(i for i, r in enumerate(records) if isinstance(r, Ballots) and 0 in r.choices)
    ballot = records[at]
    assert isinstance(ballot, Ballots)
    altered = structs.replace(ballot, choices=ballot.choices.replace(b"\x00", b"\x01", 1))

    as_it_was, changed = Digest(), Digest()
    as_it_was.add(records)
    changed.add([*records[:at], altered, *records[at + 1 :]])

    assert as_it_was.close_round() != changed.close_round()


# Workers


def test_a_worker_that_is_missing_is_named_and_its_late_commit_counts_for_nothing(
    table: Table, beside: Beside
) -> None:
    worker = Board(beside(table.board.store), kinds=KINDS).work("slow")
    table.begin(Proposal())
    assert worker.next_stage(timeout_s=10)
    draft = worker.draft()
    draft.add(table.nodes, ballots("yyyyyyy"))
    draft.act(0, Post("note", {}))

    assert table.leader.gather(["slow", "gone"], timeout_s=0.01) == {"slow", "gone"}
    closed = table.leader.close(counts=True)
    worker.commit(structs_free(draft))

    assert [d.outcome for d in closed.decisions] == ["expired"]
    table.begin()
    table.leader.close()
    table.leader.announce()
    table.outsider.refresh()
    assert state(table.outsider.replica) == state(table.leader.replica)
    assert table.outsider.view().entries() == []


def structs_free(draft: Any) -> Any:
    """Take the ballots out of a draft: the proposal is closed, and they would be refused."""
    draft.drop_ballots("1.1.7.0", tuple(range(NODES)))
    return draft


def test_a_commit_during_the_close_is_late(table: Table, beside: Beside) -> None:
    worker = Board(beside(table.board.store), kinds=KINDS).work("slow")
    draft = table.begin(Proposal())
    draft.add(table.nodes, ballots("yyyyyyy"))
    table.leader.commit(draft)
    assert worker.next_stage(timeout_s=10)
    late = worker.draft()
    late.act(0, Post("note", {}))
    table.leader.gather(["slow"], timeout_s=0)

    closed = table.leader.close(counts=True, gate=lambda _: worker.commit(late))

    assert [d.outcome for d in closed.decisions] == ["accepted"]
    table.begin()
    table.leader.announce()
    table.outsider.refresh()
    assert state(table.outsider.replica) == state(table.leader.replica)
    assert table.leader.view().entries() == []


def test_a_worker_too_late_for_the_next_stage_is_refused(table: Table, beside: Beside) -> None:
    worker = Board(beside(table.board.store), kinds=KINDS).work("slow")
    table.begin()
    assert worker.next_stage(timeout_s=10)
    draft = worker.draft()
    table.leader.close()
    table.begin()

    with pytest.raises(WrongStage):
        worker.commit(draft)


def test_a_worker_started_again_goes_on_where_the_run_is(table: Table, beside: Beside) -> None:
    def work() -> Any:
        worker = Board(beside(table.board.store), kinds=KINDS).work("w")
        view = worker.next_stage(timeout_s=10)
        assert view is not None
        draft = worker.draft()
        draft.act(0, Post("note", {"round": view.round}))
        worker.commit(draft)

    for _ in range(2):
        table.begin()
        work()
        work()
        assert table.leader.gather(["w"], timeout_s=10) == set()
        table.leader.close()

    notes = [entry.payload for entry in table.leader.view().entries()]
    assert notes == [{"round": 1}, {"round": 2}]


def test_a_worker_passes_over_stages_that_have_ended(table: Table, beside: Beside) -> None:
    worker = Board(beside(table.board.store), kinds=KINDS).work("w")
    for _ in range(3):
        table.begin()
        table.leader.close()
    table.begin()

    view = worker.next_stage(timeout_s=10)

    assert view is not None
    assert (view.round, view.stage) == (4, 1)


def test_a_worker_that_hears_nothing_says_so(table: Table) -> None:
    with pytest.raises(TimeoutError, match="worker w: no stage began"):
        table.board.work("w").next_stage(timeout_s=0.01)


def test_a_workers_ballots_give_way_to_an_outsiders(table: Table, beside: Beside) -> None:
    worker = Board(beside(table.board.store), kinds=KINDS).work("w")
    table.begin(Proposal())
    assert worker.next_stage(timeout_s=10)
    draft = worker.draft()
    draft.add(table.nodes, ballots("yyyyyyy"))
    table.outsider.vote(0, Vote("reject"))
    table.outsider.vote(1, Vote("reject"))

    worker.commit(draft)
    table.leader.gather(["w"], timeout_s=10)

    [decided] = table.leader.close(counts=True).decisions
    assert decided.weights == {"approve": 5, "reject": 2}


def test_a_worker_cannot_propose_with_a_rule_that_the_leader_does_not_know(
    table: Table, beside: Beside
) -> None:
    worker = Board(beside(table.board.store), kinds=KINDS).work("w")
    table.begin()
    assert worker.next_stage(timeout_s=10)
    draft = worker.draft()
    draft.act(0, Proposal(rule=lambda tally: None))

    with pytest.raises(InvalidAction, match="make a rule of your own the run's rule"):
        worker.commit(draft)


@pytest.mark.parametrize("rule", [first_to_k(3), ahead_by_k(2)], ids=repr)
def test_rules_that_read_ballots_in_order_do_not_depend_on_who_came_first(
    table: Table, beside: Beside, rule: Any
) -> None:
    worker = Board(beside(table.board.store), kinds=KINDS).work("w")
    draft = table.begin(Proposal(rule=rule, options=("red", "green")))
    assert worker.next_stage(timeout_s=10)
    work = worker.draft()
    work.add(table.nodes[:4], ballots("1110"))
    draft.add(table.nodes[4:], ballots("000"))
    table.leader.commit(draft)
    worker.commit(work)
    table.leader.gather(["w"], timeout_s=10)

    [decided] = table.leader.close(counts=True).decisions

    assert decided.option == "green"


def test_abstentions_of_workers_keep_their_cause(table: Table, beside: Beside) -> None:
    worker = Board(beside(table.board.store), kinds=KINDS).work("w")
    table.begin(Proposal())
    assert worker.next_stage(timeout_s=10)
    draft = worker.draft()
    draft.abstain(table.nodes[:2], "budget")
    worker.commit(draft)
    table.leader.gather(["w"], timeout_s=10)

    closed = table.leader.close(counts=True)

    [motion] = [d.proposal for d in closed.decisions]
    assert causes(closed, motion) == {"budget": [0, 1], "silent": [2, 3, 4, 5, 6]}
    assert isinstance(closed.records[0], Abstained)
    assert not any(isinstance(r, Entries) for r in closed.records)
