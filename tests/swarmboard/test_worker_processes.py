"""Worker processes act for their agents, and how many there are changes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
import redis

from benchmarks.soak import REMEMBERING
from swarmboard.config import make_config
from swarmboard.execution import execute
from swarmboard.runner import prepare

ROUNDS, STAGES_A_ROUND, AGENTS = 6, 2, 57


def run_with(workers: int, out: Path, **changes: Any) -> tuple[dict[str, Any], set[str]]:
    """Run with so many workers; return the summary, and whom the server had as clients."""
    clients: set[str] = set()

    def look(model: Any, accounts: Any) -> None:
        url = json.loads((out / "board.json").read_text())["url"]
        with redis.Redis.from_url(url) as client:
            clients.update(connected["name"] for connected in client.client_list())

    values = {"scenario": REMEMBERING[0], "agents": AGENTS, "rounds": ROUNDS, "seed": 3}
    config = make_config(values | {"workers": workers, "out": out, "board": "bundled"} | changes)
    return execute(prepare(config), watch=look).summary, clients


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The summary of the run with one worker."""
    return run_with(1, tmp_path_factory.mktemp("alone") / "run")[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("population", "workers"), [("objects", 2), ("objects", 3), ("objects", 5), ("cohort", 3)]
)
def test_any_number_of_workers_comes_to_one_digest(
    tmp_path: Path, alone: dict[str, Any], population: str, workers: int
) -> None:
    summary, clients = run_with(workers, tmp_path / "run", options={"population": population})

    assert summary["digest"] == alone["digest"]
    assert summary["decisions"] == alone["decisions"]
    worked = summary["workers"]
    assert {worker["worker"] for worker in worked} <= clients
    assert sum(worker["agents"] for worker in worked) >= AGENTS
    assert [worker["commits"] for worker in worked] == [ROUNDS * STAGES_A_ROUND] * workers


LOCKED = """
import threading

from swarmboard import Population, Proposal, RuleAgent, Scenario, Stage, Vote


class Voter(RuleAgent):
    def __init__(self, model):
        super().__init__(model)
        self.lock = threading.Lock()

    def vote(self, view):
        return Vote("approve")


class Locked(Scenario):
    name = "locked"
    summary = "its agents hold what no snapshot can"
    default_agents = 20
    default_rounds = 8

    def populate(self, model):
        return [Population("voter", [Voter(model) for _ in range(self.agents)])]

    def stages(self, board):
        yield Stage("vote", ("voter",), (Proposal(),), votes=True)
"""


def test_workers_whose_agents_fit_no_snapshot_work_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "locked.py").write_text(LOCKED)

    summary, _ = run_with(
        2,
        tmp_path / "run",
        scenario=str(tmp_path / "locked.py"),
        agents=None,
        rounds=None,
        snapshot_every=2,
    )

    assert summary["status"] == "done"
    assert [worker["restarts"] for worker in summary["workers"]] == [0, 0]


def test_the_traceback_of_an_agent_that_failed_in_a_worker_is_kept(tmp_path: Path) -> None:
    failing = LOCKED.replace('return Vote("approve")', 'raise ValueError("out of sorts")')
    (tmp_path / "locked.py").write_text(failing)

    run_with(2, tmp_path / "run", scenario=str(tmp_path / "locked.py"), agents=None, rounds=2)

    said = (tmp_path / "run" / "run.log").read_text()
    assert "worker-1/1: agents [0] failed" in said
    assert "ValueError: out of sorts" in said


def test_a_run_with_one_worker_has_no_process_beside_its_leader(alone: dict[str, Any]) -> None:
    assert alone["workers"] == []
