"""Replies of several parts: each is drafted by its own skill, and two of them may contradict.

What contradicts what is planted before it is put into words. The search for contradictions reads
the words alone, as it would with the words of a model or of a person.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

import numpy as np

from agents import Conflict, Conflicts, Randomness, Said, TextVectors, subject_of

from .matter import ITEMS, Matter
from .wording import KNOWN, in_words, meaning_of

SHARED = 0.6
"""How often two parts of a reply state the same fact, each in its own words."""
MISTAKABLE = 0.4
"""How often two parts answer the same question, and differently, of two items that sound alike."""
_DRAWS = 96
"""More than four parts need."""


class Part(NamedTuple):
    """What one skill contributes to a reply."""

    skill: str
    findings: tuple[tuple[str, str], ...]
    """What it commits to: the subject, and what it says of it."""
    text: str
    """The part as a customer would read it."""


type Pair = tuple[int, int]
"""The positions of two parts, ascending."""


class _Draws:
    """Numbers drawn ahead, used one by one."""

    def __init__(self, generator: np.random.Generator) -> None:
        self._left: Iterator[float] = iter(generator.random(_DRAWS).tolist())

    def happens(self, share: float) -> bool:
        return next(self._left) < share

    def below(self, end: int) -> int:
        return int(next(self._left) * end)

    def one_of[T](self, some: Sequence[T]) -> T:
        return some[self.below(len(some))]

    def two_below(self, end: int) -> Pair:
        """Return two different numbers, ascending."""
        first, second = self.below(end), self.below(end - 1)
        second += second >= first
        return min(first, second), max(first, second)


def drafted(
    random: Randomness,
    ticket: int,
    draft: int,
    skills: Sequence[str],
    *,
    conflicts: float,
    wordings: Sequence[Matter] = KNOWN,
) -> tuple[tuple[Part, ...], tuple[Pair, ...]]:
    """Draft the parts of a reply, one for each skill.

    All drafts of a ticket speak of the same item and the same facts; each has words of its own,
    and whether it has a contradiction is drawn anew. At most one pair contradicts each other.

    Args:
        random: The run's randomness; the same ticket and draft give the same parts.
        ticket: The ticket's number.
        draft: The draft's number.
        skills: Who drafts each part; any names. A single one contradicts nobody.
        conflicts: The chance, 0 to 1, that two of several parts contradict each other.
        wordings: The words that are drawn from; `wording.HELD_BACK` has those that the search for
            contradictions was not made for.

    Returns:
        The parts in the order of the skills, and the planted pairs by position.
    """
    facts = _Draws(random.agent(ticket, "facts of a reply's parts"))
    draws = _Draws(random.agent(ticket, "wording of a reply's parts", round=draft))
    reply = _Reply(facts, draws, wordings, len(skills))
    pairs = reply.state(conflicts)
    return tuple(map(_part, skills, map(tuple, reply.findings))), pairs


class _Reply:
    """The findings of a reply's parts while they are put together."""

    def __init__(
        self, facts: _Draws, draws: _Draws, wordings: Sequence[Matter], parts: int
    ) -> None:
        self._draws = draws
        self._items = facts.one_of(ITEMS)
        self._matters = [wordings[at] for at in _order(facts.below(_ORDERS), len(wordings))]
        self._sides = [facts.below(len(matter.sides)) for matter in self._matters]
        self._stated = 0
        self.findings: list[list[tuple[str, str]]] = [[] for _ in range(parts)]

    def state(self, conflicts: float) -> tuple[Pair, ...]:
        """Let all parts say what they commit to; return which two contradict each other."""
        pairs: tuple[Pair, ...] = ()
        if len(self.findings) > 1:
            first, second = self._draws.two_below(len(self.findings))
            is_planted = self._draws.happens(conflicts)
            pairs = ((first, second),) if is_planted else ()
            if is_planted or self._draws.happens(SHARED):
                self._both(first, second, differ=is_planted)
            if self._draws.happens(SHARED):
                self._both(*self._draws.two_below(len(self.findings)))
            if self._draws.happens(MISTAKABLE):
                self._both(*self._draws.two_below(len(self.findings)), differ=True, apart=True)
        for findings in self.findings:
            if len(findings) < 2:
                matter, side = self._next()
                findings.append(self._finding(matter, side, self._items[0]))
            if len(findings) > 1 and self._draws.happens(0.5):
                findings.reverse()
        return pairs

    def _both(self, first: int, second: int, *, differ: bool = False, apart: bool = False) -> None:
        """Let two parts answer the same question; `apart`, of two different items."""
        matter, side = self._next()
        other = side
        if differ:
            other += 1 + self._draws.below(len(matter.sides) - 1)
        items = self._items if apart else (self._items[0],) * 2
        if self._draws.happens(0.5):
            first, second = second, first
        mine = self._finding(matter, side, items[0])
        theirs = self._finding(matter, other % len(matter.sides), items[1])
        self.findings[first].append(mine)
        self.findings[second].append(theirs)

    def _next(self) -> tuple[Matter, int]:
        """Return a matter that nobody has spoken of, and what is the case."""
        at, self._stated = self._stated, self._stated + 1
        return self._matters[at], self._sides[at]

    def _finding(self, matter: Matter, side: int, item: str) -> tuple[str, str]:
        about = self._draws.one_of(matter.abouts)
        says = self._draws.one_of(matter.sides[side])
        return in_words(about, item), in_words(says, item)


_ORDERS = 4096


@lru_cache(maxsize=_ORDERS)
def _order(number: int, matters: int) -> tuple[int, ...]:
    """Return the matters by position in one of many orders."""
    order = Randomness(number).agent(0, "order of matters").permutation(matters)
    return tuple(order.tolist())


def _part(skill: str, findings: tuple[tuple[str, str], ...]) -> Part:
    return Part(skill, findings, " ".join([_sentence(*finding) for finding in findings]))


@lru_cache(maxsize=16_384)
def _sentence(about: str, says: str) -> str:
    return f"{about[:1].upper()}{about[1:]}: {says.removesuffix('.')}."


def mended(parts: Sequence[Part], position: int, against: int) -> Part:
    """Draft a part again, by somebody who has read the other one.

    Whatever both speak of is now said in the other's words, so that they contradict each other no
    more, whether the contradiction was noticed or not. What was said alike before is still so.
    """
    mine, theirs = parts[position], parts[against]
    return _part(mine.skill, tuple(_settled(finding, theirs) for finding in mine.findings))


def _settled(finding: tuple[str, str], theirs: Part) -> tuple[str, str]:
    about, _ = finding
    others = (says for other, says in theirs.findings if _is_same_matter(about, other))
    return about, next(others, finding[1])


def _is_same_matter(about: str, other: str) -> bool:
    if meaning := meaning_of(about):
        return meaning == meaning_of(other)
    return subject_of(about) == subject_of(other)


def contradictions(parts: Sequence[Part]) -> tuple[tuple[int, int, str], ...]:
    """Find which parts contradict each other by their words alone.

    Returns:
        Two positions, ascending, and the subject in the words of the first of the two; one row
        for each pair and subject.
    """
    everyone: Sequence[Sequence[int]] = [range(len(parts))]
    together = list(combinations(range(len(parts)), 2)) if _is_crowded(parts) else everyone
    return tuple(
        (min(pair), max(pair), conflict.about)
        for some in together
        for conflict in _found(parts, some)
        if len(pair := {int(entry) for held in conflict.holders.values() for entry in held}) == 2
    )


def _is_crowded(parts: Sequence[Part]) -> bool:
    """Say whether three speak of one subject: who agrees with a third need not with each other."""
    spoken = Counter(
        subject for part in parts for subject in {subject_of(about) for about, _ in part.findings}
    )
    return len(parts) > 2 and max(spoken.values(), default=0) > 2


def _found(parts: Sequence[Part], positions: Sequence[int]) -> list[Conflict]:
    conflicts = Conflicts(_vectors())
    conflicts.add(
        Said(str(position), position, about, says)
        for position in positions
        for about, says in parts[position].findings
    )
    return conflicts.found()


@lru_cache(maxsize=1)
def _vectors() -> TextVectors:
    """Return vectors that remember the texts of all replies."""
    return TextVectors()
