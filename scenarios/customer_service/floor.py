"""The work that waits on the board, and the staff that wait for work."""

from collections.abc import Callable, Mapping, Sequence
from heapq import heappop, heappush
from typing import Any, NamedTuple


class Item(NamedTuple):
    """A piece of work that one agent does."""

    ticket: int
    draft: int
    """Counted from 0."""
    part: int
    """Position of the part among those of the reply; 0 for a review."""
    skill: int
    """The skill it takes; `REVIEW` for a review, which takes none."""
    proposal: str = ""
    """What a review votes on."""
    attempt: int = 0
    """How often a draft of the ticket has failed."""

    @property
    def name(self) -> str:
        """What an agent claims."""
        again = f" again {self.attempt}" if self.attempt else ""
        return self.proposal or f"ticket {self.ticket}.{self.draft}.{self.part}{again}"


REVIEW = -1
type Place = tuple[int, int]
"""A team and a skill: where work waits, and who waits for it."""
type Waiting = tuple[int, int, Item]
"""A ticket, in which order the item came, and the item."""


class Floor:
    """Work by team and skill, that for the oldest ticket first, and idle staff, longest idle first.

    Args:
        skills: Of each agent by its number on the board.
        team: Of each agent.
    """

    def __init__(self, skills: Sequence[tuple[int, ...]], team: Sequence[int]) -> None:
        self._places = [
            tuple((its_team, skill) for skill in (*its_skills, REVIEW))
            for its_skills, its_team in zip(skills, team, strict=True)
        ]
        self._waiting: dict[Place, list[Waiting]] = {}
        """Heaps."""
        self._idle: dict[Place, dict[int, None]] = {}
        self._order = 0

    def put(self, team: int, item: Item) -> None:
        """Let an item wait."""
        self._order += 1
        waiting = (item.ticket, self._order, item)
        heappush(self._waiting.setdefault((team, item.skill), []), waiting)

    def rest(self, agent: int) -> None:
        """Let an agent wait for work."""
        for place in self._places[agent]:
            self._idle.setdefault(place, {})[agent] = None

    def busy(self, agent: int) -> None:
        """Take an agent out of those who wait, because it has work or is off duty."""
        for place in self._places[agent]:
            self._idle.get(place, {}).pop(agent, None)

    def offers(
        self, is_void: Callable[[Item], bool], may: Callable[[int, Item], bool]
    ) -> dict[int, Item]:
        """Match work with staff: what belongs to the oldest ticket goes to the longest idle.

        Everybody who reads the board comes to the same result, so that no two claim one item.

        Args:
            is_void: Whether an item is work no more.
            may: Whether an agent may take an item that it has the skill for.

        Returns the items by agent, which both wait no longer.
        """
        matched: dict[int, Item] = {}
        places = [place for place in self._waiting if self._idle.get(place)]
        passed: list[tuple[Place, Waiting]] = []
        """What nobody who is idle may take."""
        while places:
            place = min(places, key=lambda place: self._waiting[place][0][:2])
            waiting = heappop(self._waiting[place])
            item = waiting[2]
            if not is_void(item):
                agent = next((one for one in self._idle[place] if may(one, item)), None)
                if agent is None:
                    passed.append((place, waiting))
                else:
                    matched[agent] = item
                    self.busy(agent)
            places = [place for place in places if self._waiting[place] and self._idle[place]]
        for place, waiting in passed:
            heappush(self._waiting[place], waiting)
        self._waiting = {place: heap for place, heap in self._waiting.items() if heap}
        return matched

    @property
    def waiting(self) -> int:
        """How many items wait, those that are work no more included."""
        return sum(map(len, self._waiting.values()))

    def queues(self, skills: int, is_void: Callable[[Item], bool]) -> list[int]:
        """Return how many items wait for each of so many skills, and for a review at last.

        Args:
            skills: How many there are.
            is_void: Whether an item is work no more; such items are left out.
        """
        found = [0] * (skills + 1)
        for (_, skill), heap in self._waiting.items():
            found[skill] += sum(not is_void(item) for _, _, item in heap)
        return found  # a review stands last, as `REVIEW` is -1

    def state(self) -> dict[str, Any]:
        """Return what waits and who, as plain values."""
        return {
            "waiting": [
                (place, [(ticket, order, tuple(item)) for ticket, order, item in heap])
                for place, heap in self._waiting.items()
            ],
            "idle": [(place, list(agents)) for place, agents in self._idle.items()],
            "order": self._order,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go to where `state` was taken."""
        self._waiting = {
            tuple(place): [(ticket, order, Item(*item)) for ticket, order, item in heap]
            for place, heap in state["waiting"]
        }
        self._idle = {tuple(place): dict.fromkeys(agents) for place, agents in state["idle"]}
        self._order = state["order"]


def teams_of(agents: int, teams: int) -> list[int]:
    """Spread agents evenly over teams: agent i is in team `i % teams`."""
    return [agent % teams for agent in range(agents)]
