"""Settings in the order of a response, the best first, and their rows of `Study.found`."""

from collections.abc import Sequence
from typing import Any, Literal

from .courses import Visited
from .intervals import interval_of

CONFIDENCE = 95.0
"""Of the intervals that are told; no decision rests on them."""


def ranked(places: Sequence[Visited], by: str, best: Literal["low", "high"]) -> list[Visited]:
    """Return settings, the best first; those without a value last, ties by their number."""
    sign = 1 if best == "low" else -1

    def order(place: Visited) -> tuple[bool, float, int]:
        mean = place.sample(by).mean
        return mean is None, sign * (mean or 0.0), place.point.number

    return sorted(places, key=order)


def told(place: Visited, by: str) -> str:
    """Return what came of a setting in words."""
    mean = place.sample(by).mean
    value = "has no value" if mean is None else f"{mean:.4g}"
    return f"{by} {value} over {place.count} runs"


def rank_rows(places: Sequence[Visited], by: str) -> list[dict[str, Any]]:
    """Return the rows of settings that are in their order."""
    rows = []
    for rank, place in enumerate(places, 1):
        sample = place.sample(by)
        end = interval_of(sample, CONFIDENCE)
        rows.append(
            {
                **place.columns,
                "point": place.point.number,
                "replicates": place.count,
                "rank": rank,
                by: sample.mean,
                f"{by}.low": end and end.low,
                f"{by}.high": end and end.high,
                "said": f"rank {rank}: {told(place, by)}",
            }
        )
    return rows
