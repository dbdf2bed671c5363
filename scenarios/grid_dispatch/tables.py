"""MATPOWER tables: what is read of them, and the checks before anything is built on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blackboard import BadInput

__all__ = ["COLUMNS", "Tables", "bus_index", "check_values"]

COLUMNS: dict[str, dict[int, tuple[str, str]]] = {
    "bus": {0: ("bus id", ""), 1: ("type", ""), 2: ("Pd", "MW"), 4: ("Gs", "MW at 1 p.u.")},
    "gen": {0: ("bus id", ""), 7: ("status", ""), 8: ("Pmax", "MW"), 9: ("Pmin", "MW")},
    "branch": {
        0: ("from bus", ""),
        1: ("to bus", ""),
        2: ("r", "p.u."),
        3: ("x", "p.u."),
        5: ("rateA", "MVA, 0 for unlimited"),
        8: ("ratio", "p.u."),
        9: ("shift angle", "degrees"),
        10: ("status", ""),
        11: ("angmin", "degrees"),
        12: ("angmax", "degrees"),
    },
    "gencost": {0: ("model", ""), 3: ("number of cost parameters", "")},
}
"""What is read: table -> 0-based column -> (name, unit). Other columns are ignored."""

_WIDTH = {"bus": 13, "gen": 10, "branch": 11, "gencost": 5}
_MAY_BE_INFINITE = {("branch", 5), ("branch", 11), ("branch", 12)}


@dataclass(frozen=True, eq=False, slots=True)
class Tables:
    """The raw tables of a case, (rows, columns) as in the MATPOWER manual."""

    name: str
    source: str
    """What error messages call it: a file name or a case name."""
    base_mva: float
    bus: NDArray[np.float64]
    gen: NDArray[np.float64]
    branch: NDArray[np.float64]
    gencost: NDArray[np.float64]

    def matrix(self, name: str) -> NDArray[np.float64]:
        """Return the table called `bus`, `gen`, `branch` or `gencost`."""
        by_name = {"bus": self.bus, "gen": self.gen, "branch": self.branch}
        return by_name.get(name, self.gencost)

    def cell(self, name: str, row: int, column: int) -> str:
        """Name a cell the way error messages do; `row` and `column` count from 0."""
        label = COLUMNS[name][column][0]
        return f"{self.source}: {name} row {row + 1}, column {column + 1} ({label})"


def check_values(tables: Tables) -> None:
    """Refuse tables of the wrong shape and numbers that are missing or infinite.

    Raises:
        BadInput: one line that names table, row, column and unit.
    """
    for name, width in _WIDTH.items():
        matrix = tables.matrix(name)
        if not len(matrix) and name != "branch":
            raise BadInput(f"{tables.source}: matrix {name} has no rows; give at least one")
        if len(matrix) and matrix.shape[1] < width:
            raise BadInput(
                f"{tables.source}: matrix {name} has {matrix.shape[1]} columns, "
                f"expected at least {width} (MATPOWER format version 2)"
            )
        for column in COLUMNS[name]:
            if len(matrix) and column < matrix.shape[1]:
                _check_column(tables, name, column)
    rows, wanted = len(tables.gencost), len(tables.gen)
    if rows not in (wanted, 2 * wanted):
        raise BadInput(
            f"{tables.source}: gencost has {rows} rows and gen has {wanted}; "
            "give one cost row for each generator"
        )


def _check_column(tables: Tables, name: str, column: int) -> None:
    values = tables.matrix(name)[:, column]
    infinite = (name, column) in _MAY_BE_INFINITE
    bad = np.isnan(values) if infinite else ~np.isfinite(values)
    if bad.any():
        row = int(np.argmax(bad))
        unit = COLUMNS[name][column][1]
        wanted = f"number in {unit}" if unit else "number"
        raise BadInput(
            f"{tables.cell(name, row, column)} is {values[row]}; write a finite {wanted}"
        )


def bus_index(tables: Tables) -> dict[float, int]:
    """Return the row of each bus id.

    Raises:
        BadInput: an id is not a whole positive number, or appears twice.
    """
    index: dict[float, int] = {}
    for row, value in enumerate(tables.bus[:, 0].tolist()):
        cell = tables.cell("bus", row, 0)
        if value != int(value) or value < 1:
            raise BadInput(f"{cell} is {value:g}; bus ids are whole numbers from 1")
        if value in index:
            raise BadInput(
                f"{cell} is {value:.0f}, already the id of row {index[value] + 1}; "
                "give every bus an id of its own"
            )
        index[value] = row
    return index
