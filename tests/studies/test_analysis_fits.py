"""Fits, fronts, effects and indices against truths that were planted."""

import numpy as np
import pandas as pd
import pytest
from SALib.sample import latin, morris
from SALib.sample import sobol as saltelli
from SALib.test_functions import Ishigami

from swarmboard.studies.analysis import (
    cliffs_delta,
    effects,
    fit_power_law,
    fit_usl,
    holm,
    on_front,
    paired_effect,
    pareto,
    sensitivity,
    throughput,
)

SIZES = np.repeat([4, 8, 16, 32, 64, 128], 20)
ISHIGAMI = {
    "num_vars": 3,
    "names": ["a", "b", "c"],
    "bounds": [[-np.pi, np.pi]] * 3,
}


def noise(spread: float, many: int = len(SIZES), seed: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).lognormal(0, spread, many)


def test_a_planted_exponent_is_found_within_its_interval():
    found = fit_power_law(SIZES, 3 * SIZES**0.7 * noise(0.2))

    assert found.exponent.low < 0.7 < found.exponent.high
    assert found.exponent.high - found.exponent.low < 0.1
    assert found.is_adequate
    assert found.factor == pytest.approx(3, rel=0.15)


def test_intervals_of_exponents_hold_the_truth_nearly_as_often_as_they_say():
    sizes = np.repeat([4, 16, 64], 12)
    draws = 60

    found = [
        fit_power_law(sizes, sizes**0.5 * noise(0.3, len(sizes), seed)).exponent
        for seed in range(draws)
    ]

    hits = sum(e.low <= 0.5 <= e.high for e in found)
    assert hits / draws >= 0.85


def test_what_saturates_is_not_called_a_power_law():
    found = fit_power_law(SIZES, (1 - np.exp(-SIZES / 10)) * noise(0.05))

    assert not found.is_adequate
    assert any("no power law fits" in note for note in found.warnings)
    assert found.local_exponents[0] > 0.5 > found.local_exponents[-1] + 0.4


def test_runs_without_a_value_are_counted_out():
    y = 2.0 * SIZES
    y[:5] = np.nan

    found = fit_power_law(SIZES, y)

    assert found.n == len(SIZES) - 5
    assert "5 runs without a value were left out" in found.warnings


@pytest.mark.parametrize("least", [0.0, -2.0])
def test_no_exponent_follows_where_a_run_has_no_value_above_0(least: float):
    y = 2.0 * SIZES
    y[:5] = least

    with pytest.raises(ValueError, match="5 of 120 runs have none"):
        fit_power_law(SIZES, y)


def test_exact_values_give_the_exact_exponent():
    found = fit_power_law([1, 2, 4, 8], [3, 6, 12, 24])

    assert found.exponent.value == pytest.approx(1)
    assert found.is_adequate


def test_two_sizes_are_no_scaling_law():
    with pytest.raises(ValueError, match="three levels"):
        fit_power_law([1, 2, 2], [1, 2, 3])


def test_a_planted_scalability_law_is_found_with_its_peak():
    planted = (40.0, 0.06, 0.0009)

    found = fit_usl(SIZES, throughput(SIZES, *planted) * noise(0.04))

    for estimate, truth in zip((found.gamma, found.alpha, found.beta), planted, strict=True):
        assert estimate.low < truth < estimate.high
    assert found.peak == pytest.approx(np.sqrt(0.94 / 0.0009), rel=0.1)
    assert found.r_squared > 0.9


def test_linear_throughput_has_no_peak():
    found = fit_usl([1, 2, 4, 8, 16], [5, 10, 20, 40, 80])

    assert found.peak is None
    assert (found.gamma.value, found.alpha.value) == pytest.approx((5, 0), abs=1e-6)
    assert any("no peak" in note for note in found.warnings)


def test_three_sizes_are_too_few_for_three_numbers():
    with pytest.raises(ValueError, match="four sizes"):
        fit_usl([1, 2, 4], [1, 2, 3])


@pytest.mark.parametrize(
    ("cost", "quality", "kept"),
    [
        ([1, 2, 3, 4], [1, 3, 2, 4], [True, True, False, True]),
        ([1, 1, 2], [5, 5, 5], [True, True, False]),
        ([2, 1], [1, 1], [False, True]),
        ([3, 1, 1], [9, 1, 2], [True, False, True]),
    ],
)
def test_a_front_keeps_what_nothing_beats(cost: list, quality: list, kept: list):
    assert on_front(cost, quality).tolist() == kept


def test_a_front_agrees_with_every_pair_compared():
    rng = np.random.default_rng(8)
    cost, worth = rng.integers(0, 12, 60), rng.integers(0, 12, 60)

    kept = on_front(cost, worth, more_is_better=False)

    beaten = [
        any(
            (c <= cost[i]) and (w <= worth[i]) and (c < cost[i] or w < worth[i])
            for c, w in zip(cost, worth, strict=True)
        )
        for i in range(60)
    ]
    assert kept.tolist() == [not b for b in beaten]


def test_settings_without_quality_stand_on_no_front():
    table = pd.DataFrame({"s": ["x", "y"], "cost": [1.0, 2.0], "gap": [None, 3.0]})

    found = pareto(table, cost="cost", quality="gap", by=["s"], more_is_better=False)

    assert [dict(c.cost.values) for c in found.candidates] == [{"s": "y"}]
    assert "1 of 2 runs have no gap" in found.warnings


def test_cliffs_delta_counts_pairs():
    assert cliffs_delta([1, 2, 3], [2]) == 0
    assert cliffs_delta([5, 6], [1, 2]) == 1
    assert cliffs_delta([1, 2, 2], [2, 3]) == pytest.approx(-4 / 6)


def test_holm_agrees_with_the_hand():
    assert holm([0.01, 0.04, None, 0.03]) == pytest.approx([0.03, 0.06, None, 0.06])


def test_a_planted_difference_is_found_in_its_interval():
    base = np.random.default_rng(1).normal(10, 3, 40)
    ours = base + np.random.default_rng(2).normal(1.0, 0.5, 40)

    found = paired_effect(ours, base)

    assert found.difference.low < 1.0 < found.difference.high
    assert found.p < 1e-6
    assert found.hedges_g == pytest.approx(2, abs=0.6)
    assert found.cliffs_delta.value == pytest.approx(0.2, abs=0.2)


def test_pairs_that_do_not_differ_are_no_test():
    found = paired_effect([2.0] * 12, [2.0] * 12)

    assert (found.difference.value, found.p, found.hedges_g) == (0, None, None)


def test_effects_are_corrected_together_and_need_a_baseline():
    rng = np.random.default_rng(4)
    table = pd.DataFrame({"agents": [4] * 15 + [8] * 15, "rounds": rng.normal(5, 1, 30)})
    table["baseline.rounds"] = table["rounds"] - np.where(table["agents"] == 8, 2.0, 0.0)
    table["baseline.rounds"] += rng.normal(0, 0.5, 30)
    table["gap"] = 1.0

    found = effects(table, ["rounds", "gap"], ["agents"])

    assert [dict(e.group) for e in found] == [{"agents": 4}, {"agents": 8}]
    assert found[0].p_holm > 0.05 > found[1].p_holm
    assert found[1].p_holm == pytest.approx(2 * found[1].p)


def ishigami(x: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(x, columns=["a", "b", "c"]).assign(y=Ishigami.evaluate(x))


def test_sobol_indices_of_the_ishigami_function_are_the_known_ones():
    table = ishigami(saltelli.sample(ISHIGAMI, 1024, seed=1))

    found = sensitivity(table, "y", ["a", "b", "c"], design="saltelli")

    first = {i.parameter: i.first.value for i in found.indices}
    total = {i.parameter: i.total.value for i in found.indices}
    assert first == pytest.approx({"a": 0.3139, "b": 0.4424, "c": 0}, abs=0.04)
    assert total == pytest.approx({"a": 0.5576, "b": 0.4424, "c": 0.2437}, abs=0.04)


def test_given_data_finds_the_first_order_indices_and_says_so():
    table = ishigami(latin.sample(ISHIGAMI, 1000, seed=1))

    found = sensitivity(table, "y", ["a", "b", "c"])

    first = {i.parameter: i.first.value for i in found.indices}
    assert first == pytest.approx({"a": 0.3139, "b": 0.4424, "c": 0}, abs=0.08)
    assert found.method.startswith("given data: RBD-FAST")


def test_morris_puts_what_does_nothing_last():
    x = morris.sample(ISHIGAMI, 50, seed=1)
    table = pd.DataFrame(x, columns=["a", "b", "c"])
    table["y"] = 3 * table["b"] + table["a"]

    found = sensitivity(table, "y", ["a", "b", "c"], design="morris")

    assert [i.parameter for i in found.indices] == ["b", "a", "c"]
    assert found.indices[-1].first.value == pytest.approx(0, abs=1e-9)


def test_a_grid_gives_shares_of_variance_and_takes_categories():
    rng = np.random.default_rng(6)
    table = pd.DataFrame({"n": np.tile([1, 2, 3, 4], 50), "s": np.repeat(["x", "y"], 100)})
    table["y"] = table["n"] + 2 * (table["s"] == "y") + rng.normal(0, 0.5, 200)

    found = sensitivity(table, "y", ["n", "s"])

    share = {i.parameter: i.first.value for i in found.indices}
    total = 1.25 + 1 + 0.25
    assert share == pytest.approx({"n": 1.25 / total, "s": 1 / total}, abs=0.08)
    assert found.method.startswith("given grid")


def test_a_constant_response_has_no_sensitivity():
    table = pd.DataFrame({"n": range(10), "y": [1.0] * 10})

    with pytest.raises(ValueError, match="nothing to explain"):
        sensitivity(table, "y", ["n"])
