"""Which figures a study gets, from tables that were made up."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from blackboard import BadInput
from swarmboard.studies.reporting import overall_digest, study_toml, tell
from viz.study_report import Curves, Forest, Heat, Plane, StudyTold


def made_up(**levels: list[Any]) -> pd.DataFrame:
    """Ten runs at each point: rounds grow with the square root of agents."""
    rng = np.random.default_rng(3)
    grid = pd.MultiIndex.from_product(levels.values(), names=levels.keys()).to_frame(index=False)
    table = grid.loc[grid.index.repeat(10)].reset_index(drop=True)
    many = len(table)
    table["rounds"] = 5 * np.sqrt(table["agents"]) * rng.lognormal(0, 0.1, many)
    table["yardstick.gap_percent"] = 10 / table["rounds"] + rng.normal(0, 0.01, many)
    table["baseline.rounds"] = rng.normal(3, 0.3, many)
    table["consensus.accepted"] = (rng.random(many) < 0.8).astype(int)
    table["point"] = np.repeat(np.arange(len(grid)), 10)
    table["replicate"] = np.tile(np.arange(10), len(grid))
    table["key"] = [f"{i:016x}" for i in range(many)]
    table["digest"] = [f"{i:064x}" for i in range(many)]
    return table.assign(status="done", error=None, seed=1)


def report_of(table: pd.DataFrame, *varied: str, **study: Any) -> StudyTold:
    content = {"scenario": "jury", "seed": 7, "vary": {name: [1] for name in varied}, **study}
    return tell(table, {"study": content, "varied": list(varied)}, name="x")


def named(told: StudyTold) -> dict[str, Any]:
    return {figure.sheet.name: figure for figure in told.figures}


def test_sizes_give_scaling_curves_with_the_planted_exponent():
    told = report_of(made_up(agents=[4, 16, 64, 256]), "agents")

    figure = named(told)["scaling-rounds"]
    assert isinstance(figure.drawing, Curves)
    assert (figure.drawing.x.is_log, figure.drawing.y.is_log) == (True, True)
    assert figure.sheet.columns["exponent"][0] == pytest.approx(0.5, abs=0.03)
    assert "n = 10 runs a point (40 in all)" in figure.caption


def test_categories_give_curves_of_their_own_and_a_table():
    told = report_of(
        made_up(agents=[4, 16, 64], structure=["solo", "swarm"]), "agents", "structure"
    )

    figures = named(told)
    assert len(figures["scaling-rounds"].drawing.series) == 2
    assert figures["table-structure"].drawing is None
    assert figures["table-structure"].sheet.columns["structure"] == ["solo", "swarm"]


def test_two_numbers_give_a_heat_map():
    table = made_up(agents=[4, 16, 64], threshold=[50, 60, 70])
    table["rounds"] *= table["threshold"] / 50

    figure = named(report_of(table, "agents", "threshold"))["heat-rounds-agents-threshold"]

    assert isinstance(figure.drawing, Heat)
    assert figure.drawing.values[0][0] == pytest.approx(10, rel=0.15)
    assert figure.drawing.values[2][2] == pytest.approx(56, rel=0.15)


def test_baselines_give_effects_and_settings_give_a_front():
    figures = named(report_of(made_up(agents=[4, 16, 64]), "agents"))

    effects, front = figures["effects-rounds"], figures["pareto-yardstick-gap-percent-rounds"]
    assert isinstance(effects.drawing, Forest)
    assert all(bar.is_told_apart for bar in effects.drawing.bars)
    assert isinstance(front.drawing, Plane)
    assert all(spot.is_on_front for spot in front.drawing.spots)


def test_deadlocks_stay_in_the_times_to_consensus():
    table = made_up(agents=[4, 16, 64])

    sheet = named(report_of(table, "agents"))["times-rounds"].sheet

    undecided = 1 - table.groupby("agents")["consensus.accepted"].mean()
    assert sheet.columns["deadlock share"] == pytest.approx(undecided.tolist())


def test_exact_values_are_drawn_as_lines_and_come_first():
    table = made_up(agents=[4, 16, 64])
    table["metrics.correct"] = 0.8 + 0.01 * np.random.default_rng(1).random(len(table))
    table["yardstick.expected.correct"] = 0.81

    told = report_of(table, "agents")

    figure = told.figures[0]
    assert figure.sheet.name == "scaling-metrics-correct"
    assert figure.drawing.series[0].fit == ((4.0, 0.81), (16.0, 0.81), (64.0, 0.81))


def test_a_sample_that_fills_the_space_gives_binned_curves_and_indices():
    rng = np.random.default_rng(2)
    table = made_up(agents=[16] * 12)
    table["competence"], table["correlation"] = rng.random((2, len(table)))
    table["rounds"] = 5 + 10 * table["competence"] + rng.normal(0, 0.2, len(table))

    told = report_of(table, "competence", "correlation", design="latin-hypercube")

    figures = named(told)
    assert "binned by quantiles" in figures["scaling-rounds"].caption
    assert figures["sensitivity-rounds"].sheet.columns["parameter"][0] == "competence"
    assert figures["sensitivity-rounds"].method.startswith("given data: RBD-FAST")


def test_a_parameter_that_does_not_always_apply_is_no_obstacle():
    table = made_up(agents=[4, 16, 64], structure=["solo", "swarm"])
    has_it = table["structure"] == "swarm"
    table["open"] = pd.array([True] * len(table), "boolean")
    table["open"] = table["open"].where(has_it, pd.NA)
    table["rule_k"] = np.where(has_it, table.index % 3 + 1.0, np.nan)

    told = report_of(table, "agents", "structure", "open", "rule_k")

    assert "scaling-rounds" in named(told)


def test_the_study_file_says_what_is_shown():
    table = made_up(agents=[4, 16, 64], threshold=[50, 60, 70])

    told = report_of(
        table, "agents", "threshold", report={"responses": ["rounds"], "x": "threshold"}
    )

    names = [name for name in named(told) if name.startswith("scaling")]
    assert names == ["scaling-rounds"]
    assert named(told)["scaling-rounds"].drawing.x.label == "threshold (%)"


@pytest.mark.parametrize(
    ("report", "message"),
    [
        ({"responses": ["round"]}, "no column 'round': did you mean rounds"),
        ({"x": "rounds"}, "there is no column 'rounds'"),
        ({"responses": ["digest"]}, "holds no numbers"),
        ({"response": ["rounds"]}, "unknown name in"),
        ({"responses": "rounds"}, "give a list of columns"),
        ({"x": "agents", "by": "agents"}, "both 'agents'"),
    ],
)
def test_a_wrong_name_is_told_in_a_line(report: dict[str, Any], message: str):
    with pytest.raises(BadInput, match=message):
        report_of(made_up(agents=[4, 16, 64]), "agents", report=report)


def test_a_study_of_failures_alone_has_no_report():
    table = made_up(agents=[4, 16]).assign(status="failed")

    with pytest.raises(BadInput, match="none of the 20 runs"):
        report_of(table, "agents")


def test_failed_runs_are_listed_and_stand_in_no_figure():
    table = made_up(agents=[4, 16, 64])
    table.loc[0, ["status", "error", "digest"]] = ["failed", "it broke", None]

    told = report_of(table, "agents")

    assert told.failures == [("0" * 16, "it broke")]
    assert "(29 in all)" in named(told)["scaling-rounds"].caption


def test_two_of_the_same_are_shown_once_and_constants_not_at_all():
    table = made_up(agents=[4, 16, 64])
    table["metrics.twice"] = 2 * table["rounds"] + 1
    table["simulated_s"] = 5.0

    told = report_of(table, "agents")

    assert "metrics.twice says the same as rounds." in told.not_drawn
    assert "simulated_s is the same in all runs." in told.not_drawn
    assert "scaling-metrics-twice" not in named(told)


def test_a_report_is_the_same_again():
    table = made_up(agents=[4, 16, 64])

    assert report_of(table, "agents") == report_of(table, "agents")


def test_the_digest_over_runs_is_as_the_page_says():
    one_two = "a6e2b7a040683432de03a18fd8a1939a2fdf82585b364bfc874bdd4095c4cae1"

    assert overall_digest(pd.Series(["2", None, "1"])) == one_two


def test_a_study_is_written_as_the_file_it_was():
    import tomllib

    study = {
        "scenario": "jury",
        "seed": 7,
        "board": "redis://me:secret@host",
        "fixed": {"case": 'a "b"', "open": True, "task": "🐝 \x7f\n", "größe": 1},
        "vary": {"agents": [4, 16], "terms.rate": {"low": 0.5, "high": 2, "steps": 3}},
        "when": {"k": {"structure": ["swarm"]}},
    }

    text = study_toml(study)

    assert tomllib.loads(text) == {n: v for n, v in study.items() if n != "board"}
