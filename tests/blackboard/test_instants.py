"""Instants of simulated time: ballots accumulate, leases are in seconds, outsiders come between."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from blackboard import (
    NO_BALLOT,
    Approval,
    Board,
    Claim,
    InvalidAction,
    NotPlain,
    Post,
    Proposal,
    Release,
    Replica,
    Vote,
    plurality,
    threshold,
)
from blackboard.memory_store import MemoryStore
from blackboard.seats import NOBODY

type NewClock = Callable[..., Any]


def test_an_instant_is_a_round_that_begins_with_its_time(clock: Any) -> None:
    clock.at(0.0, {0: Post("note", {"n": 1})})
    clock.at(2.5, {1: Post("note", {"n": 2})})

    view = clock.leader.view(due=(1, 4))

    assert (view.round, view.now_s, view.due) == (2, 2.5, (1, 4))
    assert [entry.id for entry in view.entries("note")] == ["1.1.0.0", "2.1.1.0"]


def test_a_run_that_counts_rounds_has_no_simulated_time() -> None:
    leader = Board(MemoryStore()).lead()
    leader.welcome("node", 2)
    leader.begin_round()

    with pytest.raises(InvalidAction, match="this run counts rounds"):
        _ = leader.view().now_s


def test_a_proposal_stays_open_until_its_ballots_decide_it(clock: Any) -> None:
    clock.at(0.0, {}, Proposal(id="p"))

    for number in range(4):
        closed = clock.at(1.0 + number, clock.yes("p", number))
        assert not closed.decisions
    last = clock.at(9.0, clock.yes("p", 6))

    assert clock.outcomes(last) == [("p", "accepted")]
    assert last.decisions[0].weights == {"approve": 5, "reject": 0}
    assert not last.abstained


def test_how_long_a_proposal_stays_open_cannot_be_asked_for_in_rounds(clock: Any) -> None:
    clock.leader.begin_instant(0.0)

    with pytest.raises(InvalidAction, match="deadline_rounds=3: in simulated time"):
        clock.leader.begin([Proposal(deadline_rounds=3)])


def test_a_second_ballot_is_refused_at_a_later_instant_too(clock: Any) -> None:
    clock.at(0.0, {}, Proposal(id="p"))
    clock.at(1.0, clock.yes("p", 1))
    clock.leader.begin_instant(2.0)
    draft = clock.leader.begin()

    with pytest.raises(InvalidAction, match="second ballot on p"):
        draft.act(1, Vote("reject", "p"))


def test_stages_that_do_not_count_decide_nothing(clock: Any) -> None:
    clock.at(0.0, {}, Proposal(id="p"))

    early = clock.at(1.0, clock.yes("p", 0, 1, 2, 3, 4), votes=False)
    later = clock.at(2.0, clock.yes("p", 5))

    assert not early.decisions
    assert clock.outcomes(later) == [("p", "accepted")]


def test_certain_rejections_decide_before_all_have_voted(clock: Any) -> None:
    clock.at(0.0, {}, Proposal(id="p"))

    closed = clock.at(1.0, clock.no("p", 0, 1, 2))

    assert clock.outcomes(closed) == [("p", "rejected")]


def test_what_everybody_voted_on_without_a_verdict_expires(clock: Any) -> None:
    clock.at(0.0, {}, Proposal(id="p", rule=threshold(80)))
    clock.at(1.0, clock.yes("p", 0, 1, 2, 3, 4))

    closed = clock.at(2.0, dict.fromkeys((5, 6), Vote("abstain", "p")))

    assert clock.outcomes(closed) == [("p", "expired")]
    assert closed.decisions[0].abstained == 2


def test_an_option_wins_as_soon_as_no_other_can_catch_up(clock: Any) -> None:
    clock.at(0.0, {}, Proposal(id="p", options=("a", "b", "c"), rule=plurality()))

    open_still = clock.at(1.0, dict.fromkeys((0, 1, 2), Vote("b", "p")))
    closed = clock.at(2.0, {3: Vote("b", "p")})

    assert not open_still.decisions
    assert closed.decisions[0].option == "b"


def test_ballots_of_columns_accumulate_with_reasons_and_confidence(clock: Any) -> None:
    clock.at(0.0, {}, Proposal(id="p", sealed=False))
    clock.at(1.0, {1: Vote("approve", "p", confidence=0.5, reason="seen")})
    clock.at(2.0, {0: Vote("reject", "p", reason=2.5)})

    box = clock.leader.replica.open["p"].box

    assert box.choices.tolist() == [1, 0, *[NO_BALLOT] * 5]
    assert box.confidence[:3].tolist() == [1.0, 0.5, 1.0]
    assert box.numbers[0] == 2.5
    assert np.isnan(box.numbers[1:]).all()
    assert box.texts[1] == "seen"
    assert clock.leader.view().ballots("p").tolist() == [1, 0, *[NO_BALLOT] * 5]


def test_a_lease_lasts_simulated_seconds(clock: Any) -> None:
    clock.at(0.0, {1: Claim("desk", lease_s=2.0)})
    clock.at(2.0, {2: Claim("desk")})
    assert clock.leader.view().holder("desk") == 1

    clock.at(2.5, {2: Claim("desk")})

    assert clock.leader.view().holder("desk") == 2


def test_a_claim_without_a_lease_lasts_until_it_is_released(clock: Any) -> None:
    clock.at(0.0, {1: Claim("desk")})
    refused = clock.at(1e9, {2: Claim("desk")})
    clock.at(1e9 + 1.0, {1: Release("desk")})

    taken = clock.at(1e9 + 2.0, {2: Claim("desk")})

    assert clock.granted(refused) == {2: False}
    assert clock.granted(taken) == {2: True}


@pytest.mark.parametrize("lease_s", [0.0, -1.0, float("nan")])
def test_a_lease_of_no_time_is_refused(clock: Any, lease_s: float) -> None:
    clock.leader.begin_instant(0.0)
    draft = clock.leader.begin()

    with pytest.raises(InvalidAction, match=f"agent 1 claimed 'desk' for {lease_s} s"):
        draft.act(1, Claim("desk", lease_s=lease_s))


def test_a_person_approves_what_would_be_executed(new_clock: NewClock) -> None:
    asked: list[Any] = []

    def approver(proposal: Any) -> bool:
        asked.append(proposal.id)
        return True

    clock = new_clock(approval=Approval(0.5, 10.0, approver))
    clock.at(0.0, clock.claims("p", 1, 2), Proposal(id="p", panel=2, impact=1.0))
    clock.at(1.0, clock.claims("q", 1), Proposal(id="q", panel=1, impact=0.2))

    free = clock.at(2.0, clock.yes("q", 1))
    closed = clock.at(3.0, clock.yes("p", 1, 2))

    assert asked == ["p"]
    assert free.decisions[0].by is None
    assert (closed.decisions[0].outcome, closed.decisions[0].by) == ("accepted", "approver")


def test_without_an_answer_in_time_it_is_vetoed(new_clock: NewClock) -> None:
    clock = new_clock(approval=Approval(0.5, 0.0))
    clock.at(0.0, clock.claims("p", 1), Proposal(id="p", panel=1, impact=1.0))

    closed = clock.at(1.0, clock.yes("p", 1))

    assert (closed.decisions[0].outcome, closed.decisions[0].by) == ("vetoed", "nobody in time")


def test_a_persons_veto_decides_at_the_next_close(clock: Any) -> None:
    clock.at(0.0, clock.claims("p", 1), Proposal(id="p", panel=2))
    clock.leader.write_out()
    clock.outsider.answer("p", "veto", by="ada", reason="no")
    clock.leader.begin_instant(1.0)
    clock.leader.listen(0.0)

    closed = clock.stage({}, votes=False)

    assert (closed.decisions[0].outcome, closed.decisions[0].by) == ("vetoed", "ada")


def test_an_outsiders_ballot_is_an_input_of_the_instant_that_reads_it(clock: Any) -> None:
    clock.at(0.0, {}, Proposal(id="p"))
    clock.at(1.0, clock.yes("p", 0, 1, 2, 3))
    clock.leader.write_out()
    clock.outsider.vote(6, Vote("approve", "p", reason="I saw it"))
    clock.leader.begin_instant(2.0)
    clock.leader.listen(0.0)

    closed = clock.stage({})

    [ballots] = closed.ballots
    assert (ballots.event_class, ballots.texts[6]) == ("input", "I saw it")
    assert clock.outcomes(closed) == [("p", "accepted")]


def test_a_ballot_in_the_name_of_somebody_who_has_voted_is_late(clock: Any) -> None:
    clock.at(0.0, {}, Proposal(id="p"))
    clock.leader.write_out()
    clock.outsider.vote(6, Vote("approve", "p"))
    clock.leader.begin_instant(1.0)
    clock.leader.listen(0.0)

    closed = clock.stage(clock.no("p", 6))

    [late] = closed.abstained
    assert (late.event_class, late.cause, late.members.tolist()) == ("input", "late", [6])
    assert clock.leader.replica.open["p"].box.choices[6] == 1


def test_an_outsider_takes_a_seat_and_votes(clock: Any) -> None:
    clock.at(0.0, clock.claims("p", 1), Proposal(id="p", panel=2))
    clock.leader.write_out()
    clock.outsider.claim(6, Claim("p"))
    clock.leader.begin_instant(1.0)
    clock.leader.listen(0.0)
    clock.stage({})
    clock.leader.end_round()
    clock.leader.write_out()
    clock.outsider.vote(6, Vote("approve", "p"))
    clock.leader.begin_instant(2.0)
    clock.leader.listen(0.0)

    closed = clock.stage(clock.yes("p", 1))

    assert clock.outcomes(closed) == [("p", "accepted")]


def test_another_process_sees_instants_and_panels_once_they_are_written(
    clock: Any, state: Any
) -> None:
    clock.at(0.0, clock.claims("p", 5, 2), Proposal(id="p", panel=3))
    clock.at(1.5, clock.yes("p", 2) | {0: [Claim("desk", lease_s=3.0), Post("note", {"n": 1})]})

    clock.leader.write_out()
    clock.outsider.refresh()

    seen = clock.outsider.replica
    assert state(seen) == state(clock.leader.replica)
    assert seen.now_s == 1.5
    assert seen.open["p"].seats.agents.tolist() == [2, 5, NOBODY]


def test_what_opened_and_was_decided_between_two_writes_is_never_open_on_the_server(
    clock: Any,
) -> None:
    clock.leader.write_out()
    clock.at(0.0, clock.claims("p", 1), Proposal(id="p", panel=1))
    clock.at(1.0, clock.yes("p", 1))
    clock.leader.write_out()

    clock.outsider.refresh()

    assert not clock.outsider.replica.open
    assert [d.proposal for d in clock.outsider.replica.decisions] == ["p"]


def test_a_restored_board_has_its_panels_claims_and_time(clock: Any) -> None:
    clock.at(0.0, clock.claims("p", 5, 2), Proposal(id="p", panel=3, barred=(0,)))
    clock.at(1.5, clock.yes("p", 2) | {0: Claim("desk", lease_s=3.0)})

    again = Replica()
    again.restore(clock.leader.replica.state())

    panel = again.open["p"].panel
    assert panel
    assert (panel.members, panel.barred, panel.size) == ([2, 5], {0}, 3)
    assert panel.roles == ["node", "node"]
    assert again.open["p"].box.choices.tolist() == [0, NO_BALLOT, NO_BALLOT]
    assert (again.now_s, again.claims["desk"]) == (1.5, (0, 4.5))


def test_a_rule_of_the_users_own_on_an_open_panel_allows_no_snapshot(clock: Any) -> None:
    clock.at(0.0, {}, Proposal(id="p", panel=2, rule=lambda tally: None))

    with pytest.raises(NotPlain, match="rule of proposal p"):
        clock.leader.state()


def test_a_ballot_that_comes_between_two_counts_is_counted_with_the_next(clock: Any) -> None:
    clock.at(0.0, {}, Proposal(id="p"), Proposal(id="q", electorate=[0]))
    clock.at(1.0, clock.yes("p", 0, 1, 2, 3))
    clock.leader.write_out()
    clock.outsider.vote(6, Vote("approve", "p"))
    between = clock.hear(2.0, votes=False)

    closed = clock.at(3.0, clock.yes("q", 0))

    assert not between.decisions
    assert sorted(clock.outcomes(closed)) == [("p", "accepted"), ("q", "accepted")]
