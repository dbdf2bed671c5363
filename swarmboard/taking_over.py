"""Two runners of one run: waiting for the other to end, or taking the run from it."""

import secrets
import shutil
import time
from contextlib import suppress
from typing import Any

from blackboard import (
    BadInput,
    Board,
    RunDirectory,
    RunLock,
    ServerUnavailable,
    end_server,
)

from .ongoing import Tell
from .reaching import read_address
from .stop import Stop

LET_GO_S = 10.0
"""How long a runner that was fenced off may take to let go of its run directory."""
POLL_S = 0.2


def wait_for_end(directory: RunDirectory, lock: RunLock, stop: Stop, tell: Tell) -> None:
    """Wait until whoever runs the run has ended, and take its directory."""
    tell(
        f"process {lock.holder or '?'} runs {directory.path}; waiting for it to end "
        "(--take-over takes the run from it)"
    )
    while not lock.take(within_s=POLL_S):
        _heed(stop)


def wait_for_lease(directory: RunDirectory, stop: Stop, tell: Tell) -> None:
    """Wait until nobody leads the run, where no lock keeps runners of one directory apart."""
    url = str((read_address(directory) or {}).get("url", ""))
    if not url or url.startswith("memory://"):
        return
    name, is_told = f"runner-{secrets.token_hex(4)}", False
    with suppress(ServerUnavailable), Board.open(url, run=directory.run_id) as board:
        while board.store.lease(name, ttl_ms=1000)[0] != name:
            if not is_told:
                tell(
                    f"another process leads {directory.path}; waiting for it to end, or for its "
                    "lease to run out (--take-over takes the run from it)"
                )
            is_told = True
            _heed(stop)
            time.sleep(POLL_S)
        board.store.release(name)


def take_over(directory: RunDirectory, lock: RunLock, stop: Stop, tell: Tell) -> None:
    """Fence off whoever runs the run, and take its directory.

    A runner that does not say where its board is, as it begins or ends, is waited for.

    Raises:
        BadInput: nobody but its own process can reach the board.
    """
    is_told = False
    while not lock.take(within_s=POLL_S):
        _heed(stop)
        if address := _address(directory, lock):
            if _fence_off(directory, lock, address, stop, tell):
                return
        elif not is_told:
            tell(
                f"process {lock.holder or '?'} is beginning or ending {directory.path}; waiting "
                "until it says where its board is, or has ended"
            )
            is_told = True


def _fence_off(
    directory: RunDirectory, lock: RunLock, address: dict[str, Any], stop: Stop, tell: Tell
) -> bool:
    """Take the lease from a runner, and then the lock; say whether it was still that runner's."""
    pid, url = address["runner_pid"], str(address.get("url", ""))
    if url.startswith("memory://") or not url:
        raise BadInput(
            f"process {pid} keeps the board of {directory.path} in its own memory: end that "
            "process, then resume"
        )
    with suppress(ServerUnavailable), Board.open(url, run=directory.run_id) as board:
        board.store.lease(f"runner-{secrets.token_hex(4)}", ttl_ms=60_000, takes_over=True)
        tell(f"process {pid} is fenced off")
    deadline = time.monotonic() + LET_GO_S
    while time.monotonic() < deadline:
        if lock.take(within_s=POLL_S):
            return True
        _heed(stop)
        if _address(directory, lock) not in (address, None):
            return False  # it goes on with another server, or another process runs it now
    return _address(directory, lock) == address and _wrest(directory, lock, address)


def _wrest(directory: RunDirectory, lock: RunLock, address: dict[str, Any]) -> bool:
    """Take everything from a runner that hangs; say whether it still had it.

    Should it ever wake, its lock is on nothing, its server gone, and its log no longer this one.
    """
    if not lock.replace(int(address["runner_pid"])):
        return False
    if pid := address.get("pid"):
        end_server(int(pid), str(address["url"]))
    copy = directory.log.with_suffix(".copy")
    shutil.copyfile(directory.log, copy)
    copy.replace(directory.log)
    return True


def _address(directory: RunDirectory, lock: RunLock) -> dict[str, Any] | None:
    """Return what the lock's holder says of its board; None while it says nothing.

    What a runner that was killed left in `board.json` is nobody's.
    """
    address, holder = read_address(directory), lock.holder
    is_its_own = address is not None and holder is not None and address.get("runner_pid") == holder
    return address if is_its_own else None


def _heed(stop: Stop) -> None:
    if stop.is_asked:
        raise KeyboardInterrupt
