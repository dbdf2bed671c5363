"""Measures of a run: pure functions of its event log, defined in docs/measures.md."""

from .checking import check_measures
from .folding import Measures
from .measuring import NAMES, OF_BASELINE, measures_of, overhead, unmeasured

__all__ = [
    "NAMES",
    "OF_BASELINE",
    "Measures",
    "check_measures",
    "measures_of",
    "overhead",
    "unmeasured",
]
