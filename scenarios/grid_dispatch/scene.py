"""How the grid is drawn: a layout of the network, and each round's values."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import shortest_path

from ..base import Chart, Scene
from .accounting import line_loading_percent
from .case import Case
from .results import Interval

if TYPE_CHECKING:
    from .scenario import GridDispatch

PIVOTS = 60


MERIT_ORDER = "Merit order of the opening offers"
DAY = "The day, interval by interval"
CLASSES = ("cheapest", "second", "third", "dearest")
"""Quarters of the nodes' range, by what they offered at the opening."""


def scene_of(case: Case, owners: NDArray[np.int64], intervals: int) -> Scene:
    """Return positions, edges, and the names and units of what is drawn each round.

    Args:
        case: The case.
        owners: Buses of the nodes with a choice.
        intervals: Of the day.
    """
    positions = layout(case) if case.positions is None else case.positions
    capacity = np.bincount(
        case.units.bus,
        weights=np.maximum(np.abs(case.units.low_mw), np.abs(case.units.high_mw)),
        minlength=len(case.bus_ids),
    )
    rating = np.minimum(np.abs(case.lines.low_mw), np.abs(case.lines.high_mw))
    return Scene(
        f"{case.name}: {len(case.bus_ids):,} buses, {len(case.lines):,} lines",
        positions.astype(np.float32),
        np.stack([case.lines.start, case.lines.end], axis=1),
        {
            "price": "$/MWh, negotiated",
            "output": "MW",
            "vote": "1 approve, 0 reject, -1 no ballot",
            "edge:loading": "% of rating",
            "edge:objection": "1 where an objection stands",
        },
        SERIES | MARKS,
        capacity.astype(np.float32),
        np.where(np.isfinite(rating), rating, 0.0).astype(np.float32),
        _charts(case, owners, intervals),
        is_one_question=True,
        titles=TITLES if intervals > 1 else TITLES | {"interval": ""},
        reason=("regret", "$/h"),
    )


SERIES = {
    "energy_price": "$/MWh",
    "gap": "%",
    "certified_gap": "%",
    "certificate_of_revealed_percent": "% revealed",
    "approval": "% of voters",
    "regret_per_h": "$/h",
    "certificate_per_h": "$/h",
    "plan_check_pairs": "in the round",
    "cuts": "lines",
    "quarantined": "nodes",
}
TITLES = {
    "gap": "true gap to the optimum",
    "certified_gap": "certified gap to the optimum",
    "certificate_of_revealed_percent": "certificate that the gate reads",
    "regret_per_h": "regret posted with the votes",
    "certificate_per_h": "bound on the gap",
    "plan_check_pairs": "plans drawn up and checked",
    "cuts": "lines objected to",
    "quarantined": "in quarantine",
}
"""What the numbers of a round are called where people look at them."""
MARKS = {"to_dispatch": "MW"}
"""What is drawn with the merit order alone: the demand above all lower limits."""
DAY_SERIES = {
    "demand": "MW",
    "rounds": "in the interval",
    "outcome": "1 accepted, 0 not",
} | {f"{name}_quarter": "MW" for name in CLASSES}
"""What is drawn over intervals alone."""


def _charts(case: Case, owners: NDArray[np.int64], intervals: int) -> dict[str, Chart]:
    """Return the stack of offers, and for a day its course."""
    units = np.bincount(case.units.bus, minlength=len(case.bus_ids))[owners]
    is_load = (case.units.low_mw < 0) & (case.units.high_mw <= 0)
    loads = np.bincount(case.units.bus[is_load], minlength=len(case.bus_ids))[owners]
    rows = [
        f"bus {bus}" + (f", {many} units" if many > 1 else "") + (", flexible load" if load else "")
        for bus, many, load in zip(
            case.bus_ids[owners].tolist(), units.tolist(), loads.tolist(), strict=True
        )
    ]
    note = f"among them {np.count_nonzero(loads):,} flexible loads, which offer to take less"
    stack = Chart(
        "stack",
        {"range": "MW", "offer": "$/MWh", "dispatched": "MW above its lower limit"},
        rows,
        marks=("to_dispatch", "energy_price"),
        note=note if loads.any() else "",
    )
    if intervals == 1:
        return {MERIT_ORDER: stack}
    certificates = ("certified_gap", "certificate_of_revealed_percent")
    course = ("demand", "energy_price", "gap", *certificates, "approval", "rounds", "outcome")
    drawn = (*course, *(f"{name}_quarter" for name in CLASSES))
    units_of = SERIES | DAY_SERIES
    day = Chart("course", {name: units_of[name] for name in drawn}, over="interval")
    return {MERIT_ORDER: stack, DAY: day}


def frame_of(scenario: "GridDispatch") -> dict[str, Any]:
    """Return the values of the round that has just closed."""
    negotiation = scenario.negotiation
    voted = (one for one in reversed(scenario.results.intervals) if one.output is not None)
    interval = next(voted, None)
    if interval is None or interval.output is None or interval.bus_price is None:
        return {}
    case = interval.market.case
    output = np.zeros(scenario.nodes)
    output[scenario.market.curves.nodes] = interval.output
    vote = np.full(scenario.nodes, -1.0)
    vote[scenario.market.curves.nodes] = scenario.talks.votes
    objected = np.zeros(len(case.lines))
    objected[negotiation.cut_lines] = 1.0
    loading = line_loading_percent(case, interval.market.flows(interval.output))
    row = scenario.results.row
    return {
        "price": interval.bus_price.astype(np.float32),
        "output": output.astype(np.float32),
        "vote": vote.astype(np.float32),
        "edge:loading": loading.astype(np.float32),
        "edge:objection": objected.astype(np.float32),
        "energy_price": row["energy_price"],
        "approval": scenario.talks.approval_percent,
    } | _market_of(scenario, interval)


def _market_of(scenario: "GridDispatch", interval: Interval) -> dict[str, Any]:
    """Return the merit order, and how the interval stands."""
    assert interval.output is not None
    low, high = scenario.day.nameplate
    offer = scenario.negotiation.offer_price
    above = np.maximum(np.round(interval.output - low, 6), 0.0)
    curves, best = interval.market.curves, interval.optimum.cost
    cost = float(curves.cost(interval.output).sum() + interval.market.case.units.cost_at_low.sum())
    found: dict[str, Any] = {
        f"{MERIT_ORDER}:range": (high - low).astype(np.float32),
        f"{MERIT_ORDER}:offer": offer.astype(np.float32),
        f"{MERIT_ORDER}:dispatched": above.astype(np.float32),
        "to_dispatch": interval.market.demand - float(low.sum()),
        "gap": 100 * (cost - best) / best,
        "certified_gap": None if interval.bound is None else 100 * interval.bound / best,
    }
    if scenario.day.intervals == 1:
        return found
    quarter = _quarters(offer, high - low)
    parts = np.bincount(quarter, weights=above, minlength=len(CLASSES)).tolist()
    return (
        found
        | {f"{name}_quarter": part for name, part in zip(CLASSES, parts, strict=True)}
        | {
            "demand": interval.market.demand,
            "rounds": interval.rounds,
            "outcome": int(interval.is_accepted),
        }
    )


def _quarters(offer: NDArray[np.float64], width: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return in which quarter of all range a node's offer lies, the cheapest first."""
    order = np.argsort(offer, kind="stable")
    before = np.empty(len(order))
    before[order] = np.cumsum(width[order]) - width[order] / 2
    share = before / max(float(width.sum()), 1e-9) * len(CLASSES)
    return np.minimum(share, len(CLASSES) - 1).astype(np.int64)


def layout(case: Case) -> NDArray[np.float64]:
    """Place buses so that distances follow the number of lines between them.

    Pivot multidimensional scaling (Brandes and Pich 2007, "Eigensolver methods for progressive
    multidimensional scaling of large data"): deterministic, and some milliseconds for 1,000 buses.
    """
    buses = len(case.bus_ids)
    ends = (case.lines.start, case.lines.end)
    graph = coo_array((np.ones(len(case.lines)), ends), shape=(buses, buses)).tocsr()
    pivots = np.linspace(0, buses - 1, min(PIVOTS, buses)).astype(int)
    distance = shortest_path(graph, directed=False, unweighted=True, indices=pivots).T
    squared = np.where(np.isfinite(distance), distance, buses) ** 2
    centred = squared - squared.mean(axis=0) - squared.mean(axis=1)[:, None] + squared.mean()
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    placed: NDArray[np.float64] = -0.5 * centred @ axes[:2].T
    return placed / max(float(np.abs(placed).max()), 1e-9)
