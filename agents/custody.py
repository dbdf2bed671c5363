"""Claimed work whose holder failed: when its lease ends, and who takes it over.

Nothing is taken from a failed agent. Its lease runs out like any other, the board then grants the
item to the next that asks, and this reads that from the grants.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any

from blackboard import Granted


@dataclass(frozen=True, slots=True)
class Handover:
    """An item that a failed agent held was granted to another."""

    item: str
    giver: int
    taker: int


class Custody:
    """Follows who holds what, and which of it a failed agent left behind."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[int, int]] = {}
        """Per item: the holder, and the last round of its lease."""
        self._orphans: dict[str, int] = {}
        """Items whose holder failed, with that holder; in the order of its failing."""
        self._free: set[str] = set()
        """Orphans whose lease has ended."""

    @property
    def free(self) -> list[str]:
        """Items that failed agents left behind and nobody has taken since, by name."""
        return sorted(self._free)

    def take(self, grants: Iterable[Granted]) -> list[Handover]:
        """Follow what was granted; return what went from a failed agent to another."""
        handovers = []
        for grant in grants:
            if not grant.granted:
                continue
            if grant.act == "release":
                self._settle(grant.key)
                self._held.pop(grant.key, None)
            elif grant.act == "claim":
                giver = self._settle(grant.key)
                self._held[grant.key] = (grant.agent, int(grant.until_round))
                if giver is not None and giver != grant.agent:
                    handovers.append(Handover(grant.key, giver, grant.agent))
        return handovers

    def orphan(self, agents: Set[int], round: int) -> None:
        """Take note that agents failed, and what they held at that time."""
        for item, (holder, until) in self._held.items():
            if holder in agents and until >= round:
                self._orphans.setdefault(item, holder)

    def returned(self, round: int) -> list[tuple[str, int]]:
        """Return the items whose lease has ended since, each with the failed holder; each once."""
        ended = [
            (item, holder)
            for item, holder in self._orphans.items()
            if item not in self._free and self._held[item][1] < round
        ]
        self._free.update(item for item, _ in ended)
        return ended

    def state(self) -> dict[str, Any]:
        """Return everything this remembers, as plain values."""
        return {"held": dict(self._held), "orphans": dict(self._orphans), "free": self.free}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go to where `state` was taken."""
        self._held = {item: (agent, until) for item, (agent, until) in state["held"].items()}
        self._orphans, self._free = dict(state["orphans"]), set(state["free"])

    def _settle(self, item: str) -> int | None:
        """Take an item out of what failed agents left; return the one that left it."""
        self._free.discard(item)
        return self._orphans.pop(item, None)
