"""The calls that staff of language models may make, at the least and at the most.

At the least every first draft is sent, nothing is looked up, and no reviewer is asked more than
the threshold takes. At the most every ticket takes all drafts, all turns and the whole panel.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from typing import Any

from agents import PlannedCalls, complexity_of

from ..terms import Terms
from .wording import REVIEWER

OWN_CHARS = 200
"""Who is asked for what, the names of sections, and single lines."""
LOOKUP_CHARS = 1_500
"""What one turn of lookups adds to a prompt, as a rule at the most."""
REPLY_CHARS, FINDINGS_CHARS, REASON_CHARS = 2_100, 1_000, 620
SHORT_DRAFT, SHORT_REVIEW = 40, 25
"""Tokens of the shortest replies."""
MOST_GROUPS = 500
"""Tickets of more instants are put together; then minutes come out too low."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How long prompts are, and how many ballots decide at the least."""

    draft_rules: int
    review_rules: int
    least_ballots: int
    turns: int
    """Of a draft; 1 where nothing can be looked up."""


def planned_calls(terms: Terms, options: Any, sizes: Sizes) -> list[PlannedCalls]:
    """Return the calls of all tickets; those that arrive together are asked for together."""
    return [
        call
        for number, tickets in enumerate(_groups(terms), 1)
        for call in _Group(terms, options, sizes, number, tickets).calls()
    ]


def _groups(terms: Terms) -> list[list[int]]:
    """Return the tickets by the instant of their arrival."""
    arrivals = terms.customers.arrivals_s
    groups = [list(some) for _, some in groupby(range(len(arrivals)), arrivals.__getitem__)]
    if len(groups) <= MOST_GROUPS:
        return groups
    size = ceil(len(arrivals) / MOST_GROUPS)
    return [list(range(len(arrivals))[at : at + size]) for at in range(0, len(arrivals), size)]


class _Group:
    """Tickets whose calls are made side by side."""

    def __init__(
        self, terms: Terms, options: Any, sizes: Sizes, number: int, tickets: Sequence[int]
    ) -> None:
        self._terms, self._options, self._sizes, self._number = terms, options, sizes, number
        rows = [row for ticket in tickets if (row := terms.customers.row(ticket))]
        self._text = round(sum(len(row.text) for row in rows) / len(rows))
        self._complexity = max(complexity_of(row.text) for row in rows)
        self._skills = Counter(
            terms.customers.skills[skill]
            for ticket in tickets
            for skill in terms.customers.skills_of(ticket)
        )
        self._tickets = len(rows)
        self._parts = max(len(row.skills) for row in rows)

    def calls(self) -> Iterator[PlannedCalls]:
        """Yield drafts turn after turn, and the reviews of each draft."""
        for draft in range(1, self._terms.practice.max_drafts + 1):
            for turn in range(1, self._sizes.turns + 1):
                for skill, count in self._skills.items():
                    yield self._draft(skill, count, draft, turn)
            if self._terms.panel:
                yield self._review(draft)

    def _draft(self, skill: str, count: int, draft: int, turn: int) -> PlannedCalls:
        rules = self._sizes.draft_rules
        low = rules + self._text + OWN_CHARS
        parts = (self._parts - 1) * (REPLY_CHARS + FINDINGS_CHARS)
        rejected = (draft - 1) * (self._parts * REPLY_CHARS + self._terms.panel * REASON_CHARS)
        return PlannedCalls(
            stage=f"{self._number}.{draft}.draft {turn}",
            role=skill,
            count=count,
            count_low=count if draft == turn == 1 else 0,
            prompt_chars_low=low,
            prompt_chars_high=low + parts + rejected + (turn - 1) * LOOKUP_CHARS,
            output_low=SHORT_DRAFT,
            output_high=self._options.max_tokens,
            complexity=self._complexity,
            shared_share=rules / low * (count - 1) / count,
        )

    def _review(self, draft: int) -> PlannedCalls:
        rules, panel = self._sizes.review_rules, self._terms.panel
        low = rules + self._text + OWN_CHARS
        reply = self._parts * (REPLY_CHARS + FINDINGS_CHARS)
        count = self._tickets * panel
        return PlannedCalls(
            stage=f"{self._number}.{draft}.review",
            role=REVIEWER,
            count=count,
            count_low=self._tickets * self._sizes.least_ballots if draft == 1 else 0,
            prompt_chars_low=low,
            prompt_chars_high=low + reply + (self._sizes.turns - 1) * LOOKUP_CHARS,
            output_low=SHORT_REVIEW,
            output_high=self._options.max_tokens,
            purpose="verification",
            complexity=self._complexity,
            shared_share=rules / low * (count - 1) / count,
        )
