"""100 kills of a team that decides and acts: the act is started never twice, and gaps are told.

A process has a team decide, and the accepted decision starts an act that leaves a mark as it
starts and another as it ends. It is killed at a random moment, mostly around the act, and resumed
until it comes to its end; now and then two processes resume at once. What they report is held
against the marks. Run `python -m benchmarks effects [KILLS] [--seed N] [--json]` (Linux, macOS).
"""

import asyncio
import json
import os
import random
import shutil
import signal
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from swarmboard import Swarm, SwarmDecision

from .table import print_table

KILLS = 100
MOST_KILLS = 3
"""How often one decision may be killed."""
AROUND_THE_ACT = 0.6
"""How many kills wait for the act's intent; the others come at any moment of a life."""
LIFE_S = 0.4
ACT_S = 0.03
"""How long an act takes, and the latest kill after its intent was seen."""
HANGS_S = 60.0
POLL_S = 0.0002


class TwiceStarted(Exception):
    """An act was started twice, or what became of it was told wrongly."""


@dataclass
class Toll:
    """What the kills came to, by decision."""

    kills: int = 0
    decisions: int = 0
    before_intent: int = 0
    """Kills before the act's intent was on the disk."""
    between: int = 0
    """Kills between the intent and the result."""
    after: int = 0
    """Kills after the result."""
    together: int = 0
    """Decisions that two processes resumed at once."""
    started: Counter[int] = field(default_factory=Counter)
    """How often the act was started: decisions by that."""
    reported: Counter[str] = field(default_factory=Counter)
    """What was reported of it: decisions by that."""


def main(argv: list[str]) -> None:
    """Kill decisions until enough were killed, and print what came of them."""
    kills = int(argv[0]) if argv and argv[0].isdigit() else KILLS
    seed = int(argv[argv.index("--seed") + 1]) if "--seed" in argv else 1
    toll, rng = Toll(), random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        while toll.kills < kills:
            see_through(Path(folder) / str(toll.decisions), rng, toll, most=kills - toll.kills)
    row = asdict(toll)
    row |= {f"started {n}": toll.started[n] for n in range(3)}
    row |= {f"reported {state}": toll.reported[state] for state in ("done", "unknown")}
    del row["started"], row["reported"]
    if "--json" in argv:
        print(json.dumps(row))
        return
    print_table([row])


def see_through(folder: Path, rng: random.Random, toll: Toll, *, most: int) -> None:
    """Have one decision killed a few times and come to its end, and hold it against its marks."""
    folder.mkdir()
    wanted = rng.randint(1, min(MOST_KILLS, most))
    for number in range(wanted):
        act_s = rng.uniform(0, ACT_S)
        pid = begin_life(folder, f"{number}", act_s=act_s)
        toll.kills += kill(pid, folder, rng, toll)
    are_two = rng.random() < 0.25 and has_begun(folder / "run")
    names = ["last", "other"] if are_two else ["last"]
    for pid in [begin_life(folder, name, act_s=ACT_S) for name in names]:
        await_end(pid)
    toll.together += are_two
    marks = marks_of(folder)
    toll.decisions += 1
    toll.started[marks.count("start")] += 1
    found = [json.loads((folder / f"{name}.json").read_text("utf-8")) for name in names]
    toll.reported[found[0]["effect"]] += 1
    check(folder, marks, found)
    shutil.rmtree(folder)


def check(folder: Path, marks: list[str], found: list[dict[str, Any]]) -> None:
    """Hold what was reported against the marks.

    Raises:
        TwiceStarted: it is not so.
    """
    wanted = ("done", "unknown") if marks == ["start", "end"] else ("unknown",)
    is_once = marks in ([], ["start"], ["start", "end"])
    for report in found:
        if report["outcome"] != "accepted" or report["effect"] not in wanted or not is_once:
            raise TwiceStarted(f"{folder}: marks {marks}, reported {found}")


def begin_life(folder: Path, name: str, *, act_s: float) -> int:
    """Start a process that decides, or goes on deciding; return its id."""
    if pid := os.fork():
        return pid
    try:
        decision = asyncio.run(live(folder, act_s))
        report = {"outcome": decision.outcome, "effect": decision.effect, "key": decision.key}
        (folder / f"{name}.json").write_text(json.dumps(report), "utf-8")
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


async def live(folder: Path, act_s: float) -> SwarmDecision:
    """Begin a decision, or go on with it, and act once it is accepted."""

    async def awaited(decision: SwarmDecision, key: str) -> str:
        mark(folder, "start")
        await asyncio.sleep(act_s)
        mark(folder, "end")
        return key

    def called(decision: SwarmDecision, key: str) -> str:
        mark(folder, "start")
        time.sleep(act_s)
        mark(folder, "end")
        return key

    act = awaited if int(folder.name) % 2 else called
    swarm = Swarm(board="memory://", out_dir=folder)
    swarm.register("planner", count=3)
    swarm.register("critic", agree, count=2)
    run = folder / "run"
    if has_begun(run):
        return await swarm.resume(run, on_accept=act)
    shutil.rmtree(run, ignore_errors=True)
    return await swarm.decide("Where shall the bench stand?", on_accept=act, out=run)


def has_begun(run: Path) -> bool:
    """Say whether there is anything of a run to go on from."""
    return (run / "config.json").exists() and (run / "events.log").exists()


async def agree(situation: Any) -> str:
    """Vote for what is proposed."""
    return situation.votes[0] if situation.votes else "no objection"


def mark(folder: Path, word: str) -> None:
    """Add a line that outlives a kill of this process."""
    file = os.open(folder / "marks", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(file, f"{word}\n".encode())
    os.close(file)


def marks_of(folder: Path) -> list[str]:
    """Return the marks that the act left."""
    path = folder / "marks"
    return path.read_text("utf-8").split() if path.exists() else []


def kill(pid: int, folder: Path, rng: random.Random, toll: Toll) -> int:
    """Kill a life at a random moment; return whether it was still going on."""
    file = folder / "run" / "effects.jsonl"
    known = file.stat().st_size if file.exists() else 0
    is_aimed = not known and rng.random() < AROUND_THE_ACT
    end = time.monotonic() + rng.uniform(0, LIFE_S)
    latest = time.monotonic() + HANGS_S
    while time.monotonic() < (latest if is_aimed else end) and is_alive(pid):
        if is_aimed and file.exists() and file.stat().st_size:
            break
        time.sleep(POLL_S)
    if is_aimed:
        time.sleep(max(0.0, rng.uniform(-0.2, 2.0) * ACT_S))
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    if not os.WIFSIGNALED(status):
        if os.WEXITSTATUS(status):
            raise TwiceStarted(f"{folder}: a life failed before it was killed")
        return 0
    lines = file.read_bytes().count(b"\n") if file.exists() else 0
    toll.before_intent += lines == 0
    toll.between += lines == 1
    toll.after += lines == 2
    return 1


def is_alive(pid: int) -> bool:
    """Say whether a child has not ended; its status is left to be read."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None


def await_end(pid: int) -> None:
    """Wait for a life that nobody kills."""
    _, status = os.waitpid(pid, 0)
    if status:
        raise TwiceStarted(f"a life that was not killed ended with {status}")
