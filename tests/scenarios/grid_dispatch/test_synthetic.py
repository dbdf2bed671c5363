"""Made-up systems of any size."""

from __future__ import annotations

import numpy as np
import pytest

from scenarios.grid_dispatch.accounting import line_loading_percent
from scenarios.grid_dispatch.case import Case
from scenarios.grid_dispatch.opf import solve_dc_opf
from scenarios.grid_dispatch.sources import load_case

SIZES = [(buses, seed) for buses in (2, 3, 4, 7, 33, 257) for seed in range(3)] + [(1024, 7)]


@pytest.mark.parametrize(("buses", "seed"), SIZES)
def test_every_system_is_feasible_and_some_line_binds(buses: int, seed: int) -> None:
    case = load_case(f"synthetic:{buses}", seed=seed)

    optimum = solve_dc_opf(case)

    loading = line_loading_percent(case, optimum.line_mw)
    assert loading.max() == pytest.approx(100, abs=1e-3)
    assert optimum.cost > 0


@pytest.mark.parametrize("buses", [2, 3, 5, 100, 1000])
def test_every_node_has_one_unit_a_choice_and_a_load(buses: int) -> None:
    case = load_case(f"synthetic:{buses}", seed=1)

    assert case.has_choice.all()
    assert sorted(case.units.bus.tolist()) == list(range(buses))
    assert (case.load_mw > 0).all()
    assert case.units.kind.count("generator") == max(1, round(0.4 * buses))
    assert case.positions is not None
    assert case.positions.shape == (buses, 2)


def columns(case: Case) -> list[np.ndarray]:
    marginal = [part for polyline in case.units.marginal for part in polyline]
    lines = [case.lines.start, case.lines.end, case.lines.susceptance, case.lines.high_mw]
    return [case.load_mw, case.units.low_mw, case.units.high_mw, *marginal, *lines]


def test_equal_size_and_seed_give_equal_systems() -> None:
    first, second = (columns(load_case("synthetic:200", seed=5)) for _ in range(2))

    assert all((a == b).all() for a, b in zip(first, second, strict=True))


def test_another_seed_gives_another_system() -> None:
    first, second = (load_case("synthetic:200", seed=seed) for seed in (5, 6))

    assert (first.load_mw != second.load_mw).any()
    assert (first.units.high_mw != second.units.high_mw).any()


def test_costs_differ_from_unit_to_unit() -> None:
    case = load_case("synthetic:500")

    cheapest = [prices[0] for _, prices in case.units.marginal]

    assert len(set(cheapest)) > 400
    assert all(prices[1] > prices[0] for _, prices in case.units.marginal)


def test_the_grid_is_sparse_and_connected() -> None:
    case = load_case("synthetic:2000")

    degree = 2 * len(case.lines) / len(case.bus_ids)

    assert 2.7 <= degree <= 3.0


def test_sixteen_thousand_buses_are_drawn() -> None:
    assert len(load_case("synthetic:16384").units) == 16_384
