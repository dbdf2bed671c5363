"""Competent agents are as often right, and as much together, as the closed forms say."""

import math

import numpy as np
import pytest
from scipy.stats import betabinom, binom

from agents import Competence, Randomness

TRIALS, AGENTS = 20_000, 21
SIGMAS = 4.5


def is_near(share: float, expected: float, sample: int) -> bool:
    error = math.sqrt(max(expected * (1 - expected), 1e-12) / sample)
    return abs(share - expected) <= SIGMAS * error


@pytest.mark.parametrize("mean", [0.0, 0.3, 0.85, 1.0])
@pytest.mark.parametrize("correlation", [0.0, 0.1, 0.6, 1.0])
def test_majorities_are_right_as_often_as_the_beta_binomial_says(
    mean: float, correlation: float
) -> None:
    competence = Competence(mean, correlation)

    right = competence.right(Randomness(3), TRIALS, AGENTS, round=1)

    share = float((right.sum(axis=1) >= 11).mean())
    assert is_near(share, competence.at_least(11, AGENTS), TRIALS)


@pytest.mark.parametrize("k", [-1, 0, 1, 40, 80, 99, 100])
def test_independent_tails_are_binomial(k: int) -> None:
    assert Competence(0.85).at_least(k, 100) == pytest.approx(binom.sf(k - 1, 100, 0.85), rel=1e-9)


@pytest.mark.parametrize("k", [0, 1, 40, 80, 100])
@pytest.mark.parametrize("correlation", [0.01, 0.1, 0.5, 0.99])
def test_correlated_tails_are_beta_binomial(k: int, correlation: float) -> None:
    total = 1 / correlation - 1
    expected = betabinom.sf(k - 1, 100, 0.85 * total, 0.15 * total)

    assert Competence(0.85, correlation).at_least(k, 100) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("correlation", [0.1, 0.5])
def test_two_agents_agree_beyond_chance_by_the_correlation(correlation: float) -> None:
    right = Competence(0.7, correlation).right(Randomness(5), 100_000, 2, round=1)

    found = float(np.corrcoef(right.T.astype(float))[0, 1])
    assert found == pytest.approx(correlation, abs=0.02)


def test_correlated_agents_are_worth_fewer_voters() -> None:
    assert Competence(0.6, 0.0).effective_voters(101) == 101
    assert Competence(0.6, 0.1).effective_voters(101) == pytest.approx(101 / 11)
    assert Competence(0.6, 1.0).effective_voters(101) == pytest.approx(1)
