"""Where and how surely an entry was made."""

from collections.abc import Sequence

from blackboard import BoardEntry

APPROVAL = ("approve", "reject")


def place_of(entry: BoardEntry) -> tuple[int, int]:
    """Return the round and the stage in which an entry was made."""
    round, stage, *_ = entry.id.split(".")
    return int(round), int(stage)


def round_of(entry: BoardEntry) -> int:
    """Return the round in which an entry was made."""
    return int(entry.id.partition(".")[0])


def surest(made: Sequence[BoardEntry]) -> BoardEntry:
    """Return the entry of the highest confidence, of equals the first."""
    return max(made, key=lambda entry: entry.confidence)
