"""The CUSUM takes as long as theory says, with and without a shift."""

import math

import numpy as np
import pytest

from agents.anchoring import Cusum, alarm_share, run_length, threshold_for

AGENTS = 2000
SIGMAS = 4.5


def first_alarms(k: float, h: float, shift: float, most: int) -> np.ndarray:
    """Return when each agent alarms first; `most` for not at all."""
    random = np.random.default_rng(11)
    cusum, agents = Cusum(k, h), np.arange(AGENTS)
    first = np.full(AGENTS, most, float)
    for step in range(1, most):
        for agent in cusum.observe(agents, random.normal(shift, 1, AGENTS)):
            first[agent] = min(first[agent], step)
    return first


@pytest.mark.parametrize(
    ("shift", "h", "most"), [(0.0, 2.0, 600), (0.5, 4.0, 600), (1.0, 5.0, 150)]
)
def test_alarms_take_as_long_as_the_markov_chain_says(shift: float, h: float, most: int) -> None:
    lengths = first_alarms(0.5, h, shift, most)

    error = lengths.std(ddof=1) / math.sqrt(AGENTS)
    assert abs(lengths.mean() - run_length(0.5, h, shift).markov) <= SIGMAS * error
    assert lengths.max() < most


@pytest.mark.parametrize(("shift", "rounds"), [(0.0, 20), (1.5, 3)])
def test_the_share_of_early_alarms_is_the_chains(shift: float, rounds: int) -> None:
    share = float((first_alarms(0.5, 3.0, shift, rounds + 1) <= rounds).mean())

    expected = alarm_share(0.5, 3.0, shift, rounds)
    assert abs(share - expected) <= SIGMAS * math.sqrt(expected * (1 - expected) / AGENTS)


@pytest.mark.parametrize("shift", [0.0, 0.5, 1.0, 2.0])
def test_siegmunds_approximation_is_near_the_chain(shift: float) -> None:
    found = run_length(0.5, 5.0, shift)

    assert found.siegmund == pytest.approx(found.markov, rel=0.05)


def test_run_lengths_are_the_published_ones() -> None:
    # One-sided, k = 0.5: twice the two-sided 168 and 465 of Montgomery's table for h = 4 and 5.
    assert run_length(0.5, 4.0).markov == pytest.approx(336, rel=0.005)
    assert run_length(0.5, 5.0).markov == pytest.approx(930, rel=0.005)
    assert run_length(0.5, 4.0, 1.0).markov == pytest.approx(8.38, rel=0.005)


@pytest.mark.parametrize("arl0", [20, 370, 1e5])
def test_a_threshold_gives_the_run_length_it_was_made_for(arl0: float) -> None:
    assert run_length(0.5, threshold_for(arl0, 0.5)).markov == pytest.approx(arl0, rel=1e-3)


def test_an_impossible_run_length_is_refused() -> None:
    with pytest.raises(ValueError, match="arl0 must be between"):
        threshold_for(0.5)


def test_an_agent_that_alarmed_begins_again() -> None:
    cusum = Cusum(0.5, 2.0)

    assert cusum.observe([3], np.array([4.0])) == [3]
    assert cusum.of(3) == 0
    assert cusum.observe([3], np.array([2.0])) == []


def test_no_observation_leaves_the_sum_alone() -> None:
    cusum = Cusum()
    cusum.observe([0, 1], np.array([3.0, 1.0]))

    cusum.observe([0, 1], np.array([np.nan, -9.0]))

    assert (cusum.of(0), cusum.of(1), cusum.of(77)) == (2.5, 0, 0)


def test_a_restored_cusum_goes_on_as_the_first_would() -> None:
    cusum, other = Cusum(), Cusum()
    cusum.observe([0, 5], np.array([3.0, 4.0]))

    other.restore(cusum.state())

    again = np.array([3.5, 1.0])
    assert other.observe([0, 5], again) == cusum.observe([0, 5], again) == [0]
