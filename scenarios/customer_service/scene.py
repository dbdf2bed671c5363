"""How the staff is drawn: a block for each role, and what everybody does."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..base import Scene
from .floor import REVIEW, Item
from .terms import Terms

WIDTH = 8
"""Agents beside each other in a block."""
IDLE, DRAFTS, REVIEWS = 0.0, 1.0, 2.0


def scene_of(terms: Terms, names: Sequence[str]) -> Scene:
    """Return a place for each agent: roles stand beside each other, teams in rows below."""
    places = np.zeros((len(terms.skills), 2), np.float32)
    seen: dict[tuple[int, int], int] = {}
    tallest = 0
    for agent, role in enumerate(terms.roles):
        row = seen.setdefault((terms.team[agent], role), 0)
        seen[terms.team[agent], role] += 1
        tallest = max(tallest, row // WIDTH + 1)
        places[agent] = (role * (WIDTH + 2) + row % WIDTH, row // WIDTH)
    places[:, 1] += np.array(terms.team) * (tallest + 1)
    roles = ", ".join(names)
    return Scene(
        f"{len(terms.skills):,} agents: {roles}",
        places,
        np.empty((0, 2), np.int64),
        {"work": "0 waits, 1 drafts, 2 reviews"},
        {"busy": "agents", "open": "tickets"},
    )


def frame_of(
    agents: int, work: Mapping[int, tuple[Item, float, int, int]], *, open_tickets: int
) -> dict[str, Any]:
    """Return what everybody does now."""
    doing = np.full(agents, IDLE, np.float32)
    for agent, (item, *_) in work.items():
        doing[agent] = REVIEWS if item.skill == REVIEW else DRAFTS
    return {"work": doing, "busy": len(work), "open": open_tickets}
