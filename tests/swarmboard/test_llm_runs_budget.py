"""Caps hold whatever happens, and the account of tokens is what was billed."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agents import PlantedModel
from agents.llm import retrying
from blackboard import Abstained, BadInput, RunDirectory
from swarmboard.doubles.stub import Stub
from swarmboard.forking import fork
from swarmboard.result import Result
from swarmboard.resuming import resume
from swarmboard.runner import run
from swarmboard.testing import stub_server
from tests.swarmboard.model_runs import Asked, causes, recorded, records, tasks, team_run

CLASSES = ("work", "coordination", "reconstruction", "verification", "waste", "cached")


def spent(result: Result) -> int:
    """Return the tokens of all classes."""
    return sum(result.summary["tokens"][name] for name in CLASSES)


@pytest.mark.parametrize("tokens", [0, 700, 5_000, 20_000, 60_000])
def test_no_run_is_billed_more_than_its_cap(tmp_path: Path, tokens: int) -> None:
    model = Asked(PlantedModel(misuse=0.2, contradictions=0.3))

    result = team_run(
        tmp_path / "run", model, agents=8, tasks=tasks(6), attempts=2, budget_tokens=tokens
    )

    assert spent(result) == model.billed <= tokens
    assert result.summary["status"] == "stopped"
    assert set(causes(result)) - {"invalid"} == {"budget"}
    assert all(row["outcome"] != "accepted" or row["percent"] >= 80 for row in _decided(result))


def _decided(result: Result) -> list[dict[str, Any]]:
    decisions: list[dict[str, Any]] = result.summary["decisions"]
    return decisions


def test_a_budget_in_usd_is_kept_to_by_the_tiers_own_prices(tmp_path: Path) -> None:
    model = Asked(PlantedModel())
    tier = {"model": "x/y", "usd_per_million_input": 2.0, "usd_per_million_output": 10.0}

    result = team_run(
        *(tmp_path / "run", model),
        agents=8,
        tasks=tasks(6),
        tiers={"default": tier},
        budget_usd=0.05,
    )

    rows = recorded(result.path, "SELECT TOTAL(input), TOTAL(output), TOTAL(cost_usd) FROM calls")
    [(input, output, cost)] = rows
    assert cost == pytest.approx((2.0 * input + 10.0 * output) / 1e6)
    assert 0.02 < cost <= 0.05
    assert result.summary["tokens"]["cost_usd"] == pytest.approx(cost)
    assert sum(result.summary["tokens"]["cost_by_class"].values()) == pytest.approx(cost)
    assert result.summary["status"] == "stopped"


def test_a_stopped_run_says_so_on_the_command_line_and_exits_with_3(
    cli: Any, tmp_path: Path
) -> None:
    file = tmp_path / "tasks.jsonl"
    file.write_text("\n".join(json.dumps(task) for task in tasks(5)))
    options = ("--set", f"tasks={file}", "--set", "budget_tokens=9000")

    said = cli("run", "open-task", "--board", "memory://", "--out", "run", *options, "--json")

    assert said.code == 3
    summary = json.loads(said.out)
    assert summary["status"] == "stopped"
    assert summary["tokens"]["calls"] > 0


@pytest.mark.parametrize(
    ("cap", "where"),
    [
        ({"roles": {"critic": {"tokens": 3_000}}}, "role = 'critic'"),
        ({"agent": {"tokens": 2_500}}, "agent = 3"),
        ({"tiers": {"default": {"tokens": 9_000}}}, "tier = 'default'"),
        ({"classes": {"coordination": {"tokens": 3_000}}}, "purpose = 'coordination'"),
        ({"classes": {"work": {"tokens": 7_000}}}, "purpose = 'work'"),
    ],
    ids=["role", "agent", "tier", "coordination", "work"],
)
def test_a_cap_on_a_part_is_kept_and_the_rest_goes_on(
    tmp_path: Path, cap: dict[str, Any], where: str
) -> None:
    model = Asked(PlantedModel(misuse=0.1))
    [limits] = cap.values()
    limit = limits.get("tokens") or next(iter(limits.values()))["tokens"]

    result = team_run(tmp_path / "run", model, agents=8, tasks=tasks(5), budget=cap)

    sql = f"SELECT TOTAL(input + output) FROM calls WHERE {where}"
    [(total,)] = recorded(result.path, sql)
    assert 0 < total <= limit
    assert result.summary["status"] in ("done", "stopped")
    assert spent(result) == model.billed
    assert "budget" in {record.cause for record in records(result, Abstained)}


def test_coordination_capped_at_nothing_never_eats_the_budget_of_work(tmp_path: Path) -> None:
    model = Asked(PlantedModel(contradictions=0.4, accuracy=1.0))
    cap = {"classes": {"coordination": {"tokens": 0}}}

    result = team_run(tmp_path / "run", model, agents=8, tasks=tasks(3), budget=cap)

    assert result.summary["status"] == "done"
    assert result.summary["metrics"]["accepted"] == 3
    silent = [record for record in records(result, Abstained) if record.cause == "budget"]
    assert {record.stage for record in silent} == {2, 3}
    assert result.summary["tokens"]["coordination"] == 0
    assert {stage for _, stage in model.by_stage()} == {"reason", "settle", "vote"}
    sql = "SELECT DISTINCT purpose FROM calls"
    assert {purpose for (purpose,) in recorded(result.path, sql)} == {"work", "verification"}


def test_what_a_recording_answers_costs_nothing_and_needs_no_budget(tmp_path: Path) -> None:
    terms: dict[str, Any] = {"agents": 8, "tasks": tasks(3)}
    result = team_run(tmp_path / "run", Asked(), **terms)

    again = team_run(
        *(tmp_path / "again", Asked()),
        recording="replay",
        recorded=str(result.path),
        budget_tokens=0,
        **terms,
    )

    assert again.summary["digest"] == result.summary["digest"]
    assert (again.summary["status"], spent(again)) == ("done", 0)


@pytest.fixture(scope="module")
def stubs() -> Iterator[tuple[Stub, Stub]]:
    hard = "planted/misuse=0.15,hard=0.5,hard_accuracy=0.5,accuracy=0.95"
    with (
        stub_server(model=hard, fault_rate=0.1, seed=2) as first,
        stub_server(model=hard) as second,
    ):
        yield first, second


def test_classes_tiers_and_roles_sum_to_what_providers_billed(
    tmp_path: Path, stubs: tuple[Stub, Stub], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying, "FIRST_PAUSE_S", 0.005)
    first, second = stubs
    tiers = {
        "fast": {"model": "openai/small", "api_base": first.url, "retries": 8},
        "strong": {"model": "openai/large", "api_base": second.url},
        "judge": {"model": "openai/judge", "api_base": second.url},
    }
    prices = {"fast": (1.0, 2.0), "strong": (10.0, 20.0), "judge": (3.0, 6.0)}
    for name, (input, output) in prices.items():
        tiers[name] |= {"usd_per_million_input": input, "usd_per_million_output": output}

    result = team_run(
        tmp_path / "run",
        agents=6,
        tasks=tasks(3),
        attempts=1,
        tiers=tiers,
        roles={"critic": "judge"},
    )

    tokens = result.summary["tokens"]
    assert sum(tokens[name] for name in CLASSES) == tokens["input"] + tokens["output"]
    sql = "SELECT tier, COUNT(*), SUM(input), SUM(output), TOTAL(cost_usd) FROM calls GROUP BY tier"
    by_tier = {tier: rest for tier, *rest in recorded(result.path, sql)}
    assert by_tier.keys() == tiers.keys()
    assert by_tier["fast"][0] == first.calls - first.failed
    assert by_tier["strong"][0] == second.calls_by_model["large"]
    assert by_tier["judge"][0] == second.calls_by_model["judge"]
    for tier, (_, input, output, cost) in by_tier.items():
        price = prices[tier]
        assert cost == pytest.approx((price[0] * input + price[1] * output) / 1e6)
    roles = recorded(result.path, "SELECT DISTINCT role, tier FROM calls ORDER BY role, tier")
    assert roles == [("critic", "judge"), ("planner", "fast"), ("planner", "strong")]
    replies = recorded(result.path, "SELECT SUM(input), SUM(output) FROM replies")
    assert replies == [(tokens["input"], tokens["output"])]
    assert tokens["waste"] > 0


def test_a_run_whose_budget_is_used_up_says_how_to_go_on_with_more(tmp_path: Path) -> None:
    plan = {"task": "plan a picnic", "model": "planted", "board": "memory://"}
    spent = run("open-task", budget_tokens=9_000, out=tmp_path / "run", **plan)
    directory = RunDirectory.open(spent.path)
    assert directory is not None

    with pytest.raises(BadInput, match=r"fork .*run --at-round 0 --set budget_tokens=N"):
        resume(directory)
    more = fork(directory, at_round=0, changes={"budget_tokens": 90_000}, out=tmp_path / "more")

    assert spent.summary["status"] == "stopped"
    assert more.summary["status"] == "done"


@pytest.mark.parametrize("gone", ["summary.json", "snapshots"])
def test_a_run_that_was_killed_when_its_budget_was_used_up_ends_where_it_did(
    tmp_path: Path, gone: str
) -> None:
    plan = {"task": "plan a picnic", "model": "planted", "board": "memory://"}
    ended = run("open-task", budget_tokens=9_000, attempts=9, out=tmp_path / "run", **plan)
    (ended.path / "summary.json").unlink()
    if gone == "snapshots":
        shutil.rmtree(ended.path / gone)

    directory = RunDirectory.open(ended.path)
    assert directory is not None
    again = resume(directory)

    names = ("digest", "rounds", "status", "stopped_by")
    assert [again.summary[name] for name in names] == [ended.summary[name] for name in names]


def test_a_run_ends_when_caps_refuse_everything(tmp_path: Path) -> None:
    plan = {"task": "plan a picnic", "model": "planted", "board": "memory://"}

    ended = run(
        "open-task", budget={"agent": {"tokens": 2_000}}, attempts=50, out=tmp_path / "run", **plan
    )

    assert ended.summary["rounds"] < 10
    assert ended.summary["stopped_by"]["cap"].startswith("budget.agent")
