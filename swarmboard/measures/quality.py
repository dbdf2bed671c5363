"""How divided, how calibrated, how right: figures of tallies as arrays."""

import math

import numpy as np
from numpy.typing import NDArray

from agents import effective_votes, rho_of


def polarisation(weights: NDArray[np.float64]) -> float | None:
    """Return the mean of Reynal-Querol's index of each tally: 0 unanimous, 1 two equal camps.

    The index of shares p is 4 times the sum of p^2 (1 - p). Tallies without a vote are left out.

    Args:
        weights: What was cast for each option, (tallies, options).
    """
    cast = weights.sum(axis=1) if weights.size else np.zeros(0)
    if not cast.any():
        return None
    shares = weights[cast > 0] / cast[cast > 0, None]
    return float((4 * shares * shares * (1 - shares)).sum(axis=1).mean())


def brier(
    votes: NDArray[np.float64], right: NDArray[np.float64], squares: NDArray[np.float64]
) -> float | None:
    """Return the mean Brier score of vote shares held against the right options: 0 to 1.

    Half the squared distance of the shares from the truth, which for two options is
    (share - truth)^2.

    Args:
        votes: The weight cast for all options of each proposal.
        right: That for the right one.
        squares: The sum of the options' squared weights.
    """
    is_cast = votes > 0
    if not is_cast.any():
        return None
    total = votes[is_cast]
    scores = (squares[is_cast] / total**2 - 2 * right[is_cast] / total + 1) / 2
    return float(scores.mean())


def error_correlation(
    votes: NDArray[np.float64], right: NDArray[np.float64]
) -> tuple[float | None, float | None]:
    """Return how much voters err together beyond chance, and what they are worth as independent.

    Args:
        votes: How many voted on each proposal.
        right: How many of them rightly.

    Returns:
        Rho by the analysis of variance, which sampling can make a little negative, and
        n / (1 + (n - 1) rho) with the mean number of voters n and no rho below 0; None where
        nothing can be said.
    """
    many = votes > 1
    rho = rho_of(votes[many], right[many])
    if rho is None:
        return None, None
    return rho, effective_votes(float(votes[many].mean()), rho)


def regret(value: float | None, ours: float | None, gap_percent: float | None) -> float | None:
    """Return how far a run fell short of its yardstick, in the yardstick's own unit.

    It has the sign of the gap: negative where the run did better.
    """
    if value is None or ours is None or gap_percent is None:
        return None
    return math.copysign(abs(ours - value), gap_percent) if ours != value else 0.0
