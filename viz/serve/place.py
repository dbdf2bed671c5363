"""What the pages of this process show: one folder of runs, said once before the server starts."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """The folder whose runs are shown, and the board on which new ones are started."""

    runs: Path
    board: str | None = None


_settled = Place(Path("runs").absolute())


def settle(place: Place) -> None:
    """Say what this process shows."""
    global _settled
    _settled = place


def place() -> Place:
    """Return what this process shows."""
    return _settled
