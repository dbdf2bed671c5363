"""A board led through rounds and stages: proposals, ballots, outcomes, claims and fields."""

from pathlib import Path
from typing import Any

import pytest

from blackboard import (
    NO_BALLOT,
    Abstain,
    Claim,
    EventLog,
    FieldConflict,
    InvalidAction,
    InvalidVerdict,
    LeaseLost,
    Leave,
    Post,
    Proposal,
    Release,
    SetField,
    Tally,
    Verdict,
    Vote,
    plurality,
    quorum,
    read_rounds,
    threshold,
    veto,
)
from blackboard.digest import Digest
from blackboard.records import Abstained, Granted, Note

NODES = 7


def test_a_motion_is_accepted_when_the_threshold_agrees(table: Any) -> None:
    closed = table.vote("yyyyyyn", Proposal(payload={"what": "tea"}))

    [decided] = closed.decisions
    assert (decided.outcome, decided.option) == ("accepted", None)
    assert decided.weights == {"approve": 6, "reject": 1}
    assert (decided.eligible, decided.eligible_agents, decided.abstained) == (7, 7, 0)
    assert not table.leader.view().proposals


def test_a_motion_that_rejections_forbid_is_rejected(table: Any) -> None:
    [decided] = table.vote("yyyyynn", Proposal(deadline_rounds=5)).decisions

    assert decided.outcome == "rejected"


def test_a_motion_without_an_outcome_expires_at_its_deadline(table: Any) -> None:
    first = table.vote("yyyyya.", Proposal(deadline_rounds=3))
    second = table.vote("yyyyya.")
    third = table.vote("yyyyya.")

    assert (first.decisions, second.decisions) == ([], [])
    [decided] = third.decisions
    assert (decided.outcome, decided.round) == ("expired", 3)
    assert decided.abstained == 1


def test_each_voting_round_takes_fresh_ballots_and_the_latest_counts(table: Any) -> None:
    table.vote("yyyyyn.", Proposal(deadline_rounds=3))

    [decided] = table.vote("nyyyyyy").decisions

    assert decided.outcome == "accepted"
    assert decided.weights == {"approve": 6, "reject": 1}


def test_ballots_of_an_earlier_round_count_no_more(table: Any) -> None:
    table.vote("yyyyy..", Proposal(deadline_rounds=2))

    [decided] = table.vote("......y").decisions

    assert decided.outcome == "expired"
    assert decided.weights == {"approve": 1, "reject": 0}


def test_an_option_that_reaches_the_threshold_is_named(table: Any) -> None:
    proposal = Proposal(options=("red", "green", "blue"), rule=threshold(50))

    [decided] = table.vote("2222011", proposal).decisions

    assert (decided.outcome, decided.option) == ("accepted", "blue")
    assert decided.weights == {"red": 1, "green": 2, "blue": 4}


@pytest.mark.parametrize("rule", [threshold(40), plurality()], ids=repr)
def test_a_tie_between_options_expires(table: Any, rule: Any) -> None:
    proposal = Proposal(options=("red", "green"), rule=rule)

    [decided] = table.vote("000111a", proposal).decisions

    assert (decided.outcome, decided.option) == ("expired", None)


def test_weights_decide_in_integers(table: Any) -> None:
    weighted = Proposal(electorate=(0, 1, 2), weights=(1, 1, 8))

    [decided] = table.vote("nny", weighted).decisions

    assert decided.outcome == "accepted"
    assert decided.weights == {"approve": 8, "reject": 2}
    assert (decided.eligible, decided.eligible_agents) == (10, 3)


def test_a_shut_gate_expires_what_the_rule_accepts_and_is_named(table: Any) -> None:
    [decided] = table.vote("yyyyyyy", Proposal(), gate=lambda _: "a standing objection").decisions

    assert (decided.outcome, decided.gate) == ("expired", "a standing objection")


def test_a_gate_is_not_asked_about_what_is_rejected(table: Any) -> None:
    [decided] = table.vote("nnnnnnn", Proposal(), gate=lambda _: "shut").decisions

    assert (decided.outcome, decided.gate) == ("rejected", None)


def test_a_veto_names_who_decided(new_table: Any) -> None:
    table = new_table(rule=veto("node", threshold(50)))

    [decided] = table.vote("yyyyyyn", Proposal()).decisions

    assert (decided.outcome, decided.by) == ("vetoed", "veto")


def test_a_users_own_function_is_a_rule(table: Any) -> None:
    def odd_one_wins(tally: Tally) -> Verdict | None:
        return Verdict("accepted") if tally.no % 2 else None

    [decided] = table.vote("yyyyyyn", Proposal(rule=odd_one_wins)).decisions

    assert decided.outcome == "accepted"


def test_a_stage_that_does_not_count_decides_nothing(table: Any) -> None:
    draft = table.begin(Proposal())
    draft.add(table.nodes, table.ballots("yyyyyyy"))
    table.leader.commit(draft)

    assert table.leader.close().decisions == []
    draft = table.leader.begin()
    table.leader.commit(draft)
    assert [d.outcome for d in table.leader.close(counts=True).decisions] == ["accepted"]


def test_seats_without_a_ballot_abstain_for_a_cause(table: Any) -> None:
    draft = table.begin(Proposal())
    draft.add(table.nodes, table.ballots("ya....."))
    draft.abstain(table.nodes[2:4], "error")
    draft.act(4, Abstain("budget"))
    draft.act(5, Leave())
    table.leader.commit(draft)

    closed = table.leader.close(counts=True)

    [decided] = closed.decisions
    assert table.causes(closed, decided.proposal) == {
        "budget": [4],
        "error": [2, 3],
        "left": [5],
        "silent": [6],
    }
    assert decided.abstained == 1


def test_who_left_stays_eligible_and_abstains(table: Any) -> None:
    table.vote("yyyyyn.", Proposal(deadline_rounds=2))
    table.leader.remove(table.nodes[:1], "left")
    table.leader.remove(table.nodes[1:2], "quarantined")

    closed = table.vote("..yyyy.")

    [decided] = closed.decisions
    assert decided.eligible == NODES
    assert table.causes(closed, decided.proposal) == {
        "left": [0],
        "quarantined": [1],
        "silent": [6],
    }


def test_sealed_ballots_never_show_in_a_view(table: Any) -> None:
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


def test_open_ballots_show_from_the_next_stage(table: Any) -> None:
    draft = table.begin(Proposal(sealed=False))
    draft.add(table.nodes, table.ballots("yn.y..."))
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


def test_a_run_can_have_open_ballots_by_default(new_table: Any) -> None:
    table = new_table(sealed=False)
    table.begin(Proposal())

    assert table.leader.view().proposal.ballots is not None


def test_claims_go_to_the_first_in_canonical_order(table: Any) -> None:
    draft = table.begin()
    for agent in (5, 2, 4):
        draft.act(agent, Claim("ticket"))
    table.leader.commit(draft)

    granted = [r for r in table.leader.close().records if isinstance(r, Granted)]

    assert [(r.agent, r.granted) for r in granted] == [(2, True), (4, False), (5, False)]
    assert table.leader.view().holder("ticket") == 2


def test_a_claim_lasts_for_its_lease_and_can_be_given_back(table: Any) -> None:
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


def test_of_two_writes_to_a_field_the_second_conflicts(table: Any) -> None:
    draft = table.begin()
    draft.act(4, SetField("k", "late", expected=0))
    draft.act(1, SetField("k", "early", expected=0))
    table.leader.commit(draft)

    granted = [r for r in table.leader.close().records if isinstance(r, Granted)]

    assert [(r.agent, r.granted) for r in granted] == [(1, True), (4, False)]
    assert (table.leader.view().field("k"), table.leader.view().revision("k")) == ("early", 1)
    with pytest.raises(FieldConflict):
        table.outsider.set(0, "k", "blind", expected=0)


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
    table: Any, proposal: Proposal, message: str
) -> None:
    table.leader.begin_round()

    with pytest.raises(InvalidAction, match=message):
        table.leader.begin([proposal])


def test_a_proposal_that_is_open_cannot_open_again(table: Any) -> None:
    table.begin(Proposal(id="same"))

    with pytest.raises(InvalidAction, match="proposal same is open already"):
        table.begin(Proposal(id="same"))


def test_an_agents_proposal_opens_at_the_close_on_its_own_terms(table: Any) -> None:
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


def test_a_runner_that_another_replaced_is_fenced_off(table: Any) -> None:
    draft = table.begin()
    table.board.store.release(table.leader.runner)
    table.board.lead("next")

    with pytest.raises(LeaseLost, match="another runner has taken the run over"):
        table.leader.commit(draft)


def test_a_run_that_is_led_cannot_be_led_by_another(table: Any) -> None:
    with pytest.raises(LeaseLost, match="runner second cannot lead: another one does"):
        table.outsider.lead("second")


def test_a_lease_that_ran_out_is_renewed_when_nobody_led_meanwhile(new_table: Any) -> None:
    table = new_table(lease_ms=1)
    store = table.board.store
    store.wait(store.meta().rev, timeout_s=0.02)

    table.leader.renew_if_due()

    assert table.leader.epoch == 2
    assert table.vote("yyyyyyy", Proposal()).decisions


def test_a_lease_that_another_held_meanwhile_is_lost(new_table: Any) -> None:
    table = new_table(lease_ms=1)
    store = table.board.store
    store.wait(store.meta().rev, timeout_s=0.02)
    store.lease("other", ttl_ms=60_000)
    store.release("other")

    with pytest.raises(LeaseLost, match="epoch 1 was followed by 3"):
        table.leader.renew_if_due()


def test_a_finished_run_says_so_and_gives_the_lease_back(table: Any, state: Any) -> None:
    table.vote("yyyyyyy", Proposal())
    table.leader.record("end", {"cost": 1.5})

    table.leader.finish("done")

    assert table.board.store.meta().status == "done"
    table.outsider.refresh()
    assert state(table.outsider.replica) == state(table.leader.replica)
    assert table.outsider.lead("next").epoch == 2


def test_waiting_for_a_condition_follows_the_board(table: Any) -> None:
    assert not table.outsider.wait_until(lambda view: bool(view.proposals), timeout_s=0.01)

    table.begin(Proposal())

    assert table.outsider.wait_until(lambda view: bool(view.proposals), timeout_s=30)


def test_nothing_of_a_closed_proposal_stays_on_the_server(table: Any) -> None:
    for _ in range(3):
        table.vote(
            "yyyyy.a", *([] if table.leader.view().proposals else [Proposal(deadline_rounds=3)])
        )
    store = table.board.store
    name = table.leader.view().decisions[0].proposal

    table.begin()

    assert [store.voted(name, round) for round in (1, 2, 3)] == [b"", b"", b""]


def test_the_ballot_of_a_leaver_counts_no_more_in_the_next_round(table: Any) -> None:
    draft = table.begin(Proposal(deadline_rounds=2, id="p"))
    draft.act(3, Vote("approve"))
    draft.act(3, Leave())
    table.leader.commit(draft)
    table.leader.close(counts=True)

    closed = table.vote("yyyyy.n")

    assert [d.weights for d in closed.decisions] == [{"approve": 4, "reject": 1}]
    assert table.causes(closed, "p") == {"left": [3], "silent": [5]}


@pytest.mark.parametrize(
    "returned",
    [Verdict("nonsense"), Verdict("accepted", "zzz"), "accepted", True],  # type: ignore[arg-type]
    ids=repr,
)
@pytest.mark.parametrize("wrap", [lambda rule: rule, lambda rule: quorum(50, rule)])
def test_what_is_no_verdict_is_refused_at_the_count(
    new_table: Any, returned: Any, wrap: Any
) -> None:
    table = new_table(rule=wrap(lambda _: returned))

    with pytest.raises(InvalidVerdict, match=r"returned .* or a Verdict: one of") as caught:
        table.vote("yyyyyyn", Proposal())

    assert caught.value.returned == repr(returned)
    assert not table.leader.view().decisions


def test_a_run_whose_veto_nobody_holds_opens_nothing(new_table: Any) -> None:
    table = new_table(rule=quorum(50, veto("saftey", threshold(50))))

    with pytest.raises(InvalidAction, match=r"a veto to 'saftey', a role that nobody .* has node"):
        table.begin(Proposal())


def test_what_an_agent_proposes_in_vain_is_its_abstention_and_the_stage_goes_on(
    new_table: Any,
) -> None:
    table = new_table(rule=veto("critic", threshold(50)))
    table.leader.welcome("critic", 1)
    draft = table.begin()
    draft.act(1, Proposal(electorate=[0, 1, 2]))
    draft.act(2, Proposal(id="mine"))
    table.leader.commit(draft)

    table.leader.close()

    assert [p.id for p in table.leader.view().proposals] == ["1.1.2.0"]
    refused = [r for r in table.leader.history.written if isinstance(r, Abstained | Note)]
    assert [type(r) for r in refused] == [Abstained, Note]
    assert (refused[0].cause, refused[0].members.tolist()) == ("invalid", [1])
    assert "a veto to 'critic'" in refused[1].detail["why"]


def test_an_impact_given_as_a_whole_number_reads_back_as_it_was_chained(
    new_table: Any, tmp_path: Path
) -> None:
    with EventLog(tmp_path / "events.log") as log:
        table = new_table(log=log)
        table.vote("yyyyyyy", Proposal(impact=3))
        digest = Digest()

        for _, records in read_rounds(tmp_path / "events.log"):
            digest.add(records)
            digest.close_round()

    assert digest.hex == table.leader.digest.hex
