"""One tidy table from the rows of a study's runs: which columns it has, and of which type."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

type Row = Mapping[str, Any]
"""What is kept of one run: plain values by column."""

_TEXTS = frozenset(("key", "run_id", "status", "error", "digest"))
"""Columns of text even where no run has a value."""


def as_table(rows: Sequence[Row]) -> pa.Table:
    """Return rows as a table with one type a column, null where a row has no value.

    Columns stand as the runs name them, those of runs that ended well first. A column of numbers
    is whole where each of them is; without any value it is one of floats.
    """
    names = _names(rows)
    arrays = [_column(name, [row.get(name) for row in rows]) for name in names]
    return pa.Table.from_arrays(arrays, names=names)


def _names(rows: Sequence[Row]) -> list[str]:
    """Return all columns; one that only some runs have stands behind what they have before it."""
    widest: dict[tuple[str, ...], None] = {}
    for row in sorted(rows, key=lambda row: row["status"] == "failed"):
        widest.setdefault(tuple(row))
    names: list[str] = []
    for columns in widest:
        _insert(names, columns)
    return names


def _insert(names: list[str], columns: Iterable[str]) -> None:
    known, place = set(names), 0
    for name in columns:
        if name in known:
            place = names.index(name) + 1
        else:
            names.insert(place, name)
            place += 1


def _column(name: str, values: list[Any]) -> pa.Array:
    kinds = {type(value) for value in values} - {type(None)}
    if str in kinds or (not kinds and name in _TEXTS):
        texts = [v if v is None or isinstance(v, str) else str(v) for v in values]
        return pa.array(texts, pa.string())
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds and float not in kinds:
        return pa.array([None if v is None else int(v) for v in values], pa.int64())
    return pa.array([None if v is None else float(v) for v in values], pa.float64())
