"""What everybody has in hand: who does what since when, and when it ends."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from blackboard import ClosedStage, Entries, Entry, entry_id

from .case import Case
from .crafts import Craft, Work
from .floor import REVIEW, Floor, Item
from .results import Results
from .rota import Rota
from .staff import DRAFT, LOOKUP, Clerk


class Hand(NamedTuple):
    """What one busy agent does."""

    item: Item
    began_s: float
    event: int
    """Which event ends it."""
    seat: int
    """Of a panel; 0 for a draft."""


class Hands:
    """The work that is being done.

    Args:
        craft: Says how long work takes.
        results: Counts what everybody does.
        floor: Where those wait who have nothing to do.
        rota: Who is on duty.
    """

    def __init__(self, craft: Craft, results: Results, floor: Floor, rota: Rota) -> None:
        self._craft, self._results, self._floor, self._rota = craft, results, floor, rota
        self.busy: dict[int, Hand] = {}
        """By agent."""

    def hire(self, model: Any, clerks: Sequence[Clerk]) -> None:
        """Take in the staff, by its numbers on the board."""
        self._model, self._clerks = model, clerks

    def works(self, due: Sequence[int], cases: Mapping[int, Case]) -> list[Work]:
        """Return what those who are due have come to the end of."""
        works = []
        for agent in due:
            item, _, _, seat = self.busy[agent]
            works.append(Work(agent, item, seat, cases[item.ticket]))
        return works

    def begin(self, agent: int, item: Item, seat: int) -> None:
        """Have an agent begin; it finishes when it has taken its time."""
        self._schedule(agent, item, seat)
        self._clerks[agent].item = tuple(item)

    def carry_on(self, agent: int) -> None:
        """Have an agent go on with its draft, now that it has looked something up."""
        item, began_s, _, seat = self.busy[agent]
        self._results.worked(agent, item, began_s, self._model.now_s, is_done=False)
        self._schedule(agent, item, seat)

    def call_off(self, agent: int) -> None:
        """Have an agent stop what it does, as nobody needs it any more."""
        self._model.call_off(self.busy[agent].event)
        self.rest(agent, is_done=False)

    def call_off_ticket(self, ticket: int) -> None:
        """Have everybody stop who works on a ticket."""
        for agent in [a for a, hand in self.busy.items() if hand.item.ticket == ticket]:
            self.call_off(agent)

    def rest(self, agent: int, *, is_done: bool = True) -> None:
        """Note what an agent has done, or was called off from, and let it wait for work."""
        item, began_s, _, _ = self.busy.pop(agent)
        self._results.worked(agent, item, began_s, self._model.now_s, is_done=is_done)
        self._clerks[agent].item = None
        self.let_rest(agent)

    def let_rest(self, agent: int) -> None:
        """Let an agent wait for work, unless it is off duty."""
        if self._rota.is_on_duty(agent, self._model.now_s):
            self._floor.rest(agent)

    def under_way(self) -> dict[int, float]:
        """Return since when everybody who is busy has been at it."""
        return {agent: hand.began_s for agent, hand in self.busy.items()}

    def state(self) -> Any:
        """Return who does what, as plain values."""
        return [(agent, tuple(item), *rest) for agent, (item, *rest) in self.busy.items()]

    def restore(self, state: Any) -> None:
        """Go to where `state` was taken."""
        self.busy = {agent: Hand(Item(*item), *rest) for agent, item, *rest in state}

    def _schedule(self, agent: int, item: Item, seat: int) -> None:
        if item.skill == REVIEW:
            lasts_s = self._craft.reviewing_s(item, seat)
        else:
            lasts_s = self._craft.drafting_s(item)
        now = self._model.now_s
        event = self._model.call_at(after(now, lasts_s), agent, "finish")
        self.busy[agent] = Hand(item, now, event, seat)


def after(now: float, lasts_s: float) -> float:
    """Return when something ends that begins now, which is never at the same instant."""
    return max(now + lasts_s, math.nextafter(now, math.inf))


def written(closed: ClosedStage) -> Iterator[tuple[str, Entry]]:
    """Yield the drafts and lookups of a stage with their ids, agent by agent."""
    for record in closed.records:
        if type(record) is Entries:
            for entry in record.entries:
                if entry.kind in (DRAFT, LOOKUP):
                    yield entry_id(record.round, record.stage, entry.agent, entry.seq), entry
