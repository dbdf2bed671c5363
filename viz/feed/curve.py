"""A run as lines over its moments: approval, participation, and how mixed the vote is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..moment import Vote


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One row a moment, oldest first; NaN where there is no number."""

    number: NDArray[np.int64]
    """The round or instant."""
    now_s: NDArray[np.float64]
    """Simulated seconds; NaN in runs that count rounds."""
    approval_percent: NDArray[np.float64]
    cast_percent: NDArray[np.float64]
    """Seats that voted, of all."""
    entropy_bits: NDArray[np.float64]
    """How mixed the ballots are: 0 where all say the same, 1 where two options are even."""
    decisions: NDArray[np.int64]
    """Made so far."""
    accepted: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    """Of these, how many were accepted."""


class CurveRow(NamedTuple):
    """The numbers of one moment."""

    number: int
    now_s: float
    approval_percent: float
    cast_percent: float
    entropy_bits: float
    decisions: int
    accepted: int = 0


def curve_of(rows: Sequence[CurveRow]) -> Curve:
    """Return rows as columns."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(CurveRow._fields)
    numbers, now_s, approval, cast, entropy, decisions, accepted = columns
    return Curve(
        np.array(numbers, np.int64),
        np.array(now_s, np.float64),
        np.array(approval, np.float64),
        np.array(cast, np.float64),
        np.array(entropy, np.float64),
        np.array(decisions, np.int64),
        np.array(accepted, np.int64),
    )


def curve_row(
    number: int, now_s: float | None, vote: Vote | None, decisions: int, accepted: int = 0
) -> CurveRow:
    """Return the numbers of a moment."""
    nan = float("nan")
    approval = vote.approval_percent if vote else None
    entropy = entropy_bits(vote) if vote else None
    return CurveRow(
        number,
        nan if now_s is None else now_s,
        nan if approval is None else approval,
        100 * vote.cast / len(vote.choices) if vote and len(vote.choices) else nan,
        nan if entropy is None else entropy,
        decisions,
        accepted,
    )


def entropy_bits(vote: Vote) -> float | None:
    """Return the entropy of the weight that was cast; None while sealed, or before any ballot.

    Near 0 a vote may be a rubber stamp; near the logarithm of the number of options it is a
    deadlock. Cast abstentions are a choice of their own.
    """
    cast = np.array([*vote.weights.values(), vote.abstained], np.float64)
    if vote.is_sealed or not cast.sum():
        return None
    shares = cast[cast > 0] / cast.sum()
    return max(0.0, float(-(shares * np.log2(shares)).sum()))
