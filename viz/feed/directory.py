"""What a run directory says of a run, also while it is half written."""

from contextlib import suppress
from typing import Any

from blackboard import BadInput, RunDirectory, RunLock


def read_or_nothing(directory: RunDirectory | None, name: str) -> dict[str, Any]:
    """Return the content of a JSON file; nothing where there is none that can be read."""
    with suppress(BadInput, OSError):
        return (directory and directory.read_json(name)) or {}
    return {}


def is_led(directory: RunDirectory) -> bool:
    """Say whether a process runs this run now."""
    lock = RunLock(directory.lock)
    with suppress(OSError):
        return not lock.is_free() if lock.keeps_apart else _has_address(directory)
    return False


def end_status(directory: RunDirectory) -> str | None:
    """Return how a run ended: done, stopped or failed; None where its summary does not say."""
    status = read_or_nothing(directory, "summary.json").get("status")
    return str(status) if status in ("done", "stopped", "failed") else None


def _has_address(directory: RunDirectory) -> bool:
    return (directory.path / "board.json").exists()
