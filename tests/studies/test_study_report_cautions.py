"""What figures leave out where it cannot be told, and say so."""

from typing import Any

import numpy as np
import pandas as pd

from swarmboard.studies.analysis.attribution import Index, Sensitivity
from swarmboard.studies.analysis.estimates import Estimate
from swarmboard.studies.figures.designed import _bars, _clipped
from swarmboard.studies.reporting import tell
from viz.study_report import Figure, StudyTold


def study_of(many: int, **columns: Any) -> pd.DataFrame:
    own = {"key": [f"{i:016x}" for i in range(many)], "status": "done", "error": None, "seed": 1}
    digests = {"digest": [f"{i:064x}" for i in range(many)]}
    return pd.DataFrame({**own, **digests, "point": 0, "replicate": range(many), **columns})


def told(table: pd.DataFrame, *varied: str, **report: Any) -> StudyTold:
    study = {"scenario": "jury", "vary": {name: [1] for name in varied}, "report": report}
    return tell(table, {"study": study, "varied": list(varied)}, name="x")


def figures(found: StudyTold) -> dict[str, Figure]:
    return {figure.sheet.name: figure for figure in found.figures}


def conditional() -> pd.DataFrame:
    """Structure decides all; a threshold is there for swarms alone."""
    structure = np.repeat(["swarm", "solo"], [60, 20])
    threshold = [*np.tile([50.0, 60.0, 70.0], 20), *[None] * 20]
    agents = np.tile([4, 16], 40)
    rounds = np.where(structure == "swarm", 30, 3) + np.tile([0, 1, 2, 3], 20)
    columns = {"structure": structure, "threshold": threshold, "agents": agents}
    return study_of(80, **columns, rounds=rounds).astype({"threshold": float})


def test_a_conditional_parameter_hides_no_other() -> None:
    figure = figures(told(conditional(), "structure", "threshold", "agents"))["sensitivity-rounds"]

    shares = dict(zip(figure.sheet.columns["parameter"], figure.drawing.bars, strict=True))
    assert shares["structure"].value > 0.9
    assert "threshold" not in shares
    assert figure.warnings[0] == "Left out, as not every run has a value: threshold."


def test_a_heat_map_pools_only_what_is_in_it() -> None:
    table = conditional()
    table["rounds"] += table["threshold"].fillna(0) + table["agents"]

    found = figures(told(table, "structure", "threshold", "agents"))
    caption = next(f.caption for name, f in found.items() if name.startswith("heat-rounds"))

    assert "Pooled over" not in caption
    assert "Only runs with swarm have both." in caption or "structure swarm" in caption


def test_each_condition_of_the_world_has_a_front_of_its_own() -> None:
    grid = pd.MultiIndex.from_product([[1.0, 4.0], [2, 4, 8], range(5)]).to_frame(index=False)
    columns = {"arrivals_per_s": grid[0], "agents": grid[1]}
    rounds = grid[1] * 1.0 + grid[0]
    table = study_of(30, **columns, rounds=rounds, **{"yardstick.gap_percent": 9 / grid[1]})

    found = [f for n, f in figures(told(table, *columns)).items() if n.startswith("pareto")]

    assert len(found) == 2
    assert all(len(figure.drawing.spots) == 3 for figure in found)
    assert "takes agents for choices" in found[0].caption


def test_a_cost_that_is_the_same_everywhere_is_nothing_to_weigh() -> None:
    agents = np.repeat([2, 4, 8], 5)
    gaps = {"yardstick.gap_percent": 9 / agents}
    table = study_of(15, agents=agents, rounds=7, **gaps)

    found = told(table, "agents", cost="rounds", quality="yardstick.gap_percent")

    assert not [name for name in figures(found) if name.startswith("pareto")]
    assert any("nothing to weigh" in line for line in found.not_drawn)


def test_a_throughput_that_is_what_arrives_has_no_law() -> None:
    agents = np.repeat([2, 4, 8, 16, 32], 4)
    load = {"metrics.abandoned": 0.0, "metrics.escalated": 0.1, "metrics.utilisation": 8 / agents}
    simulated_s = 3600 + 100 * np.tile([0, 1, 2, 3], 5)
    columns = {"simulated_s": simulated_s, "metrics.tickets": 1000, **load}

    figure = figures(told(study_of(20, agents=agents, **columns), "agents"))[
        "scalability-throughput-resolved-per-h"
    ]

    assert figure.drawing.series[0].label == "runs, no law"
    assert figure.drawing.series[0].fit == ()
    assert any("throughput is what arrives" in note for note in figure.warnings)


def test_zeros_leave_a_logarithmic_axis_and_thin_points_are_counted_together() -> None:
    agents = np.repeat([1, 4, 16, 64], 5)
    sent = np.where(agents == 1, 0, agents**2) * (1 + 0.01 * np.tile(range(5), 4))
    table = study_of(20, agents=agents, **{"measures.messages.count": sent})

    figure = figures(told(table, "agents"))["scaling-measures-messages-count"]

    assert figure.drawing.y.is_log
    assert [point.x for point in figure.drawing.series[0].points] == [4, 16, 64]
    assert any("1 of 4 points are 0 and left out" in note for note in figure.warnings)
    assert any("4 of 4 points have fewer than 10 runs" in note for note in figure.warnings)


def test_no_interval_of_a_mean_absolute_effect_is_drawn_below_0() -> None:
    index = Index("agents", Estimate(0.1, -0.2, 0.4, 9, "morris"), None, 0.3)
    found = Sensitivity("rounds", (index,), "effect", None, 9, "morris")

    (bar,) = _bars(found)

    assert (bar.low, bar.high, bar.is_told_apart) == (0.0, 0.4, False)
    assert "drawn from 0 on" in _clipped(found)[0]
