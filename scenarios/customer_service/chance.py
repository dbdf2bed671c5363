"""What staff are able to do and how long it takes, drawn for each ticket whoever works on it.

All draws are addressed by the ticket, the draft and the part or seat, so that the same ticket has
the same luck whatever the order of work; only what is done with it differs.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents import Competence, Randomness

BLOCK = 256
"""Tickets whose draws are made together."""


@dataclass(frozen=True)
class Practice:
    """How well and how fast staff work."""

    random: Randomness
    competence: tuple[float, ...]
    """Chance that a draft is good, by skill."""
    reviewers: Competence
    """Chance that a review is right, and how much the reviewers of one draft err together."""
    draft_s: float
    review_s: float
    patience_s: float | None
    panel: int
    max_drafts: int

    def is_good(self, ticket: int, draft: int, part: int, skill: int) -> bool:
        """Say whether a draft of a part answers what was asked."""
        drawn = self._drawn("draft", ticket, (self._rows(draft),), part)
        return bool(drawn[draft][ticket % BLOCK] < self.competence[skill])

    def drafting_s(self, ticket: int, draft: int, part: int) -> float:
        """Return how long a draft of a part takes."""
        drawn = self._drawn("drafting", ticket, (self._rows(draft),), part)
        return float(drawn[draft][ticket % BLOCK] * self.draft_s)

    def is_right(self, ticket: int, draft: int, seat: int) -> bool:
        """Say whether the reviewer in a seat of the panel judges a draft rightly."""
        drawn = self._drawn("review", ticket, (self._rows(draft), self.panel))
        chance = self.reviewers.mean
        if self.reviewers.correlation:
            chance = self._difficulty(ticket, draft)
        return bool(drawn[draft][seat][ticket % BLOCK] < chance)

    def reviewing_s(self, ticket: int, draft: int, seat: int) -> float:
        """Return how long a review takes."""
        drawn = self._drawn("reviewing", ticket, (self._rows(draft), self.panel))
        return float(drawn[draft][seat][ticket % BLOCK] * self.review_s)

    def waits_s(self, ticket: int) -> float | None:
        """Return how long a customer waits for somebody to begin; None for ever."""
        if self.patience_s is None:
            return None
        return float(self._drawn("patience", ticket, ())[ticket % BLOCK] * self.patience_s)

    def _rows(self, draft: int) -> int:
        """Return for how many drafts to draw: more than there may be where a fork allows fewer.

        What is drawn for a draft is the same however many are drawn with it.
        """
        return max(self.max_drafts, draft + 1)

    def _difficulty(self, ticket: int, draft: int) -> float:
        """Return the chance that all reviewers of a draft share, beta distributed."""
        return float(_chances(self, ticket // BLOCK, draft)[ticket % BLOCK])

    def _drawn(self, purpose: str, ticket: int, shape: tuple[int, ...], part: int = 0) -> Any:
        return _block(self.random, purpose, ticket // BLOCK, shape, part)


_TIMES = ("drafting", "reviewing", "patience")
"""What is drawn from the exponential distribution with mean 1; all else evenly from 0 to 1."""


@lru_cache(maxsize=512)
def _block(random: Randomness, purpose: str, block: int, shape: tuple[int, ...], part: int) -> Any:
    """Return the draws of a block of tickets as nested lists: (*shape, BLOCK)."""
    generator = random.everyone(f"customer service: {purpose}", round=block, stage=part)
    size = (*shape, BLOCK)
    drawn = generator.standard_exponential(size) if purpose in _TIMES else generator.random(size)
    return drawn.tolist()


@lru_cache(maxsize=512)
def _chances(practice: Practice, block: int, draft: int) -> NDArray[np.float64]:
    return practice.reviewers.chances(
        practice.random, BLOCK, round=block, purpose=f"customer service: draft {draft}"
    )
