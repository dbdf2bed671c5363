"""Runs with 1, 2, 3 and 5 worker processes: one digest, and proof that the workers worked.

The server's client list names every worker, and each has to have committed in every stage. The
numbers of agents are multiples of nothing. Run `python -m benchmarks workers [--json]`.
"""

import json
import tempfile
import time
from pathlib import Path
from typing import Any

import redis

from blackboard import SwarmboardError
from swarmboard.accounts import Accounts
from swarmboard.config import make_config
from swarmboard.execution import execute
from swarmboard.model import SwarmModel
from swarmboard.runner import prepare

from .table import print_table

WORKERS, AGENTS, ROUNDS = (1, 2, 3, 5), (57, 118, 1021), 60
STAGES_A_ROUND = 2
SCENARIO = str(Path(__file__).with_name("remembering.py"))


def measure(workers: int, agents: int, out: Path) -> dict[str, Any]:
    """Run once and return the digest, who was connected, and what each committed."""
    clients: set[str] = set()
    ends: list[float] = []

    def look(model: SwarmModel, accounts: Accounts) -> None:
        ends.append(time.perf_counter())
        if model.leader.round == ROUNDS // 2:
            url = json.loads((out / "board.json").read_text("utf-8"))["url"]
            with redis.Redis.from_url(url) as client:
                clients.update(str(connected["name"]) for connected in client.client_list())

    values = {"scenario": SCENARIO, "agents": agents, "rounds": ROUNDS, "workers": workers}
    config = make_config(values | {"out": out, "board": "bundled"})
    summary = execute(prepare(config), watch=look).summary
    worked = summary["workers"]
    return {
        "agents": agents,
        "workers": workers,
        "digest": summary["digest"][:16],
        "clients": " ".join(sorted(name for name in clients if "worker" in name)) or None,
        "commits": " ".join(str(worker["commits"]) for worker in worked) or None,
        "agents each": " ".join(str(worker["agents"]) for worker in worked) or None,
        "late": sum(worker["late"] for worker in worked),
        "ms a round": 1000 * (ends[-1] - ends[0]) / (len(ends) - 1),
    }


def check(rows: list[dict[str, Any]]) -> None:
    """See that the number of workers changed nothing, and that all of them worked.

    Raises:
        SwarmboardError: two digests differ, or a worker did not act in every stage.
    """
    for agents in AGENTS:
        if len({row["digest"] for row in rows if row["agents"] == agents}) > 1:
            raise SwarmboardError(f"{agents} agents: the digests differ: {rows}")
    for row in rows:
        commits = (row["commits"] or "").split()
        if set(commits) - {str(ROUNDS * STAGES_A_ROUND)}:
            raise SwarmboardError(f"a worker did not act in every stage: {row}")
        if len((row["clients"] or "").split()) != len(commits):
            raise SwarmboardError(f"a worker was not connected: {row}")


def main(argv: list[str]) -> None:
    """Print the table, or JSON with --json."""
    rows = []
    for agents in AGENTS:
        for workers in WORKERS:
            with tempfile.TemporaryDirectory() as folder:
                rows.append(measure(workers, agents, Path(folder) / "run"))
    if "--json" in argv:
        print(json.dumps(rows, indent=1))
    else:
        print_table(rows)
    check(rows)
