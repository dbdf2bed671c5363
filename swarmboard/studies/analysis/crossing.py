"""Two parameters against each other: heat maps, and tables of categories."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from .estimates import Estimate, Statistic, grouped


@dataclass(frozen=True, slots=True)
class Crossed:
    """A response at each pair of two columns' values."""

    response: str
    rows: str
    columns: str
    row_values: tuple[Any, ...]
    column_values: tuple[Any, ...]
    cells: tuple[tuple[Estimate | None, ...], ...]
    """By row, then column; None where no run has a value."""
    n: int
    method: str
    warnings: tuple[str, ...] = ()


def crossed(
    table: pd.DataFrame,
    response: str,
    *,
    rows: str,
    columns: str,
    statistic: Statistic | None = None,
    seed: int = 0,
    unit: str | None = None,
) -> Crossed:
    """Estimate a response at each pair of values; other parameters are pooled, as by `grouped`."""
    known = table[table[rows].notna() & table[columns].notna()]
    found = grouped(known, response, (rows, columns), statistic=statistic, seed=seed, unit=unit)
    cells = {(g.values[rows], g.values[columns]): g.estimate for g in found.groups}
    row_values, column_values = _values(known[rows]), _values(known[columns])
    filled = tuple(tuple(cells.get((r, c)) for c in column_values) for r in row_values)
    empty = sum(cell is None for line in filled for cell in line)
    notes = list(found.warnings)
    if empty:
        notes.append(f"{empty} of {len(row_values) * len(column_values)} cells have no value")
    return Crossed(
        response, rows, columns, row_values, column_values, filled, found.n, found.method, (*notes,)
    )


def _values(column: pd.Series) -> tuple[Any, ...]:
    return tuple(sorted(column.unique().tolist()))
