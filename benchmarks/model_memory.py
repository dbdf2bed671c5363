"""What a long run of models keeps: memory, open files, and bytes on disk per decision.

32 agents decide 200 tasks, one after the other, through litellm against a stub server in a process
of its own. Open files are to be the same from the 20th round to the last. Run
`python -m benchmarks model_memory [ROUNDS] [--json]` (Linux).
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from swarmboard.accounts import Accounts
from swarmboard.model import SwarmModel
from swarmboard.testing import stub_server

from .memory import resident_mb
from .table import print_table
from .teams import questions, team_run

ROUNDS, AGENTS, STEADY, EVERY = 200, 32, 20, 20


class Sampler:
    """Notes what this process holds every so many rounds."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def note(self, model: SwarmModel, accounts: Accounts) -> None:
        """Take a sample where one is due."""
        if model.leader.round % EVERY == 0:
            files = len(list(Path("/proc/self/fd").iterdir()))
            row = {"round": model.leader.round, "files": files, "resident, MB": resident_mb()}
            self.rows.append(row)


def measure(rounds: int) -> dict[str, Any]:
    """Return what a run of so many rounds holds, takes and leaves."""
    sampler = Sampler()
    with tempfile.TemporaryDirectory() as folder, stub_server(in_process=False) as stub:
        began = time.perf_counter()
        options = {"model": "hosted_vllm/stub", "api_base": stub.url, "concurrency": AGENTS}
        terms = {"agents": AGENTS, "tasks": questions(rounds), "attempts": 1, **options}
        result = team_run(folder, watch=sampler.note, **terms)
        taken_s = time.perf_counter() - began
        sizes = {name: (result.path / name).stat().st_size for name in ("llm.sqlite", "events.log")}
        calls, rounds_taken = stub.calls, result.summary["rounds"]
    steady = [row for row in sampler.rows if row["round"] >= STEADY]
    first, last = steady[0], steady[-1]
    return {
        "rounds": rounds_taken,
        "calls": calls,
        "seconds": taken_s,
        "open files": f"{first['files']} to {max(row['files'] for row in steady)}",
        f"MB after {first['round']} rounds": first["resident, MB"],
        f"after {last['round']}": last["resident, MB"],
        "KB a round": 1000
        * (last["resident, MB"] - first["resident, MB"])
        / (last["round"] - first["round"]),
        "llm.sqlite, bytes per call": sizes["llm.sqlite"] / calls,
        "events.log, bytes per call": sizes["events.log"] / calls,
    }


def main(argv: list[str]) -> None:
    """Print a table, or JSON with --json."""
    rounds = next((int(word) for word in argv if word.isdigit()), ROUNDS)
    row = measure(rounds)
    print(json.dumps(row, indent=1)) if "--json" in argv else print_table([row])


if __name__ == "__main__":
    main(sys.argv[1:])
