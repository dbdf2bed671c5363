"""Throughputs that follow from a study's table, and the scalability law fitted to them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from swarmboard.studies.reporting import tell
from viz.study_report import Curves, Figure

SIZES = np.repeat([1, 2, 4, 8, 16], 4)


def table(sizes: Any = SIZES, **columns: Any) -> pd.DataFrame:
    many = len(sizes)
    numbers = {"point": sizes, "replicate": 0, "seed": 1, "agents": sizes}
    texts = {"key": [f"{i:016x}" for i in range(many)], "status": "done", "error": None}
    return pd.DataFrame(
        {**texts, **numbers, **columns, "digest": [f"{i:064x}" for i in range(many)]}
    )


def figures_of(found: pd.DataFrame, **report: Any) -> dict[str, Figure]:
    study = {"scenario": "customer-service", "vary": {"agents": [1]}, "report": report}
    told = tell(found, {"study": study, "varied": ["agents"]}, name="x")
    return {figure.sheet.name: figure for figure in told.figures}


def coefficients(figure: Figure) -> dict[str, float]:
    columns = figure.sheet.columns
    return dict(zip(columns["coefficient"], columns["value"], strict=True))


def law(n: Any, gamma: float, alpha: float, beta: float) -> Any:
    return gamma * n / (1 + alpha * (n - 1) + beta * n * (n - 1))


def tickets() -> pd.DataFrame:
    """A tenth of tickets is abandoned and a fifth escalated; the rest follows the law."""
    resolved_per_h = law(SIZES, 50, 0.1, 0.01)
    simulated_s = 3600 * 700 / resolved_per_h
    shares = {"metrics.abandoned": 0.1, "metrics.escalated": 0.2}
    return table(simulated_s=simulated_s, **{"metrics.tickets": 1000, **shares})


def test_tickets_resolved_per_simulated_hour_follow_the_planted_law() -> None:
    figure = figures_of(tickets())["scalability-throughput-resolved-per-h"]

    wanted = {"gamma": 50, "alpha": 0.1, "beta": 0.01}
    assert coefficients(figure) == pytest.approx(wanted, rel=1e-4)
    assert isinstance(figure.drawing, Curves)
    assert "per hour of simulated time" in figure.caption
    assert figure.evidence == "simulated"


def test_turns_per_second_are_of_the_clock_on_the_wall_and_say_so() -> None:
    turns = {"measures.turns": 100 * SIZES, "timing.wall_s": 100 * SIZES / law(SIZES, 900, 0.3, 0)}

    figure = figures_of(table(**turns))["scalability-timing-turns-per-s"]

    assert coefficients(figure) == pytest.approx({"gamma": 900, "alpha": 0.3, "beta": 0}, abs=1e-3)
    assert "turns of agents per wall-clock second" in figure.caption
    assert figure.evidence.startswith("measured, in wall-clock time")


def test_both_are_drawn_unless_the_study_names_one() -> None:
    found = tickets().assign(**{"measures.turns": 5.0, "timing.wall_s": 1.0 + SIZES})

    both = [name for name in figures_of(found) if name.startswith("scalability")]
    one = figures_of(found, throughput="timing.turns_per_s")

    assert both == ["scalability-throughput-resolved-per-h", "scalability-timing-turns-per-s"]
    assert [name for name in one if name.startswith("scalability")] == both[1:]


def test_three_sizes_are_too_few_for_the_law() -> None:
    found = tickets()

    names = figures_of(found[found["agents"] <= 4].reset_index(drop=True))

    assert not [name for name in names if name.startswith("scalability")]


def test_a_throughput_that_only_falls_has_its_peak_at_one() -> None:
    turns = {"measures.turns": 1000.0, "timing.wall_s": 1000 / law(SIZES, 900, 0.3, 1)}

    figure = figures_of(table(**turns))["scalability-timing-turns-per-s"]

    assert figure.sheet.columns["peak"][0] == 1.0
    assert figure.drawing.series[0].label == "runs, peak at N = 1 (1 to 1)"


def test_a_law_that_explains_little_says_so() -> None:
    rates = np.random.default_rng(3).lognormal(0, 1, len(SIZES))
    turns = {"measures.turns": 1000.0, "timing.wall_s": rates}

    figure = figures_of(table(**turns))["scalability-timing-turns-per-s"]

    assert any("of the variance of log throughput" in note for note in figure.warnings)
    assert figure.drawing.series[0].label == "runs, no law"
    assert figure.drawing.series[0].fit == ()


def test_a_law_that_does_not_fit_is_not_drawn() -> None:
    rates = np.select([SIZES < 4, SIZES < 8], [10.0 * SIZES, 35.0], 80.0 / SIZES)
    turns = {"measures.turns": 1000.0, "timing.wall_s": 1 / rates}

    figure = figures_of(table(**turns))["scalability-timing-turns-per-s"]

    assert 0.5 < figure.sheet.columns["R2"][0] < 0.9
    assert not figure.sheet.columns["law fits"][0]
    assert any("where it peaks is not told" in note for note in figure.warnings)
    assert figure.drawing.series[0].label == "runs, law does not fit"
    assert not figure.drawing.series[0].fit
    assert figure.sheet.columns["peak"][0] is None


def test_a_law_that_fits_among_much_chance_is_drawn_without_a_peak() -> None:
    rates = law(SIZES, 900, 0.1, 0.02) * np.tile([0.7, 0.95, 1.05, 1.4], 5)
    turns = {"measures.turns": 1000.0, "timing.wall_s": 1000 / rates}

    figure = figures_of(table(**turns))["scalability-timing-turns-per-s"]

    assert 0.5 < figure.sheet.columns["R2"][0] < 0.9
    assert figure.sheet.columns["law fits"][0]
    assert any("of log throughput alone, so whether and" in note for note in figure.warnings)
    assert figure.drawing.series[0].label == "runs, peak not told"
    assert figure.sheet.columns["peak"][0] is None


@pytest.mark.parametrize("beta", [0.0, 0.98 / 40**2])
def test_a_law_that_explains_too_little_says_of_a_peak_only_that_it_is_not_told(
    beta: float,
) -> None:
    """Throughput grows up to the largest size, with crosstalk and without."""
    rates = law(SIZES, 900, 0.02, beta) * np.tile([0.3, 0.9, 1.1, 3.0], 5)
    turns = {"measures.turns": 1000.0, "timing.wall_s": 1000 / rates}

    figure = figures_of(table(**turns))["scalability-timing-turns-per-s"]

    assert 0.5 < figure.sheet.columns["R2"][0] < 0.9
    (told,) = [note for note in figure.warnings if "peak" in note]
    assert told.endswith("whether and where it peaks is not told.")
    assert figure.drawing.series[0].label == "runs, peak not told"


def test_a_scalability_counts_the_runs_that_are_drawn() -> None:
    """Two runs have no throughput, and one of two curves has too few sizes for the law."""
    sizes, structure = np.tile(SIZES, 2), np.repeat(["solo", "swarm"], len(SIZES))
    turns = {"measures.turns": 1000.0, "timing.wall_s": 1000 / law(sizes, 900, 0.1, 0.02)}
    found = table(sizes, structure=structure, **turns)
    found.loc[:1, "measures.turns"] = np.nan
    found = found[(found["structure"] == "solo") | (found["agents"] <= 4)].reset_index(drop=True)
    found.loc[found["structure"] == "swarm", "status"] = "stopped"

    told = tell(
        found,
        {"study": {"scenario": "jury", "vary": {}}, "varied": ["agents", "structure"]},
        name="x",
    )

    named = {figure.sheet.name: figure for figure in told.figures}
    figure = named["scalability-timing-turns-per-s"]
    assert "over 18 runs" in figure.caption
    assert not [note for note in figure.warnings if "stopped by their budget" in note]


def test_no_peak_is_told_that_was_not_seen() -> None:
    """The law peaks at 40, and the largest size is 16."""
    rates = law(SIZES, 900, 0.02, 0.98 / 40**2) * np.tile([0.99, 1.0, 1.01, 1.0], 5)
    turns = {"measures.turns": 1000.0, "timing.wall_s": 1000 / rates}

    figure = figures_of(table(**turns))["scalability-timing-turns-per-s"]

    assert figure.drawing.series[0].label == "runs, no peak among the sizes tried"
    assert figure.sheet.columns["peak"][0] is None
    assert any("so no peak was seen" in note for note in figure.warnings)


def test_the_law_is_drawn_over_the_sizes_that_it_was_fitted_to() -> None:
    sizes = np.repeat([1, 2, 4, 8, 16, 32, 64], 4)
    served = np.minimum(law(sizes, 50, 0.1, 0), 250)
    shares = {"metrics.abandoned": np.where(sizes > 16, 0.0, 0.2), "metrics.escalated": 0.0}
    busy = {"metrics.utilisation": np.where(sizes > 16, 0.5, 1.0), "metrics.tickets": 1000}
    simulated_s = 3600 * 1000 * (1 - shares["metrics.abandoned"]) / served
    found = table(sizes, simulated_s=simulated_s, **shares, **busy)

    figure = figures_of(found)["scalability-throughput-resolved-per-h"]

    (series,) = figure.drawing.series
    assert [point.x for point in series.points][-1] == 64
    assert [round(series.fit[i][0]) for i in (0, -1)] == [1, 16]
