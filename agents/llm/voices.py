"""Archetypes: a few voices that many agents share, so that cost does not grow with their number."""

from collections.abc import Iterable

from ..randomness import Randomness
from .briefing import Voice
from .member import Member


def draw_voices(
    count: int, archetypes: int, random: Randomness, *, role: str
) -> list[Voice | None]:
    """Return the voice of each agent of a role, drawn once for the run.

    Args:
        count: How many agents the role has.
        archetypes: How many voices they share; 0 gives each one of its own.
        random: The run's addressed randomness.
        role: The role's name.
    """
    if not archetypes:
        return [None] * count
    voices = min(archetypes, count)
    drawn = random.everyone(f"voice {role}").integers(0, voices, count)
    return [Voice(int(number), voices) for number in drawn]


def distinct_voices(members: Iterable[object]) -> int:
    """Return how many opinions members have: those that share a voice have one together."""
    shared = set()
    count = 0
    for member in members:
        voice = member.voice if isinstance(member, Member) else None
        if voice is None:
            count += 1
        else:
            shared.add(voice)
    return count + len(shared)
