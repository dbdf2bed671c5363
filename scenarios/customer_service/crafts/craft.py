"""The seam between how work is organised and how it is done.

The scenario hands out work, counts votes and keeps time; a craft says how long work takes, what a
draft is, how a reply is judged, and what becomes of one that is sent.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from numpy.typing import ArrayLike

from agents import PlannedCalls
from blackboard import Ballots, Entry

from ...base import Setup, Yardstick
from ..case import Case
from ..floor import Item
from ..staff import Clerk
from ..terms import Terms


class Work(NamedTuple):
    """What one agent has come to the end of."""

    agent: int
    item: Item
    seat: int
    """Of the panel; 0 for a draft."""
    case: Case


class Craft:
    """How staff works. Every draft is begun with `begin`, and ends as sent, rejected or closed."""

    clerk: ClassVar[type[Clerk]] = Clerk
    """Who does the work."""
    is_judged = True
    """Whether it is known which replies are right."""

    def __init__(self, terms: Terms, setup: Setup) -> None:
        self.terms, self.options = terms, setup.options
        self.random, self.threshold_percent = setup.random, setup.threshold_percent

    def begin(self, case: Case) -> None:
        """Prepare the next draft of a reply."""

    def drafting_s(self, item: Item) -> float:
        """Return how long a draft takes."""
        return self.terms.practice.draft_s

    def reviewing_s(self, item: Item, seat: int) -> float:
        """Return how long a review takes."""
        return self.terms.practice.review_s

    def brief(self, works: Sequence[Work], instant: int) -> Mapping[str, Any]:
        """Return what those who have come to the end of their work at an instant are told."""
        raise NotImplementedError

    def take_lookup(self, case: Case, name: str, entry: Entry) -> None:
        """Keep what somebody looked up before it drafts."""

    def take_draft(self, case: Case, item: Item, entry: Entry) -> None:
        """Keep a part of a reply that was drafted."""

    def take_ballot(self, case: Case, seat: int, ballots: Ballots) -> None:
        """Keep how somebody judged a reply."""

    def mend(self, case: Case, against: Mapping[int, int], abouts: Mapping[int, str]) -> None:
        """Have parts drafted again that contradict others.

        Args:
            case: The ticket.
            against: Which part each of them contradicts.
            abouts: The subject of each contradiction.
        """

    def reject(self, case: Case) -> None:
        """Keep of a draft what the next one is to heed."""

    def send(self, case: Case) -> str:
        """Return the outcome of a ticket whose reply goes out."""
        raise NotImplementedError

    def close(self, case: Case, outcome: str) -> None:
        """Let go of a ticket."""

    def news(self) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """Return rows for the log of what was done since this was last asked."""
        return ()

    def metrics(self) -> dict[str, float | int | None]:
        """Return figures of this craft, beside those of every run."""
        return {}

    def yardstick(self) -> Yardstick | None:
        """Return what this craft is held against; only where it is not rules."""
        return None

    def columns(self, tickets: Sequence[int]) -> Mapping[str, ArrayLike]:
        """Return further columns of the table of tickets."""
        return {}

    def effective_voters(self, eligible: int) -> float | None:
        """Return what a panel is worth in independent voters; None where nobody knows."""
        return None

    def change(self, options: Any) -> None:
        """Go on with other options, because the run was forked here."""
        self.options = options

    def planned_calls(self) -> Sequence[PlannedCalls]:
        """Return the calls to models that a run may make."""
        return ()

    def state(self) -> Any:
        """Return what it remembers, as plain values."""
        return None

    def restore(self, state: Any) -> None:
        """Go to where `state` was taken."""
