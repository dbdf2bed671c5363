"""Which tier answers a question: by role, by how hard it is, and once more where that failed."""

import re

from .calls import Request
from .settings import FAST, STRONG, TeamConfig

_HARD = re.compile(
    r"\b(?:prove|optimi[sz]e|trade-?offs?|why|compare|design|plan|schedule|derive|estimate|"
    r"constraints?|unless|except|at most|at least|between|depends?|each|every|steps?)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def complexity_of(task: str) -> float:
    """Say how hard a task looks, from 0 (one plain question) to 1.

    A heuristic over the text alone: its length, how many questions and clauses it has, and how
    many words and numbers that call for several steps. It costs no call; measure it on tasks of
    your own before you trust it with money.
    """
    words = len(task.split())
    clauses = len(re.findall(r"[.;:?!\n]|,| and | or ", task))
    asked = task.count("?")
    hard = len(_HARD.findall(task)) + 0.5 * len(_NUMBER.findall(task))
    score = words / 120 + clauses / 16 + max(0, asked - 1) / 4 + hard / 8
    return min(1.0, score)


def tier_for(request: Request, team: TeamConfig) -> str:
    """Return the tier that answers a request first."""
    return request.tier or first_tier(request.role, request.complexity, team)


def first_tier(role: str, complexity: float, team: TeamConfig) -> str:
    """Return the tier that answers a role's questions of some complexity first."""
    if role in team.roles:
        return team.roles[role]
    if not is_routed(team):
        return team.first
    return STRONG if complexity > team.routing.strong_above else FAST


def stronger(tier: str, team: TeamConfig) -> str | None:
    """Return the tier that is asked where this one is not sure, if there is one."""
    return STRONG if tier == FAST and is_routed(team) else None


def is_routed(team: TeamConfig) -> bool:
    """Say whether there is a fast and a strong tier to choose between."""
    return FAST in team.tiers and STRONG in team.tiers
