"""Read MATPOWER `.m` case files: plain tables, no Matlab needed."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blackboard import BadInput

from .tables import COLUMNS, Tables

__all__ = ["read_matpower"]


def read_matpower(path: str | Path, *, name: str | None = None) -> Tables:
    """Read the five tables of a case file: baseMVA, bus, gen, branch and gencost.

    Anything else in the file is ignored, except statements that would change these tables.

    Raises:
        BadInput: no such file, or a table is missing or malformed; one line says where.
    """
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"no file {str(path)!r}; give the path of a MATPOWER case file (.m)")
    text = re.sub(r"%.*|\.\.\.[^\n]*\n", "", path.read_text(encoding="latin-1"))
    _refuse_computed(text, path.name)
    return Tables(
        name=name or path.stem,
        source=path.name,
        base_mva=_base_mva(text, path.name),
        bus=_matrix(text, "bus", path.name),
        gen=_matrix(text, "gen", path.name),
        branch=_matrix(text, "branch", path.name),
        gencost=_matrix(text, "gencost", path.name),
    )


def _refuse_computed(text: str, source: str) -> None:
    """Some files convert units after the tables; reading the raw numbers would be wrong."""
    computed = re.search(r"mpc\.(bus|gen|branch|gencost|baseMVA)\s*\([^)\n]*\)\s*=", text)
    if computed:
        raise BadInput(
            f"{source} changes mpc.{computed[1]} by a Matlab statement after the table; "
            "save plain tables with MATPOWER's savecase first"
        )
    direct_current = re.search(r"mpc\.dcline\s*=\s*\[\s*[^\]\s]", text)
    if direct_current:
        raise BadInput(
            f"{source} has DC lines (mpc.dcline), which are not modelled; "
            "replace each by a generator at either end"
        )


def _base_mva(text: str, source: str) -> float:
    found = re.search(r"mpc\.baseMVA\s*=\s*([^;\n]*)", text)
    if not found:
        raise BadInput(_missing("baseMVA", source))
    value = _number(found[1].strip(), f"{source}: baseMVA", "MVA")
    if not 0 < value < np.inf:
        raise BadInput(f"{source}: baseMVA is {value:g}; give a positive number of MVA (often 100)")
    return value


def _matrix(text: str, name: str, source: str) -> NDArray[np.float64]:
    found = re.search(rf"mpc\.{name}\s*=\s*\[([^\]]*)(\]?)", text)
    if not found:
        raise BadInput(_missing(name, source))
    if not found[2]:
        raise BadInput(f"{source}: matrix {name} has no closing bracket; end it with ];")
    lines = [line.replace(",", " ").split() for line in re.split(r"[;\n]", found[1])]
    rows = [line for line in lines if line]
    width = max((len(row) for row in rows), default=0)
    matrix = np.zeros((len(rows), width))
    for i, row in enumerate(rows):
        # Cost rows of different lengths are common outside Matlab; their own count says enough.
        if len(row) != len(rows[0]) and name != "gencost":
            raise BadInput(
                f"{source}: {name} row {i + 1} has {len(row)} columns but row 1 has "
                f"{len(rows[0])}; every row needs the same columns"
            )
        try:
            matrix[i, : len(row)] = row
        except ValueError:
            _refuse_non_number(row, i, name, source)
        matrix[i, len(row) :] = np.nan
    return matrix


def _refuse_non_number(row: list[str], index: int, name: str, source: str) -> None:
    for column, token in enumerate(row):
        label, unit = COLUMNS[name].get(column, ("unused", ""))
        _number(token, f"{source}: {name} row {index + 1}, column {column + 1} ({label})", unit)


def _number(token: str, where: str, unit: str) -> float:
    try:
        return float(token)
    except ValueError:
        wanted = f"a number in {unit}" if unit else "a plain number"
        raise BadInput(f"{where} is {token!r}, not a number; write {wanted}") from None


def _missing(name: str, source: str) -> str:
    return (
        f"{source} has no mpc.{name}; a case file needs mpc.baseMVA, mpc.bus, mpc.gen, "
        "mpc.branch and mpc.gencost (MATPOWER format version 2)"
    )
