"""200 kills of runs with 1,024 agents: runner, workers and server, each resumed to the same end.

After every kill the log's whole segments have to be byte-identical to what they were, and the
process that goes on computes only what was not recorded. Every run has to end in the digest of
an undisturbed one; where outsiders write, every entry of theirs that was recorded is still there,
and the log executed again comes to the same. Between two lives now and then a snapshot is damaged
or removed, or the server's data. Run `python -m benchmarks soak [KILLS] [--seed N] [--json]`
(Linux; several minutes).
"""

import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blackboard import Board, Post, SwarmboardError

from .killing import TARGETS, Killer, Toll
from .table import print_table

KILLS = 200
PAUSE_S = 0.01
"""An outsider's rest between two entries."""


@dataclass(frozen=True, slots=True)
class Case:
    """A run to be killed, and its share of all kills."""

    name: str
    arguments: tuple[str, ...]
    percent: int
    workers: int = 1
    has_outsiders: bool = False


def _grid(population: str) -> tuple[str, ...]:
    options = ("case=synthetic:1024", f"population={population}", "intervals=48")
    return ("grid-dispatch", *(word for option in options for word in ("--set", option)))


REMEMBERING = (str(Path(__file__).with_name("remembering.py")), "--rounds")
CASES = (
    Case("grid, cohort", _grid("cohort"), 15),
    Case("grid, objects", _grid("objects"), 15),
    Case("grid, objects", _grid("objects"), 20, workers=3),
    Case("remembering, objects", (*REMEMBERING, "2000"), 20),
    Case("remembering, objects", (*REMEMBERING, "1000"), 20, workers=3),
    Case("customer service", ("customer-service", "--set", "tickets=4000"), 50),
    Case("remembering, outsiders", (*REMEMBERING, "1000"), 10, has_outsiders=True),
)


class Outsider:
    """Writes into whatever run its folder has going, from a thread of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._write_on, daemon=True)
        self.received: Counter[str] = Counter()
        """How many entries the server took, by run."""

    def _write_on(self) -> None:
        while not self._is_over.wait(PAUSE_S):
            for address in self._folder.glob("run-*/board.json"):
                try:
                    self._write_into(address)
                except (OSError, ValueError, KeyError, SwarmboardError):
                    continue  # the run was killed, or is not there yet: try the next

    def _write_into(self, address: Path) -> None:
        url = json.loads(address.read_text("utf-8"))["url"]
        config = json.loads(address.with_name("config.json").read_text("utf-8"))
        run_id = str(config["run_id"])
        with Board.open(url, run=run_id) as board:
            board.refresh()
            me = board.join("outsider")
            while not self._is_over.wait(PAUSE_S):
                board.post(me, Post("remark", {"number": self.received[run_id]}))
                self.received[run_id] += 1

    def __enter__(self) -> "Outsider":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_over.set()
        self._thread.join()


def soak(case: Case, kills: int, folder: Path, rng: random.Random) -> dict[str, Any]:
    """Kill one case so many times, and return what came of it.

    Raises:
        BrokenPromise: a run lost something, or came to another end.
    """
    arguments = [*case.arguments, "--workers", str(case.workers)]
    targets = TARGETS if case.workers > 1 else ("runner", "server")
    killer = Killer(arguments, folder, rng, targets)
    began = time.perf_counter()
    wanted = killer.reference()
    with _outsider(folder, is_there=case.has_outsiders) as outsider:
        killer.kill_until(kills, None if case.has_outsiders else wanted)
    row = {"case": case.name, "workers": case.workers, **counts(killer.toll)}
    row["entries received"] = outsider.received.total() if outsider else None
    row["entries recorded"] = killer.toll.entries if outsider else None
    return row | {"minutes": (time.perf_counter() - began) / 60}


def counts(toll: Toll) -> dict[str, Any]:
    """Return a toll as one row of a table."""
    return {
        "kills": toll.kills.total(),
        **{f"of {target}": toll.kills[target] for target in TARGETS},
        "survived": toll.survived.total(),
        "damaged": toll.sabotaged.total(),
        "runs": toll.runs,
        "lives": toll.lives,
        "recorded more": toll.fruitful,
        "same end": toll.exact,
        "rounds": toll.rounds,
        "rehearsed": toll.again_rounds,
        "computed at last": toll.new_rounds,
    }


def main(argv: list[str]) -> None:
    """Kill all cases and print a table, or JSON with --json."""
    numbers = [int(word) for word in argv if word.isdigit()]
    seed = numbers.pop() if "--seed" in argv else 1
    kills = numbers[0] if numbers else KILLS
    rows = []
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            share = max(1, kills * case.percent // 100)
            rows.append(soak(case, share, Path(folder), random.Random(seed)))
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    if "--json" in argv:
        print(json.dumps(rows, indent=1))
    else:
        print_table(rows)


@contextmanager
def _outsider(folder: Path, *, is_there: bool) -> Iterator[Outsider | None]:
    if not is_there:
        yield None
        return
    with Outsider(folder) as outsider:
        yield outsider
