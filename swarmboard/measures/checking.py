"""Holding the measures of a summary against the run's log."""

import math
from collections.abc import Mapping
from typing import Any

from blackboard import LogDamaged, RunDirectory

from .folding import Measures
from .measuring import OF_BASELINE, measures_of


def check_measures(
    summary: Mapping[str, Any],
    measures: Measures,
    directory: RunDirectory,
    *,
    truths: Mapping[str, str],
) -> int:
    """Compute measures again and return how many the summary has right.

    What hangs on the matched baseline is that run's to say.

    Args:
        summary: What the run said of itself; one of before there were measures has none to check.
        measures: What the whole log was folded into.
        directory: The run.
        truths: The right option by proposal.

    Raises:
        LogDamaged: the log gives another value; names the first measure.
    """
    is_broken_off = summary["timing"]["board_s"] is None
    again = measures_of(
        measures,
        directory,
        truths=None if is_broken_off else truths,
        yardstick=None if is_broken_off else summary["yardstick"],
    )
    told = {n: its for n, its in (summary.get("measures") or {}).items() if n not in OF_BASELINE}
    if told.get("turns") is None:  # broken off before it was measured
        return 0
    for name, value in told.items():
        if not _is_same(value, again.get(name)):
            raise LogDamaged(
                f"{name} of {directory.path} is {again.get(name)} by its log, but its summary "
                f"says {value}"
            )
    return sum(value is not None for value in told.values())


def _is_same(told: Any, again: Any) -> bool:
    if isinstance(told, float) and isinstance(again, int | float):
        return math.isclose(told, again, rel_tol=1e-12, abs_tol=1e-12)
    return bool(told == again)
