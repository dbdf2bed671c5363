"""How long a run was, in its own words: rounds, or instants and simulated seconds."""

from collections.abc import Mapping
from typing import Any


def turns(summary: Mapping[str, Any]) -> int:
    """Return how many rounds of a run have ended, or instants of an event-driven one."""
    counted = summary["rounds"] if summary["instants"] is None else summary["instants"]
    return int(counted or 0)


def turn_name(summary: Mapping[str, Any]) -> str:
    """Return what a run's log calls a round in front of people: `round`, or `instant`."""
    return "round" if summary["instants"] is None else "instant"


def length_text(summary: Mapping[str, Any]) -> str:
    """Return `13 rounds`, or `2,104 instants in 38.2 simulated seconds`."""
    count = turns(summary)
    text = f"{count:,} {turn_name(summary)}{'' if count == 1 else 's'}"
    if (simulated_s := summary.get("simulated_s")) is None:
        return text
    return f"{text} in {seconds_text(simulated_s)} simulated seconds"


def seconds_text(seconds: float) -> str:
    """Return simulated seconds in a length that people read."""
    return f"{seconds:,.0f}" if abs(seconds) >= 1000 else f"{seconds:.3g}"
