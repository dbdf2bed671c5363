"""What a report says of points, their intervals and what theory foretells."""

from typing import Any

import numpy as np
import pandas as pd

from swarmboard.studies.analysis import mean
from swarmboard.studies.analysis.estimates import Estimate
from swarmboard.studies.figures.points_told import equal_told, points_told, theory_told
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


def around(value: float) -> Estimate:
    return Estimate(value, value - 0.1, value + 0.1, 20, "mean")


def test_points_with_equal_runs_are_counted() -> None:
    (told,) = points_told([mean([3.0] * 20), around(3.0)])

    assert told.startswith("1 of 2 points have the same value in all runs")


def test_a_point_of_one_run_has_no_interval_that_says_too_much() -> None:
    assert equal_told([[mean([3.0])]]) == []


def test_theory_outside_of_many_intervals_is_told() -> None:
    pairs = [(around(1.0), 1.0)] * 5 + [(around(1.0), 2.0)] * 2

    (told,) = theory_told(pairs)

    assert told.startswith("at 2 of 7 points the interval leaves out the value from theory")


def test_theory_outside_of_one_interval_in_ten_is_chance() -> None:
    assert theory_told([(around(1.0), 1.0)] * 9 + [(around(1.0), 2.0)]) == []


def test_a_point_without_width_says_nothing_of_theory() -> None:
    assert theory_told([(mean([1.0] * 20), 2.0)] * 4) == []


def test_a_figure_cautions_of_points_with_equal_runs_and_of_theory() -> None:
    agents = np.repeat([3, 5, 7, 9], 12)
    correct = np.where(agents == 9, 1.0, 0.5 + 0.01 * np.tile(range(12), 4))
    columns = {"metrics.correct": correct, "yardstick.expected.correct": 0.9}

    figure = figures_of(study_of(48, agents=agents, **columns), "agents")["scaling-metrics-correct"]

    assert any(note.startswith("1 of 4 points have the same value") for note in figure.warnings)
    assert any(note.startswith("At 3 of 3 points the interval") for note in figure.warnings)


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
