"""Resuming a run: going on where its log ends, after whatever ended it."""

import json
import os
import secrets
import shutil
import signal
import time
from contextlib import suppress
from typing import Any

from blackboard import (
    Approver,
    BadInput,
    Board,
    Rule,
    RunDirectory,
    RunLock,
    ServerUnavailable,
)
from scenarios import Scenario

from .beginning import find_beginning
from .config import make_config, read_config
from .execution import carry_out
from .ongoing import Run, Tell, Watch
from .plan import prepare
from .result import Result
from .stop import Stop

LET_GO_S = 10.0
"""How long a runner that was fenced off may take to let go of its run directory."""
POLL_S = 0.2


def resume(
    directory: RunDirectory,
    *,
    take_over: bool = False,
    watch: Watch | None = None,
    tell: Tell = lambda line: None,
    approver: Approver | None = None,
    kind: type[Scenario] | None = None,
    rule: Rule | None = None,
) -> Result:
    """Go on with a run to the digest it would have reached, and return the result.

    Everything comes from its directory: the last snapshot, and the log behind it, which is
    executed again and held against what it says. Neither the server nor its data are needed.

    Args:
        directory: The run.
        take_over: Take the run from a runner that still leads it; else wait for that one to end.
        watch: Called with the model and the accounts after each round.
        tell: Told what people have to know.
        approver: Asked about proposals that wait for a person.
        kind: The scenario's class, where it was given as one.
        rule: The run's rule, where it is a function of the user's own.

    Raises:
        BadInput: the run is in memory in another process, or cannot be read.
        LogDamaged: the log is damaged before its end, or executed again the run differs.
    """
    with Stop() as stop, RunLock(directory.lock) as lock:
        if not lock.take():
            _take_over(directory, lock, tell) if take_over else _wait(directory, lock, stop, tell)
        summary = directory.read_json("summary.json") or {}
        if summary.get("status") == "done":
            tell(f"{directory.path} is done; nothing is left to compute")
            return Result(directory)
        values = read_config(directory.path / "config.json")
        plan = prepare(make_config(values), rule=rule, kind=kind)
        beginning = find_beginning(directory)
        for path in beginning.damaged:
            tell(f"the snapshot {path} is damaged and was passed over")
        run = Run(plan, directory, stop, lock, watch, tell, approver, beginning)
        return carry_out(run)


def _wait(directory: RunDirectory, lock: RunLock, stop: Stop, tell: Tell) -> None:
    """Wait until whoever leads the run has ended."""
    address = _address(directory)
    tell(
        f"process {address.get('runner_pid', '?')} runs {directory.path}; waiting for it to end "
        "(--take-over takes the run from it)"
    )
    while not lock.take(within_s=POLL_S):
        if stop.is_asked:
            raise KeyboardInterrupt


def _take_over(directory: RunDirectory, lock: RunLock, tell: Tell) -> None:
    """Fence off whoever leads the run, and take its directory.

    Raises:
        BadInput: nobody but its own process can reach the board.
    """
    address = _address(directory)
    url = address.get("url", "")
    if url.startswith("memory://") or not url:
        raise BadInput(
            f"process {address.get('runner_pid', '?')} keeps the board of {directory.path} in its "
            "own memory: end that process, then resume"
        )
    with suppress(ServerUnavailable), Board.open(url, run=directory.run_id) as board:
        board.store.lease(f"runner-{secrets.token_hex(4)}", ttl_ms=60_000, takes_over=True)
    tell(f"process {address.get('runner_pid', '?')} is fenced off")
    if lock.take(within_s=LET_GO_S):
        return
    # It hangs. Should it ever wake, its server is gone and its log is no longer this one.
    if pid := address.get("pid"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(os.getpgid(int(pid)), signal.SIGTERM)  # its watchdog holds its files, too
    lock.replace()
    copy = directory.log.with_suffix(".copy")
    shutil.copyfile(directory.log, copy)
    copy.replace(directory.log)


def _address(directory: RunDirectory) -> dict[str, Any]:
    """Return what the run's `board.json` says; nothing where there is none."""
    deadline = time.monotonic() + 2.0  # a runner that has just begun writes it in a moment
    while True:
        with suppress(OSError, ValueError):
            found: dict[str, Any] = json.loads((directory.path / "board.json").read_text("utf-8"))
            return found
        if time.monotonic() > deadline:
            return {}
        time.sleep(POLL_S)
