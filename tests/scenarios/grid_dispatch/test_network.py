"""Shift factors against solved flows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from scenarios.grid_dispatch.accounting import balance_residual_mw
from scenarios.grid_dispatch.network import Network
from scenarios.grid_dispatch.sources import load_case

SYSTEMS = [("ieee14", "pglib"), ("ieee118", "matpower"), ("ieee300", "matpower")]


@pytest.mark.parametrize(("spec", "convention"), SYSTEMS)
def test_a_row_of_shift_factors_gives_the_same_flow_as_the_solve(
    spec: str, convention: str
) -> None:
    case = load_case(spec, convention=convention)
    network = Network(case)
    injection = np.random.default_rng(1).normal(0, 50, len(case.bus_ids))
    injection -= injection.mean()

    flows = network.flows(injection)

    rows = np.stack([network.row(line) for line in range(len(case.lines))])
    assert rows @ injection + network.offset_mw == pytest.approx(flows, abs=1e-8)


@pytest.mark.parametrize(("spec", "convention"), SYSTEMS)
def test_flows_carry_away_what_is_injected(spec: str, convention: str) -> None:
    case = load_case(spec, convention=convention)
    share = case.load_mw.sum() / case.units.high_mw.sum()
    unit_mw = share * case.units.high_mw

    flows = Network(case).flows(case.injections(unit_mw))

    assert balance_residual_mw(case, unit_mw, flows) == pytest.approx(0, abs=1e-7)


def test_rows_are_the_same_asked_one_by_one_or_together() -> None:
    case = load_case("ieee118")
    lines = np.array([3, 90, 3])

    together = Network(case).rows(lines)

    single = Network(case)
    assert together == pytest.approx(np.stack([single.row(int(i)) for i in lines]), abs=1e-12)
    assert Network(case).rows(lines[:0]).shape == (0, 118)


def test_the_reference_bus_has_no_influence() -> None:
    network = Network(load_case("ieee57"))

    assert network.row(10)[0] == 0.0


TRIANGLE = """
mpc.baseMVA = 100;
mpc.bus = [ 1 3 0 0 0 0 1 1 0 1 1 1 1; 2 1 0 0 0 0 1 1 0 1 1 1 1; 3 1 0 0 0 0 1 1 0 1 1 1 1 ];
mpc.gen = [ 1 0 0 0 0 1 100 1 100 0 ];
mpc.gencost = [ 2 0 0 2 10 0 ];
mpc.branch = [
  1 2 0 0.1 0 0 0 0 0 -3 1 0 0;
  2 3 0 0.1 0 0 0 0 0  0 1 0 0;
  1 3 0 0.1 0 0 0 0 0  0 1 0 0;
];
"""


def test_a_phase_shifter_drives_flow_around_its_loop(tmp_path: Path) -> None:
    path = tmp_path / "triangle.m"
    path.write_text(TRIANGLE)
    case = load_case(str(path), convention="matpower")

    idle = Network(case).flows(np.zeros(3))

    around = 1000 * np.deg2rad(3) / 3
    assert idle == pytest.approx([around, around, -around])


def test_a_system_of_one_bus_has_no_flows(tmp_path: Path) -> None:
    path = tmp_path / "one.m"
    path.write_text(
        "mpc.baseMVA = 100; mpc.bus = [ 1 3 50 0 0 0 1 1 0 1 1 1 1 ]; mpc.branch = [ ];\n"
        "mpc.gen = [ 1 0 0 0 0 1 100 1 80 0 ]; mpc.gencost = [ 2 0 0 2 10 0 ];"
    )

    network = Network(load_case(str(path)))

    assert network.flows(np.zeros(1)).shape == (0,)
