"""Throughputs: what a run got done in a unit of time, simulated or of the clock on the wall."""

import pandas as pd

from ..analysis.estimates import numeric

RESOLVED = "throughput.resolved_per_h"
"""Tickets answered by the team, neither abandoned nor escalated, per simulated hour."""
TURNS = "timing.turns_per_s"
"""Turns of agents per wall-clock second: what the machine carried out, not what the team did."""
SAYS = {
    RESOLVED: (
        "Throughput is tickets that the team resolved (neither abandoned nor escalated) per hour "
        "of simulated time, from its start to the last ticket; it cannot exceed what arrives."
    ),
    TURNS: (
        "Throughput is turns of agents per wall-clock second of each run: how the simulator "
        "scales on the machine that ran it, beside whatever else that did, not how the team does."
    ),
}
_RESOLVED_FROM = ("metrics.tickets", "metrics.abandoned", "metrics.escalated", "simulated_s")
_ABANDONED, _UTILISATION = "metrics.abandoned", "metrics.utilisation"
_NEARLY_NONE = 0.05
_BUSY_FROM = 0.85
_TURNS_FROM = ("measures.turns", "timing.wall_s")


def with_throughputs(done: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the throughputs that follow from its columns."""
    if all(name in done for name in _RESOLVED_FROM):
        tickets, abandoned, escalated, simulated_s = (numeric(done[n]) for n in _RESOLVED_FROM)
        resolved = tickets * (1 - abandoned.fillna(0) - escalated.fillna(0))
        done = done.assign(**{RESOLVED: 3600 * resolved / simulated_s})
    if all(name in done for name in _TURNS_FROM):
        turns, wall_s = (numeric(done[name]) for name in _TURNS_FROM)
        done = done.assign(**{TURNS: turns / wall_s})
    return done


def follow_arrivals(part: pd.DataFrame, response: str) -> list[float]:
    """Return the sizes at which a throughput is what arrives, which says nothing of the team.

    That is where hardly a customer leaves, and the agents are not busy all the time.
    """
    if response != RESOLVED or _ABANDONED not in part or _UTILISATION not in part:
        return []
    means = pd.DataFrame({n: numeric(part[n]) for n in (_ABANDONED, _UTILISATION)})
    means = means.groupby(part["agents"]).mean()
    idle = (means[_ABANDONED] <= _NEARLY_NONE) & (means[_UTILISATION] < _BUSY_FROM)
    return [float(size) for size in means.index[idle]]


def throughputs_of(done: pd.DataFrame) -> list[str]:
    """Return the columns of throughput in a table: what it says itself, then what follows."""
    named = [n for n in done if "throughput" in n and not n.startswith("baseline.")]
    found = [name for name in (*named, TURNS) if name in done]
    return [name for name in found if numeric(done[name]).notna().any()]
