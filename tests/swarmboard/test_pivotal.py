"""Pivotal seats, coalitions and thresholds, against trying every ballot and every coalition."""

from collections.abc import Iterator
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from blackboard import (
    ABSTAINED,
    NO_BALLOT,
    Rule,
    Tally,
    Verdict,
    ahead_by_k,
    describe,
    first_to_k,
    parse_rule,
    plurality,
    quorum,
    threshold,
    veto,
)
from swarmboard.explaining import (
    Election,
    Ending,
    fewest_to_carry,
    fewest_to_undo,
    nearest_threshold,
    pivotal_seats,
)

MOTION = ("approve", "reject")
THREE = ("a", "b", "c")
RULES: tuple[Rule, ...] = (
    threshold(80),
    threshold(50),
    threshold(34),
    quorum(60, threshold(50)),
    veto("safety", threshold(60)),
    veto("safety", quorum(70, threshold(51))),
    plurality(),
    quorum(50, plurality()),
    first_to_k(2),
    ahead_by_k(2),
)


@st.composite
def elections(draw: st.DrawFn, rules: tuple[Rule, ...] = RULES) -> Election:
    """Draw a small election: two or three options, weights, roles, abstentions, maybe a gate."""
    seats = draw(st.integers(1, 6))
    options = draw(st.sampled_from((MOTION, THREE)))
    code = st.sampled_from([*range(len(options)), ABSTAINED, NO_BALLOT])
    choices = draw(st.lists(code, min_size=seats, max_size=seats))
    weights = draw(st.lists(st.integers(1, 4), min_size=seats, max_size=seats))
    roles = draw(st.lists(st.sampled_from(("member", "safety")), min_size=seats, max_size=seats))
    tally = Tally(
        options,
        np.array(choices, np.uint8),
        np.array(weights, np.int64),
        tuple(roles),
        draw(st.booleans()),
    )
    gate = draw(st.sampled_from((None, None, "a line objection stands")))
    return Election(draw(st.sampled_from(rules)), tally, gate)


@given(elections())
@settings(max_examples=200)
def test_pivotal_seats_are_those_that_trying_every_ballot_finds(election: Election) -> None:
    expected = {}
    for seat in range(len(election.tally.choices)):
        turns = {}
        for to in [*range(len(election.tally.options)), ABSTAINED, NO_BALLOT]:
            other = outcome(election, {seat: to})
            if to != election.tally.choices[seat] and other != outcome(election, {}):
                turns[to] = other
        if turns:
            expected[seat] = turns

    found = pivotal_seats(election)

    assert {swing.seat: dict(swing.turns) for swing in found} == expected


@given(elections(tuple(rule for rule in RULES if "k(" not in describe(rule))))
@settings(max_examples=60)
def test_no_smaller_coalition_undoes_an_acceptance(election: Election) -> None:
    assume(election.ending.chosen is not None)
    won = election.tally.options.index(str(election.ending.chosen))
    supporters = np.flatnonzero(election.tally.choices == won).tolist()
    others = [code for code in range(len(election.tally.options)) if code != won]

    found = fewest_to_undo(election)

    assert (None if found is None else len(found)) == fewest(election, supporters, others)


@given(elections((threshold(80), threshold(50), veto("safety", threshold(60)))))
@settings(max_examples=60)
def test_no_smaller_coalition_carries_what_failed(election: Election) -> None:
    assume(election.ending.chosen is None and election.tally.is_motion)
    others = np.flatnonzero(election.tally.choices != 0).tolist()

    found = fewest_to_carry(election)

    expected = fewest(election, others, [0], carried=True)
    assert (None if found is None else len(found)) == expected


@given(elections(tuple(rule for rule in RULES if "threshold" in describe(rule))))
@settings(max_examples=60)
def test_the_nearest_threshold_is_the_one_that_trying_all_finds(election: Election) -> None:
    text = describe(election.rule)
    own = int(text.rpartition("threshold(")[2].rstrip(")"))
    accepted = {p: chosen_under(election, text, own, p) for p in range(1, 101)}
    differing = [p for p, chosen in accepted.items() if chosen != accepted[own]]

    found = nearest_threshold(text, [election.tally], election.gate)

    nearest = min((abs(p - own) for p in differing), default=None)
    assert (None if found is None else abs(found.percent - own)) == nearest


def test_the_weighed_count_of_a_thousand_seats_is_that_of_each_of_them() -> None:
    choices = np.repeat([0, 1, NO_BALLOT], [500, 300, 224]).astype(np.uint8)
    weights = np.arange(1, 1025, dtype=np.int64)
    election = Election(threshold(25), Tally(MOTION, choices, weights))

    pivotal = [swing.seat for swing in pivotal_seats(election)]

    short = 25 * int(weights.sum()) / 100 - int(weights[:500].sum())
    expected = np.flatnonzero((choices != 0) & (weights >= short)) if short > 0 else []
    assert pivotal == list(expected)


def test_a_rule_of_the_users_own_that_reads_confidence_is_asked_seat_by_seat() -> None:
    def sure(tally: Tally) -> Verdict | None:
        is_yes = tally.choices == 0
        return Verdict("accepted") if tally.confidence[is_yes].sum() >= 1.5 else None

    confidence = np.array([0.9, 0.7, 0.05])
    tally = Tally(MOTION, np.zeros(3, np.uint8), np.ones(3, np.int64), confidence=confidence)

    found = pivotal_seats(Election(sure, tally))

    assert [swing.seat for swing in found] == [0, 1]


def test_an_own_rule_inside_a_veto_is_never_taken_for_one_that_only_weighs() -> None:
    def last_seat(tally: Tally) -> Verdict | None:
        return Verdict("accepted") if tally.choices[-1] == 0 else None

    tally = Tally(MOTION, np.zeros(3, np.uint8), np.ones(3, np.int64), ("member",) * 3)

    found = pivotal_seats(Election(veto("safety", last_seat), tally))

    assert [swing.seat for swing in found] == [2]


def test_a_proposal_that_stayed_open_is_judged_by_all_its_voting_rounds() -> None:
    ones, silent = np.ones(5, np.int64), NO_BALLOT
    early = Tally(MOTION, np.array([0, 0, 0, silent, silent], np.uint8), ones, is_last=False)
    late = Tally(MOTION, np.array([0, 0, 0, 0, 1], np.uint8), ones)

    found = nearest_threshold("threshold(90)", [early, late])

    assert found is not None
    assert (found.percent, found.voting_round) == (80, 1)


@pytest.mark.parametrize("text", ["plurality()", "first_to_k(3)", "my_rule"])
def test_a_rule_without_a_threshold_has_no_nearest_one(text: str) -> None:
    tally = Tally(MOTION, np.zeros(3, np.uint8), np.ones(3, np.int64))

    assert nearest_threshold(text, [tally]) is None


def outcome(election: Election, changed: dict[int, int]) -> Ending:
    """Count with some ballots changed, the slow and obvious way."""
    tally = election.tally
    choices = tally.choices.copy()
    for seat, to in changed.items():
        choices[seat] = to
    verdict = election.rule(
        Tally(tally.options, choices, tally.weights, tally.roles, tally.is_last)
    )
    if verdict is None:
        return Ending("expired" if tally.is_last else "open")
    if verdict.outcome == "accepted" and election.gate:
        return Ending("expired")
    return Ending(verdict.outcome, verdict.option)


def coalitions(seats: list[int], to: list[int]) -> Iterator[dict[int, int]]:
    """Yield every way in which some seats can move together, the smallest coalitions first."""
    for size in range(1, len(seats) + 1):
        for members in combinations(seats, size):
            for moves in product(to, repeat=size):
                yield dict(zip(members, moves, strict=True))


def fewest(
    election: Election, seats: list[int], to: list[int], *, carried: bool = False
) -> int | None:
    """Return the size of the smallest coalition that undoes or carries, by trying all."""
    for changed in coalitions(seats, to):
        ending = outcome(election, changed)
        if ending.chosen if carried else ending != election.ending:
            return len(changed)
    return None


def chosen_under(election: Election, text: str, own: int, percent: int) -> str | None:
    rule = parse_rule(text.replace(f"threshold({own})", f"threshold({percent})"))
    return outcome(Election(rule, election.tally, election.gate), {}).chosen
