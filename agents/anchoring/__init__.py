"""How near agents stay to their task, to each other and to what they said: all without a model."""

from .action_mix import ActionCounts, MixWatch, js_divergence
from .conflicts import Conflict, Conflicts, Said
from .corrections import Correction, CorrectionBook, CorrectionState
from .correlation import (
    Agreement,
    Correlation,
    agreement_beyond_chance,
    correlation_of,
    effective_votes,
    rho_of,
)
from .cusum import Cusum, RunLength, alarm_share, run_length, threshold_for
from .drift import DriftWatch, Usual, agreement, distances, slope
from .relevance import most_relevant
from .vectors import DIMENSIONS, TextVectors, Vectors, cosine, folded, words_of

__all__ = [
    "DIMENSIONS",
    "ActionCounts",
    "Agreement",
    "Conflict",
    "Conflicts",
    "Correction",
    "CorrectionBook",
    "CorrectionState",
    "Correlation",
    "Cusum",
    "DriftWatch",
    "MixWatch",
    "RunLength",
    "Said",
    "TextVectors",
    "Usual",
    "Vectors",
    "agreement",
    "agreement_beyond_chance",
    "alarm_share",
    "correlation_of",
    "cosine",
    "distances",
    "effective_votes",
    "folded",
    "js_divergence",
    "most_relevant",
    "rho_of",
    "run_length",
    "slope",
    "threshold_for",
    "words_of",
]
