"""What a report says of points, their intervals and what theory foretells."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from swarmboard.studies.analysis import mean
from swarmboard.studies.analysis.estimates import Estimate
from swarmboard.studies.figures.growth import curves
from swarmboard.studies.figures.points_told import equal_told, points_told, theory_told
from swarmboard.studies.figures.survey import survey_of
from swarmboard.studies.report_config import ReportConfig
from swarmboard.studies.reporting import tell
from viz.study_report import Figure


def study_of(many: int, **columns: Any) -> pd.DataFrame:
    own = {"key": [f"{i:016x}" for i in range(many)], "status": "done", "error": None, "seed": 1}
    digests = {"digest": [f"{i:064x}" for i in range(many)]}
    return pd.DataFrame({**own, **digests, "point": 0, "replicate": range(many), **columns})


def figures_of(table: pd.DataFrame, *varied: str, **report: Any) -> dict[str, Figure]:
    study = {"scenario": "jury", "vary": {name: [1] for name in varied}, "report": report}
    found = tell(table, {"study": study, "varied": list(varied)}, name="x")
    return {figure.sheet.name: figure for figure in found.figures}


def around(value: float, n: int = 20) -> Estimate:
    return Estimate(value, value - 0.1, value + 0.1, n, "mean")


def test_points_with_equal_runs_are_counted() -> None:
    (told,) = points_told([mean([3.0] * 20), around(3.0)])

    assert told.startswith("1 of 2 points have the same value in all runs")


def test_a_point_of_one_run_has_no_interval_that_says_too_much() -> None:
    assert equal_told([[mean([3.0])]]) == []


def test_a_point_counts_whose_runs_are_equal_in_one_of_its_two_values() -> None:
    (told,) = equal_told([[mean([3.0] * 20), around(3.0)], [around(1.0), around(2.0)]])

    assert told.startswith("1 of 2 points have the same value in all runs")


def test_runs_that_differ_by_rounding_alone_are_equal() -> None:
    (told,) = equal_told([[mean([0.3] * 9 + [0.1 + 0.2])]])

    assert told.startswith("1 of 1 points have the same value in all runs")


def test_theory_outside_of_many_intervals_is_told() -> None:
    pairs = [(around(1.0), 1.0)] * 4 + [(around(1.0), 2.0)] * 3

    (told,) = theory_told(pairs)

    assert told.startswith("at 3 of 7 points with 10 runs or more the interval leaves out")


def test_theory_outside_of_two_intervals_in_seven_may_be_chance() -> None:
    assert theory_told([(around(1.0), 1.0)] * 5 + [(around(1.0), 2.0)] * 2) == []


def test_a_point_of_few_runs_says_nothing_of_theory() -> None:
    assert theory_told([(around(1.0, n=9), 2.0)] * 4) == []


def test_theory_that_holds_of_few_skewed_runs_is_seldom_said_not_to() -> None:
    random, draws = np.random.default_rng(1), 40

    told = [
        theory_told([(mean(random.exponential(size=10), seed=i), 1.0) for _ in range(6)])
        for i in range(draws)
    ]

    assert sum(map(bool, told)) <= 4


def test_a_point_without_width_says_nothing_of_theory() -> None:
    assert theory_told([(mean([1.0] * 20), 2.0)] * 4) == []


def foretold() -> pd.DataFrame:
    """Theory lies outside of three intervals, and the fourth has no width."""
    agents = np.repeat([3, 5, 7, 9], 12)
    correct = np.where(agents == 9, 1.0, 0.5 + 0.01 * np.tile(range(12), 4))
    columns = {"metrics.correct": correct, "yardstick.expected.correct": 0.9}
    return study_of(48, agents=agents, **columns).assign(seed=range(48))


def test_a_figure_cautions_of_points_with_equal_runs_and_of_theory() -> None:
    figure = figures_of(foretold(), "agents")["scaling-metrics-correct"]

    assert any(note.startswith("1 of 4 points have the same value") for note in figure.warnings)
    assert any(note.startswith("At 3 of 3 points with 10 runs") for note in figure.warnings)


def test_points_that_share_their_seeds_say_nothing_of_theory() -> None:
    table = foretold().assign(seed=np.tile(range(12), 4))
    survey = survey_of(table, ["agents"], ReportConfig(), has_common_streams=True)

    figure = curves(survey, "metrics.correct", seed=0)

    assert figure is not None
    assert not [note for note in figure.warnings if "from theory" in note]


def test_no_law_is_fitted_where_exact_values_are_drawn() -> None:
    agents = np.repeat([2, 4, 8, 16], 12)
    waits = 3.0 * agents * np.tile(np.linspace(0.9, 1.1, 12), 4)
    columns = {"metrics.wait_s": waits, "yardstick.expected.wait_s": 3.0 * agents}

    figure = figures_of(study_of(48, agents=agents, **columns), "agents")["scaling-metrics-wait-s"]

    assert "Lines join the exact values from theory." in figure.caption
    assert "power law" not in figure.caption + figure.method
    assert "exponent" not in figure.sheet.columns


@pytest.mark.parametrize("least", [0.0, -1.0])
def test_an_exponent_is_withheld_of_the_curve_that_has_runs_without_a_value_above_0(
    least: float,
) -> None:
    table = grown().assign(round_limit=10_000)
    table.loc[[36, 50, 70], "rounds"] = least

    figure = figures_of(table, "agents", "structure", by="structure")["scaling-rounds"]

    solo, swarm = figure.drawing.series
    assert solo.label.startswith("solo: exponent 0.50")
    assert (swarm.label, swarm.fit) == ("swarm", ())
    why = "No exponent of swarm is fitted, as not every run there has a value above 0"
    assert any(note.startswith(why) for note in figure.warnings)


def test_cautions_of_a_curve_count_the_runs_that_are_in_it() -> None:
    """Two of the runs that were stopped have no number of agents."""
    table = grown().astype({"agents": float})
    table.loc[[0, 1, 40], "status"] = "stopped"
    table.loc[[0, 1], "agents"] = np.nan

    figure = figures_of(table, "agents", "structure", by="structure")["scaling-rounds"]

    assert any(note.startswith("1 of 70 runs (1.4 %) were stopped") for note in figure.warnings)


def test_no_part_of_a_curve_has_another_kind_of_interval() -> None:
    """At two agents all of its fractions are 0."""
    agents, by = np.tile(np.repeat([2, 4, 8], 12), 2), np.repeat([10.0, 20.0], 36)
    wrong = np.where((agents == 2) | (by == 10), 0.0, 0.25 * np.tile([0, 1, 2], 24))
    table = study_of(72, agents=agents, threshold=by, **{"metrics.wrong": wrong})

    figure = figures_of(table, "agents", "threshold")["scaling-metrics-wrong"]

    assert not [how for how in figure.sheet.columns["interval"] if "Wilson" in how]


def grown() -> pd.DataFrame:
    """Rounds of solo grow as a power of agents; those of a swarm end at a limit, 300."""
    agents = np.tile(np.repeat([4, 16, 64], 12), 2)
    rounds = np.round(50 * np.sqrt(agents) * np.tile(np.linspace(0.9, 1.1, 12), 6))
    structure = np.repeat(["solo", "swarm"], 36)
    rounds[structure == "swarm"] = np.minimum(rounds, 300)[structure == "swarm"]
    columns = {"structure": structure, "rounds": rounds, "consensus.accepted": 1}
    ends = {"measures.consensus.rounds_to_threshold": rounds}
    table = study_of(72, agents=agents, **columns, **ends, round_limit=300)
    cut = (table["structure"] == "swarm") & (rounds >= 300)
    table.loc[cut, "consensus.accepted"] = 0
    return table


def test_an_exponent_is_withheld_of_the_curve_whose_runs_were_cut_short_alone() -> None:
    figure = figures_of(grown(), "agents", "structure", by="structure")["scaling-rounds"]

    solo, swarm = figure.drawing.series
    assert solo.label.startswith("solo: exponent 0.50")
    assert swarm.label == "swarm"
    assert any(note.startswith("No exponent of swarm is fitted") for note in figure.warnings)


def test_an_exponent_is_withheld_of_the_curve_that_bends_alone() -> None:
    table = grown().assign(round_limit=10_000)

    figure = figures_of(table, "agents", "structure", by="structure")["scaling-rounds"]

    solo, swarm = figure.drawing.series
    assert solo.fit
    assert (swarm.label, swarm.fit) == ("swarm: no power law", ())
    assert figure.sheet.columns["exponent"][3:] == [None] * 3
    assert any(note.startswith("swarm: no power law fits, as") for note in figure.warnings)
