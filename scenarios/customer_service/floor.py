"""The work that waits on the board, and the staff that wait for work."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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

    @property
    def name(self) -> str:
        """What an agent claims."""
        return self.proposal or f"ticket {self.ticket}.{self.draft}.{self.part}"


REVIEW = -1
type Place = tuple[int, int]
"""A team and a skill: where work waits, and who waits for it."""


class Floor:
    """Queues of work by team and skill, oldest first, and idle staff, the longest idle first.

    Args:
        skills: Of each agent by its number on the board.
        team: Of each agent.
    """

    def __init__(self, skills: Sequence[tuple[int, ...]], team: Sequence[int]) -> None:
        self._places = [
            tuple((its_team, skill) for skill in (*its_skills, REVIEW))
            for its_skills, its_team in zip(skills, team, strict=True)
        ]
        self._waiting: dict[Place, deque[tuple[int, Item]]] = {}
        self._idle: dict[Place, dict[int, None]] = {}
        self._order = 0

    def put(self, team: int, item: Item) -> None:
        """Let an item wait behind those of its kind."""
        self._order += 1
        self._waiting.setdefault((team, item.skill), deque()).append((self._order, item))

    def rest(self, agent: int) -> None:
        """Let an agent wait for work."""
        for place in self._places[agent]:
            self._idle.setdefault(place, {})[agent] = None

    def busy(self, agent: int) -> None:
        """Take an agent out of those who wait, because it has work or is off duty."""
        for place in self._places[agent]:
            self._idle.get(place, {}).pop(agent, None)

    def is_idle(self, agent: int) -> bool:
        """Say whether an agent waits for work."""
        return agent in self._idle.get(self._places[agent][-1], ())

    def offers(
        self, is_void: Callable[[Item], bool], may: Callable[[int, Item], bool]
    ) -> dict[int, Item]:
        """Match work with staff: the oldest item goes to whoever has been idle longest.

        Everybody who reads the board comes to the same result, so that no two claim one item.

        Args:
            is_void: Whether an item is work no more.
            may: Whether an agent may take an item that it has the skill for.

        Returns the items by agent, which both wait no longer; what nobody claims has to be put
        back with `put_back`.
        """
        matched: dict[int, Item] = {}
        heads = [place for place in self._waiting if self._idle.get(place)]
        while heads:
            found = None
            for place in heads:
                queue = self._waiting[place]
                while queue and is_void(queue[0][1]):
                    queue.popleft()
                if queue and (found is None or queue[0][0] < found[0]):
                    agent = self._first(place, queue[0][1], may)
                    if agent is not None:
                        found = (queue[0][0], agent, place)
            if found is None:
                break
            _, agent, place = found
            matched[agent] = self._waiting[place].popleft()[1]
            self.busy(agent)
            heads = [place for place in heads if self._waiting[place] and self._idle.get(place)]
        for place in [place for place, queue in self._waiting.items() if not queue]:
            del self._waiting[place]
        return matched

    def put_back(self, team: int, item: Item) -> None:
        """Let an item wait again before all others of its kind."""
        self._waiting.setdefault((team, item.skill), deque()).appendleft((0, item))

    def waiting(self) -> Iterator[Item]:
        """Yield what waits."""
        return (item for queue in self._waiting.values() for _, item in queue)

    @property
    def idle(self) -> int:
        """How many agents wait for work."""
        return len({agent for agents in self._idle.values() for agent in agents})

    def state(self) -> dict[str, Any]:
        """Return what waits and who, as plain values."""
        return {
            "waiting": [
                (place, [(order, tuple(item)) for order, item in queue])
                for place, queue in self._waiting.items()
            ],
            "idle": [(place, list(agents)) for place, agents in self._idle.items()],
            "order": self._order,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go to where `state` was taken."""
        self._waiting = {
            tuple(place): deque((order, Item(*item)) for order, item in queue)
            for place, queue in state["waiting"]
        }
        self._idle = {tuple(place): dict.fromkeys(agents) for place, agents in state["idle"]}
        self._order = state["order"]

    def _first(self, place: Place, item: Item, may: Callable[[int, Item], bool]) -> int | None:
        return next((agent for agent in self._idle[place] if may(agent, item)), None)


def teams_of(agents: int, teams: int) -> list[int]:
    """Spread agents evenly over teams: agent i is in team `i % teams`."""
    return [agent % teams for agent in range(agents)]


def members(team: Sequence[int], number: int) -> Iterable[int]:
    """Yield the agents of a team."""
    return (agent for agent, its in enumerate(team) if its == number)
