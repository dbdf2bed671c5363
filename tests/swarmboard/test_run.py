"""`run`: the run directory it leaves, the same run from the same seed, wherever it is called."""

import asyncio
import gc
import json
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import swarmboard
from blackboard import (
    BadInput,
    Decided,
    RunDirectory,
    first_to_k,
    quorum,
    read_log,
    recount,
    threshold,
)
from swarmboard import Population, Proposal, Result, RuleAgent, Scenario, Stage, Vote, run
from swarmboard.accounts import decision_row

TERMS: dict[str, Any] = {"agents": 11, "trials": 40, "trials_per_round": 10}
# Literally the names of the contract, not those of the code under test.
NAMES = {
    "": "run_id scenario structure seed status determinism agents rounds instants simulated_s "
    "digest parent consensus decisions yardstick baseline metrics abstentions tokens timing board",
    "consensus": "threshold_percent approval_percent approval_percent_with_choice eligible_agents "
    "agents_with_choice effective_voters accepted rejected expired vetoed escalated",
    "yardstick": "kind value ours gap_percent certificate_percent certificate_assumes expected",
    "abstentions": "cast error invalid late budget silent left quarantined",
    "tokens": "work coordination reconstruction verification waste cached calls cost_usd",
    "timing": "wall_s board_s agents_s scenario_s",
    "board": "server version revision",
}
DECISION = (
    "proposal outcome option approve_weight reject_weight abstain_weight eligible_weight "
    "eligible_agents percent round"
)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """A small jury."""
    return run("jury", board="memory://", out=tmp_path_factory.mktemp("jury") / "run", **TERMS)


@pytest.mark.parametrize("part", NAMES)
def test_the_summary_has_the_names_of_the_contract(result: Result, part: str) -> None:
    found = result.summary[part] if part else result.summary

    assert set(NAMES[part].split()) <= set(found)


def test_each_decision_has_the_names_of_the_contract(result: Result) -> None:
    assert all(set(DECISION.split()) <= set(row) for row in result.summary["decisions"])
    assert len(result.summary["decisions"]) == 40


def test_the_summary_is_plain_json(result: Result) -> None:
    text = (result.path / "summary.json").read_text()

    assert json.loads(text, parse_constant=pytest.fail) == result.summary


def test_the_run_directory_is_laid_out_as_promised(result: Result) -> None:
    found = {path.name for path in result.path.iterdir()}

    assert found == {
        "config.json",
        "events.log",
        "summary.json",
        "rounds.parquet",
        "ballots.parquet",
        "decisions.parquet",
        "results",
        "snapshots",
        "run.lock",
    }
    assert {path.name for path in (result.path / "results").iterdir()} == {
        "trials.parquet",
        "trials.csv",
    }


def test_a_bundled_server_keeps_its_data_in_the_run_directory(tmp_path: Path) -> None:
    result = run("jury", board="bundled", out=tmp_path / "run", **TERMS)

    assert (tmp_path / "run/board").is_dir()
    assert not (tmp_path / "run/board.json").exists()
    assert result.summary["board"]["server"] == "valkey"


def test_the_run_id_is_time_and_random_wherever_the_run_is(result: Result) -> None:
    run_id = result.summary["run_id"]
    config = json.loads((result.path / "config.json").read_text())

    assert result.path.name == "run"
    assert len(run_id) == len("20261120T101500-7f3a")
    assert config["run_id"] == run_id
    found = RunDirectory.open(result.path)
    assert found is not None
    assert found.run_id == run_id


def test_without_out_the_directory_is_named_by_the_run_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    result = run("jury", board="memory://", **TERMS)

    assert result.path == Path("runs") / result.summary["run_id"]


@pytest.mark.parametrize("board", ["memory://", "bundled"])
def test_the_same_seed_gives_the_same_digest(result: Result, tmp_path: Path, board: str) -> None:
    again = run("jury", board=board, out=tmp_path / "run", **TERMS)

    assert again.summary["digest"] == result.summary["digest"]


def test_another_seed_gives_another_digest(result: Result, tmp_path: Path) -> None:
    other = run("jury", board="memory://", seed=1, out=tmp_path / "run", **TERMS)

    assert other.summary["digest"] != result.summary["digest"]


def test_a_shared_server_keeps_runs_apart(
    tmp_path: Path, server_url: Callable[[str], str], result: Result
) -> None:
    url = server_url("valkey")

    first = run("jury", board=url, out=tmp_path / "a/run", **TERMS)
    second = run("jury", board=url, out=tmp_path / "b/run", seed=1, **TERMS)

    assert first.summary["digest"] == result.summary["digest"] != second.summary["digest"]


def test_open_ballots_are_part_of_the_configuration(tmp_path: Path) -> None:
    result = run("jury", board="memory://", ballots="open", out=tmp_path / "run", **TERMS)

    assert json.loads((result.path / "config.json").read_text())["ballots"] == "open"


def test_tables_are_data_frames(result: Result) -> None:
    assert result.rounds["round"].tolist() == [1, 2, 3, 4]
    assert len(result.ballots) == 40 * 11
    assert len(result.decisions) == 40
    assert list(result.tables) == ["trials"]
    assert list(result.tables["trials"].columns) == ["trial", "truth", "outcome", "verdict"]
    assert isinstance(result.tables["trials"], pd.DataFrame)


def test_the_log_counts_again_to_the_same_decisions(result: Result) -> None:
    counted = list(recount(read_log(result.path / "events.log")))

    assert len(counted) == 40
    assert all(logged == again for logged, again in counted)


def test_ballots_and_decisions_agree(result: Result) -> None:
    counted = result.ballots.groupby(["proposal", "choice"], observed=False).size()

    for decision in result.decisions.itertuples():
        for option, weight in decision.weights:
            assert counted[decision.proposal, option] == weight


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"rule": threshold(60)}, "threshold(60)"),
        ({"consensus_threshold": 0.6}, "threshold(60)"),
        ({"consensus_threshold": 0.29}, "threshold(29)"),
        ({"rule": first_to_k(3)}, "first_to_k(3)"),
        ({"rule": quorum(50, threshold(60))}, "quorum(50, threshold(60))"),
    ],
)
def test_a_rule_is_kept_with_the_run_and_repeats_it(
    tmp_path: Path, given: dict[str, Any], expected: str
) -> None:
    first = run("jury", board="memory://", out=tmp_path / "first", **given, **TERMS)
    config = json.loads((tmp_path / "first/config.json").read_text())

    values = swarmboard.config.read_config(tmp_path / "first/config.json")  # type: ignore[attr-defined]
    values["out"] = tmp_path / "again"
    plan = swarmboard.runner.prepare(swarmboard.config.make_config(values))  # type: ignore[attr-defined]
    again = swarmboard.runner.execute(plan)  # type: ignore[attr-defined]

    assert config["rule"] == first.summary["rule"] == expected
    assert again.summary["digest"] == first.summary["digest"]


@pytest.mark.parametrize(
    "given",
    [
        {"consensus_threshold": 80},
        {"consensus_threshold": 0.805},
        {"consensus_threshold": 0.8, "rule": threshold(80)},
        {"trails": 3},
        {"structure": "swarms"},
    ],
)
def test_bad_arguments_are_one_line(given: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as caught:
        run("jury", board="memory://", **given)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "named", "hint"),
    [
        ({"rule": 80}, "rule=80 ", "rule=threshold(80)?"),
        ({"rule": 0.8}, "rule=0.8 ", "rule=threshold(80)?"),
        ({"rule": "threshold(80)"}, "rule='threshold(80)' ", "rule=threshold(80)?"),
        ({"rule": "quorum(5, plurality())"}, "rule='quorum", "rule=quorum(5, plurality())?"),
        ({"rule": "most"}, "rule='most' ", "rule=threshold(80)?"),
        ({"rule": 0}, "rule=0 ", "rule=threshold(80)?"),
        ({"consensus_threshold": 80}, "consensus_threshold=80 ", "did you mean 0.8?"),
        ({"consensus_threshold": 66.7}, "consensus_threshold=66.7 ", "did you mean 0.667?"),
        ({"consensus_threshold": 0}, "consensus_threshold=0:", "above 0 and up to 1"),
        ({"consensus_threshold": float("nan")}, "consensus_threshold=nan:", "above 0"),
        ({"consensus_threshold": 1e-12}, "consensus_threshold=1e-12:", "a whole number of percent"),
        ({"consensus_threshold": "most"}, "consensus_threshold='most':", "such as 0.8"),
    ],
)
def test_what_is_no_rule_and_no_share_gets_a_hint(
    given: dict[str, Any], named: str, hint: str
) -> None:
    with pytest.raises(BadInput) as caught:
        run("jury", board="memory://", **given)

    assert str(caught.value).startswith(named)
    assert hint in str(caught.value)


@pytest.mark.parametrize("option", [None, "zzz"])
@pytest.mark.parametrize("weights", [{}, {"red": 2, "green": 1}])
def test_any_decision_of_a_log_has_a_row(option: str | None, weights: dict[str, int]) -> None:
    decided = Decided("outcome", 1, 1, "p", "accepted", option, weights, 0, 3, 3)

    row = decision_row(decided)

    assert row["option"] == option
    assert row["approve_weight"] + row["reject_weight"] == sum(weights.values())


def test_it_runs_in_a_thread(result: Result, tmp_path: Path) -> None:
    found: list[Result] = []
    terms = {**TERMS, "board": "bundled", "out": tmp_path / "run"}
    thread = threading.Thread(target=lambda: found.append(run("jury", **terms)))

    thread.start()
    thread.join()

    assert found[0].summary["digest"] == result.summary["digest"]


def test_it_runs_inside_a_running_event_loop_as_in_a_notebook(
    result: Result, tmp_path: Path
) -> None:
    async def cell() -> Result:
        return run("jury", board="bundled", out=tmp_path / "run", **TERMS)

    assert asyncio.run(cell()).summary["digest"] == result.summary["digest"]


class Yes(RuleAgent):
    """Approves."""

    def vote(self, view: Any) -> Vote:
        return Vote("approve")


class Cell(Scenario):
    """A scenario as somebody types it into a notebook."""

    name = "cell"
    summary = "typed into a notebook"
    default_agents = 4
    default_rounds = 2

    def populate(self, model: Any) -> list[Population]:
        return [Population("yes", [Yes(model) for _ in range(self.agents)])]

    def stages(self, board: Any) -> Any:
        yield Stage("vote", ("yes",), (Proposal(),), votes=True)


def test_a_class_can_be_run_as_it_is(tmp_path: Path) -> None:
    result = run(Cell, board="memory://", out=tmp_path / "run", baseline="single")

    assert result.summary["consensus"]["accepted"] == 2
    assert result.summary["baseline"]["agents"] == 1


def test_a_run_leaves_no_model_in_memory(tmp_path: Path) -> None:
    models: list[weakref.ref[Any]] = []

    for number in range(3):
        run(
            Cell,
            board="memory://",
            out=tmp_path / str(number),
            watch=lambda model, _: models.append(weakref.ref(model)),
        )

    gc.collect()
    assert [model() for model in models] == [None] * 6


def test_show_is_a_table_in_notebooks_and_lines_elsewhere(result: Result) -> None:
    shown = result.show()

    assert repr(shown).startswith("run         jury, swarm of 11")
    assert str(result.path) in repr(shown)
    html = shown._repr_html_()
    assert html == result._repr_html_()
    assert html.startswith("<table><tr><th")
    assert html.count("<tr>") == html.count("</tr>") >= 6


def test_what_a_notebook_shows_is_escaped(result: Result) -> None:
    summary = {**result.summary, "scenario": "<script>"}

    assert "<script>" not in swarmboard.report_card.Card(summary, result.path)._repr_html_()  # type: ignore[attr-defined]


def test_the_front_door_gives_what_it_names() -> None:
    assert set(swarmboard.__all__) == set(swarmboard._HOMES)
    assert all(getattr(swarmboard, name) for name in swarmboard.__all__)


def test_a_bad_proposal_is_its_agents_abstention_and_the_run_goes_on(tmp_path: Path) -> None:
    class Member(RuleAgent):
        def talk(self, view: Any) -> Any:
            bad = (Proposal(rule=5), Proposal(rule=lambda tally: 1 / 0))  # type: ignore[arg-type, return-value]
            return [*bad, Proposal(rule=threshold(50))] if self.index == 0 else None

        def vote(self, view: Any) -> Any:
            return Vote("approve")

    class Talk(Scenario):
        name, summary, default_agents, default_rounds = "talk", "", 3, 1

        def populate(self, model: Any) -> Any:
            return [Population("member", [Member(model) for _ in range(self.agents)])]

        def stages(self, board: Any) -> Any:
            yield Stage("talk", ("member",))
            yield Stage("vote", ("member",), votes=True)

    summary = run(Talk, board="memory://", out=tmp_path / "talk").summary

    assert [d["outcome"] for d in summary["decisions"]] == ["accepted"]
    records = read_log(tmp_path / "talk/events.log")
    assert [r.cause for r in records if type(r).__name__ == "Abstained"] == ["invalid"]  # type: ignore[union-attr]
