"""What the table of a study says of one run: its parameters, and its summary's numbers."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from .job import Job, Value

_LEFT_OUT = frozenset(
    (
        *("run_id", "status", "seed", "digest", "error", "board", "decisions", "faults"),
        *("workers", "resumed", "parent", "models", "answer", "stopped_by", "unanswered", "rule"),
        *("determinism", "scenario"),
    )
)
"""What a summary says that is no figure of the run, or stands in a column of its own."""
_TEXTS = frozenset(
    (
        *("structure", "yardstick.kind", "yardstick.evidence", "yardstick.certificate_assumes"),
        *("baseline.kind", "baseline.structure", "baseline.digest"),
    )
)
"""Texts that tell runs apart; others are no matter of statistics."""
_OWN = frozenset(
    (
        *("key", "run_id", "point", "replicate", "seed", "status", "error", "digest"),
        *("rounds", "instants", "simulated_s"),
    )
)
"""Columns that a varied parameter of the same name gives way to."""


def column_of(name: str) -> str:
    """Return the column of a varied parameter: `rounds` is how many there were, not the limit."""
    return f"vary.{name}" if name in _OWN else name


def place_of(job: Job) -> dict[str, Value]:
    """Return the columns that say which run of the study a row is of."""
    varied = {column_of(name): value for name, value in job.varied.items()}
    return {**varied, "point": job.point, "replicate": job.replicate, "seed": job.seed}


def row_of(job: Job, summary: Mapping[str, Any]) -> dict[str, Value]:
    """Return the row of a run that came to its end, or that its scenario says has failed.

    Columns stand in the order of the summary, numbers under dotted names.
    """
    row: dict[str, Value] = {"key": job.key, "run_id": summary["run_id"], **place_of(job)}
    row |= {"status": summary["status"], "error": _why(summary), "digest": summary["digest"]}
    for name, value in _figures(summary):
        if name not in row:
            row[name] = value
    return row


def failed_row(job: Job, error: str) -> dict[str, Value]:
    """Return the row of a run that did not come to its end.

    Args:
        job: The run.
        error: Why, of which the row keeps one line.
    """
    line = " ".join(error.split()) or "it failed without a word"
    row: dict[str, Value] = {"key": job.key, "run_id": None, **place_of(job)}
    return row | {"status": "failed", "error": line, "digest": None}


def _why(summary: Mapping[str, Any]) -> str | None:
    """Return why a run failed in one line; None where it did not."""
    if summary["status"] != "failed":
        return None
    told = summary.get("error") or summary.get("left_undone")
    if not told and (missing := summary.get("unanswered")):
        told = f"no model answered any of {missing['questions']:,} questions: {missing['first']}"
    return " ".join(str(told or "failed").split())


def _figures(summary: Mapping[str, Any]) -> Iterator[tuple[str, Value]]:
    """Yield the figures of a summary in its order."""
    for name, value in summary.items():
        if name not in _LEFT_OUT:
            yield from _leaves(name, value)


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Value]]:
    if isinstance(value, Mapping):
        for part, inner in value.items():
            yield from _leaves(_dotted(name, part), inner)
    elif hasattr(value, "item") and not isinstance(value, str):  # a number of numpy's
        yield from _leaves(name, value.item())
    elif isinstance(value, float):
        yield name, value if math.isfinite(value) else None
    elif isinstance(value, bool | int) or (isinstance(value, str) and name in _TEXTS):
        yield name, value
    elif value is None and "." in name:
        yield name, None


def _dotted(name: str, part: str) -> str:
    """Join names; the time that a baseline took stands with the other times."""
    return "timing.baseline" if (name, part) == ("baseline", "timing") else f"{name}.{part}"
