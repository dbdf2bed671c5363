"""Where agents are drawn: one dot each, or together in cells where there are too many for dots."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..moment import RunFacts

MOST_DOTS = 5_000
MOST_CELLS = 16_000
FULL_SCALE = 65_535
MOST_NAMES = 1_200


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Which agents share a cell, and where the cells are."""

    of_agent: NDArray[np.int64]
    """The cell of each agent that has a place; its own number where each agent is a dot."""
    first: NDArray[np.int64]
    """The first agent of each cell."""
    size: NDArray[np.int64]
    """How many agents each cell has."""
    shape: dict[str, Any]
    """What the browser has to know, as JSON."""
    arrays: dict[str, bytes]
    """Places, sizes, edges and widths, as little-endian bytes."""

    @property
    def count(self) -> int:
        """How many cells there are."""
        return self.size.size

    @property
    def is_binned(self) -> bool:
        """Whether cells hold several agents."""
        return self.count < self.of_agent.size

    @property
    def edges(self) -> bytes:
        """The lines that are drawn; empty where there are none."""
        return self.arrays["edges"]

    def shares(self, codes: NDArray[np.uint8], kinds: int) -> NDArray[np.float64]:
        """Return (cells, kinds): the share of a cell's agents that has each code."""
        counted = np.bincount(self.of_agent * kinds + codes, minlength=self.count * kinds)
        shares: NDArray[np.float64] = counted.reshape(self.count, kinds) / self.size[:, None]
        return shares

    def means(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the mean of each cell's values, NaN where none is finite."""
        known = np.isfinite(values)
        sums = np.bincount(self.of_agent[known], values[known], self.count)
        many = np.bincount(self.of_agent[known], minlength=self.count)
        with np.errstate(invalid="ignore"):
            means: NDArray[np.float64] = sums / many
        return means


def lay_out(facts: RunFacts) -> Cells:
    """Choose dots or cells, by the number of agents and whether the scenario has a map.

    A map may have a place for the first agents only; the others are not drawn.
    """
    many = places_of(facts)
    if many > MOST_DOTS:
        return _bins_of_scene(facts) if _has_map(facts) else _rows_of_bins(facts)
    alone: NDArray[np.int64] = np.arange(many, dtype=np.int64)
    shape = _shape(facts, many)
    arrays = dict.fromkeys(("places", "sizes", "edges", "widths"), b"")
    if facts.scene is not None and _has_map(facts):
        places, shape["aspect"] = _placed(facts.scene.positions)
        arrays["places"] = (places * FULL_SCALE).astype("<u2").tobytes()
        arrays["edges"] = facts.scene.edges.astype("<u4").tobytes()
        for name in ("sizes", "widths"):
            given = getattr(facts.scene, name)
            if given is not None and given.size:
                arrays[name] = np.nan_to_num(given).astype("<f4").tobytes()
    return Cells(alone, alone, np.ones(many, np.int64), shape, arrays)


def places_of(facts: RunFacts) -> int:
    """Return how many agents are drawn: all, or the first ones, which have a place on the map."""
    return len(facts.scene.positions) if facts.scene and _has_map(facts) else facts.agents


def _has_map(facts: RunFacts) -> bool:
    return facts.scene is not None and 0 < len(facts.scene.positions) <= facts.agents


def _shape(facts: RunFacts, cells: int) -> dict[str, Any]:
    names = list(facts.names) if len(facts.names) <= MOST_NAMES else []
    roles = [list(role) for role in facts.roles]
    drawn = {"agents": places_of(facts), "cells": cells, "roles": roles, "names": names}
    return drawn | {"beside": beside_words(facts)}


def beside_words(facts: RunFacts) -> str:
    """Say who has no place on the map; empty where everybody has one."""
    drawn = places_of(facts)
    if drawn == facts.agents:
        return ""
    parts = [
        (role, first + many - max(first, drawn))
        for role, first, many in facts.roles
        if first + many > drawn
    ]
    told = ", ".join(f"{many:,} {role}" for role, many in parts)
    return f"{facts.agents - drawn:,} more have no place on the map" + (f": {told}" if told else "")


def _rows_of_bins(facts: RunFacts) -> Cells:
    """Put agents that follow each other into one cell."""
    each = -(-facts.agents // MOST_CELLS)
    of_agent: NDArray[np.int64] = np.arange(facts.agents, dtype=np.int64) // each
    size = np.bincount(of_agent)
    shape = _shape(facts, size.size) | {"each": each}
    return Cells(of_agent, np.arange(size.size) * each, size, shape, _of_bins(size))


def _bins_of_scene(facts: RunFacts) -> Cells:
    """Put agents that are near each other on the map into one cell."""
    assert facts.scene is not None
    places, aspect = _placed(facts.scene.positions)
    columns = max(1, int((MOST_CELLS * aspect) ** 0.5))
    rows = max(1, MOST_CELLS // columns)
    across, down = np.minimum(
        (places * (columns, rows)).astype(np.int64), (columns - 1, rows - 1)
    ).T
    slots, first, of_agent, size = np.unique(
        down * columns + across, return_index=True, return_inverse=True, return_counts=True
    )
    shape = _shape(facts, slots.size) | {"columns": columns, "rows": rows, "aspect": aspect}
    arrays = _of_bins(size) | {"places": slots.astype("<u4").tobytes()}
    return Cells(of_agent, first, size, shape, arrays)


def _of_bins(size: NDArray[np.int64]) -> dict[str, bytes]:
    return {"places": b"", "edges": b"", "widths": b"", "sizes": size.astype("<f4").tobytes()}


def _placed(positions: NDArray[np.float32]) -> tuple[NDArray[np.float64], float]:
    """Return places from 0 to 1, the second downwards, and how much wider than high they lie."""
    known = np.where(np.isfinite(positions), positions, 0).astype(np.float64)
    low, span = known.min(axis=0), np.ptp(known, axis=0)
    wide, high = (float(s) or 1.0 for s in span)
    places = (known - low) / (wide, high)
    places[:, span == 0] = 0.5
    places[:, 1] = 1 - places[:, 1]
    return places, min(8.0, max(0.125, wide / high))
