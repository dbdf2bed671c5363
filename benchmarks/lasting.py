"""What it costs a run to last, and how soon it goes on.

Two figures. The first: a round of 1,024 object agents with its log and its snapshots (one in 25
rounds, as usual) beside the same round with neither, in interleaved blocks of 25 rounds in one
process, each on a bundled server of its own. Log and snapshots are to cost at most 10 % of the
round, or 0.1 ms where that is more. The second: a run of 10,000 rounds is killed, and resumed with
the command line; from the start of that process to the end of its first new round it is to take at
most 3 s. Run `python -m benchmarks lasting [ROUNDS] [--json]` (Linux).
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from blackboard import Board, EventLog, RunDirectory
from swarmboard.accounts import Accounts
from swarmboard.config import make_config
from swarmboard.keeping import Keeping
from swarmboard.model import SwarmModel
from swarmboard.runner import Plan, prepare

from .killing import swarmboard
from .remembering import Remembering
from .table import print_table

AGENTS, ROUNDS = 1_024, 10_000
BLOCKS, BLOCK_ROUNDS = 60, 25
RESUMES = 5
POLL_S = 0.002


def overhead() -> dict[str, float]:
    """Return medians of milliseconds a round, with log and snapshots and without."""
    with (
        tempfile.TemporaryDirectory() as folder,
        _stage(Path(folder) / "kept", is_kept=True) as kept,
        _stage(Path(folder) / "bare", is_kept=False) as bare,
    ):
        samples = [(_block(*kept), _block(*bare)) for _ in range(BLOCKS + 2)][2:]
        assert kept[0].leader.replica.decisions == bare[0].leader.replica.decisions
    with_it, without = (statistics.median(s[form] for s in samples) for form in range(2))
    more = statistics.median(1000 * (a - b) / BLOCK_ROUNDS for a, b in samples)
    return {
        "round without, ms": 1000 * without / BLOCK_ROUNDS,
        "round with, ms": 1000 * with_it / BLOCK_ROUNDS,
        "log and snapshots, ms": more,
        "of the round, %": 100 * more * BLOCK_ROUNDS / (1000 * without),
    }


def first_new_round(rounds: int) -> dict[str, float]:
    """Return the seconds from a resume's start to its first new round, and what is in them."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        scenario = str(Path(__file__).with_name("remembering.py"))
        words = ("--rounds", str(rounds + 10_000), "--set", "population=cohort")
        process = swarmboard("run", scenario, *words, "--out", str(out))
        _kill_after(process, out, rounds)
        imports = [_imports() for _ in range(RESUMES)]
        taken = [_resume(out) for _ in range(RESUMES)]
        size_mb = (out / "events.log").stat().st_size / 1e6
    return {
        "rounds": rounds,
        "log, MB": size_mb,
        "first new round after, s": statistics.median(taken),
        "at most, s": max(taken),
        "of it Python and imports, s": statistics.median(imports),
    }


def main(argv: list[str]) -> None:
    """Print both tables, or JSON with --json."""
    rounds = next((int(word) for word in argv if word.isdigit()), ROUNDS)
    figures = [overhead(), first_new_round(rounds)]
    if "--json" in argv:
        print(json.dumps(figures, indent=1))
        return
    for figure in figures:
        print_table([figure])
        print()


@contextmanager
def _stage(folder: Path, *, is_kept: bool) -> Iterator[tuple[SwarmModel, Keeping | None, Accounts]]:
    """Set a run up on a server of its own, and yield what a block of rounds needs."""
    directory = RunDirectory.create(folder)
    config = make_config({"scenario": Remembering.name, "agents": AGENTS, "out": folder})
    plan: Plan = prepare(config, kind=Remembering)
    with Board.open(kinds=Remembering.kinds, data_dir=folder / "board") as board:
        log = EventLog(directory.log) if is_kept else None
        leader = board.lead(log=log, rule=plan.setup.rule)
        model = SwarmModel(plan.world, plan.structure, leader)
        yield model, Keeping(directory, plan) if is_kept else None, Accounts()
        leader.finish("done")
        if log:
            log.close()


def _block(model: SwarmModel, keeping: Keeping | None, accounts: Accounts) -> float:
    """Return the seconds of a block of rounds."""
    began = time.perf_counter()
    for _ in range(BLOCK_ROUNDS):
        model.run_for(1)
        if keeping:
            keeping.keep_if_due(model, accounts)
    return time.perf_counter() - began


def _kill_after(process: subprocess.Popen[str], out: Path, rounds: int) -> None:
    """Kill a run once its snapshots say that so many rounds have ended."""
    while process.poll() is None:
        held = [int(path.stem) for path in (out / "snapshots").glob("*.snap")]
        if max(held, default=0) >= rounds:
            break
        time.sleep(POLL_S)
    process.kill()
    process.communicate()


def _resume(out: Path) -> float:
    """Resume a run and return the seconds until its log has grown; then kill it."""
    began, size = time.perf_counter(), _size_cut(out)
    process = swarmboard("resume", str(out))
    while (out / "events.log").stat().st_size <= size and process.poll() is None:
        time.sleep(POLL_S)
    taken = time.perf_counter() - began
    process.kill()
    _, said = process.communicate()
    if "Error" in said:
        raise RuntimeError(said)
    return taken


def _size_cut(out: Path) -> int:
    """Return the size of a log, of which no more is torn than a resume cuts off."""
    from blackboard import segment_ends

    ends = segment_ends(out / "events.log")
    os.truncate(out / "events.log", ends[-1])
    return ends[-1]


def _imports() -> float:
    """Return the seconds that Python and our imports take."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import swarmboard.resuming"], check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main(sys.argv[1:])
