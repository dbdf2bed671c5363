"""What is started at most once when a decision was accepted, whoever is killed meanwhile.

`effects.jsonl` in the run directory is written line by line, each forced to the disk: an *intent*
before the start, and *done* or *failed* after it. An intent without its end is *unknown*: what was
begun may have had its effect or not, and is never begun again. The run's lock is held throughout,
so that of two processes one begins, and the other waits and reads what came of it. On a system
without such locks only one process may act for a run.
"""

import asyncio
import inspect
import json
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from blackboard import BadInput, RunDirectory, RunLock, SwarmboardError

from .waiting import in_thread, to_its_end

type EffectState = Literal["none", "done", "failed", "unknown"]

EFFECTS = "effects.jsonl"
"""The file's name in a run directory."""
POLL_S = 0.1
ERROR_KEPT = 2_000
"""Characters of an error, or of a result that JSON cannot hold, that are kept."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What became of the act that an accepted decision starts."""

    state: EffectState = "none"
    result: Any = None
    """What it returned; read again from the file, what JSON keeps of it."""
    error: str | None = None
    """What it raised."""


class Effects:
    """The acts of one run: each is started at most once."""

    def __init__(self, directory: RunDirectory) -> None:
        self._directory = directory
        self._path = directory.path / EFFECTS

    def found(self, proposal: str) -> Effect:
        """Return what the file says of a proposal's act.

        A last line that was not written to its end does not count: an intent precedes the start,
        so nothing has started, and a result is missing.
        """
        try:
            text = self._path.read_bytes()
        except FileNotFoundError:
            return Effect()
        effect = Effect()
        for line in text.split(b"\n")[:-1]:
            try:
                row = json.loads(line)
                is_ours, state = row["proposal"] == proposal, row["state"]
            except (ValueError, TypeError, KeyError):
                return Effect("unknown", error=f"{self._path} is damaged")
            if is_ours and state == "intent":
                effect = Effect("unknown")
            elif is_ours and state in ("done", "failed"):
                effect = Effect(state, row.get("result"), row.get("error"))
        return effect

    async def once(
        self, act: Callable[..., Any], decision: Any, *, proposal: str, key: str
    ) -> Effect:
        """Start `act(decision, key)` unless it has been started, and return what came of it.

        A coroutine function is awaited here, and a cancellation reaches it: what became of it is
        then unknown. Any other function is called in a thread, and a cancellation waits for it.

        Raises:
            SwarmboardError: the intent could not be written; nothing was started.
        """
        going = self._once(act, decision, proposal, key)
        if is_asynchronous(act):
            return await going
        return await to_its_end(asyncio.ensure_future(going), on_cancel=lambda: None)

    async def _once(
        self, act: Callable[..., Any], decision: Any, proposal: str, key: str
    ) -> Effect:
        with RunLock(self._directory.lock) as lock:
            while not lock.take():
                await asyncio.sleep(POLL_S)
            if (before := self.found(proposal)).state != "none":
                return before
            try:
                self._append({"proposal": proposal, "key": key, "state": "intent"})
            except OSError as error:
                raise SwarmboardError(
                    f"{self._path} cannot be written ({error.strerror}): nothing was started; make "
                    f"room, and resume {self._directory.path} with the same on_accept"
                ) from error
            effect = await _outcome(act, decision, key)
            self._end(proposal, effect)
            return effect

    def _end(self, proposal: str, effect: Effect) -> None:
        row: dict[str, Any] = {"proposal": proposal, "state": effect.state}
        row |= {"error": effect.error} if effect.state == "failed" else {"result": effect.result}
        try:
            self._append(row)
        except OSError as error:
            warnings.warn(
                f"{self._path} cannot be written ({error.strerror}): the act of {proposal} is "
                f"{effect.state}, and will be reported as unknown from now on",
                RuntimeWarning,
                stacklevel=2,
            )

    def _append(self, row: dict[str, Any]) -> None:
        """Add a line behind the last whole one, and return when it is on the disk."""
        is_new = not self._path.exists()
        row["at"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            end = self._path.read_bytes().rfind(b"\n") + 1
            os.ftruncate(file, end)
            _write_all(file, _line(row), end)
            os.fsync(file)
        finally:
            os.close(file)
        if is_new:
            _sync_folder(self._path.parent)


def is_asynchronous(act: Any) -> bool:
    """Say whether calling something, be it a function or an object, gives a coroutine."""
    return inspect.iscoroutinefunction(act) or inspect.iscoroutinefunction(
        getattr(act, "__call__", None)  # noqa: B004
    )


def check_act(act: Any) -> None:
    """See that something can be called with a decision, and a key if it takes one.

    Raises:
        BadInput: it cannot.
    """
    if not callable(act):
        raise BadInput(f"on_accept={act!r} is no function: give it as on_accept=apply_it")
    try:
        arguments(act)
    except TypeError as error:
        name = getattr(act, "__name__", type(act).__name__)
        raise BadInput(
            f"on_accept={name} has to take the decision and its idempotency key: "
            f"def {name}(decision, key), or def {name}(decision), which has decision.key"
        ) from error


def arguments(act: Callable[..., Any]) -> int:
    """Return how many arguments an act takes: 2, the decision and the key, or 1.

    Raises:
        TypeError: neither.
    """
    try:
        signature = inspect.signature(act)
    except ValueError:
        return 2  # built in, and says nothing of its arguments
    try:
        signature.bind(object(), "key")
        return 2
    except TypeError:
        signature.bind(object())
        return 1


async def _outcome(act: Callable[..., Any], decision: Any, key: str) -> Effect:
    """Act, and return how it ended; whatever it raises is its failure."""
    given = (decision, key)[: arguments(act)]
    try:
        if is_asynchronous(act):
            result = await act(*given)
        else:
            result = await in_thread(lambda: act(*given))
            if inspect.isawaitable(result):
                result = await result
    except Exception as error:
        return Effect("failed", error=f"{type(error).__name__}: {error}"[:ERROR_KEPT])
    return Effect("done", result)


def _line(row: dict[str, Any]) -> bytes:
    try:
        text = json.dumps(row, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        text = json.dumps(row | {"result": repr(row.get("result"))[:ERROR_KEPT]})
    return text.encode() + b"\n"


def _write_all(file: int, held: bytes, at: int) -> None:
    while held:
        written = os.pwrite(file, held, at)
        held, at = held[written:], at + written


def _sync_folder(path: Path) -> None:
    """Have a new file's name on the disk too."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
