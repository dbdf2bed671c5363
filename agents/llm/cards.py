"""Capability cards: what each role can do, and who is given a request that it fits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..anchoring import TextVectors, Vectors, cosine, words_of

LEAST_LIKENESS = 0.3
"""How alike need and skills have to be (cosine) where they share no word."""
_LITTLE = frozenset(("a", "an", "and", "for", "in", "of", "on", "or", "the", "to", "with"))


@dataclass(frozen=True, slots=True)
class Card:
    """What an agent of a role says of itself."""

    role: str
    skills: tuple[str, ...] = ()
    tier: str = ""
    """The tier of models that it asks; empty where routing chooses."""
    summary: str = ""

    @property
    def text(self) -> str:
        """The card as one line of a prompt."""
        skills = f": {', '.join(self.skills)}" if self.skills else ""
        return f"- {self.role}{skills}" + (f" ({self.summary})" if self.summary else "")


class Needed(NamedTuple):
    """A request that somebody is to take on."""

    id: str
    needs: str
    """The skill it takes, in words."""
    author: int


class _Fit(NamedTuple):
    """How well a card fits a request; a larger one fits better."""

    words: int
    """Words of the need that role or skills have, too."""
    likeness: float
    """The cosine of need and the likest skill, where no word is shared."""


def cards_text(cards: Sequence[Card], counts: Mapping[str, int] | None = None) -> str:
    """Return cards for a prompt, one line a role in the order given, with how many there are."""
    distinct = dict.fromkeys(cards)
    how_many = counts or {}
    return "\n".join(
        card.text + (f", {how_many[card.role]} of them" if card.role in how_many else "")
        for card in distinct
    )


def delegate(
    requests: Sequence[Needed],
    cards: Mapping[int, Card],
    *,
    load: Mapping[int, int] | None = None,
    holders: Mapping[str, int] | None = None,
    vectors: Vectors | None = None,
) -> dict[str, int]:
    """Return who is given each request; one that fits nobody is given to nobody.

    Whoever volunteered and holds the claim keeps it. Else the best skill wins (words shared, then
    likeness of at least `LEAST_LIKENESS`), then the least loaded agent, then the lowest number;
    never the author. What is given adds to the load at once.

    Args:
        requests: What is to be done, in the order in which it is given away.
        cards: What each agent can do.
        load: How many requests each agent has at hand.
        holders: Who holds the claim on a request, by its id.
        vectors: How likeness is measured.
    """
    busy = {agent: (load or {}).get(agent, 0) for agent in sorted(cards)}
    by_card: dict[Card, list[int]] = {}
    for agent in busy:
        by_card.setdefault(cards[agent], []).append(agent)
    given: dict[str, int] = {}
    held = holders or {}
    measured = vectors or TextVectors()
    for request in requests:
        best = held.get(request.id)
        if best not in cards or best == request.author:
            fits = _fits(request, list(by_card), measured)
            best = _best(request, fits, by_card, busy)
        if best is not None:
            given[request.id] = best
            busy[best] += 1
    return given


def _fits(request: Needed, cards: Sequence[Card], vectors: Vectors) -> dict[Card, _Fit]:
    """Return the cards that fit at all, and how well."""
    needs = _words(request.needs)
    shared = {card: len(needs & _words(" ".join((card.role, *card.skills)))) for card in cards}
    fits = {card: _Fit(words, 0.0) for card, words in shared.items() if words}
    if fits or not needs:
        return fits
    [need] = vectors.of([request.needs])
    alike = {
        card: float(cosine(vectors.of((card.role, *card.skills)), need).max()) for card in cards
    }
    return {
        card: _Fit(0, likeness) for card, likeness in alike.items() if likeness >= LEAST_LIKENESS
    }


def _best(
    request: Needed,
    fits: Mapping[Card, _Fit],
    by_card: Mapping[Card, Sequence[int]],
    busy: Mapping[int, int],
) -> int | None:
    others = (
        (-fit.words, -fit.likeness, busy[agent], agent)
        for card, fit in fits.items()
        for agent in by_card[card]
        if agent != request.author
    )
    best = min(others, default=None)
    return best[-1] if best else None


def _words(text: str) -> frozenset[str]:
    """Return the words that name a skill."""
    return frozenset(words_of(text)) - _LITTLE
