"""A worker process: goes through a run beside its leader and acts for a span of its agents."""

import json
import os
import signal
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from blackboard import (
    Board,
    Follower,
    NotPlain,
    RunDirectory,
    RunEnded,
    Snapshots,
    TooLate,
)

from .beginning import find_beginning
from .config import make_config, read_config
from .health import Health
from .model import SwarmModel
from .plan import Plan, prepare
from .rehearsal import rehearsing_leader


def work(facts: dict[str, Any]) -> None:
    """Act for a span of a run's agents until the run ends or its leader dies.

    Args:
        facts: What the leader says: the run directory, the board and the way there, name, number,
            span, epoch and life.
    """
    parent = os.getppid()
    directory = RunDirectory.open(Path(facts["directory"]))
    assert directory
    with Board.open(facts["url"], run=directory.run_id, name=facts["name"]) as board:
        if facts["way"] != facts["url"]:
            board.go_through(facts["way"])
        while True:
            values = read_config(directory.path / "config.json")
            plan = prepare(make_config(values))
            try:
                _follow(plan, directory, board, facts, parent)
            except TooLate:
                continue  # what these agents remember is void: begin again from the log
            except RunEnded:
                return


def _follow(
    plan: Plan, directory: RunDirectory, board: Board, facts: dict[str, Any], parent: int
) -> None:
    beginning = find_beginning(directory)
    rehearsal = rehearsing_leader(plan, beginning.script(directory.log))
    if beginning.state:
        rehearsal.restore(beginning.state["leader"])
    span = range(facts["first"], facts["stop"])
    follower = Follower(
        board.store,
        plan.world.kinds,
        name=facts["name"],
        span=span,
        rehearsal=rehearsal,
        epoch=facts["epoch"],
        is_alone=lambda: os.getppid() != parent,
        remark=partial(_remark, facts["name"]),
    )
    state = beginning.state and beginning.state["model"]
    health = Health.of(plan.config)
    if health and facts["life"] == 1:
        health.strike = partial(_strike, facts["number"])
    model = SwarmModel(plan.world, plan.structure, follower, state=state, span=span, health=health)
    for held, part in beginning.parts:
        model.restore_part(part, held)
    plan.change_options(follower.round, is_start=True)
    snapshots = Snapshots(directory.path / "snapshots")
    while follower.round < plan.rounds and not model.world.is_done():
        plan.change_options(follower.round)
        model.run_for(1)
        if follower.round % plan.config.snapshot_every == 0 and not follower.is_rehearsing:
            with suppress(NotPlain):  # the leader takes no snapshot then, and notes why
                snapshots.write_part(follower.round, span, model.state(span))
    raise RunEnded(f"worker {facts['name']}: the run has ended")


def _remark(worker: str, name: str, detail: dict[str, Any]) -> None:
    """Leave the tracebacks of failed agents in `run.log`, where this process writes."""
    if name == "failed":
        print(f"{worker}: agents {detail['agents']} failed\n{detail['why']}", file=sys.stderr)


def _strike(own: int, hits: str, kind: str, unit: int) -> bool:
    """Die or stop where a fault wants this worker to; it is struck in its first life only."""
    if (hits, unit) == ("workers", own):
        os.kill(os.getpid(), signal.SIGKILL if kind == "crash" else signal.SIGSTOP)
    return True


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    work(json.loads(sys.argv[1]))
