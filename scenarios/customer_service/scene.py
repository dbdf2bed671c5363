"""How the staff is drawn: a block for each role, and what everybody does."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..base import Chart, Scene
from .floor import REVIEW, Item
from .terms import Terms

ASPECT = 1.4
"""How much wider than high the picture is to be."""
IDLE, DRAFTS, REVIEWS = 0.0, 1.0, 2.0


QUEUES = "Queues: what waits for somebody"
STAFF = "Staff by role: what they do now"
DOES = ("drafts", "reviews", "waits")
LATENCY = "How long customers have waited so far"
OUTCOMES = "Closed tickets by the skills they touch"
SHARES = (50, 90, 95, 99)
"""Percentiles."""
WAITED = "wait", "resolution"
LATENCIES = "until somebody begins", "until it is closed"
ENDS = {
    "right": "resolved",
    "wrong": "failed, wrong reply",
    "sent": "sent, not judged",
    "escalated": "escalated to a person",
    "abandoned": "abandoned",
}
"""What outcomes are called beside the map."""


def scene_of(terms: Terms, names: Sequence[str], ends: Sequence[str]) -> Scene:
    """Return a place for each agent: roles stand beside each other, teams in rows below.

    Args:
        terms: Of the run.
        names: Of the skills.
        ends: The outcomes that a ticket can have.
    """
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
        f"{len(terms.skills):,} agent{'s' * (len(terms.skills) != 1)}: {roles}",
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
        }
        | {f"{name}_p{share}": "s" for name in WAITED for share in SHARES},
        charts={
            STAFF: Chart("parts", dict.fromkeys(DOES, "agents"), names),
            QUEUES: Chart("bars", {"waiting": "waiting"}, (*names, "review")),
            LATENCY: Chart(
                "bars",
                dict.fromkeys(LATENCIES, "s"),
                [f"{share} of 100 within" for share in SHARES],
            ),
            OUTCOMES: Chart("parts", {ENDS[end]: "tickets" for end in ends}, names),
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
    roles: Sequence[int], work: Mapping[int, tuple[Item, float, int, int]], *, open_tickets: int
) -> dict[str, Any]:
    """Return what everybody does now.

    Args:
        roles: Of each agent, as the number of a skill.
        work: Of those who are at work.
        open_tickets: How many have come and are not closed.
    """
    agents, busy = len(roles), len(work)
    doing = np.full(agents, IDLE, np.float32)
    drafts, reviews, waits = ([0] * (max(roles) + 1) for _ in DOES)
    for role in roles:
        waits[role] += 1
    for agent, (item, *_) in work.items():
        is_review = item.skill == REVIEW
        doing[agent] = REVIEWS if is_review else DRAFTS
        (reviews if is_review else drafts)[roles[agent]] += 1
        waits[roles[agent]] -= 1
    utilisation = 100 * busy / agents
    figures = {"work": doing, "utilisation": utilisation, "busy": busy, "open": open_tickets}
    staff = zip(DOES, (drafts, reviews, waits), strict=True)
    return figures | {f"{STAFF}:{name}": np.array(many, np.float32) for name, many in staff}


def charts_of(
    queues: Sequence[int],
    waits_s: Sequence[Sequence[float]],
    ended: Mapping[str, Sequence[int]],
) -> dict[str, Any]:
    """Return the queues, how long customers have waited, and what became of the tickets.

    Args:
        queues: Items that wait for each skill, and for a review.
        waits_s: Rising, how long customers have waited until somebody began, and until the
            ticket was closed.
        ended: Tickets by outcome, for each skill.
    """
    frame: dict[str, Any] = {f"{QUEUES}:waiting": np.array(queues, np.float32)}
    for name, column, times in zip(WAITED, LATENCIES, waits_s, strict=True):
        if times:
            found = [times[-(-share * len(times) // 100) - 1] for share in SHARES]
            frame[f"{LATENCY}:{column}"] = np.array(found, np.float32)
            frame |= {f"{name}_p{share}": v for share, v in zip(SHARES, found, strict=True)}
    return frame | {
        f"{OUTCOMES}:{ENDS[end]}": np.array(counts, np.float32) for end, counts in ended.items()
    }
