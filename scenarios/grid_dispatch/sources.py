"""The front door of loading: one short text names any case."""

from __future__ import annotations

from blackboard import BadInput

from .build import build_case
from .case import Case
from .matpower import read_matpower
from .pglib_cases import read_pglib
from .pypower_cases import PYPOWER_CASES, read_pypower
from .synthetic import synthetic_case

__all__ = ["load_case"]


def load_case(spec: str, *, convention: str = "pglib", seed: int = 0) -> Case:
    """Load the case that `spec` names.

    `ieee14`, `ieee30`, `ieee57`, `ieee118`, `ieee300` come with pypower; `pglib:118_ieee` is any
    case of the PGLib library; `FILE.m` a MATPOWER case file; `synthetic:1024` a made-up system of
    that many buses, drawn from `seed` (which the others ignore).

    Raises:
        BadInput: nothing of that name, or a malformed case; one line says what to do.
    """
    kind, colon, rest = spec.partition(":")
    if spec in PYPOWER_CASES:
        return build_case(read_pypower(spec), convention=convention)
    if kind == "pglib" and colon:
        return build_case(read_pglib(rest), convention=convention)
    if kind == "synthetic" and colon:
        return synthetic_case(_whole_number(spec, rest), seed=seed)
    if spec.endswith(".m"):
        return build_case(read_matpower(spec), convention=convention)
    raise BadInput(
        f"no case {spec!r}; give {', '.join(PYPOWER_CASES)}, pglib:NAME (as in pglib:118_ieee), "
        "FILE.m or synthetic:N (as in synthetic:1024)"
    )


def _whole_number(spec: str, text: str) -> int:
    if not text.isdecimal():
        raise BadInput(f"{spec!r} has no size; write a whole number of buses, synthetic:1024")
    return int(text)
