"""What pages say of numbers: figures, firmness, warnings, and two runs side by side."""

from dataclasses import replace

import numpy as np
import pytest

from viz.feed import Curve
from viz.moment import Moment, RunFacts, Vote
from viz.pages.judging import coalition_to_flip, key_figures, warnings_of
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

    assert said == ("90.0 %", "expired: a standing objection, 80 % needed")


@pytest.mark.parametrize(("yes", "weight"), [(10, 3), (8, 1), (7, 1), (0, 8)])
def test_the_smallest_coalition_that_flips_a_vote(yes: int, weight: int) -> None:
    assert coalition_to_flip(vote(yes)) == weight


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
