"""The one place from which this process's pages run commands."""

from pathlib import Path

from ..launch import Commands
from ..serve.place import place

_commands: dict[tuple[Path, str | None], Commands] = {}


def commands() -> Commands:
    """Return what runs commands for all visitors of this process."""
    here = place()
    return _commands.setdefault((here.runs, here.board), Commands(here.runs, here.board))
