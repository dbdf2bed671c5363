"""What a fit or a share does not tell, where the runs do not bear it."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from swarmboard.studies.analysis import (
    fit_power_law,
    fit_usl,
    grouped,
    pareto,
    sensitivity,
    throughput,
    usl,
)
from swarmboard.studies.analysis.estimates import statistic_of
from swarmboard.studies.analysis.usl import _peak_ends

SIZES = np.repeat([1, 2, 4, 8, 16, 32], 6)


def noise(spread: float, many: int = len(SIZES), seed: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).lognormal(0, spread, many)


def test_a_throughput_of_another_shape_does_not_fit_the_law() -> None:
    rates = np.where(SIZES < 8, 10.0 * SIZES, 300.0 / SIZES)

    found = fit_usl(SIZES, rates * noise(0.05))

    assert not found.is_adequate
    assert found.misfit_p is not None
    assert found.misfit_p < 0.01
    assert (found.peak_ends, found.beta.low, found.beta.high) == (None, None, None)
    assert any(note.startswith("the law does not fit, as a size") for note in found.warnings)


def test_a_law_that_holds_is_seldom_said_not_to_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usl, "RESAMPLES", 2)
    sizes, draws = np.repeat([1, 4, 16, 64, 128], 4), 40
    law = throughput(sizes, 40.0, 0.06, 0.0009)

    found = [fit_usl(sizes, law * noise(0.15, len(sizes), seed)) for seed in range(draws)]

    assert sum(not law.is_adequate for law in found) <= 2


@pytest.mark.parametrize(
    ("rates", "fitted"),
    [
        (throughput(SIZES, 40.0, 0.1, 0.01), 3),
        (throughput(SIZES, 40.0, 0.3, 0.0), 2),
        (40.0 * SIZES**1.02, 1),
    ],
    ids=["contention and crosstalk", "contention alone", "at the bounds"],
)
def test_the_test_of_a_law_has_as_many_degrees_of_freedom_as_numbers_leave(
    rates: np.ndarray, fitted: int
) -> None:
    rates = rates * np.repeat([1.0, 1.02, 0.98, 1.0, 1.01, 1.01], 6)
    rates = rates * np.tile([0.94, 0.95, 1.0, 1.0, 1.05, 1.07], 6)

    found = fit_usl(SIZES, rates)

    logs = np.log(rates).reshape(6, 6)
    apart = logs.mean(axis=1) - np.log(found.at(np.unique(SIZES)))
    chance = logs.var(axis=1, ddof=1).mean()
    ratio = 6 * (apart**2).sum() / (6 - fitted) / chance
    assert found.misfit_p == pytest.approx(stats.f.sf(ratio, 6 - fitted, 30))


def test_an_interval_of_a_peak_may_lack_one_resample_in_forty() -> None:
    drawn = np.tile([10.0, 0.1, 0.01], (399, 1))
    drawn[:9, 2] = 0
    one_more = drawn.copy()
    one_more[9, 2] = 0

    assert _peak_ends(drawn, 16.0) is not None
    assert _peak_ends(one_more, 16.0) is None


def test_a_throughput_that_did_not_decline_has_no_interval_of_a_peak() -> None:
    rates = throughput(SIZES, 40.0, 0.02, 0.98 / 60**2)

    found = fit_usl(SIZES, rates * noise(0.01))

    assert found.is_adequate
    assert found.peak == pytest.approx(60, rel=0.1)
    assert not found.declines
    assert found.peak_ends is None


def test_a_line_that_bends_slightly_all_along_is_no_power_law() -> None:
    levels = np.log(SIZES)
    bent = 0.5 * levels + 0.04 * (levels - levels.mean()) ** 2

    found = fit_power_law(SIZES, np.exp(bent + np.tile([-0.08, 0.08], 18)))

    assert found.misfit_p is not None
    assert found.bend_p is not None
    assert found.bend_p < 0.01 < found.misfit_p
    assert not found.is_adequate


def test_whole_numbers_with_equal_runs_at_a_level_may_follow_a_power_law() -> None:
    draws = 40

    found = [
        fit_power_law(SIZES, np.round(6 * SIZES**0.5 * noise(0.05, seed=seed)))
        for seed in range(draws)
    ]

    assert sum(not law.is_adequate for law in found) <= 4


def grid(seed: int, effect: float = 0.0) -> pd.DataFrame:
    """Two parameters with a dozen values each; the first one shifts a response, or does not."""
    agents, silent = np.repeat(np.arange(12), 24), np.tile(np.arange(12), 24)
    chance = np.random.default_rng(seed).exponential(1.0, 288)
    return pd.DataFrame({"agents": agents, "silent": silent, "rounds": chance + effect * agents})


def test_chance_is_not_what_a_response_hangs_on() -> None:
    draws = 20

    found = [sensitivity(grid(seed), "rounds", ["agents", "silent"]) for seed in range(draws)]

    told = sum((index.first.low or 0) > 0 for each in found for index in each.indices)
    assert told <= 3


def test_an_effect_is_told_from_0_by_permutation() -> None:
    found = sensitivity(grid(1, effect=0.2), "rounds", ["agents", "silent"])

    first, last = found.indices
    assert (first.parameter, first.p_holm) == ("agents", pytest.approx(0.002))
    assert (first.first.low or 0) > 0
    assert last.p_holm is not None
    assert last.p_holm > 0.05
    assert last.first.low == 0


def test_the_same_seed_permutes_alike() -> None:
    one, other = (sensitivity(grid(3), "rounds", ["agents", "silent"], seed=5) for _ in range(2))

    assert one == other


def parts() -> dict[str, pd.DataFrame]:
    """Fractions of trials, which are all 0 in one half of a study."""
    table = pd.DataFrame({"agents": np.repeat([5, 21], 12), "metrics.wrong": 0.0})
    table.loc[12:, "metrics.wrong"] = np.tile([0.0, 0.25, 0.5], 4)
    return {"all": table, "zeros": table[:12]}


def test_a_part_of_a_study_has_the_interval_that_the_whole_has() -> None:
    table = parts()
    kind = statistic_of(table["all"]["metrics.wrong"])

    told = grouped(table["zeros"], "metrics.wrong", ["agents"], statistic=kind)
    alone = grouped(table["zeros"], "metrics.wrong", ["agents"])

    assert kind == "mean"
    assert "Wilson" not in told.groups[0].estimate.method
    assert "Wilson" in alone.groups[0].estimate.method


def test_a_front_of_a_part_has_the_interval_that_the_whole_has() -> None:
    table = parts()["zeros"].assign(rounds=range(12))
    about: dict[str, Any] = {"cost": "rounds", "quality": "metrics.wrong", "by": ["agents"]}

    (found,) = pareto(table, **about, statistics={"metrics.wrong": "mean"}).candidates

    assert "Wilson" not in found.quality.estimate.method


def test_pooled_runs_of_one_seed_are_never_a_share_of_runs() -> None:
    table = pd.DataFrame({"agents": 4, "seed": np.tile(range(10), 2), "right": [True] * 20})

    found = grouped(table, "right", ["agents"], statistic="share", unit="seed")

    assert "Wilson" not in found.groups[0].estimate.method
