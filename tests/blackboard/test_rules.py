"""Rules against brute force: the slow, obvious reading of what each of them says."""

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from blackboard import (
    ABSTAINED,
    NO_BALLOT,
    InvalidAction,
    Rule,
    Tally,
    Verdict,
    ahead_by_k,
    describe,
    first_to_k,
    parse_rule,
    passes,
    plurality,
    quorum,
    threshold,
    veto,
)

MOTION = ("approve", "reject")
PERCENT = st.integers(1, 100)
WEIGHT = st.integers(1, 10**6)


def tally(
    choices: list[int],
    options: tuple[str, ...] = MOTION,
    weights: list[int] | None = None,
    **more: Any,
) -> Tally:
    return Tally(
        options,
        np.array(choices, np.uint8),
        np.array([1] * len(choices) if weights is None else weights, np.int64),
        **more,
    )


@st.composite
def tallies(draw: st.DrawFn, *, motion: bool | None = None, pending: bool = False) -> Tally:
    """Tallies of up to 40 seats, with equal or different weights."""
    is_motion = draw(st.booleans()) if motion is None else motion
    count = 2 if is_motion else draw(st.integers(2, 5))
    options = MOTION if is_motion else tuple(f"o{i}" for i in range(count))
    choice = st.sampled_from([*range(count), ABSTAINED, NO_BALLOT])
    choices = draw(st.lists(choice, min_size=1, max_size=40))
    size = len(choices)
    weights = draw(
        st.none()
        | st.lists(WEIGHT, min_size=size, max_size=size)
        | WEIGHT.map(lambda weight: [weight] * size)
    )
    roles = tuple(draw(st.lists(st.sampled_from("ab"), min_size=size, max_size=size)))
    left = draw(st.integers(0, 30)) if pending else 0
    return tally(choices, options, weights, roles=roles, pending=left)


def weight_of(counted: Tally, code: int) -> int:
    pairs = zip(counted.choices.tolist(), counted.weights.tolist(), strict=True)
    return sum(weight for choice, weight in pairs if choice == code)


@given(tallies())
def test_a_tally_counts_weights_seat_by_seat(counted: Tally) -> None:
    expected = tuple(weight_of(counted, code) for code in range(len(counted.options)))

    assert counted.by_option == expected
    assert counted.abstained == weight_of(counted, ABSTAINED)
    assert counted.eligible == sum(counted.weights.tolist())
    assert counted.cast == counted.eligible - weight_of(counted, NO_BALLOT)


@given(st.integers(0, 10**9), st.integers(1, 10**9), PERCENT)
def test_a_percent_is_reached_inclusively_and_exactly(
    yes: int, eligible: int, percent: int
) -> None:
    assert passes(yes, eligible, percent=percent) == (
        Fraction(yes, eligible) >= Fraction(percent, 100)
    )


def test_four_of_five_are_eighty_percent() -> None:
    assert passes(4, 5, percent=80)
    assert not passes(819, 1024, percent=80)
    assert passes(820, 1024, percent=80)


@pytest.mark.parametrize("percent", [0, 101, -1, 80.0, True])
def test_a_percent_is_a_whole_number_from_1_to_100(percent: Any) -> None:
    with pytest.raises(ValueError, match="percent must be a whole number from 1 to 100"):
        threshold(percent)


def test_a_share_is_asked_about() -> None:
    with pytest.raises(ValueError, match=r"got 0\.8; did you mean 80\?"):
        threshold(0.8)  # type: ignore[arg-type]


def test_nobody_to_vote_is_no_electorate() -> None:
    with pytest.raises(ValueError, match="eligible must be at least 1, got 0"):
        passes(0, 0, percent=50)


@given(tallies(motion=True), PERCENT)
def test_a_motion_is_accepted_or_beyond_reach_or_open(counted: Tally, percent: int) -> None:
    share = Fraction(percent, 100)
    yes, no = weight_of(counted, 0), weight_of(counted, 1)
    if Fraction(yes, counted.eligible) >= share:
        expected = Verdict("accepted")
    elif Fraction(counted.eligible - no, counted.eligible) < share:
        expected = Verdict("rejected")
    else:
        expected = None

    assert threshold(percent)(counted) == expected


@given(tallies(motion=False), PERCENT)
def test_one_option_that_reaches_the_threshold_alone_is_accepted(
    counted: Tally, percent: int
) -> None:
    share = Fraction(percent, 100)
    shares = [
        Fraction(weight_of(counted, i), counted.eligible) for i in range(len(counted.options))
    ]
    reached = [option for option, s in zip(counted.options, shares, strict=True) if s >= share]
    expected = Verdict("accepted", reached[0]) if len(reached) == 1 else None

    assert threshold(percent)(counted) == expected


@given(tallies(motion=False, pending=True), PERCENT)
def test_an_option_is_accepted_early_only_when_no_late_ballot_can_undo_it(
    counted: Tally, percent: int
) -> None:
    verdict = threshold(percent)(counted)
    assume(verdict is not None)

    winner = counted.options.index(verdict.option)  # type: ignore[union-attr]
    for late in range(len(counted.options)):
        later = list(counted.by_option)
        later[late] += counted.pending
        reached = [100 * w >= percent * counted.eligible for w in later]
        assert reached == [at == winner for at in range(len(later))]


@given(
    tallies(),
    PERCENT,
    PERCENT.map(threshold) | st.sampled_from([plurality(), first_to_k(1), ahead_by_k(1)]),
)
def test_below_a_quorum_nothing_is_decided(counted: Tally, needed: int, inner: Rule) -> None:
    takes_part = counted.eligible - weight_of(counted, NO_BALLOT)
    is_met = Fraction(takes_part, counted.eligible) >= Fraction(needed, 100)

    assert quorum(needed, inner)(counted) == (inner(counted) if is_met else None)


def test_a_veto_passes_through_a_quorum() -> None:
    counted = tally([1, NO_BALLOT, NO_BALLOT], roles=("safety", "node", "node"))

    assert quorum(100, veto("safety", plurality()))(counted) == Verdict("vetoed")


@given(tallies(), PERCENT)
def test_one_rejecting_seat_of_the_role_vetoes_a_motion(counted: Tally, percent: int) -> None:
    against = [
        role
        for role, choice in zip(counted.roles, counted.choices.tolist(), strict=True)
        if choice == 1
    ]
    is_vetoed = counted.options == MOTION and "a" in against

    verdict = veto("a", threshold(percent))(counted)

    assert verdict == (Verdict("vetoed") if is_vetoed else threshold(percent)(counted))


@given(tallies(pending=True))
def test_plurality_takes_the_leader_that_nobody_can_catch(counted: Tally) -> None:
    weights = [weight_of(counted, code) for code in range(len(counted.options))]
    first, second = sorted(weights, reverse=True)[:2]
    verdict = plurality()(counted)

    if first - second <= counted.pending:
        assert verdict is None
    elif counted.options == MOTION:
        assert verdict == Verdict("accepted" if weights[0] == first else "rejected")
    else:
        assert verdict == Verdict("accepted", counted.options[weights.index(first)])


def read_in_order(counted: Tally, is_won: Any) -> Verdict | None:
    """Read ballots one by one until `is_won(counts, option)` holds for an option."""
    counts = [0] * len(counted.options)
    for choice in counted.choices.tolist():
        if choice < len(counts):
            counts[choice] += 1
        for option, name in enumerate(counted.options):
            if is_won(counts, option):
                if counted.options == MOTION:
                    return Verdict("accepted" if option == 0 else "rejected")
                return Verdict("accepted", name)
    return None


@given(tallies(), st.integers(1, 12))
def test_first_to_k_is_the_first_option_with_k_ballots(counted: Tally, k: int) -> None:
    expected = read_in_order(counted, lambda counts, option: counts[option] >= k)

    assert first_to_k(k)(counted) == expected


@given(tallies(), st.integers(1, 6))
def test_ahead_by_k_is_the_first_option_that_leads_all_others_by_k(counted: Tally, k: int) -> None:
    def leads(counts: list[int], option: int) -> bool:
        rivals = counts[:option] + counts[option + 1 :]
        return counts[option] - max(rivals) >= k

    assert ahead_by_k(k)(counted) == read_in_order(counted, leads)


@pytest.mark.parametrize("k", [0, True, 2.5, "3"])
@pytest.mark.parametrize("rule", [first_to_k, ahead_by_k])
def test_k_is_a_whole_number_of_at_least_one(rule: Any, k: Any) -> None:
    with pytest.raises(
        ValueError, match=f"{rule.__name__} needs a whole k of at least 1, got {k!r}"
    ):
        rule(k)


@pytest.mark.parametrize(
    "wrap", [lambda inner: quorum(50, inner), lambda inner: veto("safety", inner)]
)
@pytest.mark.parametrize("inner", [None, 80, "threshold(80)"])
def test_what_wraps_a_rule_wraps_no_other_value(wrap: Any, inner: Any) -> None:
    with pytest.raises(ValueError, match="wraps another rule, such as threshold"):
        wrap(inner)


@pytest.mark.parametrize("role", [3, None, ""])
def test_a_veto_belongs_to_a_named_role(role: Any) -> None:
    with pytest.raises(ValueError, match="veto needs the name of a role"):
        veto(role, threshold(50))


def test_a_tally_without_roles_has_no_vetoes() -> None:
    assert veto("safety", threshold(50))(tally([0, 0, 1])) == Verdict("accepted")


@given(tallies(motion=True), st.integers(1, 1000))
def test_a_common_factor_of_all_weights_changes_nothing(counted: Tally, factor: int) -> None:
    scaled = tally(
        counted.choices.tolist(),
        weights=(counted.weights * factor).tolist(),
        roles=counted.roles,
    )

    for rule in (threshold(66), quorum(50, threshold(80)), plurality(), veto("a", threshold(1))):
        assert rule(scaled) == rule(counted)


@given(tallies(motion=True), PERCENT)
def test_more_approval_never_undoes_an_acceptance(counted: Tally, percent: int) -> None:
    assume(threshold(percent)(counted) == Verdict("accepted"))
    before = threshold(percent)(counted)
    for seat in range(len(counted.choices)):
        choices = counted.choices.copy()
        choices[seat] = 0
        after = tally(choices.tolist(), weights=counted.weights.tolist())
        assert threshold(percent)(after) == before


@given(st.lists(st.sampled_from([0, 1, ABSTAINED, NO_BALLOT]), min_size=1), PERCENT)
def test_thresholds_are_monotone(choices: list[int], percent: int) -> None:
    order = {Verdict("accepted"): 0, None: 1, Verdict("rejected"): 2}
    verdicts = [order[threshold(p)(tally(choices))] for p in range(1, 101)]

    assert all(low <= high for low, high in pairwise(verdicts))


RULES = st.recursive(
    st.one_of(
        PERCENT.map(threshold),
        st.just(plurality()),
        st.integers(1, 99).map(first_to_k),
        st.integers(1, 99).map(ahead_by_k),
    ),
    lambda inner: st.one_of(
        st.builds(quorum, PERCENT, inner),
        st.builds(veto, st.sampled_from(["safety", "it's", 'a "b"']), inner),
    ),
    max_leaves=4,
)


@given(RULES, tallies())
def test_a_rule_read_back_from_its_name_decides_alike(rule: Rule, counted: Tally) -> None:
    again = parse_rule(describe(rule))

    assert again == rule
    assert again(counted) == rule(counted)


def test_a_composed_rule_is_named_as_it_is_written() -> None:
    rule = veto("safety", quorum(50, threshold(80)))

    assert describe(rule) == "veto('safety', quorum(50, threshold(80)))"


def test_a_users_function_is_named_and_found_among_those_known() -> None:
    def mine(tally: Tally) -> None: ...

    assert describe(mine).endswith("mine")
    assert parse_rule(describe(mine), known=[threshold(80), mine]) is mine


@pytest.mark.parametrize(
    "text",
    [
        "mine",
        "",
        "threshold(",
        "threshold(0)",
        "threshold()",
        "open('x')",
        "threshold(1)+1",
        "quorum(50, None)",
        "quorum(50, 3)",
        "first_to_k(True)",
        "first_to_k(2.5)",
        "veto(3, threshold(80))",
        "veto('safety', 'threshold(80)')",
    ],
)
def test_a_text_that_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(InvalidAction, match="is none of the built-in ones"):
        parse_rule(text)
