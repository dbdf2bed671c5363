"""The columns that a study file names for its report, held against those that there can be."""

from collections.abc import Sequence
from difflib import get_close_matches

from blackboard import BadInput

from .report_config import ReportConfig

DERIVED = ("tokens.total", "throughput.resolved_per_h", "timing.turns_per_s")
"""Columns that a report makes from others."""


def check_axes(config: ReportConfig, varied: Sequence[str]) -> None:
    """Refuse axes that the study does not vary, before anything runs.

    Args:
        config: What stands under `[report]`.
        varied: The columns that the study varies.

    Raises:
        BadInput: names the first wrong one.
    """
    conditions = [("conditions", name) for name in config.conditions]
    for what, name in (("x", config.x), ("by", config.by), *conditions):
        if name is not None and name not in varied:
            raise BadInput(f"report.{what}: {name!r} does not vary: {_hint(name, varied)}")
    if config.by and config.by == config.x:
        raise BadInput(f"report.by and report.x are both {config.by!r}: name another parameter")


def unknown_columns(config: ReportConfig, columns: Sequence[str]) -> list[str]:
    """Return a line for each column that a report is to show and the table does not have."""
    named = [("responses", name) for name in config.responses]
    asked = (("quality", config.quality), ("cost", config.cost), ("throughput", config.throughput))
    named += [(what, name) for what, name in asked if name]
    known = [*columns, *DERIVED]
    return [
        f"report.{what}: there is no column {name!r}: {_hint(name, columns)}"
        for what, name in named
        if name not in known
    ]


def _hint(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, 1)
    if close:
        return f"did you mean {close[0]}?"
    few = len(known) <= 8
    return f"there are {', '.join(known)}" if few else "table.csv of the study has the names"
