"""What readers of figures have to be told of the runs that figures rest on."""

from collections.abc import Sequence

import pandas as pd

from ..analysis.estimates import numeric
from .survey import Survey
from .wording import short

STOPPED = "stopped"
LIMIT = "round_limit"
LIMIT_IS_GIVEN = "round_limit.is_given"
"""The column that says whether the study gave a limit; else a scenario's own holds."""
_ACCEPTED = "consensus.accepted"
_ACCEPTED_IN = "measures.consensus.rounds_to_threshold"
_ATTEMPTS = "metrics.attempts"
_GROWING = ("rounds", "simulated_s", "measures.turns", "measures.messages.count", "timing.wall_s")
"""What is more the longer a run goes on, beside tokens and the throughput of none."""


def cautions(
    survey: Survey,
    *responses: str,
    by: Sequence[str] = (),
    table: pd.DataFrame | None = None,
) -> tuple[str, ...]:
    """Return sentences on runs that were cut short, and on runs that share their seeds.

    Args:
        survey: The study.
        responses: The columns that a figure shows.
        by: The columns that runs of a group of the figure agree in.
        table: The runs that are in the figure; all of the study if not given.
    """
    table, told = survey.table if table is None else table, []
    if responses:
        table = table[_has_any(table, responses)]
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


def with_all(table: pd.DataFrame, *columns: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the runs that have a value in each column, and how many have not, if any."""
    has = pd.DataFrame({name: numeric(table[name]).notna() for name in columns})
    missing = [short(name) for name in columns if not has[name].all()]
    left_out = int((~has.all(axis=1)).sum())
    if not left_out:
        return table, ()
    note = f"{_part(left_out, len(table))} are left out of all means: they have no value of "
    return table[has.all(axis=1)], (f"{note}{' or '.join(missing)}.",)


def at_limit(table: pd.DataFrame) -> "pd.Series[bool]":
    """Say of each run whether its limit of rounds cut it off.

    A run that decided in its last round, or that has used up all attempts at its last task, came
    to its own end there.
    """
    if LIMIT not in table or "rounds" not in table:
        return pd.Series(data=False, index=table.index)
    rounds = numeric(table["rounds"])
    own_end = decided_at_end(table) | _used_up(table)
    return (rounds >= numeric(table[LIMIT])) & ~own_end


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


def _used_up(table: pd.DataFrame) -> "pd.Series[bool]":
    """Say of each run whether every round went into a task that is over.

    Where the limit is the scenario's own, there are as many rounds as attempts at all tasks; one
    that the study gave may leave tasks that nobody came to.
    """
    if _ATTEMPTS not in table or LIMIT_IS_GIVEN in table:
        return pd.Series(data=False, index=table.index)
    return numeric(table[_ATTEMPTS]) >= numeric(table["rounds"])


def _has_any(table: pd.DataFrame, columns: Sequence[str]) -> "pd.Series[bool]":
    known = pd.DataFrame({name: numeric(table[name]).notna() for name in columns})
    return known.any(axis=1)


def _part(some: int, of: int) -> str:
    return f"{some:,} of {of:,} runs ({100 * some / of:.2g} %)"
