"""How the grid is drawn: a layout of the network, and each round's values."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import shortest_path

from ..base import Scene
from .accounting import line_loading_percent
from .case import Case

if TYPE_CHECKING:
    from .scenario import GridDispatch

PIVOTS = 60


def scene_of(case: Case) -> Scene:
    """Return positions, edges, and the names and units of what is drawn each round."""
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
        {"energy_price": "$/MWh", "certificate": "% of revealed cost", "approval": "% of voters"},
        capacity.astype(np.float32),
        np.where(np.isfinite(rating), rating, 0.0).astype(np.float32),
    )


def frame_of(scenario: "GridDispatch") -> dict[str, Any]:
    """Return the values of the round that has just closed."""
    interval, negotiation = scenario.results.intervals[-1], scenario.negotiation
    if interval.output is None or interval.bus_price is None:
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
        "certificate": row["certificate_of_revealed_percent"],
        "approval": scenario.talks.approval_percent,
    }


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
