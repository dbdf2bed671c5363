"""What a report says of runs that were cut short, share their luck, or were decided upon."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from swarmboard.studies.figures.wording import named, slug
from swarmboard.studies.reporting import _bounds, tell
from viz.study_report import Figure, StudyTold

SIZES = (4, 16, 64)


def made_up(*, of_each: int = 12) -> pd.DataFrame:
    """Runs whose length grows with the square root of agents, the same seeds at each size."""
    rng = np.random.default_rng(3)
    many = of_each * len(SIZES)
    table = pd.DataFrame({"agents": np.repeat(SIZES, of_each), "seed": np.tile(range(of_each), 3)})
    table["rounds"] = np.round(50 * np.sqrt(table["agents"]) * rng.lognormal(0, 0.1, many))
    table["consensus.accepted"] = 1
    table["measures.consensus.rounds_to_threshold"] = table["rounds"]
    table["point"] = np.repeat(range(len(SIZES)), of_each)
    table["key"] = [f"{i:016x}" for i in range(many)]
    table["digest"] = [f"{i:064x}" for i in range(many)]
    return table.assign(status="done", error=None, replicate=table["seed"])


def report_of(table: pd.DataFrame, **study: Any) -> StudyTold:
    adaptive = study.pop("adaptive", {})
    content = {"scenario": "jury", "seed": 7, "vary": {"agents": list(SIZES)}, **study}
    about = {"study": content, "varied": ["agents"], "adaptive": adaptive}
    return tell(table, about, name="x")


def figures_of(told: StudyTold) -> dict[str, Figure]:
    return {figure.sheet.name: figure for figure in told.figures}


def test_runs_that_their_budget_stopped_count_and_are_told():
    table = made_up()
    table.loc[table["agents"] == 64, "status"] = "stopped"

    told = report_of(table)

    figure = figures_of(told)["scaling-rounds"]
    assert told.failures == []
    assert ("runs", "24 done, 12 stopped by their budget, 0 failed") in told.facts
    assert figure.sheet.columns["agents"] == [4, 16, 64]
    assert any("12 of 36 runs (33 %) were stopped by their budget" in n for n in figure.warnings)
    assert "exponent" not in figure.sheet.columns


@pytest.mark.parametrize("fixed", [{"rounds": 300}, {}])
def test_runs_at_their_limit_of_rounds_are_told_and_give_no_exponent(fixed: dict[str, int]):
    table = made_up()
    cut = table["rounds"] >= 300
    table.loc[cut, ["rounds", "consensus.accepted"]] = [300, 0]
    table = table if fixed else table.assign(round_limit=300)

    figure = figures_of(report_of(table, fixed=fixed))["scaling-rounds"]

    assert cut.sum() == 12
    assert "exponent" not in figure.sheet.columns
    assert any("12 of 36 runs (33 %) ended at their limit" in note for note in figure.warnings)


def test_a_decision_in_the_last_round_there_is_was_in_time():
    figures = figures_of(report_of(made_up().assign(round_limit=lambda t: t["rounds"])))

    assert "exponent" in figures["scaling-rounds"].sheet.columns


@pytest.mark.parametrize(
    "change",
    [
        {"consensus.accepted": 3},
        {"measures.consensus.rounds_to_threshold": 1},
    ],
)
def test_the_length_of_a_run_is_no_time_to_consensus_where_it_goes_on(change: dict[str, int]):
    before = figures_of(report_of(made_up()))
    after = figures_of(report_of(made_up().assign(**change)))

    assert before["times-rounds"].title == "Time to consensus"
    assert "times-rounds" not in after
    assert after["lengths-rounds"].title == "Length of runs"
    assert after["lengths-rounds"].sheet.columns["50 % over by"][0] == pytest.approx(100, rel=0.1)


def test_runs_of_one_seed_are_one_pair_of_a_pooled_effect():
    table = made_up().assign(structure=["swarm", "solo"] * 18)
    table["baseline.rounds"] = 10.0
    about = {
        "study": {
            "scenario": "jury",
            "vary": {"structure": ["swarm", "solo"]},
            "streams": "common",
        },
        "varied": ["structure"],
    }

    figure = figures_of(tell(table, about, name="x"))["effects-rounds"]

    assert figure.sheet.columns["pairs"] == [6, 6]
    assert any("pooled runs of one seed count as one" in note for note in figure.warnings)


def test_an_adaptive_study_says_what_it_found_and_how_many_replicates_there_were():
    found = [{"agents": 4, "point": 0, "rounds": 99.5, "is_sure": False, "said": "x"}]
    table = made_up().drop(index=[0, 1, 2])

    told = report_of(
        table, until="ci95 of rounds < 5 %", max_replicates=12, adaptive={"found": found}
    )

    facts = dict(told.facts)
    assert facts["design"] == "grid, 3 points, 9 to 12 replicates a point"
    assert facts["decided during the study"].startswith("until: ci95 of rounds < 5 %; begun with 1")
    figure = told.figures[0]
    assert (figure.sheet.name, figure.sheet.columns["rounds"]) == ("found", [99.5])
    assert any("1 of 1 rows are not sure" in note for note in figure.warnings)


def test_figures_of_columns_that_are_spelled_alike_have_files_of_their_own():
    table = made_up()
    table["metrics.a_b"] = table["rounds"] % 7
    table["metrics.a.b"] = table["rounds"] % 5

    told = report_of(table, report={"responses": ["metrics.a_b", "metrics.a.b"]})

    names = [figure.sheet.name for figure in told.figures]
    assert {"scaling-metrics-a-b", "scaling-metrics-a-b-2"} <= set(names)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("metrics.Größe", "heat-metrics-größe"),
        ("質", "heat-質"),
        ("%", "heat"),
        ("a_b", "heat-a-b"),
    ],
)
def test_a_file_is_called_by_letters_of_any_script(column: str, name: str):
    assert slug("heat", column) == name


def test_a_parameter_that_gave_way_to_a_result_keeps_its_range():
    assert _bounds({"vary": {"rounds": {"low": 1, "high": 9}}}) == {"vary.rounds": (1.0, 9.0)}


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("certificate_percent", "off", "certificate off"),
        ("structure", "solo", "solo"),
        ("agents", 4, "agents 4"),
        ("open", True, "open yes"),
    ],
)
def test_a_value_is_told_with_its_name_unless_it_speaks_for_itself(
    column: str, value: Any, text: str
):
    assert named(column, value) == text
