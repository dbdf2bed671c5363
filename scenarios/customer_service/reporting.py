"""What a run tells of itself: rows, figures, tables and pictures, by its results and craft."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import ArrayLike

from agents import PlannedCalls

from ..base import Scenario, Scene, Yardstick
from .crafts import REVIEWER, Craft
from .customers import Customers
from .floor import Floor, Item
from .hands import Hands
from .results import Results


class Reporting(Scenario, ABC):
    """The part of the scenario that others read."""

    model: Any
    customers: Customers
    floor: Floor
    hands: Hands
    craft: Craft
    results: Results

    def is_done(self) -> bool:
        """Say whether every ticket is closed."""
        return self.results.closed_tickets == len(self.customers)

    def happenings(self) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """Return the tickets that came and those that were closed at this instant."""
        return [*self.results.news(), *self.craft.news()]

    def row(self) -> Mapping[str, float | int | str | None]:
        """Return how the team stands, some hundred times in a run."""
        return self.results.row(
            self.model.now_s, busy=len(self.hands.busy), waiting=self.floor.waiting
        )

    def left_undone(self) -> str | None:
        """Say how many tickets stay open although nothing is to come that could close them."""
        count = self.results.open_tickets
        if not count or not self.model.is_done():
            return None
        if count == 1:
            return "1 ticket stays open, and nothing is to come that could close it"
        return f"{count:,} tickets stay open, and nothing is to come that could close them"

    def metrics(self) -> Mapping[str, float | int | None]:
        """Return the shares of outcomes, latencies, and what it took."""
        return self.results.metrics(self.model.now_s, self.hands.under_way())

    def yardstick(self) -> Yardstick | None:
        """Hold completion against the known answers, and name the closed forms."""
        return self.results.yardstick()

    def tables(self) -> Mapping[str, Mapping[str, ArrayLike]]:
        """Return a row for each ticket, and one for each of the staff."""
        return self.results.tables(self.model.now_s, self.hands.under_way())

    def model_roles(self) -> Sequence[str]:
        """Return the skills, and the role in which everybody is asked to review."""
        return (*self.customers.skills, REVIEWER)

    def planned_calls(self, rounds: int) -> Sequence[PlannedCalls]:
        """Return the calls to models for all tickets, however many instants they take."""
        return self.craft.planned_calls()

    def effective_voters(self, eligible: int) -> float | None:
        """Discount reviewers of one reply by how much they err together, where that is known."""
        return self.craft.effective_voters(eligible)

    def scene(self) -> Scene:
        """Draw the staff by role and team."""
        return self.results.scene(self.customers.skills)

    def frame(self) -> Mapping[str, Any]:
        """Return who drafts, who reviews and who waits, as often as there is a row."""
        if not self.results.has_row:
            return {}
        queues = self.floor.queues(len(self.customers.skills), self._is_void)
        return self.results.frame(self.hands.busy, queues)

    @abstractmethod
    def _is_void(self, item: Item) -> bool:
        """Say whether an item is work no more."""
