"""Users' files that a run was made from: known again by their content."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from blackboard import BadInput, RunDirectory

INPUTS = "inputs"
"""Where `config.json` keeps the SHA-256 of each file, by its path."""


def fingerprints(files: Iterable[Path]) -> dict[str, str]:
    """Return the SHA-256 of each file, by its absolute path."""
    return {str(path.resolve()): _sha256(path) for path in files}


def check_unchanged(directory: RunDirectory) -> None:
    """Refuse to execute a run again whose files are not what they were.

    Raises:
        BadInput: names the first that is gone or has changed, and what to do.
    """
    known = (directory.read_json("config.json") or {}).get(INPUTS) or {}
    for name, told in known.items():
        path = Path(name)
        if not path.is_file():
            raise BadInput(
                f"{path} is gone, from which the run {directory.path} was made: put it back there"
            )
        if (now := _sha256(path)) != told:
            raise BadInput(
                f"{path} has changed since the run {directory.path} was made from it (SHA-256 then "
                f"{told[:12]}, now {now[:12]}): put back what it was, or begin a new run"
            )


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror})") from error
