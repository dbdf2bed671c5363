"""Reaching a run that goes on from another process: its board, its state, its open proposals."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from typing import Any

from blackboard import (
    BadInput,
    Board,
    OpenProposal,
    RunDirectory,
    RunLock,
    ServerUnavailable,
    SwarmboardError,
)

GOES_ON = ("new", "running", "paused")
"""What a board says of a run that goes on."""
PATIENCE_S, POLL_S = 2.0, 0.05
"""How long a runner that has just begun may take to say where its board is."""
SHOWN = 5
"""Open proposals that are named where one is not found."""


@contextmanager
def reached(
    directory: RunDirectory, *, what: str, kinds: Mapping[str, tuple[str, ...]] | None = None
) -> Iterator[Board]:
    """Open the board of a run that goes on, as an outsider.

    Args:
        directory: The run.
        what: What is to be done there, for the message where it cannot be.
        kinds: The columns of the entry kinds that are stored as columns.

    Raises:
        BadInput: the run has ended, its runner has died, or its board cannot be reached.
    """
    address = _address(directory, what)
    pid, url = address.get("runner_pid", "?"), str(address.get("url", ""))
    if not url or url.startswith("memory://"):
        raise BadInput(
            f"the board of {directory.path} is in the memory of process {pid}, where nobody else "
            "can reach it: run it without --board memory://, or answer from its own process with "
            "run(..., approver=yours) in Python"
        )
    try:
        with Board.open(url, run=directory.run_id, kinds=kinds, name="person") as board:
            if (status := board.store.meta().status) not in GOES_ON:
                raise BadInput(f"{directory.path} has ended ({status}): nothing to {what}")
            yield board
    except ServerUnavailable as error:
        raise BadInput(
            f"the server of {directory.path}'s board does not answer at {url}: the run is ending "
            f"or has lost it; `swarmboard show {directory.path}` says which"
        ) from error


def is_led(directory: RunDirectory) -> bool:
    """Say whether a process runs this run now."""
    lock = RunLock(directory.lock)
    return not lock.is_free() if lock.keeps_apart else (directory.path / "board.json").exists()


def find_open(board: Board, proposal: str) -> OpenProposal:
    """Return an open proposal by its id.

    Raises:
        BadInput: it is not open: what became of it, or which are.
    """
    board.refresh()
    open_now = board.replica.open
    if proposal in open_now:
        return open_now[proposal]
    decided = next((d for d in board.replica.decisions if d.proposal == proposal), None)
    if decided:
        by = f" by {decided.by}" if decided.by else ""
        turn = "round" if board.replica.now_s is None else "instant"
        told = f"{proposal} is not open any more: {decided.outcome} in {turn} {decided.round}{by}"
        raise BadInput(f"{told}; {_which_are_open(open_now)}")
    begun = [name for name in open_now if proposal and name.startswith(proposal)]
    close = begun or get_close_matches(proposal, list(open_now), 1, 0.75)
    hint = (
        f"did you mean {close[0]} ({described(open_now[close[0]])})?"
        if len(close) == 1
        else _which_are_open(begun or open_now)
    )
    raise BadInput(f"there is no proposal {proposal!r}; {hint}")


def described(proposal: OpenProposal) -> str:
    """Return what a person has to know of a proposal: its impact and what it is."""
    impact = proposal.opened.impact
    told = ["no impact declared" if impact is None else f"impact {impact:,.6g}"]
    if proposal.payload:
        names = (f"{name} {_short(value)}" for name, value in proposal.payload.items())
        told.append(", ".join(names)[:120])
    return "; ".join(told)


def _which_are_open(proposals: Iterable[str]) -> str:
    names = list(proposals)
    if not names:
        return "none is open now"
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return f"open {'are' if len(names) > 1 else 'is'} {', '.join(names[:SHOWN])}{more}"


def _address(directory: RunDirectory, what: str) -> dict[str, Any]:
    """Return where the board of a run is that goes on.

    Raises:
        BadInput: nobody runs it, or it does not say where its board is.
    """
    deadline = time.monotonic() + PATIENCE_S
    while True:
        if not is_led(directory):
            raise BadInput(_why_nobody_runs(directory, what))
        if address := read_address(directory):
            return address
        if time.monotonic() > deadline:
            raise BadInput(
                f"{directory.path} has no board at the moment, as it is beginning or ending: try "
                "again, or see `swarmboard show`"
            )
        time.sleep(POLL_S)


def _why_nobody_runs(directory: RunDirectory, what: str) -> str:
    with suppress(SwarmboardError):
        status = (directory.read_json("summary.json") or {}).get("status")
        if status == "done":
            return f"{directory.path} is done: nothing to {what}"
        if status and not (directory.path / "board.json").exists():
            return (
                f"{directory.path} has ended ({status}): nothing to {what} before "
                f"`swarmboard resume {directory.path}` goes on"
            )
    return (
        f"the process that ran {directory.path} has died: nothing to {what} before "
        f"`swarmboard resume {directory.path}` goes on"
    )


def read_address(directory: RunDirectory) -> dict[str, Any] | None:
    """Return what a run says of its runner and board, or None while it has none."""
    with suppress(OSError, ValueError):
        found = json.loads((directory.path / "board.json").read_text("utf-8"))
        return found if isinstance(found, dict) else None
    return None


def _short(value: object) -> str:
    text = f"{value:,.6g}" if isinstance(value, float) else str(value)
    return " ".join(text.split())[:40]
