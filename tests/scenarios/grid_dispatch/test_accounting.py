"""Costs, loadings and balances of given dispatches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from scenarios.grid_dispatch.accounting import (
    balance_residual_mw,
    line_loading_percent,
    total_cost,
    unit_costs,
)
from scenarios.grid_dispatch.case import Case
from scenarios.grid_dispatch.opf import solve_dc_opf
from scenarios.grid_dispatch.sources import load_case

TWO_BUSES = """
mpc.baseMVA = 100;
mpc.bus = [ 1 3 0 0 0 0 1 1 0 1 1 1 1; 2 1 90 0 0 0 1 1 0 1 1 1 1 ];
mpc.gen = [ 1 0 0 0 0 1 100 1 100 10; 2 0 0 0 0 1 100 1 50 0 ];
mpc.branch = [ 1 2 0 0.1 0 60 0 0 0 0 1 0 0 ];
mpc.gencost = [ 2 0 0 3 0.1 10 7 0; 1 0 0 3 0 3 20 603 40 1603 ];
"""


@pytest.fixture
def two_buses(tmp_path: Path) -> Case:
    path = tmp_path / "two.m"
    path.write_text(TWO_BUSES.replace("0.1 10 7 0;", "0.1 10 7 0 0 0;"))
    return load_case(str(path))


@pytest.mark.parametrize(
    ("unit_mw", "costs"),
    [
        ((10, 0), (0.1 * 100 + 10 * 10 + 7, 3)),
        ((60, 30), (0.1 * 3600 + 600 + 7, 3 + 20 * 30 + 10 * 50)),
        ((100, 50), (0.1 * 10000 + 1000 + 7, 3 + 20 * 30 + 30 * 50)),
    ],
)
def test_costs_are_those_of_the_file(
    two_buses: Case, unit_mw: tuple[float, float], costs: tuple[float, float]
) -> None:
    assert unit_costs(two_buses, np.array(unit_mw, dtype=float)) == pytest.approx(costs)


def test_the_optimum_of_two_buses_is_the_one_worked_out_by_hand(two_buses: Case) -> None:
    optimum = solve_dc_opf(two_buses)

    assert optimum.unit_mw == pytest.approx([60, 30], abs=1e-6)
    assert optimum.line_mw == pytest.approx([60], abs=1e-6)
    assert optimum.bus_price == pytest.approx([22, 50], abs=1e-6)


@pytest.mark.parametrize("spec", ["ieee30", "ieee118", "synthetic:60"])
def test_the_optimum_costs_what_its_units_cost(spec: str) -> None:
    case = load_case(spec)

    optimum = solve_dc_opf(case)

    assert total_cost(case, optimum.unit_mw) == pytest.approx(optimum.cost, rel=1e-12)
    residual = balance_residual_mw(case, optimum.unit_mw, optimum.line_mw)
    assert residual == pytest.approx(0, abs=1e-6)


def test_loading_is_measured_against_the_limit_in_the_flow_s_direction(two_buses: Case) -> None:
    assert line_loading_percent(two_buses, np.array([30.0])) == pytest.approx([50])
    assert line_loading_percent(two_buses, np.array([-66.0])) == pytest.approx([110])


def test_an_unlimited_line_is_never_loaded(tmp_path: Path) -> None:
    path = tmp_path / "open.m"
    path.write_text(TWO_BUSES.replace("0.1 0 60", "0.1 0 0"))
    case = load_case(str(path))

    assert line_loading_percent(case, np.array([500.0])).tolist() == [0.0]
