"""What goes wrong on purpose: who misbehaves, and the trip of the largest unit."""

from dataclasses import replace

import numpy as np

from agents import Randomness

from .case import Case
from .nodes import Conduct
from .options import GridOptions

ROLES = ("silent", "byzantine", "bluffers", "liars")


def conduct_of(options: GridOptions, nodes: int, random: Randomness) -> Conduct:
    """Draw who misbehaves: the given shares of the nodes with a choice, no node in two ways."""
    order = random.everyone("conduct").permutation(nodes)
    masks, first = {}, 0
    for role in ROLES:
        count = round(nodes * getattr(options, role))
        masks[role] = np.zeros(nodes, bool)
        masks[role][order[first : first + count]] = True
        first += count
    return Conduct(**masks)


def trip_round(options: GridOptions) -> int | None:
    """Return the round at whose start the largest unit trips, if it does."""
    return int(options.trip.partition("@")[2]) if options.trip else None


def tripped(case: Case) -> tuple[Case, int]:
    """Return the case with its largest unit out, at 0 MW and no cost, and that unit's row."""
    units = case.units
    unit = int(np.argmax(units.high_mw))
    low, high, cost = units.low_mw.copy(), units.high_mw.copy(), units.cost_at_low.copy()
    low[unit] = high[unit] = cost[unit] = 0.0
    marginal = list(units.marginal)
    price = marginal[unit][1][-1]
    marginal[unit] = (np.zeros(2), np.full(2, price))
    out = replace(units, low_mw=low, high_mw=high, cost_at_low=cost, marginal=tuple(marginal))
    return replace(case, units=out), unit
