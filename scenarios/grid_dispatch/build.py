"""From checked tables to a `Case`: what is in service, in one of two conventions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from blackboard import BadInput

from .case import Case, Lines, Units
from .costs import unit_curve
from .tables import Tables, bus_index, check_values

__all__ = ["CONVENTIONS", "build_case"]

CONVENTIONS = ("pglib", "matpower")
_ISOLATED = 4


def build_case(tables: Tables, *, convention: str) -> Case:
    """Check the tables and build the case; parts out of service and empty islands are dropped.

    `pglib`: susceptance x / (r^2 + x^2), no taps, no phase shifts. `matpower`: 1 / (x tap) and
    phase shifts. Both read Gs as load, rate A, and angle-difference limits as flow limits.

    Raises:
        BadInput: a malformed or non-convex table, nothing in service, or several islands.
    """
    if convention not in CONVENTIONS:
        raise BadInput(f"convention is {convention!r}; choose pglib or matpower")
    check_values(tables)
    index = bus_index(tables)
    alive = tables.bus[:, 1] != _ISOLATED
    lines = _lines(tables, index, alive, convention)
    units = _units(tables, index, alive)
    demand = tables.bus[:, 2] + tables.bus[:, 4]
    kept = _main_island(tables, lines, units, np.where(alive, demand, 0.0))
    new = np.cumsum(kept) - 1
    return Case(
        name=tables.name,
        convention=convention,
        bus_ids=tables.bus[kept, 0].astype(np.int64),
        load_mw=demand[kept],
        units=replace(units, bus=new[units.bus]),
        lines=_within(lines, kept, new),
    )


def _endpoints(
    tables: Tables, name: str, column: int, index: dict[float, int]
) -> NDArray[np.int64]:
    values = tables.matrix(name)[:, column].tolist() if len(tables.matrix(name)) else []
    for row, value in enumerate(values):
        if value not in index:
            raise BadInput(
                f"{tables.cell(name, row, column)} is {value:g}, which the bus table does not "
                "have; correct the id or add the bus"
            )
    return np.array([index[value] for value in values], dtype=np.int64)


def _lines(
    tables: Tables, index: dict[float, int], alive: NDArray[np.bool_], convention: str
) -> Lines:
    start, end = (_endpoints(tables, "branch", column, index) for column in (0, 1))
    table = tables.branch if len(start) else np.zeros((0, 13))
    used = np.flatnonzero((table[:, 10] > 0) & alive[start] & alive[end])
    branch = table[used]
    susceptance = _susceptance(tables, used, branch, convention)
    shift_mw = np.zeros(len(used))
    if convention == "matpower":
        shift_mw -= susceptance * np.deg2rad(branch[:, 9])
    low, high = _flow_limits(tables, used, branch, susceptance)
    return Lines(
        ids=used + 1,
        start=start[used],
        end=end[used],
        susceptance=susceptance,
        shift_mw=shift_mw,
        low_mw=np.maximum(-_rating(tables, used, branch), low + shift_mw),
        high_mw=np.minimum(_rating(tables, used, branch), high + shift_mw),
    )


def _susceptance(
    tables: Tables, used: NDArray[np.int64], branch: NDArray[np.float64], convention: str
) -> NDArray[np.float64]:
    r, x = branch[:, 2], branch[:, 3]
    dead = (x == 0) & ((r == 0) | (convention == "matpower"))
    if dead.any():
        row = int(used[np.argmax(dead)])
        raise BadInput(
            f"{tables.cell('branch', row, 3)} is 0, an infinite susceptance; write a reactance "
            "in p.u. (1e-4 for a bus tie)"
        )
    if convention == "pglib":
        return tables.base_mva * x / (r * r + x * x)
    tap = np.where(branch[:, 8] == 0, 1.0, branch[:, 8])
    return tables.base_mva / (x * tap)


def _rating(
    tables: Tables, used: NDArray[np.int64], branch: NDArray[np.float64]
) -> NDArray[np.float64]:
    rate = branch[:, 5]
    if (rate < 0).any():
        row = int(used[np.argmax(rate < 0)])
        raise BadInput(
            f"{tables.cell('branch', row, 5)} is {tables.branch[row, 5]:g}; "
            "write a rating in MVA, 0 for unlimited"
        )
    return np.where(rate == 0, np.inf, rate)


def _flow_limits(
    tables: Tables,
    used: NDArray[np.int64],
    branch: NDArray[np.float64],
    susceptance: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Turn limits on the angle across each line into limits on its flow, shift left out."""
    low, high = np.full(len(used), -np.inf), np.full(len(used), np.inf)
    if branch.shape[1] < 13:
        return low, high
    # As in MATPOWER, 0 and a full turn mean no limit.
    bounded_below = (branch[:, 11] > -360) & (branch[:, 11] != 0)
    bounded_above = (branch[:, 12] < 360) & (branch[:, 12] != 0)
    wrong = bounded_below & bounded_above & (branch[:, 11] > branch[:, 12])
    if wrong.any():
        row = int(used[np.argmax(wrong)])
        raise BadInput(
            f"{tables.cell('branch', row, 11)} is {tables.branch[row, 11]:g}, above angmax "
            f"{tables.branch[row, 12]:g} degrees; swap or widen them"
        )
    # A negative susceptance swaps which angle limit bounds which direction; none bounds no flow.
    for bounded, column in ((bounded_below, 11), (bounded_above, 12)):
        flow = susceptance * np.deg2rad(np.where(bounded, branch[:, column], 0.0))
        is_low = (susceptance > 0) == (column == 11)
        used_low = bounded & is_low & (susceptance != 0)
        used_high = bounded & ~is_low & (susceptance != 0)
        low[used_low], high[used_high] = flow[used_low], flow[used_high]
    return low, high


def _units(tables: Tables, index: dict[float, int], alive: NDArray[np.bool_]) -> Units:
    bus = _endpoints(tables, "gen", 0, index)
    used = np.flatnonzero((tables.gen[:, 7] > 0) & alive[bus])
    if not len(used):
        raise BadInput(f"{tables.source}: no generator is in service; set a status to 1")
    low, high = tables.gen[used, 9], tables.gen[used, 8]
    if (low > high).any():
        at = int(np.argmax(low > high))
        raise BadInput(
            f"{tables.cell('gen', int(used[at]), 9)} is {low[at]:g} MW, above Pmax {high[at]:g} MW;"
            " swap or correct them"
        )
    curves = [
        unit_curve(
            tables.gencost[row],
            float(tables.gen[row, 9]),
            float(tables.gen[row, 8]),
            where=f"{tables.source}: gencost row {row + 1}",
        )
        for row in used.tolist()
    ]
    return Units(
        ids=used + 1,
        bus=bus[used],
        low_mw=low,
        high_mw=high,
        kind=tuple(np.where((low < 0) & (high <= 0), "load", "generator").tolist()),
        marginal=tuple(marginal for marginal, _ in curves),
        cost_at_low=np.array([cost for _, cost in curves]),
    )


def _main_island(
    tables: Tables, lines: Lines, units: Units, demand: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which buses belong to the one island that has load or units."""
    buses = len(demand)
    joins = lines.susceptance != 0
    ends = (lines.start[joins], lines.end[joins])
    graph = coo_array((np.ones(int(joins.sum())), ends), shape=(buses, buses))
    _, island = connected_components(graph, directed=False)
    busy = demand != 0
    busy[units.bus] = True
    first = int(np.argmax(busy))
    stray = np.flatnonzero(busy & (island != island[first]))
    if len(stray):
        raise BadInput(
            f"{tables.source}: bus {tables.bus[stray[0], 0]:.0f} is not connected to bus "
            f"{tables.bus[first, 0]:.0f}; only one island is dispatched, join or remove the other"
        )
    return np.asarray(island == island[first])


def _within(lines: Lines, kept: NDArray[np.bool_], new: NDArray[np.int64]) -> Lines:
    inside = kept[lines.start] & kept[lines.end]
    return Lines(
        ids=lines.ids[inside],
        start=new[lines.start[inside]],
        end=new[lines.end[inside]],
        susceptance=lines.susceptance[inside],
        shift_mw=lines.shift_mw[inside],
        low_mw=lines.low_mw[inside],
        high_mw=lines.high_mw[inside],
    )
