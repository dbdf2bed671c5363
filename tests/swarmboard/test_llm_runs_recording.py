"""What models answered is never asked again: replays, forks, and runs that were killed."""

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from agents import NotRecorded, PlantedModel, Reply, Request
from agents.llm.recording import FLUSH_AFTER_S, FLUSH_REPLIES
from blackboard import RunDirectory, SwarmboardError
from swarmboard.forking import fork
from swarmboard.resuming import resume
from tests.swarmboard.model_runs import QUESTION, Asked, recorded, tasks, team_run

SCRIPT = Path(__file__).with_name("slow_planted.py")
CONTENTIOUS = "planted/contradictions=0.3,corrects=0.5,misuse=0.05,accuracy=0.6,seed=3"
BUSY: dict[str, Any] = {"agents": 9, "model": CONTENTIOUS, "attempts": 1}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """All that planted models are asked, whoever makes them."""
    requests: list[Request] = []
    complete = PlantedModel.complete

    async def counted(self: PlantedModel, request: Request) -> Reply:
        requests.append(request)
        return await complete(self, request)

    monkeypatch.setattr(PlantedModel, "complete", counted)
    return requests


def test_a_thousand_agents_of_eight_archetypes_are_eight_calls_a_stage_and_replay_as_none(
    tmp_path: Path,
) -> None:
    model = Asked(PlantedModel(contradictions=0.3))
    terms: dict[str, Any] = {"agents": 1024, "archetypes": 8, "attempts": 1, **QUESTION}

    result = team_run(tmp_path / "run", model, **terms)
    again = {
        mode: team_run(
            tmp_path / mode, model, recording=mode, recorded=str(tmp_path / "run"), **terms
        )
        for mode in ("replay", "auto")
    }

    calls = model.by_stage()
    assert {"reason", "critique", "correct", "vote"} <= {stage for _, stage in calls}
    assert max(calls.values()) <= 8
    assert result.summary["tokens"]["calls"] == model.calls == sum(calls.values())
    assert result.summary["consensus"]["effective_voters"] <= 8
    for other in again.values():
        assert other.summary["digest"] == result.summary["digest"]
        assert other.summary["tokens"]["calls"] == 0
        assert other.summary["tokens"]["recorded_calls"] == model.calls


@pytest.mark.parametrize("change", [{"seed": 8}, {"temperature": 0.1}, {"max_tokens": 500}])
def test_a_replay_with_anything_else_changed_names_the_first_question_that_is_missing(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    terms: dict[str, Any] = {"agents": 64, "archetypes": 8, "attempts": 1, **QUESTION}
    team_run(tmp_path / "run", Asked(), **terms)
    model = Asked()

    with pytest.raises(NotRecorded) as refused:
        team_run(
            tmp_path / "replay",
            model,
            **{**terms, "recording": "replay", "recorded": str(tmp_path / "run"), **change},
        )

    said = str(refused.value)
    assert "has no reply to" in said
    assert any(role in said for role in ("planner", "critic"))
    assert "in round 1, stage" in said
    assert "\n" not in said
    assert model.calls == 0


def test_auto_asks_only_for_what_is_not_recorded(tmp_path: Path, asked: list[Request]) -> None:
    team_run(tmp_path / "run", tasks=tasks(2), **BUSY)
    before = len(asked)

    team_run(
        tmp_path / "auto", tasks=tasks(3), recording="auto", recorded=str(tmp_path / "run"), **BUSY
    )

    assert {request.round for request in asked[before:]} == {3}


@pytest.mark.parametrize("at_round", [0, 2, 3])
def test_a_fork_asks_only_for_rounds_behind_the_one_it_left_at(
    tmp_path: Path, asked: list[Request], at_round: int
) -> None:
    parent = team_run(tmp_path / "run", tasks=tasks(4), **BUSY)
    before = len(asked)

    child = fork(
        RunDirectory.find(str(parent.path)), at_round=at_round, changes={}, out=tmp_path / "child"
    )

    rounds = {request.round for request in asked[before:]}
    assert rounds == {round for round in range(1, 5) if round > at_round}
    assert child.summary["digest"] == parent.summary["digest"]
    assert child.summary["tokens"]["calls"] == len(asked) - before


def test_a_fork_with_other_layers_reads_them_from_its_next_round_on(tmp_path: Path) -> None:
    parent = team_run(tmp_path / "run", tasks=tasks(3), **BUSY)

    child = fork(
        RunDirectory.find(str(parent.path)),
        at_round=2,
        changes={"layers": "none"},
        out=tmp_path / "child",
    )

    sql = "SELECT round, COUNT(DISTINCT stage) FROM outcomes GROUP BY round"
    before, after = dict(recorded(parent.path, sql)), dict(recorded(child.path, sql))
    assert [after[round] for round in (1, 2)] == [before[round] for round in (1, 2)]
    assert after[3] == 1
    assert before[3] > 1


class Broken(SwarmboardError):
    """Raised by a test in the middle of a run."""


@pytest.mark.parametrize("at_round", [9, 27])
def test_a_run_of_many_tasks_goes_on_from_its_snapshot_to_the_same_digest(
    tmp_path: Path, asked: list[Request], at_round: int
) -> None:
    mixed = [*tasks(14), {"task": "What is to be done about noise?"}]
    terms: dict[str, Any] = {
        **BUSY,
        "model": f"{CONTENTIOUS},volunteers=0.3,drift_from=5,gullible=0.2",
        "tasks": mixed,
        "attempts": 2,
        "threshold": 100,
        "snapshot_every": 8,
    }
    whole = team_run(tmp_path / "whole", **terms)
    calls = len(asked)

    def stop(model: Any, accounts: Any) -> None:
        if model.leader.round == at_round:
            raise Broken("stopped by the test")

    with pytest.raises(Broken):
        team_run(tmp_path / "run", watch=stop, **terms)
    result = resume(RunDirectory.find(str(tmp_path / "run")))

    assert result.summary["digest"] == whole.summary["digest"]
    assert result.summary["metrics"] == whole.summary["metrics"]
    assert result.summary["resumed"]["from_round"] == at_round // 8 * 8
    assert result.summary["rounds"] >= 28
    assert len(asked) == 2 * calls
    names = ("calls", "input", "output", "work", "coordination", "waste")
    billed = [{name: run.summary["tokens"][name] for name in names} for run in (whole, result)]
    assert billed[0] == billed[1]


def start(out: Path, calls: Path, *words: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(SCRIPT), str(out), str(calls), *words]
    return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)


def noted(calls: Path) -> list[tuple[str, str, float]]:
    """Return what the calls left: begun or ended, the key, and when."""
    lines = calls.read_text().splitlines() if calls.exists() else []
    split = [line.split() for line in lines]
    return [(what, key, float(at)) for what, key, at in split]


def wait_for(process: subprocess.Popen[bytes], calls: Path, lines: int) -> None:
    """Wait until a process has come so far, or has ended."""
    while process.poll() is None and len(noted(calls)) < lines:
        try:
            process.wait(0.01)
        except subprocess.TimeoutExpired:
            continue


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kills with SIGKILL")
def test_a_run_killed_in_the_middle_of_stages_asks_again_only_what_was_in_flight(
    tmp_path: Path,
) -> None:
    whole, out = tmp_path / "whole", tmp_path / "run"
    assert start(whole, tmp_path / "whole.calls").wait(120) == 0
    once = Counter(key for what, key, _ in noted(tmp_path / "whole.calls") if what == "+")
    chance, calls, allowed = random.Random(7), tmp_path / "calls", 0
    for kill in range(6):
        before = len(noted(calls))
        process = start(out, calls, *(["resume"] if kill else []))
        wait_for(process, calls, before + chance.randint(1, 60))
        process.kill()
        process.wait()
        now = time.time()
        lines = noted(calls)[before:]
        kept = {key for (key,) in recorded(out, "SELECT key FROM replies")}
        ended = {key: at for what, key, at in lines if what == "-"}
        lost = {key: at for key, at in ended.items() if key not in kept}
        begun = {key for what, key, _ in lines if what == "+"}
        assert len(lost) <= FLUSH_REPLIES
        assert all(now - at < FLUSH_AFTER_S + 1.0 for at in lost.values())
        allowed += len(begun - kept)

    assert start(out, calls, "resume").wait(120) == 0

    digests = [json.loads((run / "summary.json").read_text())["digest"] for run in (whole, out)]
    assert digests[0] == digests[1]
    again = Counter(key for what, key, _ in noted(calls) if what == "+")
    assert again.keys() == once.keys()
    assert again.total() <= once.total() + allowed
    kept_once, kept_again = (
        recorded(run, "SELECT key, text FROM replies ORDER BY key") for run in (whole, out)
    )
    assert kept_once == kept_again
    booked = [recorded(run, "SELECT COUNT(*) FROM calls") for run in (whole, out)]
    assert booked == [[(len(kept_once),)]] * 2
