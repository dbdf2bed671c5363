"""Shares of variance between the values of a grid's parameters."""

from typing import Any

import numpy as np
import pytest

from swarmboard.studies.analysis.grid_shares import Share, shares_of_variance


def crossed(replicates: int, seed: int, *, effect: float = 0.5) -> tuple[list[Any], Any, Any]:
    """Three by four settings of two parameters: what is run, and its mean.

    With replicates the parameters interact.
    """
    one = np.repeat([0, 1, 2], 4 * replicates)
    other = np.tile(np.repeat([0, 1, 2, 3], replicates), 3)
    mean = effect * one + 1.0 * (other == 2)
    if replicates > 1:
        mean -= 0.7 * (one == 1) * (other == 0)
    return [one, other], mean + np.random.default_rng(seed).normal(size=len(mean)), mean


def shares(codes: list[Any], y: Any) -> tuple[Share, ...]:
    return shares_of_variance(codes, y, seed=0).each


@pytest.mark.parametrize(("replicates", "effect"), [(1, 0.5), (2, 4.0), (10, 0.5)])
def test_intervals_of_shares_hold_what_is_true_nearly_as_often_as_they_say(
    replicates: int, effect: float
) -> None:
    (one, other), _, mean = crossed(replicates, 0, effect=effect)
    true = [
        np.var([mean[code == i].mean() for i in np.unique(code)]) / (np.var(mean) + 1)
        for code in (one, other)
    ]

    found = [shares(*crossed(replicates, seed, effect=effect)[:2]) for seed in range(60)]

    for at, share in enumerate(true):
        assert np.mean([each[at].low <= share <= each[at].high for each in found]) > 0.8


def test_a_small_effect_is_told_beside_a_large_one() -> None:
    small, large = np.tile([0, 1], 12), np.repeat([0, 1, 2], 8)
    chance = np.random.default_rng(3).normal(size=24)

    one, other = shares([small, large], small + 100 * large + 0.1 * chance)

    assert one.value < 0.001
    assert one.low > 0
    assert other.low > 0.99


def test_a_run_that_is_missing_changes_little() -> None:
    codes, y, _ = crossed(2, 1)
    kept = np.arange(len(y)) != 5

    whole, without = shares(codes, y), shares([code[kept] for code in codes], y[kept])

    for one, other in zip(whole, without, strict=True):
        assert one.value == pytest.approx(other.value, abs=0.06)


def test_without_replicates_a_small_effect_is_told_beside_a_large_one() -> None:
    small, large = np.tile(np.arange(6), 6), np.repeat(np.arange(6), 6)
    response = small + 20 * large + np.random.default_rng(4).normal(size=36)

    found = shares_of_variance([small, large], response, seed=0)

    assert not found.has_replicates
    assert found.each[0].value < 0.01
    assert found.each[0].low > 0


def test_without_replicates_chance_is_told_from_an_effect() -> None:
    one, other = np.repeat(np.arange(6), 6), np.tile(np.arange(6), 6)
    response = one + np.random.default_rng(4).normal(size=36)

    first, second = shares([one, other], response)

    assert first.low > 0
    assert second.low == 0


def test_runs_that_share_no_value_are_compared_behind_what_others_explain() -> None:
    rng = np.random.default_rng(5)
    one, two, three = (rng.integers(0, 8, 60) for _ in range(3))
    response = one + 10 * two + rng.normal(size=60)

    first, second, third = shares([one, two, three], response)

    assert first.low > 0
    assert second.low > 0.8
    assert third.low == 0


def test_replicates_that_are_all_equal_leave_no_chance() -> None:
    one, other = np.repeat([0, 1, 2], 12), np.tile(np.repeat([0, 1, 2], 4), 3)

    first, second = shares([one, other], 2.0 * one + other)

    assert (first.low, first.value, first.high) == pytest.approx((0.8, 0.8, 0.8))
    assert second.value == pytest.approx(0.2)
