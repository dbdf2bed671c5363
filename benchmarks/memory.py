"""What a run keeps in memory as it goes on: the runner's and the server's, over many rounds.

128 cohort agents report and vote in every round, on the bundled server. Both figures are to stay
within 10 % of what they are after the first 1,000 rounds. Run
`python -m benchmarks memory [ROUNDS] [--json]` (Linux).
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from swarmboard.accounts import Accounts
from swarmboard.config import make_config
from swarmboard.execution import execute
from swarmboard.model import SwarmModel
from swarmboard.runner import prepare

from .remembering import Remembering
from .table import print_table

ROUNDS, AGENTS, EVERY = 100_000, 128, 1_000
AFTER = 24
"""Samples are taken so many rounds after a snapshot, when the server holds most."""
STEADY = 1_000
"""The round from which on memory is to be flat."""
PAGE_BYTES = 4096


class Sampler:
    """Notes memory every so many rounds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.rows: list[dict[str, Any]] = []

    def note(self, model: SwarmModel, accounts: Accounts) -> None:
        """Take a sample where one is due."""
        if (model.leader.round - AFTER) % EVERY:
            return
        row = {"round": model.leader.round, "runner_mb": resident_mb(), "server_mb": self._served()}
        self.rows.append(row)
        print(json.dumps(row), file=sys.stderr, flush=True)

    def _served(self) -> float:
        """Return the server's `used_memory` in MB."""
        import redis

        url = json.loads((self._folder / "board.json").read_text("utf-8"))["url"]
        with redis.Redis.from_url(url) as client:
            return int(client.info("memory")["used_memory"]) / 1e6


def resident_mb() -> float:
    """Return this process's resident memory in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * PAGE_BYTES / 1e6


def measure(rounds: int, folder: Path) -> list[dict[str, Any]]:
    """Run so many rounds and return the samples."""
    sampler = Sampler(folder)
    values = {
        "scenario": Remembering.name,
        "agents": AGENTS,
        "rounds": rounds,
        "board": "bundled",
        "out": folder,
        "options": {"population": "cohort"},
    }
    execute(prepare(make_config(values), kind=Remembering), watch=sampler.note)
    return sampler.rows


def growth_percent(rows: list[dict[str, Any]], name: str) -> float:
    """Return by how much the most of a figure exceeds what it is once memory is steady."""
    steady = next(row[name] for row in rows if row["round"] >= STEADY)
    return float(100 * (max(row[name] for row in rows) / steady - 1))


def main(argv: list[str]) -> None:
    """Print first, last and most of both figures, or all samples with --json."""
    rounds = next((int(word) for word in argv if word.isdigit()), ROUNDS)
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(rounds, Path(folder) / "run")
    if "--json" in argv:
        print(json.dumps(rows, indent=1))
        return
    names = ("runner_mb", "server_mb")
    print_table(
        [
            {
                "memory": name,
                f"after {rows[0]['round']:,} rounds": rows[0][name],
                f"after {rows[-1]['round']:,}": rows[-1][name],
                "most": max(row[name] for row in rows),
                "growth, %": growth_percent(rows, name),
            }
            for name in names
        ]
    )
