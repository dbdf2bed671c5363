"""Columns that are shares within runs by their name, and of runs where each has 0 or 1."""

from collections.abc import Iterable
from typing import Any

_SHARES = ("deadlock", "correct", "wrong")


def is_named_share_of_runs(column: str, values: Iterable[Any]) -> bool:
    """Say whether each run has 0 or 1 of a share, such as one that had a single decision.

    Args:
        column: Its name.
        values: Of the column, without those that are missing.
    """
    last = column.rpartition(".")[2]
    known = list(values)
    is_share = last in _SHARES or last.endswith("share")
    return is_share and bool(known) and all(value in (0, 1) for value in known)
