"""How the staff is drawn: a block for each role, and what everybody does."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..base import Scene
from .floor import REVIEW, Item
from .terms import Terms

ASPECT = 1.4
"""How much wider than high the picture is to be."""
IDLE, DRAFTS, REVIEWS = 0.0, 1.0, 2.0


def scene_of(terms: Terms, names: Sequence[str]) -> Scene:
    """Return a place for each agent: roles stand beside each other, teams in rows below."""
    places = np.zeros((len(terms.skills), 2), np.float32)
    seen: dict[tuple[int, int], int] = {}
    tallest = 0
    width = _width(terms, len(names))
    for agent, role in enumerate(terms.roles):
        row = seen.setdefault((terms.team[agent], role), 0)
        seen[terms.team[agent], role] += 1
        tallest = max(tallest, row // width + 1)
        places[agent] = (role * (width + 2) + row % width, row // width)
    places[:, 1] += np.array(terms.team) * (tallest + 1)
    roles = ", ".join(names)
    return Scene(
        f"{len(terms.skills):,} agents: {roles}",
        places,
        np.empty((0, 2), np.int64),
        {"work": "0 waits, 1 drafts, 2 reviews"},
        {
            "utilisation": "% of agents",
            "busy": "agents",
            "open": "tickets",
            "waiting": "drafts and reviews",
            "closed": "tickets",
            "completion": "share of closed",
        },
    )


def _width(terms: Terms, roles: int) -> int:
    """Return how many agents stand beside each other in a block, so that the height is used."""
    largest = max(Counter(zip(terms.team, terms.roles, strict=True)).values(), default=1)

    def strays(width: int) -> float:
        wide, high = roles * (width + 2) - 2, terms.teams * (-(-largest // width) + 1) - 1
        return abs(math.log(wide / high / ASPECT))

    return min(range(1, largest + 1), key=strays)


def frame_of(
    agents: int, work: Mapping[int, tuple[Item, float, int, int]], *, open_tickets: int
) -> dict[str, Any]:
    """Return what everybody does now."""
    doing = np.full(agents, IDLE, np.float32)
    for agent, (item, *_) in work.items():
        doing[agent] = REVIEWS if item.skill == REVIEW else DRAFTS
    busy = len(work)
    utilisation = 100 * busy / agents
    return {"work": doing, "utilisation": utilisation, "busy": busy, "open": open_tickets}
