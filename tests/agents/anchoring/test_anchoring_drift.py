"""Drift from the task is found, and what is none is left alone."""

import math

import numpy as np
import pytest

from agents.anchoring import (
    DriftWatch,
    TextVectors,
    agreement,
    alarm_share,
    distances,
    run_length,
    slope,
)

AGENTS = np.arange(300)
SIGMAS = 4.5


def test_a_text_on_the_task_is_near_and_another_far() -> None:
    task = "Choose the site of the new wind farm"

    near, far, none = distances(
        TextVectors(), ["We choose a site for the wind farm", "My cat likes fish", ""], task
    )

    assert near < 0.5 < 0.85 < far
    assert math.isnan(none)


def test_pooled_false_alarms_are_as_rare_as_theory_says() -> None:
    random, watch = np.random.default_rng(5), DriftWatch(h=4.0, least_sd=0.001)
    alarms, rounds = 0, 30
    watch.observe(1, AGENTS, random.normal(0.5, 0.05, len(AGENTS)))

    for round in range(2, 2 + rounds):
        alarms += len(watch.observe(round, AGENTS, random.normal(0.5, 0.05, len(AGENTS))))

    # The baseline of 300 distances has an error of its own: up to a quarter of a deviation.
    most = alarm_share(0.5, 4.0, 0.25, rounds)
    assert alarms / len(AGENTS) <= most
    assert alarms / len(AGENTS) >= alarm_share(0.5, 4.0, -0.25, rounds)


def test_drift_is_found_as_soon_as_theory_says() -> None:
    random, watch = np.random.default_rng(6), DriftWatch(least_sd=0.001)
    watch.observe(1, AGENTS, random.normal(0.5, 0.05, len(AGENTS)))
    first: dict[int, int] = {}

    for round in range(2, 40):
        values = random.normal(0.5 + 2 * 0.05, 0.05, len(AGENTS))
        for agent in watch.observe(round, AGENTS, values):
            first.setdefault(agent, round - 1)

    assert len(first) == len(AGENTS)
    slow, fast = run_length(0.5, 5.0, 1.7).markov, run_length(0.5, 5.0, 2.3).markov
    assert fast < np.mean(list(first.values())) < slow


def test_only_the_drifters_alarm() -> None:
    random, watch = np.random.default_rng(7), DriftWatch()
    found: set[int] = set()

    for round in range(1, 9):
        values = random.normal(0.4, 0.03, 40)
        values[:4] += 0.3 * (round > 3)
        found.update(watch.observe(round, range(40), values))

    assert found == {0, 1, 2, 3}


def test_drifters_in_the_first_round_do_not_spoil_the_baseline() -> None:
    watch = DriftWatch()
    values = np.array([0.4, 0.41, 0.39, 0.42, 0.38, 0.4, 0.41, 0.95, 0.93, 0.9])

    watch.observe(1, range(10), values)

    assert watch.usual
    assert watch.usual.mean == pytest.approx(0.41, abs=0.011)
    assert watch.observe(2, range(10), values) == [7, 8, 9]


def test_an_agent_that_was_always_far_is_no_drifter_against_its_own_baseline() -> None:
    random = np.random.default_rng(8)
    usual = np.linspace(0.2, 0.8, 30)
    watch = DriftWatch(baseline="own", baseline_rounds=4)
    found: set[int] = set()

    for round in range(1, 13):
        values = usual + random.normal(0, 0.02, 30)
        values[3] += 0.2 * (round > 6)
        found.update(watch.observe(round, range(30), values))

    assert found == {3}


def test_agents_that_all_say_the_same_give_no_alarm_at_a_change_of_wording() -> None:
    watch = DriftWatch()

    found = [
        watch.observe(round, range(10), np.full(10, 0.4 + 0.002 * round)) for round in range(9)
    ]

    assert not any(found)


def test_a_small_team_gathers_its_baseline_over_some_rounds() -> None:
    watch = DriftWatch(least=8)

    for round in (1, 2):
        assert watch.usual is None
        watch.observe(round, range(4), np.array([0.3, 0.32, 0.34, np.nan if round == 1 else 0.31]))
    watch.observe(3, range(4), np.full(4, 0.33))

    assert watch.usual


def test_an_agent_without_a_text_keeps_its_level() -> None:
    watch = DriftWatch()
    watch.observe(1, range(8), np.linspace(0.4, 0.5, 8))
    watch.observe(2, [0], np.array([0.7]))
    before = watch.level(0)

    watch.observe(3, [0], np.array([np.nan]))

    assert watch.level(0) == before > 0


@pytest.mark.parametrize("baseline", ["pooled", "own"])
def test_a_restored_watch_goes_on_as_the_first_would(baseline: str) -> None:
    values = np.random.default_rng(9).normal(0.5, 0.1, (12, 20)) + np.arange(12)[:, None] * 0.05
    whole = DriftWatch(baseline=baseline, baseline_rounds=3)
    expected = [whole.observe(round, range(20), row) for round, row in enumerate(values)]

    pieces: list[list[int]] = []
    state = DriftWatch().state()
    for piece in (range(2), range(2, 6), range(6, 12)):
        watch = DriftWatch(baseline=baseline, baseline_rounds=3)
        watch.restore(state)
        pieces += [watch.observe(round, range(20), values[round]) for round in piece]
        state = watch.state()

    assert pieces == expected
    assert any(expected)


def test_agreement_is_the_mean_cosine_of_all_pairs() -> None:
    rows = np.random.default_rng(1).standard_normal((7, 16)).astype(np.float32)
    unit = rows / np.linalg.norm(rows, axis=1)[:, None]
    pairs = [float(unit[i] @ unit[j]) for i in range(7) for j in range(i)]

    found = agreement(np.concatenate([rows, np.zeros((2, 16), np.float32)]))

    assert found == pytest.approx(np.mean(pairs), abs=1e-5)


def test_agreement_needs_two_who_say_something() -> None:
    assert agreement(np.eye(3, dtype=np.float32)[:1]) is None


def test_the_slope_of_agreement_is_that_of_least_squares() -> None:
    rounds, values = [1, 2, 4, 7], [0.9, 0.7, 0.65, 0.2]

    assert slope(rounds, values) == pytest.approx(np.polyfit(rounds, values, 1)[0])
    assert slope([3], [0.5]) is slope([], []) is None
