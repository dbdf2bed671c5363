"""The examples do what they say, as programs of their own."""

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from agents import BudgetConfig, Ledger, RoutingConfig, TierConfig
from blackboard import Ballots, EventLog, read_log
from blackboard.records import encode
from swarmboard import run

EXAMPLES = Path(__file__).parent.parent / "examples"
AUDIT = EXAMPLES / "audit_grid.py"
MIXED_TEAM = EXAMPLES / "mixed_team.toml"


@pytest.fixture(scope="module")
def dispatched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("audit") / "run"
    run("grid-dispatch", case="synthetic:64", board="memory://", out=out)
    return out


def audit(directory: Path) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, str(AUDIT), str(directory)], capture_output=True, text=True, check=True
    )
    return dict(line.split(maxsplit=1) for line in done.stdout.splitlines())


def test_an_outside_program_recomputes_digest_cost_flows_and_regrets(dispatched: Path) -> None:
    found = audit(dispatched)

    assert found["digest"].endswith(" as reported")
    assert "NOT" not in found["digest"]
    recomputed, reported = found["cost"].split(" $/h, reported ")
    assert float(recomputed) == pytest.approx(float(reported), rel=1e-9)
    assert float(found["flows"].split()[4]) < 1e-6
    assert float(found["regret"].split()[0]) > 0


def test_one_altered_ballot_gives_another_digest(dispatched: Path, tmp_path: Path) -> None:
    forged = tmp_path / "forged"
    shutil.copytree(dispatched, forged)
    rounds: dict[int, list[Any]] = {}
    for record in read_log(dispatched / "events.log"):
        rounds.setdefault(record.round, []).append(record)
    last = next(r for r in reversed(rounds[max(rounds)]) if isinstance(r, Ballots))
    altered = Ballots(
        last.event_class,
        last.round,
        last.stage,
        last.proposal,
        bytes([1 - last.choices[0]]) + last.choices[1:],
        last.confidence,
        last.numbers,
        last.texts,
    )
    (forged / "events.log").unlink()
    with EventLog(forged / "events.log") as log:
        for records in rounds.values():
            log.append([encode(altered if r is last else r) for r in records])

    assert "NOT as reported" in audit(forged)["digest"]


def test_the_audit_needs_nothing_of_ours() -> None:
    imported = [
        line.split()[1].split(".")[0]
        for line in AUDIT.read_text().splitlines()
        if line.startswith(("import ", "from "))
    ]

    assert not {"blackboard", "agents", "scenarios", "swarmboard"} & set(imported)
    assert pa.__name__ in imported


def test_a_team_decides_on_a_task_and_acts_on_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / "team_on_a_task.py")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    decided, *_, effect, run = done.stdout.splitlines()
    assert decided.startswith("accepted: ")
    assert effect.startswith("effect done: plans ordered for the ")
    assert (tmp_path / run.removeprefix("run ") / "effects.jsonl").exists()


def test_the_mixed_team_runs_offline_each_role_on_its_tier(tmp_path: Path) -> None:
    words = ["run", "--config", str(MIXED_TEAM), "--board", "memory://", "--json", "--out", "run"]

    done = subprocess.run(
        [sys.executable, "-m", "swarmboard", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    summary = json.loads(done.stdout)
    tiers_of = {(row["role"], row["tier"]) for row in Ledger.read(tmp_path / "run").rows()}
    assert summary["metrics"]["correct"] == 1
    assert 0 < summary["tokens"]["cost_usd"] < 0.5
    assert tiers_of == {("planner", "fast"), ("planner", "strong"), ("critic", "strong")}


def test_the_mixed_team_shows_every_table_that_models_have() -> None:
    shown = tomllib.loads(MIXED_TEAM.read_text("utf-8"))

    assert set(shown["routing"]) == set(RoutingConfig.model_fields)
    assert set(shown["budget"]) == set(BudgetConfig.model_fields)
    assert {*shown["tiers"]["fast"], *shown["tiers"]["strong"]} == set(TierConfig.model_fields) - {
        "api_base",
        "api_key_env",
        "warm_up",
    }
