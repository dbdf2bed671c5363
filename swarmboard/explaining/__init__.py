"""Why a decision came out as it did, from the log alone."""

from .account import explain
from .facts import Explanation
from .people import People
from .pivotal import (
    Election,
    Ending,
    Swing,
    fewest_to_carry,
    fewest_to_undo,
    nearest_threshold,
    pivotal_seats,
)
from .text import explanation_json, explanation_text

__all__ = [
    "Election",
    "Ending",
    "Explanation",
    "People",
    "Swing",
    "explain",
    "explanation_json",
    "explanation_text",
    "fewest_to_carry",
    "fewest_to_undo",
    "nearest_threshold",
    "pivotal_seats",
]
