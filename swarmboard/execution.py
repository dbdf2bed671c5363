"""Executing a plan: its board, its rounds, and what is left on disk however it ends."""

import os
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from blackboard import (
    BadInput,
    Board,
    EventLog,
    Leader,
    RunDirectory,
    SwarmboardError,
    write_tables,
)

from .accounts import Accounts
from .config import make_config
from .model import SwarmModel
from .plan import Plan, prepare
from .result import Result
from .stop import Stop
from .summary import baseline_summary, summarise, unfinished_summary

type Watch = Callable[[SwarmModel, Accounts], None]
"""Told after each round; what it does must not change the run."""


@dataclass
class _Run:
    """What belongs to one execution."""

    plan: Plan
    directory: RunDirectory
    stop: Stop
    watch: Watch | None
    began: float
    accounts: Accounts = field(default_factory=Accounts)
    leader: Leader | None = None


def execute(plan: Plan, *, watch: Watch | None = None) -> Result:
    """Run a plan, write its run directory, and return the result.

    A run that fails leaves `status: failed`, what it had done so far, and its traceback in
    `run.log`; the error is raised again, with a note that says where. The first Ctrl-C ends a
    run after its round, the second at once.
    """
    directory = RunDirectory.create(plan.config.out)
    with Stop() as stop:
        run = _Run(plan, directory, stop, watch, time.perf_counter())
        try:
            directory.write_json("config.json", plan.as_config(directory.run_id))
            _execute(run)
        except (Exception, KeyboardInterrupt) as error:
            if run.leader is None and isinstance(error, SwarmboardError):
                directory.discard()
                raise BadInput(str(error)) from error
            _report(run, error)
            raise
    return Result(directory)


def _execute(run: _Run) -> None:
    plan, directory = run.plan, run.directory
    with _board(run) as leader:
        status, model = _rounds(run, leader)
        leader.finish(status)
        summary = summarise(plan, directory, model, run.accounts, status)
        summary["board"]["revision"] = leader.revision
    write_tables(directory.log, directory.path)
    for name, columns in model.world.tables().items():
        directory.write_result(name, columns)
    model.remove_all_agents()
    summary["timing"]["wall_s"] = round(time.perf_counter() - run.began, 4)
    if plan.config.baseline and status == "done" and not run.stop.is_asked:
        summary["baseline"] = _baseline(plan, directory)
    directory.write_json("summary.json", summary)


def _rounds(run: _Run, leader: Leader) -> tuple[str, SwarmModel]:
    """Run rounds until the scenario is done, its rounds are used up, or a person stops it."""
    model = SwarmModel(run.plan.world, run.plan.structure, leader)
    while leader.round < run.plan.rounds and not model.world.is_done():
        if run.stop.is_asked:
            return "stopped", model
        model.run_for(1)
        for closed in model.closed:
            run.accounts.take(closed.records)
        leader.renew_if_due()
        if run.watch:
            run.watch(model, run.accounts)
    return "done", model


def _report(run: _Run, error: BaseException) -> None:
    """Leave the traceback, the tables so far, and a summary that says how far the run came.

    Each is tried by itself: a full disk takes the one and leaves the other.
    """
    status = "stopped" if isinstance(error, KeyboardInterrupt) else "failed"
    directory, leader = run.directory, run.leader
    error.add_note(f"what the run left is in {directory.path}, this traceback in run.log there")
    with suppress(OSError), directory.messages.open("a", encoding="utf-8") as file:
        file.write("".join(traceback.format_exception(error)))
    why = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    summary = unfinished_summary(run.plan, directory, leader, run.accounts, status=status, why=why)
    with suppress(OSError, SwarmboardError):
        write_tables(directory.log, directory.path)
    summary["timing"]["wall_s"] = round(time.perf_counter() - run.began, 4)
    with suppress(SwarmboardError):
        directory.write_json("summary.json", summary)


@contextmanager
def _board(run: _Run) -> Iterator[Leader]:
    """Open the run's board and lead it; let go of both in every case."""
    plan, directory = run.plan, run.directory
    url = plan.config.board or os.environ.get("SWARMBOARD_URL") or None
    with EventLog(directory.log) as log:
        board = Board.open(
            None if url == "bundled" else url,
            run=directory.run_id,
            kinds=plan.world.kinds,
            data_dir=directory.path / "board",
        )
        sealed = plan.config.ballots == "sealed"
        with board:
            leader = run.leader = board.lead(rule=plan.setup.rule, sealed=sealed, log=log)
            address = directory.path / "board.json"
            directory.write_json("board.json", {"url": board.url, "pid": board.server_pid})
            try:
                yield leader
            except BaseException as error:
                _let_go(leader, error)
                raise
            finally:
                address.unlink(missing_ok=True)


def _let_go(leader: Leader, error: BaseException) -> None:
    """End the run on the board too, so far as it can still be reached."""
    with suppress(SwarmboardError):
        leader.finish("stopped" if isinstance(error, KeyboardInterrupt) else "failed")


def _baseline(plan: Plan, directory: RunDirectory) -> dict[str, Any] | None:
    """Run the same task with one agent, and return what the summary says of it."""
    values = plan.config.model_dump() | {
        "structure": "solo",
        "baseline": None,
        "out": directory.path / "baseline",
    }
    alone = prepare(make_config(values), rule=plan.setup.rule, kind=plan.scenario)
    summary = execute(alone).summary
    return baseline_summary(summary) if summary["status"] == "done" else None
