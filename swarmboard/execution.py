"""Executing a plan: its board, its rounds, and what is left on disk however it ends."""

import shutil
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from agents import Hook
from blackboard import (
    Approver,
    BadInput,
    Leader,
    LeaseLost,
    RunDirectory,
    RunLock,
    Stopped,
    SwarmboardError,
    write_tables,
)

from .config import BASELINES, make_config
from .crew import WorkerCrew, added
from .desk import learn, open_desk
from .event_model import model_kind
from .health import Health
from .keeping import Keeping
from .leading import led_board
from .measures import overhead
from .model import SwarmModel
from .ongoing import Run, Tell, Watch
from .plan import Plan, prepare
from .recovery import ServerLost, go_on
from .result import Result
from .spending import write_tokens
from .stop import Stop, StoppedRehearsing
from .summary import baseline_summary, summarise, unfinished_summary

AT_MOST_LOOKED_AT_S = 1.0
"""How long others may hold a lock to see whether it is free."""


def execute(
    plan: Plan,
    *,
    watch: Watch | None = None,
    tell: Tell = lambda line: None,
    approver: Approver | None = None,
    stop: Stop | None = None,
    directory: RunDirectory | None = None,
    hooks: Sequence[Hook] = (),
) -> Result:
    """Run a plan, write its run directory, and return the result.

    A run that fails leaves `status: failed`, what it had done so far, and its traceback in
    `run.log`; the error is raised again, with a note that says where. The first Ctrl-C ends a
    run after its stage, the second at once.

    Args:
        plan: What to run.
        watch: Called with the model and the accounts after each round.
        tell: Told what people have to know.
        approver: Asked about proposals that wait for a person.
        stop: Ends the run from another thread, as Ctrl-C does from the keyboard.
        directory: The run's new directory; None makes the one that the plan names.
        hooks: Told of each call to a model as it begins and ends.
    """
    directory = directory or RunDirectory.create(plan.config.out)
    with stop or Stop() as stop, RunLock(directory.lock) as lock:
        take_new(directory, lock)
        run = Run(plan, directory, stop, lock, watch, tell, approver, hooks=hooks)
        try:
            directory.write_json("config.json", plan.as_config(directory.run_id))
        except SwarmboardError:
            directory.discard()
            raise
        return carry_out(run)


def take_new(directory: RunDirectory, lock: RunLock) -> None:
    """Take the lock of a directory that was just made.

    Raises:
        BadInput: another run began there in the same moment; it is left alone.
    """
    is_taken = lock.take(within_s=AT_MOST_LOOKED_AT_S)
    if not is_taken or (directory.path / "config.json").exists():
        raise BadInput(
            f"another run has just begun in {directory.path}: name another directory with --out"
        )


def carry_out(run: Run) -> Result:
    """Take a run from where it begins to its end.

    Raises:
        StoppedRehearsing: it goes on from a log, and was stopped before the end of that.
    """
    try:
        while not _carry_out(run):
            pass
    except StoppedRehearsing:
        raise
    except LeaseLost:
        if run.leader is None and run.beginning is None:
            run.directory.discard()
        raise  # what is in the directory belongs to whoever leads now
    except (Exception, KeyboardInterrupt) as error:
        if run.is_rehearsing and isinstance(error, KeyboardInterrupt):
            raise StoppedRehearsing(run.directory.path) from error
        is_refused = isinstance(error, BadInput) and run.model is None
        is_new = (run.leader is None or is_refused) and run.beginning is None
        if is_new and isinstance(error, SwarmboardError):
            run.directory.discard()
            raise BadInput(str(error)) from error
        if not run.directory.log.exists():
            raise SwarmboardError(
                f"{run.directory.path} was removed while the run went on: nothing of it is left to "
                "resume; run it again"
            ) from error
        _report(run, error)
        raise
    return Result(run.directory)


def _carry_out(run: Run) -> bool:
    """Go on with a run as far as its server lives; say whether that is to its end."""
    try:
        summary = _lead(run)
    except ServerLost as lost:
        go_on(run, lost)
        return False
    _write_results(run, summary)
    return True


def _lead(run: Run) -> dict[str, Any]:
    """Lead a run on its board, and return its summary."""
    plan, directory = run.plan, run.directory
    with led_board(run) as leader:
        status = _rounds(run, leader)
        is_left_as_it_was = status != "done" and leader.is_rehearsing and not run.used_up
        leader.finish(status)
        if is_left_as_it_was:
            raise StoppedRehearsing(directory.path)
        run.is_whole = status != "broken off"
        status = "stopped" if status == "broken off" else status
        if run.is_whole and run.model:
            summary = summarise(plan, directory, run.model, run.accounts, status)
        else:
            summary = unfinished_summary(plan, directory, leader, run.accounts, status=status)
        summary["board"]["revision"] = leader.revision
    return summary


def _write_results(run: Run, summary: dict[str, Any]) -> None:
    """Write the tables and the summary of a run that has ended."""
    plan, directory, status = run.plan, run.directory, summary["status"]
    summary |= {"resumed": _resumed(run), "workers": run.workers}
    summary["board"]["restarts"] = len(run.losses)
    write_tables(directory.log, directory.path)
    write_tokens(directory)
    if run.is_whole and run.model:
        for name, columns in run.model.world.tables().items():
            directory.write_result(name, columns)
    if run.model:
        run.model.remove_all_agents()
    summary["timing"]["wall_s"] = round(time.perf_counter() - run.began, 4)
    if plan.config.baseline and status == "done" and not run.stop.is_asked:
        summary["baseline"] = _baseline(plan, directory)
        summary["measures"] |= overhead(summary)
    directory.write_json("summary.json", summary)
    if status == "done" and run.model:
        learn(plan, run.model.world, directory)


def _rounds(run: Run, leader: Leader) -> str:
    """Run rounds with the workers and the health that the configuration asks for."""
    plan, beginning, health = run.plan, run.beginning, Health.of(run.plan.config)
    state = beginning.state if beginning else None
    keeping = Keeping(run.directory, plan)
    assert run.board
    with (
        run.disruption.way_to(run.board, plan.config) as way,
        WorkerCrew(plan, run.directory, tell=run.tell, way=way, health=health) as crew,
        open_desk(plan, run.directory, hooks=run.hooks) as desk,
    ):
        timing = run.model.timing if run.model else None
        model = run.model = model_kind(plan.world)(
            plan.world,
            plan.structure,
            leader,
            state=state and state["model"],
            crew=crew if crew.is_needed else None,
            health=health,
            desk=desk,
        )
        model.timing = timing or model.timing
        if health:
            health.strike = partial(run.disruption.strike, run.board, leader)
        if beginning and state:
            for span, part in beginning.parts:
                model.restore_part(part, span)
            run.accounts.restore(state["accounts"])
            plan.change_options(leader.round, is_start=True)
        try:
            status = _until_done(run, model, keeping)
        finally:
            run.workers = added(run.workers, crew.report())
        if status != "done":
            crew.dismiss()
    if status != "broken off":  # with the workers gone: it has the server forget what they read
        keeping.keep(model, run.accounts)
    run.disruption.tell(health)
    return status


def _until_done(run: Run, model: SwarmModel, keeping: Keeping) -> str:
    """Run rounds until the scenario is done, its rounds are used up, or a person stops it."""
    plan, leader = run.plan, model.leader
    while leader.round < plan.rounds and not model.is_done():
        if run.stop.is_asked or run.used_up:
            return "stopped"
        plan.change_options(leader.round)
        run.disruption.spoil(model.health, leader.round + 1)
        was_rehearsing = leader.is_rehearsing
        try:
            model.advance()
        except Stopped:
            return "broken off"
        if was_rehearsing and not leader.is_rehearsing:
            run.directory.forget_summary()  # what it says is not how the run stands any more
        run.rehearsed += was_rehearsing and leader.is_rehearsing
        run.computed += not leader.is_rehearsing
        for closed in model.closed:
            run.accounts.take(closed.records)
        run.accounts.measures.take(model.records)
        leader.renew_if_due()
        keeping.keep_if_due(model, run.accounts)
        if run.watch:
            run.watch(model, run.accounts)
    return "done"


def _resumed(run: Run) -> dict[str, int] | None:
    """Return what going on cost, for the summary."""
    if run.resumed_from is None:
        return None
    return {
        "from_round": run.resumed_from,
        "rehearsed_rounds": run.rehearsed,
        "computed_rounds": run.computed,
    }


def how_to_go_on(path: Path) -> str:
    """Return the note of an error that broke a run off."""
    return (
        f"what the run left is in {path}, this traceback in run.log there; "
        f"`swarmboard resume {path}` goes on"
    )


def _report(run: Run, error: BaseException) -> None:
    """Leave the traceback, the tables so far, and a summary that says how far the run came.

    Each is tried by itself: a full disk takes the one and leaves the other.
    """
    status = "stopped" if isinstance(error, KeyboardInterrupt) else "failed"
    directory, leader = run.directory, run.leader
    error.add_note(how_to_go_on(directory.path))
    with suppress(OSError), directory.messages.open("a", encoding="utf-8") as file:
        file.write("".join(traceback.format_exception(error)))
    why = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    summary = unfinished_summary(run.plan, directory, leader, run.accounts, status=status, why=why)
    if run.is_rehearsing:  # the log holds more than this process has come to
        if (directory.path / "summary.json").exists():
            return
        summary["digest"] = None
    with suppress(OSError, SwarmboardError):
        write_tables(directory.log, directory.path)
    summary["timing"]["wall_s"] = round(time.perf_counter() - run.began, 4)
    with suppress(SwarmboardError):
        directory.write_json("summary.json", summary)


def _baseline(plan: Plan, directory: RunDirectory) -> dict[str, Any] | None:
    """Run the same task with one agent, and return what the summary says of it."""
    if (before := RunDirectory.open(directory.path / "baseline")) is not None:
        found = before.read_json("summary.json")
        if found and found["status"] == "done":
            return baseline_summary(found, plan.config.baseline)
        shutil.rmtree(before.path)  # one that was broken off is begun anew
    kind = plan.config.baseline or "single"
    values = plan.config.model_dump() | {
        "structure": BASELINES[kind],
        "options": plan.config.options | dict(plan.world.matched_options(kind)),
        "baseline": None,
        "out": directory.path / "baseline",
        "workers": 1,
        "faults": (),
        "supervision": None,
    }
    alone = prepare(
        make_config(values), rule=plan.setup.rule, kind=plan.scenario, models=plan.models
    )
    summary = execute(alone).summary
    return baseline_summary(summary, plan.config.baseline) if summary["status"] == "done" else None
