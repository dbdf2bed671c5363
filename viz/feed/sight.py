"""Who could see an entry, and from which stage on: what the log tells of it, and no more.

Agents act on the board as of the start of their stage, so that an entry is visible from the stage
after its own. In none of the structures there are does an agent see less than the others;
messages are seen by whom they are for. Whether an agent made anything of it, no log says.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from blackboard import INSTANTS_KEPT, ROUNDS_KEPT, Closed, Instant, Joined, Left, indices

from .facts import CHAIR
from .lines import Line

type Stage = tuple[int, int]
"""A round or instant, and a stage of it."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """From when on an entry could be seen, and by how many."""

    since: Stage | None
    """The first stage whose agents had it before them; None where none has closed since."""
    others: int
    """How many agents besides its author could see it then."""
    to: int | None
    """The only one who could; None where all could."""
    until: int
    """The last round or instant in which it is among the board's recent entries."""


class Sight:
    """Knows the stages that closed, and who was there."""

    def __init__(self) -> None:
        self._rounds = array("q")
        """Those with a stage that closed, rising."""
        self._last_stages = array("q")
        """Of each of them the last stage that closed."""
        self._joined: list[tuple[Stage, int, int, str]] = []
        """When, first agent, how many, and in which role."""
        self._left: list[tuple[Stage, frozenset[int]]] = []
        self._is_event_driven = False

    @property
    def kept(self) -> int:
        """For how many rounds, or instants, an entry is among the recent ones."""
        return INSTANTS_KEPT if self._is_event_driven else ROUNDS_KEPT

    def take(self, record: Closed | Joined | Left | Instant) -> None:
        """Know of a stage that closed, or of agents that came or left."""
        at = (record.round, record.stage)
        match record:
            case Closed():
                if not self._rounds or record.round > self._rounds[-1]:
                    self._rounds.append(record.round)
                    self._last_stages.append(record.stage)
                elif record.round == self._rounds[-1]:
                    self._last_stages[-1] = max(self._last_stages[-1], record.stage)
            case Joined():
                self._joined.append((at, record.first, record.count, record.role))
            case Left():
                self._left.append((at, frozenset(indices(record.agents).tolist())))
            case Instant():
                self._is_event_driven = True

    def of(self, line: Line, *, up_to: int) -> Sighting:
        """Return from when on an entry could be seen, as of the end of a round or instant."""
        place = place_of(line.id)
        is_put_by_chair = line.kind == "proposal" and self._is_chair(line.agent)
        since = (self.own_stage if is_put_by_chair else self.stage_after)(place, up_to=up_to)
        until = line.round + self.kept - 1
        if line.to is not None:
            return Sighting(since, 1, line.to, until)
        others = 0 if since is None else len(self.present(since) - {line.agent})
        return Sighting(since, others, None, until)

    def own_stage(self, stage: Stage, *, up_to: int) -> Stage | None:
        """Return a stage that has closed by then, else None.

        What the chair puts to the vote is there as its own stage begins.
        """
        at = bisect_left(self._rounds, stage[0])
        is_known = at < len(self._rounds) and self._rounds[at] == stage[0] <= up_to
        return stage if is_known and self._last_stages[at] >= stage[1] else None

    def stage_after(self, stage: Stage, *, up_to: int) -> Stage | None:
        """Return the first stage that closed after another one; None where none has by then."""
        at = bisect_left(self._rounds, stage[0])
        if at < len(self._rounds) and self._rounds[at] == stage[0]:
            if self._last_stages[at] > stage[1] and stage[0] <= up_to:
                return stage[0], stage[1] + 1
            at += 1
        if at == len(self._rounds) or self._rounds[at] > up_to:
            return None
        return self._rounds[at], 1

    def last_stage(self, *, up_to: int) -> Stage | None:
        """Return the last stage that closed up to a round or instant."""
        at = bisect_right(self._rounds, up_to) - 1
        return None if at < 0 else (self._rounds[at], self._last_stages[at])

    def _is_chair(self, agent: int) -> bool:
        blocks = (block for block in self._joined if block[3] == CHAIR)
        return any(first <= agent < first + count for _, first, count, _ in blocks)

    def present(self, stage: Stage) -> set[int]:
        """Return the agents that had joined by a stage and not left before it."""
        came: Iterable[range] = (
            range(first, first + count)
            for at, first, count, role in self._joined
            if at <= stage and role != CHAIR
        )
        found = {agent for block in came for agent in block}
        for at, gone in self._left:
            if at <= stage:
                found -= gone
        return found


def place_of(name: str) -> Stage:
    """Return the round and stage in which an entry was written: its id says so."""
    round, stage, *_ = name.split(".")
    return int(round), int(stage)
