"""What a report says of its runs, models, baselines and conditions, and what it calls things."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from swarmboard.studies.analysis.estimates import Estimate
from swarmboard.studies.analysis.fronts import pareto
from swarmboard.studies.figures.cautions import cautions
from swarmboard.studies.figures.comparing import _written
from swarmboard.studies.figures.conditions import pooled_conditions
from swarmboard.studies.figures.shortening import shortened
from swarmboard.studies.figures.survey import survey_of
from swarmboard.studies.figures.wording import each_of, label, sentence, told_apart
from swarmboard.studies.report_config import make_report_config
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


@pytest.mark.parametrize("lost", ["a setting", "some runs"])
def test_nothing_is_pooled_where_settings_have_other_mixes_of_conditions(lost: str) -> None:
    parts = pd.MultiIndex.from_product([range(5), ["a", "b"], [4, 16], [1, 2]])
    table = parts.to_frame(index=False, name=["tasks", "model", "agents", "replicate"])
    is_lost = (table["tasks"] == 4) & (table["model"] == "a") & (table["agents"] == 16)
    table = table[~(is_lost & ((lost == "a setting") | (table["replicate"] == 2)))]

    found = pooled_conditions(table, ["tasks", "model"], ["agents"])

    assert found == (["tasks", "model"], [])


def test_fronts_are_pooled_only_where_the_runs_that_have_both_numbers_are_of_one_mix() -> None:
    parts = pd.MultiIndex.from_product([[4, 16], range(8), [0.1, 0.2], range(2)])
    columns = parts.to_frame(index=False, name=["agents", "tasks", "correlation", "nth"])
    costs = columns["agents"] + columns["nth"]
    lost = (columns["tasks"] > 5) & (columns["agents"] == 16)
    report = {"quality": "metrics.correct", "cost": "tokens.calls"}

    def fronts(cost: pd.Series) -> list[str]:
        own = {"tokens.calls": cost, "metrics.correct": costs / 20}
        table = study_of(len(columns), **columns, **own)
        found = figures_of(table, "agents", "tasks", "correlation", report=report)
        return [name for name in found if name.startswith("pareto")]

    assert len(fronts(costs)) == 2
    assert not fronts(costs.where(~lost))


def test_a_front_of_one_condition_has_the_statistics_of_the_whole_study() -> None:
    parts = pd.MultiIndex.from_product([[4, 16], [0.1, 0.2], range(4)])
    columns = parts.to_frame(index=False, name=["agents", "correlation", "nth"])
    wrong = (columns["nth"] < columns["agents"] / 8) * np.where(columns["correlation"] < 0.2, 1, 5)
    own = {"tokens.calls": columns["agents"] + columns["nth"], "metrics.wrong": wrong}
    report = {"quality": "metrics.wrong", "cost": "tokens.calls"}

    found = figures_of(study_of(16, **columns, **own), "agents", "correlation", report=report)

    methods = [figure.method for name, figure in found.items() if name.startswith("pareto")]
    assert len(methods) == 2
    assert not any("Wilson" in method for method in methods)


def test_a_caution_counts_the_runs_that_have_a_value() -> None:
    table = grown()
    table["status"] = np.where(table.index % 2, "stopped", "done")
    table["metrics.left"] = table["rounds"].where(table["agents"] < 64)
    survey = survey_of(table, ["agents"], make_report_config({}))

    (told,) = cautions(survey, "metrics.left")

    assert told.startswith("12 of 24 runs (50 %) were stopped")


def test_the_limit_of_a_run_is_its_own_where_the_table_has_it() -> None:
    table = grown(round_limit=20)
    table["rounds"] = table["rounds"].clip(upper=20)

    study = {"fixed": {"rounds": 1000}, "report": {"responses": ["rounds"]}}
    notes = figures_of(table, "agents", **study)["scaling-rounds"].warnings

    assert any("24 of 36 runs (67 %) ended at their limit" in note for note in notes)


def test_curves_of_times_have_the_places_of_their_values_in_the_study() -> None:
    table = grown(structure=["chorus", "solo", "swarm"] * 12)
    table["rounds"] = table["rounds"].where(table["structure"] != "chorus")

    drawing = figures_of(table, "agents", "structure")["lengths-rounds"].drawing

    assert {series.label: series.place for series in drawing.series} == {"solo": 1, "swarm": 2}


def test_values_that_agree_in_four_digits_have_names_and_places_of_their_own() -> None:
    values = [round(2 / 3, 6), 0.66667, 0.6667]
    table = grown(q=values * 12)
    table["rounds"] *= table["q"].rank()

    series = figures_of(table, "agents", "q")["scaling-rounds"].drawing.series

    names = [one.label.partition(":")[0] for one in series]
    assert names == ["q 0.666667", "q 0.66667", "q 0.6667"]
    assert [one.place for one in series] == [0, 1, 2]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.5, 0.25], ["0.5", "0.25"]),
        ([0.66671, 0.66672, 0.7], ["0.66671", "0.66672", "0.7"]),
        ([1000.2, 1000.3], ["1,000.2", "1,000.3"]),
        ([10**9, 10**9 + 1], ["1e9", "1.000000001e9"]),
        ([2**60, 2**60 + 1], [str(2**60), str(2**60 + 1)]),
        ([0.5, None, float("nan")], ["0.5", "none", "none"]),
    ],
)
def test_values_have_so_many_digits_as_tell_them_apart(values: list[Any], texts: list[str]) -> None:
    assert told_apart(values) == texts


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
        (["1/2 of all agents", "1/3 of all agents"], ["1/2 of all agents", "1/3 of all agents"]),
        (["1,000 customers", "1,500 customers"], ["1,000 customers", "1,500 customers"]),
        (["0.25,0.25,0.40,0.10", "0.25,0.25,0.25,0.25"],) * 2,
        (["0.25, 0.25, 0.5, 0", "0.25, 0.25, 0.4, 0.1"],) * 2,
        (["gpt-4.turboedition", "gpt-5.turboedition"],) * 2,
        (["quorum of 3, then vote", "leader, then vote"], ["quorum of 3", "leader"]),
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


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([16, 1024, 1_048_577], "16, 1,024, 1,048,577"),
        ([0.1 + 0.2, 0.66667, 0.6666712], "0.3, 0.66667, 0.6666712"),
        ([1e-9, 0.5, 1234.5678], "1e-9, 0.5, 1,234.5678"),
    ],
)
def test_facts_tell_values_as_they_were_run(values: list[float], told: str) -> None:
    table = grown().assign(agents=np.repeat(values, 12))
    study = {"scenario": "jury", "vary": {"agents": [1]}}

    facts = tell(table, {"study": study, "varied": ["agents"]}, name="x").facts

    assert dict(facts)["varied: agents"] == told


def test_a_front_tells_the_methods_of_both_numbers_where_they_differ() -> None:
    table = grown(right=[True, False] * 18)
    about: dict[str, Any] = {"cost": "rounds", "by": ["agents"]}

    methods = [pareto(table, quality=name, **about).method for name in ("right", "rounds")]

    assert [method.partition("(")[2] for method in methods] == [
        "cost: mean, BCa bootstrap; quality: share, Wilson)",
        "mean, BCa bootstrap)",
    ]


def test_the_versions_that_results_rest_on_include_what_solves_dispatch() -> None:
    assert "daqp" in versions()
