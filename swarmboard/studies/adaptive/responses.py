"""What a row of the table says of a response; shares are told from means."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from blackboard import BadInput

from ..job import Value
from ..share_names import is_named_share_of_runs
from ..shares import is_share_of_runs
from .intervals import Sample

DEADLOCK = "deadlock"
"""A response of its own: whether a run had no accepted decision."""
_ACCEPTED = "consensus.accepted"

type Row = Mapping[str, Value]


def sample_of(rows: Sequence[Row], response: str) -> Sample:
    """Return the values of a response in some runs; runs that failed have none.

    A response is a share where each run has true or false, or the whole number 0 or 1; fractions
    0.0 and 1.0 are one only of a column that is named as a share, such as `metrics.correct`.

    Raises:
        BadInput: no run that ended has such a column, or it holds no numbers.
    """
    ended = [row for row in rows if row["status"] != "failed"]
    if ended and not any(_has(row, response) for row in ended):
        raise BadInput(_unknown(response, ended[0]))
    values = [value for row in ended if (value := _value(row, response)) is not None]
    texts = [value for value in values if isinstance(value, str)]
    if texts:
        raise BadInput(f"{response} is a text, such as {texts[0]!r}: name a column of numbers")
    is_share = is_share_of_runs(values) or is_named_share_of_runs(response, values)
    return Sample(tuple(float(value) for value in values), is_share=is_share)


def needed_of(row: Row, responses: Sequence[str]) -> dict[str, Any]:
    """Return what is kept of a run until its batch is whole."""
    if row["status"] == "failed" or not all(_has(row, response) for response in responses):
        return dict(row)
    columns = [_ACCEPTED if _is_derived(row, name) else name for name in responses]
    return {"status": row["status"]} | {name: row[name] for name in columns}


def _is_derived(row: Row, response: str) -> bool:
    return response == DEADLOCK and response not in row


def _has(row: Row, response: str) -> bool:
    return response in row or (response == DEADLOCK and _ACCEPTED in row)


def _value(row: Row, response: str) -> Any:
    if not _is_derived(row, response):
        return row.get(response)
    accepted = row.get(_ACCEPTED)
    return None if accepted is None else accepted == 0


def _unknown(response: str, row: Row) -> str:
    close = get_close_matches(response, row, 1)
    hint = f"did you mean {close[0]}?" if close else "the table's columns are the names there are"
    return f"no run has a column {response!r}: {hint}"
