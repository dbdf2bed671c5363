"""Intervals: known answers, and coverage of planted truths."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from swarmboard.studies.analysis import (
    crossed,
    durations,
    effects,
    fit_power_law,
    grouped,
    mean,
    median,
    share,
)


def covered(draws: int, estimate: object, truth: float) -> int:
    rng = np.random.default_rng(5)
    ends = [estimate(rng.exponential(1.0, 25)) for _ in range(draws)]  # type: ignore[operator]
    return sum(e.low <= truth <= e.high for e in ends)


@pytest.mark.parametrize(("estimate", "truth"), [(mean, 1.0), (median, np.log(2))])
def test_intervals_hold_the_truth_nearly_as_often_as_they_say(estimate: object, truth: float):
    draws = 120

    hits = covered(draws, estimate, truth)

    assert 0.85 <= hits / draws <= 0.995


def test_a_share_has_wilsons_interval():
    found = share(8, 10)

    assert (found.value, found.n) == (0.8, 10)
    assert (found.low, found.high) == pytest.approx((0.4901625, 0.9433178), abs=1e-6)


@pytest.mark.parametrize(("successes", "n"), [(1, 0), (-1, 4), (5, 4)])
def test_a_share_of_nothing_is_refused(successes: int, n: int):
    with pytest.raises(ValueError, match="0 to n successes"):
        share(successes, n)


def test_equal_values_have_an_interval_without_width_and_say_so():
    found = mean([3.0] * 20)

    assert (found.low, found.high) == (3.0, 3.0)
    assert "all 20 values are equal" in found.warnings[0]


def test_one_value_has_no_interval():
    found = mean([3.0, np.nan])

    assert (found.value, found.low, found.high, found.n) == (3.0, None, None, 1)


def test_an_interval_is_the_same_for_the_same_seed():
    values = np.random.default_rng(1).normal(size=30)

    assert mean(values, seed=4) == mean(values, seed=4)
    assert mean(values, seed=4) != mean(values, seed=5)


def test_groups_count_what_is_missing_and_what_is_thin():
    table = pd.DataFrame({"agents": [4, 4, 8, 8], "gap": [1.0, 3.0, 5.0, None]})

    found = grouped(table, "gap", ["agents"])

    assert [g.values for g in found.groups] == [{"agents": 4}, {"agents": 8}]
    assert [g.estimate.value for g in found.groups] == [2.0, 5.0]
    assert (found.n, found.missing) == (3, 1)
    assert found.warnings == ("1 of 4 runs have no gap", "2 of 2 groups have fewer than 10 runs")


def test_truths_and_falsehoods_are_shares():
    table = pd.DataFrame({"agents": [4] * 12, "won": [True] * 9 + [False] * 3})

    found = grouped(table, "won", ["agents"]).groups[0].estimate

    assert (found.value, found.method) == (0.75, "share, Wilson")


def test_a_constant_response_is_named():
    table = pd.DataFrame({"agents": [4, 8], "rounds": [10, 10]})

    assert "rounds is the same in all runs" in grouped(table, "rounds", ["agents"]).warnings


def test_a_heat_map_has_every_pair_and_says_which_are_empty():
    table = pd.DataFrame({"a": [1, 1, 2], "b": ["x", "y", "x"], "r": [1.0, 2.0, 3.0]})

    found = crossed(table, "r", rows="a", columns="b")

    assert (found.row_values, found.column_values) == ((1, 2), ("x", "y"))
    values = [[cell and cell.value for cell in line] for line in found.cells]
    assert values == [[1.0, 2.0], [3.0, None]]
    assert "1 of 4 cells have no value" in found.warnings


def test_deadlocked_runs_stay_in_the_denominator():
    found = durations([2, 3, 3, 9, 9], [True, True, True, False, False])

    assert (found.times, found.shares) == ((2.0, 3.0), (0.2, 0.6))
    assert dict(found.quantiles)[0.5] == 3.0
    assert dict(found.quantiles)[0.75] is None
    assert found.deadlock.value == 0.4


def test_the_distribution_of_geometric_times_is_the_geometric_one():
    times = np.random.default_rng(3).geometric(0.3, 4000)

    found = durations(times, np.ones(4000, bool))

    apart = np.abs(np.array(found.shares) - stats.geom.cdf(found.times, 0.3))
    assert apart.max() < 1.63 / np.sqrt(4000)
    assert found.deadlock.value == 0


def test_a_run_that_gave_up_early_makes_shares_lower_bounds():
    found = durations([1, 8, 3], [True, True, False])

    assert any("lower bounds" in note for note in found.warnings)


def test_zeros_and_ones_are_a_share_of_runs():
    table = pd.DataFrame({"agents": [4] * 12, "metrics.correct": [1] * 9 + [0] * 3})

    found = grouped(table, "metrics.correct", ["agents"]).groups[0].estimate

    assert found == share(9, 12)


def test_runs_of_one_seed_that_are_pooled_count_as_one():
    table = pd.DataFrame({"seed": [1, 2, 1, 2], "agents": [4, 4, 8, 8], "r": [1.0, 3.0, 3.0, 5.0]})
    table["all"] = 0

    pooled = grouped(table, "r", ["all"], unit="seed")
    apart = grouped(table, "r", ["agents"], unit="seed")

    assert (pooled.n, pooled.groups[0].estimate.value) == (2, 3.0)
    assert [g.estimate.n for g in apart.groups] == [2, 2]


def test_effects_pooled_over_points_of_the_same_seeds_are_not_found_where_there_are_none():
    rng = np.random.default_rng(6)
    studies, points, seeds = 16, 6, 14
    found = {None: 0, "seed": 0}
    for _ in range(studies):
        luck = np.tile(rng.normal(size=seeds), points)
        noise = 0.3 * rng.normal(size=points * seeds)
        seed = np.tile(np.arange(seeds), points)
        table = pd.DataFrame({"seed": seed, "r": luck + noise, "baseline.r": 0.0})
        for unit in found:
            (effect,) = effects(table, ["r"], unit=unit)
            found[unit] += effect.p is not None and effect.p < 0.05

    assert effect.n == seeds
    assert found["seed"] <= 3, "one is to be expected"
    assert found[None] >= 5, "without it luck is found again and again"


def test_no_exponent_follows_from_runs_that_were_cut_short():
    x = [4, 4, 16, 16, 64, 64]

    with pytest.raises(ValueError, match=r"2 of 6 runs \(33 %\) were cut short"):
        fit_power_law(x, [2, 2.1, 4, 4.1, 5, 5], cut_short=[False] * 4 + [True] * 2)
