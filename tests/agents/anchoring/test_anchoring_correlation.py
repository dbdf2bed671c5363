"""Correlation between agents is estimated with an interval that holds."""

import numpy as np
import pytest

from agents.anchoring import agreement_beyond_chance, correlation_of, effective_votes

REPLICATIONS = 200


def judged(
    random: np.random.Generator, rho: float, mean: float, shape: tuple[int, int]
) -> np.ndarray:
    """Who is right, beta-binomial: (tasks, agents)."""
    total = 1 / rho - 1 if rho else 0.0
    chance = random.beta(mean * total, (1 - mean) * total, shape[0]) if rho else mean
    return random.random(shape) < np.broadcast_to(chance, shape[0])[:, None]


@pytest.mark.parametrize("rho", [0.0, 0.05, 0.1, 0.3])
@pytest.mark.parametrize(("tasks", "agents", "mean"), [(60, 12, 0.7), (150, 40, 0.8)])
def test_the_interval_covers_the_truth(rho: float, tasks: int, agents: int, mean: float) -> None:
    random = np.random.default_rng(17)

    found = [
        correlation_of(judged(random, rho, mean, (tasks, agents))) for _ in range(REPLICATIONS)
    ]

    covered = sum(one is not None and one.low <= rho <= one.high for one in found)
    assert covered >= 0.9 * REPLICATIONS
    estimates = np.array([one.rho for one in found if one])
    error = estimates.std(ddof=1) / np.sqrt(REPLICATIONS)
    assert abs(estimates.mean() - rho) <= 4.5 * error + 0.1 * rho / 3


def test_missing_answers_are_left_out() -> None:
    random = np.random.default_rng(18)
    right = judged(random, 0.3, 0.7, (400, 20)).astype(float)
    right[random.random(right.shape) < 0.3] = np.nan

    found = correlation_of(right)

    assert found
    assert found.low <= 0.3 <= found.high
    assert found.agents == pytest.approx(14, abs=0.3)
    assert found.accuracy == pytest.approx(np.nanmean(right), abs=1e-3)
    assert correlation_of(np.where(np.isnan(right), -1, right)) == found


def test_agents_that_are_always_right_together_are_one_voter() -> None:
    right = np.repeat(np.arange(20) % 3 > 0, 9).reshape(20, 9)

    found = correlation_of(right)

    assert found
    assert (found.rho, found.low) == pytest.approx((1, 1), abs=1e-6)
    assert found.effective_votes == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("right", [np.ones((9, 4)), np.zeros((9, 4)), np.eye(2), np.zeros((0, 5))])
def test_nothing_is_said_where_nothing_can_be(right: np.ndarray) -> None:
    assert correlation_of(right) is None


def test_effective_votes_are_fewer_for_correlated_agents() -> None:
    assert effective_votes(101, 0.1) == pytest.approx(101 / 11)
    assert effective_votes(101, -0.2) == 101
    assert effective_votes(8, 1.0) == 1


def test_the_range_of_effective_votes_follows_that_of_the_correlation() -> None:
    found = correlation_of(judged(np.random.default_rng(19), 0.2, 0.7, (80, 30)))

    assert found
    low, high = found.effective_range
    assert low < found.effective_votes < high


def test_kappa_is_that_of_fleiss() -> None:
    # Fourteen raters, ten subjects, five categories: the worked example of Fleiss (1971).
    table = (
        (0, 0, 0, 0, 14),
        (0, 2, 6, 4, 2),
        (0, 0, 3, 5, 6),
        (0, 3, 9, 2, 0),
        (2, 2, 8, 1, 1),
        (7, 7, 0, 0, 0),
        (3, 2, 6, 3, 0),
        (2, 5, 3, 2, 2),
        (6, 5, 2, 1, 0),
        (0, 2, 2, 3, 7),
    )
    votes = [[option for option, n in enumerate(row) for _ in range(n)] for row in table]

    found = agreement_beyond_chance(np.array(votes))

    assert found
    assert found.beyond_chance == pytest.approx(0.210, abs=0.001)
    assert (found.observed, found.by_chance) == pytest.approx((0.378, 0.213), abs=0.001)


def test_independent_votes_agree_by_chance_only() -> None:
    votes = np.random.default_rng(20).integers(0, 3, (2000, 10))
    votes[::7, 4:] = -1

    shares, even = (agreement_beyond_chance(votes, chance=c) for c in ("shares", "even"))

    assert shares
    assert even
    assert even.by_chance == pytest.approx(1 / 3)
    assert shares.beyond_chance == pytest.approx(0, abs=0.01)
    assert even.beyond_chance == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("votes", [np.full((4, 3), -1), np.zeros((4, 3)), np.zeros((4, 1))])
def test_no_agreement_is_made_up(votes: np.ndarray) -> None:
    assert agreement_beyond_chance(votes) is None
