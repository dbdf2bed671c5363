"""The IEEE test systems that come with pypower."""

from __future__ import annotations

import importlib

import numpy as np

from blackboard import BadInput

from .tables import Tables

__all__ = ["PYPOWER_CASES", "read_pypower"]

PYPOWER_CASES = ("ieee14", "ieee30", "ieee57", "ieee118", "ieee300")


def read_pypower(name: str) -> Tables:
    """Read one of `PYPOWER_CASES`.

    Raises:
        BadInput: the name is unknown or pypower is missing.
    """
    if name not in PYPOWER_CASES:
        raise BadInput(f"no case {name!r}; choose one of {', '.join(PYPOWER_CASES)}")
    function = name.replace("ieee", "case")
    try:
        module = importlib.import_module(f"pypower.{function}")
    except ModuleNotFoundError as missing:
        raise BadInput(f"{name} needs pypower; pip install pypower") from missing
    tables = getattr(module, function)()
    return Tables(
        name=name,
        source=name,
        base_mva=float(tables["baseMVA"]),
        **{key: np.asarray(tables[key], dtype=np.float64) for key in _MATRICES},
    )


_MATRICES = ("bus", "gen", "branch", "gencost")
