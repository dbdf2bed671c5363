"""Who is in a team: roles, how many of each, and who answers for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agents import Callee, Randomness, Voice, draw_voices

CRITIC = "critic"


@dataclass(frozen=True, slots=True)
class Seat:
    """The agents of one role."""

    role: str
    count: int = 1
    callee: Callee | None = None
    """A coroutine of the user's own that answers for them instead of a model."""
    agent: Any = None
    """A class of agents of the user's own, made instead of asking anybody."""
    skills: tuple[str, ...] = ()
    """What they can do, for requests that name a skill."""

    @property
    def asks_model(self) -> bool:
        """Whether a model answers for them."""
        return self.callee is None and self.agent is None


def seats_of(team: Sequence[tuple[str, int]], agents: int) -> tuple[Seat, ...]:
    """Return the seats that options name; unnamed, a quarter of a team are critics."""
    if team:
        return tuple(Seat(role, count) for role, count in team)
    critics = agents // 4 if agents > 2 else 0
    planners = Seat("planner", agents - critics)
    return (planners, Seat(CRITIC, critics)) if critics else (planners,)


def voices_of(
    seats: Sequence[Seat], archetypes: int, random: Randomness
) -> dict[str, list[Voice | None]]:
    """Return the voice of each agent of each role, drawn once for the run.

    The archetypes are divided among the roles that models answer for, in proportion to their
    agents, at least one each; all others speak for themselves.
    """
    voices: dict[str, list[Voice | None]] = {seat.role: [None] * seat.count for seat in seats}
    sharing = [seat for seat in seats if seat.asks_model] if archetypes else []
    shares = _shares([seat.count for seat in sharing], archetypes)
    for seat, share in zip(sharing, shares, strict=True):
        voices[seat.role] = draw_voices(seat.count, share, random, role=seat.role)
    return voices


def first_of_each(voices: Sequence[tuple[str, Voice | None]]) -> list[int]:
    """Return the first agent of each voice, of whom role and voice are given; None is its own."""
    heard: dict[object, int] = {}
    for agent, (role, voice) in enumerate(voices):
        heard.setdefault(agent if voice is None else (role, voice), agent)
    return list(heard.values())


def _shares(counts: Sequence[int], archetypes: int) -> list[int]:
    """Divide archetypes in proportion to counts, at least one each, by largest remainder."""
    if not counts:
        return []
    total = sum(counts)
    exact = [archetypes * count / total for count in counts]
    shares = [max(1, int(part)) for part in exact]
    while sum(shares) < archetypes:
        left = [part - share for part, share in zip(exact, shares, strict=True)]
        shares[left.index(max(left))] += 1
    return [min(share, count) for share, count in zip(shares, counts, strict=True)]
