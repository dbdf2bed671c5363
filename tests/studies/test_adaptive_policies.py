"""Policies held against planted truths: rows are made up, no run is carried out."""

import random
from collections.abc import Callable
from math import ceil, exp
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from blackboard import BadInput
from swarmboard.studies import Job, StudyPlan, make_study, plan_study
from swarmboard.studies.adaptive import Steering
from swarmboard.studies.adaptive.intervals import Interval, Sample, difference, interval_of
from swarmboard.studies.adaptive.responses import sample_of
from swarmboard.studies.adaptive.steering import asked_again

type Truth = Callable[[Job], dict[str, Any]]


def planned(**given: Any) -> StudyPlan:
    return plan_study(make_study({"scenario": "jury", **given}), folder=Path())


def carried_out(
    plan: StudyPlan, truth: Truth, *, order: int | None = None
) -> tuple[Steering, dict[str, Job]]:
    """Carry a study out on made-up rows, in the order of jobs or in one that is drawn."""
    assert plan.policy
    steering = Steering(plan, plan.policy, known={})
    done: dict[str, Job] = {}
    open_jobs: list[Job] = []
    rng = random.Random(order)
    for job in steering.jobs():
        if job is not None:
            open_jobs.append(job)
            if order is None or rng.random() < 0.7:
                continue
        if order is not None:
            rng.shuffle(open_jobs)
        ended = open_jobs.pop(0)
        done[ended.key] = ended
        steering.end(ended.key, {"status": "done", **truth(ended)})
    return steering, done


def luck(job: Job) -> float:
    """Return an even number from 0 to 1 that belongs to a run."""
    return float(np.random.default_rng(job.seed).random())


def noise(job: Job) -> float:
    return float(np.random.default_rng(job.seed).normal())


def test_known_variance_needs_a_known_number_of_replicates() -> None:
    plan = planned(vary={"agents": [4]}, replicates=10, until="ci95 of rounds < 5 %")
    sizes = [10, 15, 23, 35, 53, 80]
    spread = 2.0

    def half_width(n: int) -> float:
        values = [10 + spread * (-1) ** number for number in range(n)]
        return float(stats.t.ppf(0.975, n - 1) * stats.sem(values))

    steering, done = carried_out(plan, lambda job: {"rounds": 10 + spread * (-1) ** job.replicate})

    assert len(done) == next(n for n in sizes if half_width(n) < 0.05 * 10) == 80
    (row,) = steering.as_json()["found"]
    assert (row["replicates"], row["is_sure"]) == (80, True)
    assert row["rounds.high"] - row["rounds"] == pytest.approx(half_width(80))


def test_each_point_stops_for_itself() -> None:
    plan = planned(vary={"agents": [4, 8]}, replicates=5, until="ci95 of rounds < 0.5")

    steering, _ = carried_out(plan, lambda job: {"rounds": 9 + noise(job) * (job.point == 1)})

    counts = [row["replicates"] for row in steering.as_json()["found"]]
    assert counts[0] == 12, "the first look at ten equal values or more"
    assert counts[1] > 12


def test_a_point_that_stays_wide_stops_at_the_maximum_and_says_so() -> None:
    plan = planned(
        vary={"agents": [4]},
        replicates=5,
        max_replicates=12,
        until="ci95 of rounds < 1 % and ci95 of deadlock < 1 points",
    )

    steering, done = carried_out(
        plan, lambda job: {"rounds": 9 + noise(job), "consensus.accepted": job.replicate % 2}
    )

    (stop,) = steering.as_json()["stops"]
    assert len(done) == stop["replicates"] == 12
    assert stop["why"].startswith("max_replicates reached: ci95 of rounds < 1 % (")


def test_a_share_is_counted_by_wilsons_interval() -> None:
    plan = planned(vary={"agents": [4]}, replicates=20, until="ci95 of deadlock < 10 points")

    _, done = carried_out(plan, lambda job: {"consensus.accepted": int(job.replicate % 4 > 0)})

    def half_width(n: int) -> float:
        ends = stats.binomtest(ceil(n / 4), n).proportion_ci(0.95, "wilson")
        return float(ends.high - ends.low) / 2

    assert len(done) == next(n for n in [20, 30, 45, 68, 102] if half_width(n) < 0.1) == 102


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize(
    "given",
    [
        {"until": "ci95 of rounds < 5 %", "replicates": 4},
        {"halving": {"by": "rounds", "best": "low"}},
        {
            "find": {"vary": "threshold", "between": [50, 100], "where": "rounds = 70"},
            "replicates": 4,
        },
        {"search": {"by": "rounds", "best": "low", "trials": 14, "batch": 2}},
    ],
)
def test_the_order_in_which_runs_end_changes_nothing(given: dict[str, Any], order: int) -> None:
    plan = planned(vary={"agents": [4, 8, 12]}, **given)

    def truth(job: Job) -> dict[str, Any]:
        return {"rounds": job.varied.get("threshold", 70) + job.point % 3 + 9 * noise(job)}

    steering, done = carried_out(plan, truth)
    other, done_otherwise = carried_out(plan, truth, order=order)

    assert done.keys() == done_otherwise.keys()
    assert {job.point for job in done.values()} == {job.point for job in done_otherwise.values()}
    by_point = [sorted(s.as_json()["found"], key=str) for s in (steering, other)]
    assert by_point[0] == by_point[1]


def test_what_is_known_is_asked_for_again_and_no_more() -> None:
    plan = planned(vary={"agents": [4, 8]}, replicates=5, until="ci95 of rounds < 0.5")
    assert plan.policy

    def truth(job: Job) -> dict[str, Any]:
        return {"status": "done", "rounds": 9 + 2 * noise(job)}

    _, done = carried_out(plan, truth)
    rows = {key: truth(job) for key, job in done.items()}
    stray = plan.job(next(plan.settings()), 999)
    rows[stray.key] = truth(stray)

    again = [job.key for job in asked_again(plan, plan.policy, rows)]

    assert sorted(again) == sorted(done)
    assert len(list(asked_again(plan, plan.policy, {}))) == 2 * 5


@pytest.mark.parametrize("falls", [False, True])
def test_a_planted_threshold_is_found_between_what_is_sure(falls: bool) -> None:
    find = {"vary": "threshold", "between": [50, 100], "where": "deadlock = 50 %"}
    plan = planned(vary={"agents": [4, 8]}, replicates=20, find=find)

    def truth(job: Job) -> dict[str, Any]:
        middle = 70.5 + 3 * job.varied["agents"]  # type: ignore[operator]
        share = 1 / (1 + exp(-(job.varied["threshold"] - middle) / 2))  # type: ignore[operator]
        return {"consensus.accepted": int((luck(job) > share) != falls)}

    steering, done = carried_out(plan, truth)

    assert len(done) < plan.most / 2
    for row, critical in zip(steering.as_json()["found"], (83, 95), strict=True):
        assert row["low"] < critical <= row["high"]
        assert abs(row["threshold"] - critical) <= 1
        assert row["high"] - row["low"] <= 4


def test_first_runs_that_point_the_wrong_way_do_not_turn_the_answer_round() -> None:
    find = {"vary": "agents", "between": [1, 2, 4, 8], "where": "rounds = 5"}
    plan = planned(replicates=3, find=find)

    def truth(job: Job) -> dict[str, Any]:
        agents = float(job.varied["agents"] or 0)
        turned = 9.0 if agents < 8 else 1.0
        return {"rounds": turned if job.replicate < 3 else agents + 0.1 * noise(job)}

    found = carried_out(plan, truth)[0].as_json()["found"][0]

    assert found["agents"] == 8


def test_a_value_that_is_never_passed_is_said_to_be_elsewhere() -> None:
    find = {"vary": "threshold", "between": [50, 100], "where": "deadlock = 50 %"}
    plan = planned(replicates=20, find=find)

    steering, done = carried_out(plan, lambda job: {"consensus.accepted": 1})

    (row,) = steering.as_json()["found"]
    assert row["threshold"] is None
    assert "not between 50 and 100, where deadlock is 0 and 0" in row["said"]
    assert {job.varied["threshold"] for job in done.values()} == {50, 100}


def test_any_number_between_two_ends_is_found_as_closely_as_there_are_steps() -> None:
    find = {"vary": "competence", "between": [0.5, 0.9], "where": "rounds = 6"}
    plan = planned(replicates=5, find=find)

    steering, _ = carried_out(plan, lambda job: {"rounds": 10 * float(job.varied["competence"])})  # type: ignore[arg-type]

    (row,) = steering.as_json()["found"]
    assert row["is_sure"]
    assert row["competence"] == pytest.approx(0.6, abs=0.4 / 1024)


def test_the_smallest_swarm_that_is_nearly_as_good_is_found() -> None:
    find = {
        "vary": "agents",
        "between": [1, 2, 4, 8, 16, 32, 64, 128],
        "where": "metrics.quality stops rising within 2 %",
    }
    plan = planned(replicates=10, find=find)

    def truth(job: Job) -> dict[str, Any]:
        agents = float(job.varied["agents"])  # type: ignore[arg-type]
        return {"metrics.quality": 1 - exp(-agents / 6) + 0.02 * noise(job)}

    steering, _ = carried_out(plan, truth)

    (row,) = steering.as_json()["found"]
    assert (row["agents"], row["low"], row["high"]) == (32, 16, 32)
    assert row["is_sure"]


def test_halving_keeps_the_best_and_gives_it_more_replicates() -> None:
    vary = {"agents": [4, 8], "threshold": [50, 60, 70, 80]}
    plan = planned(vary=vary, halving={"by": "rounds", "best": "low"})

    def truth(job: Job) -> dict[str, Any]:
        return {"rounds": abs(job.point - 5) + 0.1 * noise(job)}

    steering, done = carried_out(plan, truth)

    found = steering.as_json()["found"]
    assert found[0]["point"] == 5
    assert {row["point"] for row in found[1:3]} == {4, 6}
    assert [row["replicates"] for row in found] == [16, 16, 8, 8, 4, 4, 4, 4]
    assert len(done) == plan.count == plan.most == 8 * 4 + 4 * 4 + 2 * 8


def test_halving_puts_settings_without_a_value_last() -> None:
    plan = planned(vary={"agents": [4, 8]}, halving={"by": "rounds", "best": "high"})

    def truth(job: Job) -> dict[str, Any]:
        return {"rounds": None if job.point == 0 else -5}

    steering, _ = carried_out(plan, truth)

    assert [row["agents"] for row in steering.as_json()["found"]] == [8, 4]


def test_a_search_comes_near_a_planted_optimum_and_repeats() -> None:
    plan = planned(
        vary={
            "competence": {"low": 0.5, "high": 1.0},
            "agents": {"low": 1, "high": 256, "scale": "log2"},
            "threshold": [50, 75, 100],
        },
        search={"by": "rounds", "best": "low", "trials": 50, "batch": 4},
    )

    def truth(job: Job) -> dict[str, Any]:
        competence, agents = float(job.varied["competence"]), float(job.varied["agents"])  # type: ignore[arg-type]
        miss = 40 * (competence - 0.7) ** 2 + np.log2(agents / 16) ** 2
        return {"rounds": float(miss) + 3 * (job.varied["threshold"] != 75)}

    one, done = carried_out(plan, truth)
    other, again = carried_out(plan, truth)

    assert list(done) == list(again)
    assert one.as_json() == other.as_json()
    best = one.as_json()["found"][0]
    at_random = [row["rounds"] for row in one.as_json()["found"] if row["point"] < 10]
    assert best["rounds"] < min(1.0, *at_random)


def test_a_condition_holds_in_a_search_too() -> None:
    plan = planned(
        vary={"structure": ["swarm", "solo"], "threshold": {"low": 50, "high": 100}},
        when={"threshold": {"structure": ["swarm"]}},
        search={"by": "rounds", "best": "low", "trials": 20, "batch": 5},
    )

    _, done = carried_out(plan, lambda job: {"rounds": float(job.varied["threshold"] or 70)})

    settings = [job.varied for job in done.values()]
    assert all((one["threshold"] is None) == (one["structure"] == "solo") for one in settings)


def test_a_column_that_there_is_not_is_named_with_the_one_that_was_meant() -> None:
    plan = planned(vary={"agents": [4]}, replicates=5, until="ci95 of round < 5 %")

    with pytest.raises(BadInput, match=r"no run has a column 'round': did you mean rounds\?"):
        carried_out(plan, lambda job: {"rounds": 4})


def test_failed_runs_count_as_replicates_without_a_value() -> None:
    plan = planned(vary={"agents": [4]}, replicates=6, until="ci95 of rounds < 5 %")
    assert plan.policy
    steering = Steering(plan, plan.policy, known={})

    for job in steering.jobs():
        assert job
        fate = {"status": "failed"} if job.replicate < 2 else {"status": "done", "rounds": 5}
        steering.end(job.key, fate)

    (row,) = steering.as_json()["found"]
    assert (row["replicates"], row["rounds"]) == (14, 5.0)


def test_the_interval_of_a_difference_is_newcombes() -> None:
    one = interval_of(Sample([1.0] * 56 + [0.0] * 14, is_share=True), 95)
    other = interval_of(Sample([1.0] * 48 + [0.0] * 32, is_share=True), 95)
    assert one
    assert other

    found = difference(one, other)

    assert found.value == pytest.approx(0.2)
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_a_single_value_has_no_interval() -> None:
    assert interval_of(Sample([4.0], is_share=False), 95) is None


@pytest.mark.parametrize(("n", "can_be_sure"), [(2, False), (9, False), (10, True)])
@pytest.mark.parametrize("is_share", [True, False])
def test_a_few_equal_values_make_nothing_sure(n: int, can_be_sure: bool, is_share: bool) -> None:
    found = interval_of(Sample([1.0] * n, is_share=is_share), 95)

    assert found
    assert found.can_be_sure is can_be_sure
    assert difference(found, Interval(0.0, 0.0, 0.0)).can_be_sure is can_be_sure


@pytest.mark.parametrize("values", [(0, 1), (False, True)])
def test_a_column_of_zeros_and_ones_is_a_share_whatever_its_name(values: tuple[Any, Any]) -> None:
    rows = [{"status": "done", "metrics.solved": values[i % 2]} for i in range(4)]

    found = sample_of(rows, "metrics.solved")

    assert (found.is_share, found.mean) == (True, 0.5)
    assert not sample_of(
        [*rows, {"status": "done", "metrics.solved": 2}], "metrics.solved"
    ).is_share


def test_a_value_that_is_passed_by_luck_of_three_runs_is_not_sure() -> None:
    find = {"vary": "agents", "between": [1, 2, 4, 8], "where": "metrics.solved = 0.5"}
    plan = planned(replicates=3, max_replicates=9, find=find)

    steering, _ = carried_out(plan, lambda job: {"metrics.solved": int(job.varied["agents"] > 2)})  # type: ignore[operator]

    (row,) = steering.as_json()["found"]
    assert (row["agents"], row["is_sure"]) == (4, False)
    assert "likely from agents = 4 on" in row["said"]
