"""How long consensus takes, and how often it never comes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .estimates import FEW, Estimate, share

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
TOLD = "empirical distribution over all runs; those without a decision stay in the denominator"


@dataclass(frozen=True, slots=True)
class Durations:
    """When runs were decided, out of all runs."""

    times: tuple[float, ...]
    """At which some run was decided, ascending."""
    shares: tuple[float, ...]
    """Of all runs, decided by then (0-1); the last one is short of 1 by the deadlocks."""
    quantiles: tuple[tuple[float, float | None], ...]
    """Share of all runs, and when so many were decided; None where they never were."""
    deadlock: Estimate
    """The share without a decision, with Wilson's interval."""
    n: int
    method: str
    warnings: tuple[str, ...] = ()


def durations(times: ArrayLike, decided: ArrayLike) -> Durations:
    """Return the distribution of times to consensus.

    Args:
        times: Rounds or simulated seconds of each run; of an undecided one when it gave up.
        decided: Whether each run came to a decision.

    Raises:
        ValueError: there is no run.
    """
    all_times = np.asarray(times, float)
    has_ended = np.asarray(decided, bool)
    n = len(all_times)
    if n == 0:
        raise ValueError("a distribution of times needs at least one run")
    reached, counts = np.unique(all_times[has_ended], return_counts=True)
    shares = np.cumsum(counts) / n
    quantiles = []
    for wanted in QUANTILES:
        place = int(np.searchsorted(shares, wanted - 1e-12))
        quantiles.append((wanted, float(reached[place]) if place < len(reached) else None))
    notes = [f"only {n} runs: tails of the distribution are not to be trusted"] if n < FEW else []
    waited = all_times[~has_ended]
    if len(reached) and len(waited) and waited.min() < reached[-1]:
        notes.append("a run gave up before the latest decision of another: shares are lower bounds")
    return Durations(
        tuple(reached.tolist()),
        tuple(shares.tolist()),
        tuple(quantiles),
        share(int((~has_ended).sum()), n),
        n,
        TOLD,
        tuple(notes),
    )
