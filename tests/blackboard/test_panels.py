"""Panels: electorates whose seats fill by claims, over instants of simulated time."""

from collections.abc import Callable
from typing import Any

import pytest

from blackboard import (
    Abstain,
    Board,
    Claim,
    Granted,
    InstantLeader,
    InvalidAction,
    Leave,
    Proposal,
    Vote,
    complete,
    parse_rule,
    plurality,
    threshold,
    veto,
)
from blackboard.memory_store import MemoryStore
from blackboard.seats import NOBODY

type NewClock = Callable[..., Any]


def test_seats_of_a_panel_fill_in_the_order_of_the_claims(clock: Any) -> None:
    clock.at(0.0, clock.claims("p", 5, 2), Proposal(id="p", panel=3))
    clock.at(1.0, clock.claims("p", 0))

    seats = clock.leader.view().open_proposal("p").seats

    assert seats.agents.tolist() == [2, 5, 0]
    assert seats.weights.tolist() == [1, 1, 1]


def test_free_seats_belong_to_nobody_and_count(clock: Any) -> None:
    clock.at(0.0, clock.claims("p", 4), Proposal(id="p", panel=3))

    closed = clock.at(1.0, clock.no("p", 4))

    assert clock.leader.view().open_proposal("p").seats.agents.tolist() == [4, NOBODY, NOBODY]
    assert not closed.decisions


def test_more_claims_than_seats_are_granted_in_canonical_order(clock: Any) -> None:
    closed = clock.at(0.0, clock.claims("p", 6, 3, 4), Proposal(id="p", panel=2))

    assert clock.granted(closed) == {3: True, 4: True, 6: False}
    assert clock.seated("p") == [3, 4]


def test_who_is_barred_or_seated_gets_no_seat(clock: Any) -> None:
    first = clock.at(0.0, clock.claims("p", 1, 2), Proposal(id="p", panel=3, barred=(2,)))
    second = clock.at(1.0, clock.claims("p", 1, 3))

    assert clock.granted(first) == {1: True, 2: False}
    assert clock.granted(second) == {1: False, 3: True}


def test_two_claims_of_one_agent_in_a_stage_get_one_seat(clock: Any) -> None:
    closed = clock.at(0.0, {1: [Claim("p"), Claim("p")]}, Proposal(id="p", panel=3))

    told = [r.granted for r in closed.records if isinstance(r, Granted)]
    assert told == [True, False]


def test_a_panel_is_decided_by_its_seats(clock: Any) -> None:
    clock.at(0.0, clock.claims("p", 1, 2, 3, 4, 5), Proposal(id="p", panel=5))
    clock.at(1.0, clock.yes("p", 3) | clock.no("p", 5))

    closed = clock.at(2.0, clock.yes("p", 1, 2))

    [decided] = closed.decisions
    assert (decided.outcome, decided.eligible, decided.eligible_agents) == ("accepted", 5, 5)
    assert decided.weights == {"approve": 3, "reject": 1}
    assert not clock.leader.replica.open


def test_a_panel_that_has_all_voted_without_a_verdict_expires(clock: Any) -> None:
    clock.at(0.0, clock.claims("p", 1, 2), Proposal(id="p", panel=2, rule=threshold(100)))

    closed = clock.at(1.0, clock.yes("p", 1) | {2: Vote("abstain", "p")})

    assert clock.outcomes(closed) == [("p", "expired")]


def test_a_stranger_casts_no_ballot_on_a_panel(clock: Any) -> None:
    clock.at(0.0, clock.claims("p", 1), Proposal(id="p", panel=2))
    clock.leader.begin_instant(1.0)
    draft = clock.leader.begin()

    with pytest.raises(InvalidAction, match="agent 2 has no seat of the panel on p"):
        draft.act(2, Vote("approve", "p"))


def test_a_seat_votes_once(clock: Any) -> None:
    clock.at(0.0, clock.claims("p", 1, 2), Proposal(id="p", panel=3))
    clock.at(1.0, clock.yes("p", 1))
    clock.leader.begin_instant(2.0)
    draft = clock.leader.begin()

    with pytest.raises(InvalidAction, match="agent 1 casts a second ballot on p"):
        draft.act(1, Vote("approve", "p"))


def test_a_claim_of_a_decided_panel_is_one_of_an_item(clock: Any) -> None:
    clock.at(0.0, clock.claims("p", 1), Proposal(id="p", panel=1))
    clock.at(1.0, clock.yes("p", 1))

    clock.at(2.0, clock.claims("p", 3))

    assert clock.leader.view().holder("p") == 3


def test_a_veto_role_on_a_panel_vetoes(clock: Any) -> None:
    rule = veto("node", threshold(60))
    clock.at(0.0, clock.claims("p", 1, 2), Proposal(id="p", panel=3, rule=rule))

    closed = clock.at(1.0, clock.no("p", 2))

    assert clock.outcomes(closed) == [("p", "vetoed")]


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"panel": 0}, "at least one seat, got 0"),
        ({"panel": 2.0}, "at least one seat, got 2.0"),
        ({"panel": 8}, "a panel of 8 cannot be filled: 7 agents"),
        ({"panel": 7, "barred": (0, 1)}, "a panel of 7 cannot be filled: 5 agents"),
        ({"panel": 2, "barred": (3, 1)}, "ascending order"),
        ({"panel": 2, "barred": (1, 1)}, "ascending order"),
        ({"panel": 2, "electorate": [1]}, "leave electorate and weights away"),
        ({"panel": 2, "options": ("a",)}, "2 to 253 different options"),
        ({"panel": 2, "rule": lambda tally: tally.nothing}, "cannot decide on no ballots"),
    ],
)
def test_a_panel_that_cannot_be_is_refused(terms: dict[str, Any], said: str) -> None:
    leader = Board(MemoryStore()).lead(kind=InstantLeader)
    leader.welcome("node", 7)
    leader.begin_instant(0.0)

    with pytest.raises(InvalidAction, match=said):
        leader.begin([Proposal(**terms)])


def test_seats_of_a_panel_are_for_voters_who_are_still_there(clock: Any) -> None:
    clock.outsider.join("anna", votes=False)
    clock.outsider.join("bert", votes=True)
    clock.hear(0.0)
    clock.at(1.0, {5: Leave(), 6: Leave()})
    clock.leader.begin_instant(2.0)

    with pytest.raises(InvalidAction, match="a panel of 6 cannot be filled: 5 agents may have"):
        clock.leader.begin([Proposal(panel=6, barred=(1, 7))])

    clock.leader.begin([Proposal(panel=5, barred=(1, 7))])


def test_who_may_not_vote_gets_no_seat_of_a_panel(clock: Any) -> None:
    visitor = clock.outsider.join("anna", votes=False)
    clock.hear(0.0)
    clock.at(1.0, {}, Proposal(id="p", panel=2))

    closed = clock.at(2.0, clock.claims("p", 3, visitor))

    assert clock.granted(closed) == {3: True, visitor: False}
    assert clock.seated("p") == [3]


def test_an_option_wins_a_panel_only_when_no_other_can_catch_up(clock: Any) -> None:
    terms = {"options": ("a", "b", "c"), "rule": plurality(), "panel": 5}
    clock.at(0.0, clock.claims("p", 1, 2, 3, 4, 5), Proposal(id="p", **terms))

    ahead = clock.at(1.0, {1: Vote("a", "p")})
    level = clock.at(2.0, dict.fromkeys((2, 3), Vote("b", "p")))
    closed = clock.at(3.0, {4: Vote("b", "p")})

    assert not ahead.decisions
    assert not level.decisions
    assert closed.decisions[0].option == "b"
    assert closed.decisions[0].weights == {"a": 1, "b": 3, "c": 0}


def test_a_run_that_counts_rounds_has_no_panels() -> None:
    leader = Board(MemoryStore()).lead()
    leader.welcome("node", 7)
    leader.begin_round()

    with pytest.raises(InvalidAction, match="a panel fills over instants of simulated time"):
        leader.begin([Proposal(panel=3)])


def test_an_agents_own_proposal_may_have_a_panel(clock: Any) -> None:
    clock.at(0.0, {4: Proposal(panel=2, barred=(4,), payload={"why": "it is late"})})
    name = "1.1.4.0"

    clock.at(1.0, clock.claims(name, 3, 4, 5))
    closed = clock.at(2.0, clock.yes(name, 3, 5))

    assert clock.leader.replica.decisions[0].proposal == name
    assert clock.outcomes(closed) == [(name, "accepted")]


def test_an_agents_wrong_panel_is_its_abstention(clock: Any) -> None:
    clock.leader.begin_instant(0.0)
    draft = clock.leader.begin()

    with pytest.raises(InvalidAction, match="a panel of 50 cannot be filled"):
        draft.act(4, Proposal(panel=50))


def test_who_fails_to_vote_abstains_by_cause_and_may_vote_later(clock: Any) -> None:
    clock.at(0.0, clock.claims("p", 1, 2, 3), Proposal(id="p", panel=3))

    failed = clock.at(1.0, {2: Abstain("error"), 5: Abstain("error")} | clock.yes("p", 1))
    closed = clock.at(2.0, clock.yes("p", 2))

    told = [(r.proposal, r.cause, r.members.tolist()) for r in failed.abstained if r.proposal]
    assert told == [("p", "error", [2])]
    assert clock.outcomes(closed) == [("p", "accepted")]


def test_who_fails_again_and_again_abstains_once(clock: Any) -> None:
    clock.at(0.0, clock.claims("p", 1, 2), Proposal(id="p", panel=2, rule=complete(threshold(60))))

    failed = [clock.at(at_s, {2: Abstain("error")}) for at_s in (1.0, 2.0, 3.0)]
    absent = set(clock.leader.replica.open["p"].absent)
    clock.at(4.0, clock.yes("p", 2))
    later = clock.at(5.0, {2: Abstain("error")})

    told = [[r.proposal for r in closed.abstained if r.proposal] for closed in failed]
    assert (told, absent) == ([["p"], [], []], {2})
    assert clock.leader.replica.open["p"].absent == set()
    assert [r.proposal for r in later.abstained] == [None]


def test_a_panel_whose_members_have_voted_or_failed_expires(clock: Any) -> None:
    clock.at(0.0, clock.claims("p", 1, 2, 3), Proposal(id="p", panel=3))
    waits = clock.at(1.0, clock.yes("p", 1) | {2: Abstain("error")})

    closed = clock.at(2.0, clock.no("p", 3))

    assert not waits.decisions
    assert clock.outcomes(closed) == [("p", "expired")]
    assert closed.decisions[0].weights == {"approve": 1, "reject": 1}


def test_complete_waits_for_all_seats(clock: Any) -> None:
    rule = complete(threshold(60))
    clock.at(0.0, clock.claims("p", 1, 2, 3), Proposal(id="p", panel=3, rule=rule))

    certain = clock.at(1.0, clock.yes("p", 1, 2))
    closed = clock.at(2.0, clock.no("p", 3))

    assert not certain.decisions
    assert closed.decisions[0].weights == {"approve": 2, "reject": 1}


def test_complete_waits_for_a_whole_electorate_too(clock: Any) -> None:
    clock.at(0.0, {}, Proposal(id="p", rule=complete(threshold(60)), electorate=[1, 2, 3]))

    certain = clock.at(1.0, clock.no("p", 1, 2))
    closed = clock.at(2.0, clock.yes("p", 3))

    assert not certain.decisions
    assert clock.outcomes(closed) == [("p", "rejected")]


def test_complete_is_read_back_from_its_name() -> None:
    rule = complete(veto("chief", threshold(60)))

    again = parse_rule("complete(veto('chief', threshold(60)))")

    assert repr(rule) == repr(again)
    assert rule == again
