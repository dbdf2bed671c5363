"""What pages say of numbers: figures, firmness, warnings, and two runs side by side."""

from dataclasses import replace

import numpy as np
import pytest

from viz.feed import Curve
from viz.moment import Moment, RunFacts, Vote
from viz.pages.judging import (
    coalition_to_flip,
    firmness,
    firmness_of_run,
    key_figures,
    warnings_of,
)
from viz.pages.rows import began_text, compared, progress_text

FACTS = RunFacts("r", "toy", "swarm", 10, 0, "threshold(80)", 80, False, (("voter", 0, 10),))


def vote(yes: int, no: int = 0, *, is_sealed: bool = False, outcome: str | None = None) -> Vote:
    return Vote(
        proposal="1.1.0.0",
        options=("approve", "reject"),
        rule="threshold(80)",
        threshold_percent=80,
        agents=np.arange(10, dtype=np.uint32),
        choices=np.full(10, 255, np.uint8),
        confidence=np.empty(0, np.float32),
        weights={"approve": yes, "reject": no},
        abstained=0,
        eligible=10,
        cast=yes + no,
        is_sealed=is_sealed,
        outcome=outcome,
    )


def curve(approval: list[float], entropy: list[float]) -> Curve:
    count = len(approval)
    nan = np.full(count, np.nan)
    numbers = np.arange(1, count + 1)
    return Curve(numbers, nan, np.array(approval), nan, np.array(entropy), numbers)


def figure(moment: Moment, name: str) -> tuple[str, str]:
    found = {f[0]: f for f in key_figures(FACTS, moment, moment.status, None)}
    return found[name][1], found[name][2]


def test_a_sealed_vote_says_who_has_voted_and_not_how() -> None:
    moment = Moment(3, None, "running", vote(7, 1, is_sealed=True))

    assert figure(moment, "Approval") == ("sealed", "until the voting round ends")
    assert figure(moment, "Cast") == ("8 of 10", "seats have voted")


def test_an_open_vote_says_what_is_missing() -> None:
    moment = Moment(3, None, "running", vote(7, 1))

    assert figure(moment, "Approval") == ("70.0 %", "80 % needed, 1 more to go")


def test_a_shut_gate_is_named() -> None:
    shut = replace(vote(9, outcome="expired"), gate="a standing objection")

    said = figure(Moment(3, None, "running", shut), "Approval")

    assert said == ("90.0 %", "latest vote expired: a standing objection, 80 % needed")


@pytest.mark.parametrize(("yes", "weight"), [(10, 3), (8, 1), (7, 1), (0, 8)])
def test_the_smallest_coalition_that_flips_a_vote(yes: int, weight: int) -> None:
    assert coalition_to_flip(vote(yes)) == weight


@pytest.mark.parametrize(("weights", "moves"), [((6, 2, 1), 3), ((4, 4, 0), 1), ((0, 0, 0), None)])
def test_without_a_threshold_the_first_option_has_to_be_overtaken(
    weights: tuple[int, int, int], moves: int | None
) -> None:
    given = dict(zip(("north", "south", "east"), weights, strict=True))
    open_vote = replace(vote(0), options=tuple(given), weights=given, threshold_percent=None)

    assert coalition_to_flip(open_vote) == moves


def test_a_sealed_vote_has_no_coalition_that_is_known() -> None:
    assert coalition_to_flip(vote(7, is_sealed=True)) is None


@pytest.mark.parametrize("yes", range(11))
def test_no_smaller_change_of_mind_turns_the_outcome(yes: int) -> None:
    fewest = coalition_to_flip(vote(yes, 10 - yes))
    passes = yes >= 8
    step = -1 if passes else 1

    turned = [n for n in range(11) if 0 <= yes + step * n <= 10 and (yes + step * n >= 8) != passes]

    assert fewest == min(turned)


def test_firmness_is_told_in_words_and_by_what_the_run_published() -> None:
    published = {"agents_with_choice": 6.0}
    moment = Moment(3, None, "running", vote(9, 1), series=published)

    rows = dict(firmness(moment))

    assert rows["Fewest votes that have to change to turn it down"] == "2 of 10 (20.0 %)"
    assert rows["Cast for the leading choice"] == "9 of 10 (90.0 %)"
    assert rows["How mixed the ballots are"] == "0.47 bits, mostly of one mind"
    assert rows["Voters with a choice"] == "6"
    assert "Effective independent voters" not in rows


def test_what_the_summary_says_of_the_decisive_vote_is_not_said_of_the_vote_in_view() -> None:
    summary = {"consensus": {"effective_voters": 2.5, "approval_percent": 90.0}}
    moment = Moment(1, None, "running", vote(3, 7), series={"effective_voters": 4.0})

    assert dict(firmness(moment))["Effective independent voters"] == "4"
    assert firmness_of_run(summary) == [
        ("Approval", "90 %"),
        ("Effective independent voters", "2.5"),
    ]
    assert firmness_of_run({}) == []


def test_a_sealed_vote_says_nothing_of_its_firmness() -> None:
    assert firmness(Moment(3, None, "running", vote(9, is_sealed=True))) == []
    assert firmness(None) == []


@pytest.mark.parametrize(
    ("consensus", "said"),
    [
        ({"agents_with_choice": 3}, "Hollow: only 3 of 10 voters had a choice"),
        ({"effective_voters": 1.5}, "Hollow: 10 voters are worth about 1.5 independent ones"),
    ],
)
def test_a_vote_of_few_is_hollow(consensus: dict[str, float], said: str) -> None:
    told = {"consensus": {"eligible_agents": 10, **consensus}}

    warnings = warnings_of(curve([90.0], [0.5]), Moment(1, None, "done", vote(9, 1)), told)

    assert [one.startswith(said) for one in warnings] == [True]


def test_in_simulated_time_decisions_count_and_not_instants() -> None:
    alike = curve([100.0] * 6, [0.0] * 6)
    waiting = replace(alike, decisions=np.ones(6, int), now_s=np.arange(6.0))

    assert warnings_of(waiting, Moment(6, 5.0, "running", vote(10))) == []
    assert "6 decisions" in warnings_of(alike, Moment(6, 5.0, "running", vote(10)))[0]


def test_a_divided_vote_that_stands_still_is_a_deadlock() -> None:
    stuck = curve([20, 60, 60, 60.2, 60.1, 60, 60], [0.9] * 7)

    said = warnings_of(stuck, Moment(7, None, "running", vote(6, 4)))

    assert [one.partition(":")[0] for one in said] == ["Deadlock"]
    assert not warnings_of(stuck, Moment(6, None, "running", vote(6, 4)))


def test_agreement_without_any_dissent_is_looked_at() -> None:
    alike = curve([100.0] * 6, [0.0] * 6)

    said = warnings_of(alike, Moment(6, None, "running", vote(10)))

    assert said[0].startswith("Rubber stamp?")


def test_a_vote_that_moves_is_not_warned_of() -> None:
    moving = curve([10, 20, 40, 60, 70, 75], [0.9] * 6)

    assert warnings_of(moving, Moment(6, None, "running", vote(7, 3))) == []


def test_two_runs_stand_side_by_side_with_what_differs() -> None:
    one = {"scenario": "jury", "agents": 10, "consensus": {"approval_percent": 80.0}}
    two = {"scenario": "jury", "agents": 12, "consensus": {"approval_percent": 75.5}}

    rows, differing = compared(one, two)

    assert rows == [
        ["Scenario", "jury", "jury", ""],
        ["Agents", "10", "12", "+2"],
        ["Approval, %", "80", "75.5", "-4.5"],
    ]
    assert differing == [1, 2]


def test_a_limit_that_stands_for_none_is_not_shown() -> None:
    assert progress_text(8, 80, False) == "8 of 80 rounds"
    assert progress_text(10, 1_000_000, False) == "10 rounds"
    assert progress_text(9, None, True) == "9 instants"
    assert began_text("2026-11-20T20:24:46+00:00") == "2026-11-20 20:24"
