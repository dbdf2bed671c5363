"""Figures of tallies, against values worked out by hand and against exact theory."""

from typing import Any

import numpy as np
import pytest

from agents import Competence, Randomness
from blackboard import Decided
from swarmboard.measures.quality import brier, error_correlation, polarisation, regret
from swarmboard.measures.tallies import KEPT, Tallies

OUT: Any = "outcome"


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ([16, 0], 0.0),
        ([8, 8], 1.0),
        ([12, 4], 0.75),
        ([4, 4, 4], 8 / 9),
        ([8, 8, 0], 1.0),
    ],
)
def test_polarisation_is_highest_for_two_equal_camps(weights: list[int], expected: float) -> None:
    assert polarisation(np.array([weights], float)) == pytest.approx(expected)


def test_a_tally_without_votes_says_nothing_of_polarisation() -> None:
    assert polarisation(np.array([[0.0, 0.0]])) is None
    assert polarisation(np.array([[0.0, 0.0], [3.0, 3.0]])) == 1.0
    assert polarisation(np.zeros((0, 0))) is None


@pytest.mark.parametrize(
    ("weights", "right", "expected"),
    [([12, 4], 0, 0.0625), ([12, 4], 1, 0.5625), ([5, 0], 0, 0.0), ([2, 1, 1], 0, 0.1875)],
)
def test_the_brier_score_is_that_worked_out_by_hand(
    weights: list[int], right: int, expected: float
) -> None:
    cast = np.array([weights], float)

    score = brier(cast.sum(axis=1), cast[:, right], (cast**2).sum(axis=1))

    assert score == pytest.approx(expected)


@pytest.mark.parametrize("rho", [0.0, 0.1, 0.4])
def test_measured_correlation_is_that_of_the_beta_binomial(rho: float) -> None:
    right = Competence(0.7, rho).right(Randomness(3), 20_000, 25, round=1)

    found, worth = error_correlation(np.full(20_000, 25.0), right.sum(axis=1).astype(float))

    assert found == pytest.approx(rho, abs=4.5 * 2 * (rho + 0.04) / np.sqrt(20_000))
    assert worth == pytest.approx(25 / (1 + 24 * rho), rel=0.05)


def test_nothing_is_said_of_errors_where_all_were_right() -> None:
    assert error_correlation(np.full(9, 5.0), np.full(9, 5.0)) == (None, None)


@pytest.mark.parametrize(
    ("value", "ours", "gap", "expected"),
    [
        (100.0, 103.0, 3.0, 3.0),
        (1.0, 0.75, 25.0, 0.25),
        (100.0, 99.0, -1.0, -1.0),
        (100.0, 100.0, 0.0, 0.0),
        (None, 1.0, None, None),
    ],
)
def test_regret_has_the_sign_of_the_gap_and_the_unit_of_the_yardstick(
    value: float | None, ours: float | None, gap: float | None, expected: float | None
) -> None:
    assert regret(value, ours, gap) == expected


def decided(name: str, outcome: str, option: str | None, **weights: int) -> Decided:
    total = sum(weights.values())
    return Decided(OUT, 1, 1, name, outcome, option, weights, 0, total, total)


def test_a_proposal_rejected_rightly_is_right_and_one_that_expired_is_neither() -> None:
    tallies = Tallies()
    tallies.add(
        [
            decided("a", "accepted", "approve", approve=4, reject=1),
            decided("b", "rejected", None, approve=1, reject=4),
            decided("c", "accepted", "approve", approve=4, reject=1),
            decided("d", "expired", None, approve=3, reject=2),
            decided("e", "accepted", "red", red=3, green=1, blue=1),
            decided("f", "accepted", "red", red=3, green=1, blue=1),
        ]
    )
    truths = {"a": "approve", "b": "reject", "c": "reject", "d": "approve", "e": "green"}

    judged = tallies.judged(truths)

    assert judged.is_right.tolist() == [True, True, False, False, False]
    assert judged.is_wrong.tolist() == [False, False, True, False, True]
    assert judged.right.tolist() == [4, 4, 1, 3, 1]
    assert judged.votes.tolist() == [5] * 5


def test_decisions_are_the_same_whenever_they_are_made_columns() -> None:
    rows = [decided(str(n), "accepted", "red", red=n, green=1) for n in range(2 * KEPT + 3)]
    together, apart = Tallies(), Tallies()

    together.add(rows)
    for row in rows:
        apart.add([row])

    assert (together.weights() == apart.weights()).all()
    assert list(together.outcomes) == list(apart.outcomes)
