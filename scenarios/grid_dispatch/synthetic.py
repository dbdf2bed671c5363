"""Made-up power systems of any size in which every node has a choice and some lines bind."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import Delaunay

from blackboard import BadInput

from .case import Case, Lines, Units
from .network import Network
from .pieces import Pieces

__all__ = ["synthetic_case"]

_LARGEST = 1_000_000
_SPACING_KM = 10.0
_LINES_PER_BUS = 1.4
_GENERATOR_SHARE = 0.4
_CAPACITY_MARGIN = 1.6
"""Generating capacity over the demand with all elastic load served."""
_MW_PER_RADIAN_KM = 25_000.0
_TIGHT_SHARE = 0.02
"""Of the lines, rated below what the optimum without limits would send over them."""


def synthetic_case(buses: int, *, seed: int = 0) -> Case:
    """Draw a system of `buses` buses on a plane; equal arguments give equal systems.

    Each bus has a fixed load and one unit: 40 % a generator with a rising marginal cost, the
    others an elastic load, whose cost is the benefit lost by serving less than all of it. Ratings
    leave room for one known dispatch (hence feasible) but not for the unlimited optimum.

    Raises:
        BadInput: fewer than 2 buses or more than a million, or a negative seed.
    """
    if not 2 <= buses <= _LARGEST:
        raise BadInput(f"synthetic:{buses} has a size out of range; use 2 to {_LARGEST:,} buses")
    if seed < 0:
        raise BadInput(f"seed is {seed}; use 0 or a positive whole number")
    positions = _draw(seed, "positions").uniform(0, _SPACING_KM * np.sqrt(buses), (buses, 2))
    makes = np.zeros(buses, dtype=np.bool_)
    count = max(1, round(_GENERATOR_SHARE * buses))
    makes[_draw(seed, "generators").permutation(buses)[:count]] = True
    demand = np.round(10 + _draw(seed, "loads").lognormal(3.3, 0.6, buses), 1)
    share = np.where(makes, 0.0, _draw(seed, "elastic").uniform(0.1, 0.4, buses))
    elastic = np.round(share * demand, 1)
    case = Case(
        name=f"synthetic:{buses}",
        convention="pglib",
        bus_ids=np.arange(1, buses + 1),
        load_mw=demand - elastic,
        units=_units(seed, makes, demand, elastic),
        lines=_unlimited_lines(seed, positions),
        positions=positions,
    )
    return replace(case, lines=_rated(case, makes, seed))


def _draw(seed: int, purpose: str) -> np.random.Generator:
    """Address the randomness of one purpose, so that no draw depends on another's length."""
    digest = hashlib.sha256(f"grid_dispatch.synthetic.{purpose}".encode()).digest()
    key = np.array([seed, int.from_bytes(digest[:8])], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key))


def _units(
    seed: int,
    makes: NDArray[np.bool_],
    demand_mw: NDArray[np.float64],
    elastic_mw: NDArray[np.float64],
) -> Units:
    buses = len(makes)
    weight = np.where(makes, _draw(seed, "capacities").lognormal(0.0, 0.7, buses), 0.0)
    wanted = _CAPACITY_MARGIN * demand_mw.sum()
    capacity = np.round(1 + wanted * weight / weight.sum(), 1)
    prices = _draw(seed, "prices").uniform(0, 1, (2, buses))
    # An elastic load gives up its first MW cheaply and its last at a price no generator asks, so
    # that it is always partly served and the optimum is unique.
    cheapest = np.round(np.where(makes, 5 + 35 * prices[0], 10 + 25 * prices[0]), 2)
    dearest = np.round(cheapest + np.where(makes, 5 + 25 * prices[1], 80 + 120 * prices[1]), 2)
    low, high = np.where(makes, 0.0, -elastic_mw), np.where(makes, capacity, 0.0)
    return Units(
        ids=np.arange(1, buses + 1),
        bus=np.arange(buses),
        low_mw=low,
        high_mw=high,
        kind=tuple(np.where(makes, "generator", "load").tolist()),
        marginal=tuple(
            (np.array([low[i], high[i]]), np.array([cheapest[i], dearest[i]])) for i in range(buses)
        ),
        cost_at_low=np.zeros(buses),
    )


def _unlimited_lines(seed: int, positions: NDArray[np.float64]) -> Lines:
    """Join neighbours: a spanning tree of shortest lines, then more of the shorter ones."""
    buses = len(positions)
    start, end = _neighbours(positions)
    length = np.hypot(*(positions[start] - positions[end]).T)
    tree = minimum_spanning_tree(coo_array((length, (start, end)), shape=(buses, buses))).tocoo()
    codes = start * buses + end
    in_tree = np.isin(codes, tree.coords[0].astype(np.int64) * buses + tree.coords[1])
    liking = length * _draw(seed, "lines").uniform(0.5, 1.5, len(codes))
    ranked = np.lexsort((codes, np.where(in_tree, 0.0, liking)))
    kept = np.sort(ranked[: max(buses - 1, round(_LINES_PER_BUS * buses))])
    circuits = _draw(seed, "circuits").uniform(0.7, 1.5, len(kept))
    return Lines(
        ids=np.arange(1, len(kept) + 1),
        start=start[kept],
        end=end[kept],
        susceptance=_MW_PER_RADIAN_KM * circuits / np.maximum(length[kept], 0.1 * _SPACING_KM),
        shift_mw=np.zeros(len(kept)),
        low_mw=np.full(len(kept), -np.inf),
        high_mw=np.full(len(kept), np.inf),
    )


def _neighbours(positions: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    buses = len(positions)
    if buses == 2:
        return np.array([0]), np.array([1])
    corners = np.sort(Delaunay(positions).simplices.astype(np.int64), axis=1)
    pairs = np.concatenate([corners[:, [0, 1]], corners[:, [0, 2]], corners[:, [1, 2]]])
    codes = np.unique(pairs[:, 0] * buses + pairs[:, 1])
    return codes // buses, codes % buses


def _rated(case: Case, makes: NDArray[np.bool_], seed: int) -> Lines:
    network = Network(case)
    capacity = np.where(makes, case.units.high_mw, 0.0)
    shared = capacity * (case.load_mw.sum() / capacity.sum())
    base = np.abs(network.flows(case.injections(shared)))
    ideal = np.abs(network.flows(case.injections(_optimum_without_limits(case))))
    slack = _draw(seed, "ratings").uniform(1.3, 2.0, len(base))
    rating = slack * np.maximum(base, ideal) + 5.0
    tight = np.argsort(-np.where(ideal > 1.02 * base, ideal, 0.0), kind="stable")
    tight = tight[: max(1, round(_TIGHT_SHARE * len(base)))]
    middle = np.maximum(base + 0.6 * (ideal - base), 0.85 * ideal)
    rating[tight] = np.where(ideal > 1.02 * base, middle, rating)[tight]
    rating = np.ceil(100 * rating) / 100
    return replace(case.lines, low_mw=-rating, high_mw=rating)


def _optimum_without_limits(case: Case) -> NDArray[np.float64]:
    """Return the outputs, (units,), at the one price that balances the whole system."""
    pieces = Pieces(case.units)
    demand = case.load_mw.sum()
    low, high = 0.0, 1000.0
    for _ in range(60):
        price = 0.5 * (low + high)
        filled = pieces.best_response(np.full(len(case.bus_ids), price))
        low, high = (price, high) if pieces.output(filled).sum() < demand else (low, price)
    return pieces.output(filled)
