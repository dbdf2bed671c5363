"""The examples do what they say, as programs of their own."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from blackboard import Ballots, EventLog, read_log
from blackboard.records import encode
from swarmboard import run

EXAMPLES = Path(__file__).parent.parent / "examples"
AUDIT = EXAMPLES / "audit_grid.py"


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
