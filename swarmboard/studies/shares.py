"""When a column is a share of runs: each run is one of two things."""

from collections.abc import Iterable
from typing import Any

import numpy as np


def is_share_of_runs(values: Iterable[Any]) -> bool:
    """Say whether there are values and each is true or false, or a whole number, 0 or 1.

    Fractions are none, not even 0.0 and 1.0: they are shares within runs, of which others may lie
    between, so that what a column is would hang on the runs that are looked at.

    Args:
        values: Of a column, without those that are missing.
    """
    known = list(values)
    return bool(known) and all(_is_either(value) for value in known)


def _is_either(value: Any) -> bool:
    is_whole = isinstance(value, bool | int | np.bool_ | np.integer)
    return is_whole and bool(value == 0 or value == 1)
