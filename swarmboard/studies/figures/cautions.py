"""What readers of figures have to be told of the runs that figures rest on."""

from collections.abc import Sequence

import pandas as pd

from ..analysis.estimates import numeric
from .survey import Survey
from .wording import short

STOPPED = "stopped"
LIMIT = "round_limit"
_ACCEPTED = "consensus.accepted"
_ACCEPTED_IN = "measures.consensus.rounds_to_threshold"
_GROWING = ("rounds", "simulated_s", "measures.turns", "measures.messages.count", "timing.wall_s")
"""What is more the longer a run goes on, beside tokens and the throughput of none."""


def cautions(survey: Survey, *responses: str, by: Sequence[str] = ()) -> tuple[str, ...]:
    """Return sentences on runs that were cut short, and on runs that share their seeds.

    Args:
        survey: The study.
        responses: The columns that a figure shows.
        by: The columns that runs of a group of the figure agree in.
    """
    table, told = survey.table, []
    if stopped := int((table["status"] == STOPPED).sum()):
        told.append(
            f"{_part(stopped, len(table))} were stopped by their budget: they count with what they "
            "had come to."
        )
    limited = int(at_limit(table).sum())
    growing = [name for name in responses if grows(name)]
    if limited and growing:
        told.append(
            f"{_part(limited, len(table))} ended at their limit of rounds without a decision in "
            f"the last: without it they had gone on, so {', '.join(map(short, growing))} would be "
            "more."
        )
    if survey.unit and table.duplicated([*by, survey.unit]).any():
        told.append(
            "All points have the same seeds (common random numbers): pooled runs of one seed "
            "count as one, their mean."
        )
    return tuple(told)


def grows(response: str) -> bool:
    """Say whether a response is too low in runs that were cut short."""
    return response in _GROWING or response.startswith("tokens.")


def at_limit(table: pd.DataFrame) -> "pd.Series[bool]":
    """Say of each run whether its limit of rounds ended it, and no decision in its last round."""
    if LIMIT not in table or "rounds" not in table:
        return pd.Series(data=False, index=table.index)
    rounds = numeric(table["rounds"])
    return (rounds >= numeric(table[LIMIT])) & ~decided_at_end(table)


def cut_short(table: pd.DataFrame) -> "pd.Series[bool]":
    """Say of each run whether its limit of rounds or its budget ended it."""
    return at_limit(table) | (table["status"] == STOPPED)


def decided_at_end(table: pd.DataFrame) -> "pd.Series[bool]":
    """Say of each run whether its last round brought a decision, as far as the table tells."""
    if _ACCEPTED not in table:
        return pd.Series(data=False, index=table.index)
    accepted = numeric(table[_ACCEPTED]).fillna(0)
    if _ACCEPTED_IN not in table:
        return accepted > 0
    latest = (numeric(table[_ACCEPTED_IN]) * accepted).round()
    return (accepted > 0) & (latest >= numeric(table["rounds"]))


def _part(some: int, of: int) -> str:
    return f"{some:,} of {of:,} runs ({100 * some / of:.2g} %)"
