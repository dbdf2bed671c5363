"""A ticket on its way: what has been drafted, who did it, and how it stands."""

from typing import Any

import msgspec

from .replies.parts import Part

SENT = ("right", "wrong", "sent")
"""Outcomes of a ticket that got a reply; nobody knows whether one that is `sent` is right."""


class Case(msgspec.Struct):
    """A ticket that has arrived and is not closed."""

    ticket: int
    team: int
    arrived_s: float
    skills: tuple[int, ...]
    begun_s: float | None = None
    """When the first draft was begun."""
    draft: int = 0
    """The draft that is being made or voted on, counted from 0."""
    entries: dict[int, str] = {}
    """The entries that hold the parts of this draft, by position."""
    authors: dict[int, int] = {}
    """Who drafted them."""
    good: dict[int, bool] = {}
    """Which of them answer what was asked; nobody in the run knows."""
    texts: tuple[Part, ...] = ()
    """What the parts say, where there are several."""
    planted: tuple[tuple[int, int], ...] = ()
    """Parts that contradict each other."""
    mended: tuple[int, ...] = ()
    """Parts that are drafted again because of a conflict."""
    conflicts: int = 0
    """Planted conflicts of all drafts so far."""
    found: int = 0
    """How many of them were found."""
    alarms: int = 0
    """Conflicts that were seen where there were none."""
    failures: int = 0
    """How often somebody could not draft what it was to."""
    drafts: int = 0
    """Drafts so far, of all parts."""
    ballots: int = 0
    proposal: str = ""
    """What is put to the vote; empty while it is drafted."""

    @property
    def is_drafted(self) -> bool:
        """Whether all parts of this draft are there."""
        return len(self.entries) == len(self.skills)

    @property
    def is_right(self) -> bool:
        """Whether the reply answers what was asked, and does not contradict itself."""
        return all(self.good.values()) and not self.planted

    def start_over(self) -> None:
        """Begin the next draft."""
        self.draft += 1
        self.entries, self.authors, self.good = {}, {}, {}
        self.texts, self.planted, self.mended = (), (), ()
        self.proposal = ""


def plain(case: Case) -> Any:
    """Return a case as plain values."""
    return msgspec.to_builtins(case, str_keys=False)


def case_of(values: Any) -> Case:
    """Return the case that `plain` was given."""
    return msgspec.convert(values, Case)
