"""What a report says of its runs, models, baselines and conditions, and what it calls things."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from swarmboard.studies.analysis.estimates import Estimate
from swarmboard.studies.figures.comparing import _written
from swarmboard.studies.figures.conditions import pooled_conditions
from swarmboard.studies.figures.shortening import shortened
from swarmboard.studies.figures.wording import each_of, label, sentence
from swarmboard.studies.reporting import tell
from swarmboard.versions import versions
from viz.study_report import Figure


def study_of(many: int, **columns: Any) -> pd.DataFrame:
    own = {"key": [f"{i:016x}" for i in range(many)], "status": "done", "error": None, "seed": 1}
    digests = {"digest": [f"{i:064x}" for i in range(many)]}
    return pd.DataFrame({**own, **digests, "point": 0, "replicate": range(many), **columns})


def figures_of(table: pd.DataFrame, *varied: str, **study: Any) -> dict[str, Figure]:
    content = {"scenario": "jury", "vary": {name: [1] for name in varied}, **study}
    found = tell(table, {"study": content, "varied": list(varied)}, name="x")
    return {figure.sheet.name: figure for figure in found.figures}


def grown(**columns: Any) -> pd.DataFrame:
    agents = np.repeat([4, 16, 64], 12)
    rounds = 5 * np.sqrt(agents) + np.tile(range(12), 3) / 10
    return study_of(36, agents=agents, rounds=rounds, **columns)


@pytest.mark.parametrize(
    ("columns", "fixed", "said"),
    [
        ({}, {}, "simulated"),
        ({"tokens.calls": 3}, {"model": "acme/one"}, "simulated, with answers of live models"),
        (
            {"tokens.calls": 0, "tokens.recorded_calls": 3},
            {"model": "acme/one"},
            "simulated, with answers of models as recorded",
        ),
        (
            {"tokens.calls": 3, "yardstick.evidence": "stubbed"},
            {"model": "acme/one"},
            "simulated, with stubbed models",
        ),
        ({"tokens.calls": 3}, {"model": "planted/noise=1"}, "simulated, with planted models"),
        ({"tokens.calls": 3}, {}, "simulated, with planted models"),
        (
            {"tokens.calls": 3},
            {"tiers": {"fast": {"model": "planted"}, "strong": {"model": "acme/one"}}},
            "simulated, with answers of live models",
        ),
    ],
)
def test_evidence_says_who_answered(
    columns: dict[str, Any], fixed: dict[str, Any], said: str
) -> None:
    figure = figures_of(grown(**columns), "agents", fixed=fixed)["scaling-rounds"]

    assert figure.evidence.partition(", which")[0] == said


def test_the_caption_of_effects_leaves_to_the_scenario_what_is_matched() -> None:
    table = grown(**{"baseline.rounds": np.tile(range(12), 3)})

    caption = figures_of(table, "agents")["effects-rounds"].caption

    assert "same task" not in caption
    assert "the scenario says what is matched" in caption


def test_runs_at_their_limit_are_counted_among_those_that_a_figure_shows() -> None:
    table = grown(round_limit=20)
    table["rounds"] = table["rounds"].clip(upper=20)
    at_limit = table["agents"] >= 16
    table["measures.messages.count"] = table["rounds"].where(table["agents"] < 64) * 3.0

    figures = figures_of(
        table, "agents", report={"responses": ["rounds", "measures.messages.count"]}
    )

    assert at_limit.sum() == 24
    told = [figures[f"scaling-{name}"].warnings for name in ("rounds", "measures-messages-count")]
    assert any(note.startswith("24 of 36 runs (67 %) ended at their limit") for note in told[0])
    assert any(note.startswith("12 of 24 runs (50 %) ended at their limit") for note in told[1])


@pytest.mark.parametrize(("fixed", "is_told"), [({}, False), ({"rounds": 100}, True)])
def test_a_run_that_used_up_all_attempts_was_not_cut_off_unless_the_study_gave_its_limit(
    fixed: dict[str, int], is_told: bool
) -> None:
    table = grown(**{"metrics.attempts": 100, "round_limit": 100})
    table["tokens.calls"], table["rounds"] = table["rounds"], 100

    study = {"fixed": fixed, "report": {"responses": ["tokens.calls"]}}
    notes = figures_of(table, "agents", **study)["scaling-tokens-calls"].warnings

    assert any("ended at their limit" in note for note in notes) == is_told


def test_a_front_uses_runs_that_have_both_numbers_and_says_so() -> None:
    table = grown(**{"yardstick.gap_percent": 10 / np.arange(1, 37)})
    table["rounds"] = np.where(table.index % 12 < 6, table["rounds"], 1000)
    table.loc[table["rounds"] == 1000, "yardstick.gap_percent"] = np.nan

    front = figures_of(table, "agents")["pareto-yardstick-gap-percent-rounds"]

    assert front.sheet.columns["n"] == [6, 6, 6]
    assert max(front.sheet.columns["rounds"]) < 1000
    assert any("18 of 36 runs (50 %) are left out of all means" in n for n in front.warnings)


@pytest.mark.parametrize(("maker", "fronts"), [("planted", 2), ("acme", 1)])
def test_planted_models_are_conditions_with_a_front_each_and_others_are_choices(
    maker: str, fronts: int
) -> None:
    agents, hard = (part.ravel() for part in np.meshgrid([4, 16, 64], [0.6, 0.9], indexing="ij"))
    agents, hard = np.repeat(agents, 5), np.repeat(hard, 5)
    columns = {"metrics.correct": hard * (1 - 1 / agents), "tokens.calls": agents}
    models = [f"{maker}/accuracy={part}" for part in hard]
    table = study_of(30, agents=agents, model=models, **columns)

    report = {"quality": "metrics.correct", "cost": "tokens.calls"}
    found = figures_of(table, "agents", "model", report=report)

    assert sum(name.startswith("pareto") for name in found) == fronts


def test_of_too_many_conditions_those_of_most_values_are_pooled() -> None:
    parts = pd.MultiIndex.from_product([range(5), ["a", "b"], [4, 16]])
    table = parts.to_frame(index=False, name=["tasks", "model", "agents"])

    assert pooled_conditions(table, ["tasks", "model"], ["agents"]) == (["model"], ["tasks"])


def test_one_value_looks_the_same_in_figures_that_lack_others() -> None:
    table = grown(structure=["chorus", "solo", "swarm"] * 12)
    table["rounds"] += table["structure"].map({"chorus": 0, "solo": 3, "swarm": 9})
    table["metrics.left"] = table["rounds"].where(table["structure"] != "chorus")

    report = {"responses": ["rounds", "metrics.left"]}
    found = figures_of(table, "agents", "structure", report=report)

    places = [
        {series.label.partition(":")[0]: series.place for series in found[name].drawing.series}
        for name in ("scaling-rounds", "scaling-metrics-left")
    ]
    assert places[0] == {"chorus": 0, "solo": 1, "swarm": 2}
    assert places[1] == {"solo": 1, "swarm": 2}


@pytest.mark.parametrize(
    ("values", "cut"),
    [
        (
            ["planted/accuracy=0.9,correlation=0.1", "planted/accuracy=0.6,correlation=0.1"],
            ["accuracy=0.9", "accuracy=0.6"],
        ),
        (["questions/sheet_1.jsonl", "questions/sheet_2.jsonl"], ["sheet_1", "sheet_2"]),
        (["acme/a-long-name", "other/a-long-name"], ["acme/a-long-name", "other/a-long-name"]),
        (["on/a", "on/b"], ["on/a", "on/b"]),
    ],
)
def test_names_lose_the_parts_that_all_have_in_common(values: list[str], cut: list[str]) -> None:
    assert list(shortened(values).values()) == cut


def test_legends_have_short_names_and_facts_the_whole_ones() -> None:
    names = [f"planted/accuracy={share},correlation=0.1" for share in (0.6, 0.9)]
    table = grown(model=names * 18)
    table["rounds"] += 5 * (table["model"] == names[0])
    study = {"scenario": "jury", "vary": {"agents": [1], "model": names}}

    told = tell(table, {"study": study, "varied": ["agents", "model"]}, name="x")

    (figure,) = (f for f in told.figures if f.sheet.name == "scaling-rounds")
    labels = [series.label.partition(":")[0] for series in figure.drawing.series]
    assert labels == ["accuracy=0.6", "accuracy=0.9"]
    assert dict(told.facts)["varied: model"] == ", ".join(names)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("vary.rounds", "limit of rounds"),
        ("baseline.simulated_s", "simulated time of the baseline (s)"),
        ("yardstick.expected.correct", "correct as expected (share)"),
        ("abstentions.late", "abstentions, late"),
        ("tokens.waste", "tokens, waste"),
        ("measures.votes.count", "votes count"),
        ("metrics.latency_mean_s", "latency (s)"),
    ],
)
def test_a_column_without_a_name_of_its_own_says_what_it_is_of(column: str, words: str) -> None:
    assert label(column) == words


@pytest.mark.parametrize(
    ("column", "words"), [("silent", "value of silent"), ("structure", "structure")]
)
def test_there_is_a_curve_for_each_value_of_a_parameter(column: str, words: str) -> None:
    assert each_of(column) == words


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("all runs agree", "All runs agree."),
        ("left out, as all agree.", "Left out, as all agree."),
        ("swarm: no power law fits", "swarm: no power law fits."),
        ("yardstick.gap_percent is the same", "yardstick.gap_percent is the same."),
    ],
)
def test_a_sentence_begins_with_a_capital_unless_with_a_name(note: str, told: str) -> None:
    assert sentence(note) == told


@pytest.mark.parametrize(
    ("ends", "text"),
    [
        ((0.61, 0.5162, 0.657), "0.61 (0.52 to 0.66)"),
        ((0.962, 0.929, 0.98), "0.962 (0.929 to 0.980)"),
        ((102_512.5, 102_401.2, 102_620.0), "102,512 (102,401 to 102,620)"),
        ((2.4e6, 2.3e6, 2.5e6), "2.4e6 (2.3e6 to 2.5e6)"),
        ((8.0, 8.0, 8.0), "8 (8 to 8)"),
    ],
)
def test_a_value_in_a_table_has_as_many_decimals_as_its_interval(
    ends: tuple[float, float, float], text: str
) -> None:
    assert _written(Estimate(*ends, 20, "mean")) == text


def test_facts_tell_values_as_they_were_run() -> None:
    table = grown().assign(agents=np.repeat([16, 1024, 1_048_577], 12))
    study = {"scenario": "jury", "vary": {"agents": [1]}}

    told = tell(table, {"study": study, "varied": ["agents"]}, name="x")

    assert dict(told.facts)["varied: agents"] == "16, 1,024, 1,048,577"


def test_the_versions_that_results_rest_on_include_what_solves_dispatch() -> None:
    assert "daqp" in versions()
