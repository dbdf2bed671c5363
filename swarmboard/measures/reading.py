"""Who acted, and whose writes others were shown: turns, messages and deliveries."""

from collections.abc import Collection, Iterable

import numpy as np
from numpy.typing import NDArray

type Agents = NDArray[np.uint32]
type Counts = list[int] | NDArray[np.int64]
"""A number for each agent: a list, until many agents act at a time."""


class Reading:
    """Counts turns, and the writes that other agents were shown, a stage at a time.

    An agent that takes a turn is shown all that others had put on the board before the stage. So
    what an agent was shown in all is what stood there when its last turn began, less its own
    share; what it was shown turn by turn need not be kept.
    """

    def __init__(self) -> None:
        self.turns = 0
        """Agents with a trace in a stage, summed over the stages."""
        self.writes = 0
        """Writes that everybody is shown."""
        self.messages = 0
        """Writes that at least one other agent was shown."""
        self.few: set[int] = set()
        """Who took part in this stage, as far as they are known one by one."""
        self._many: list[Agents] = []
        self.writers: list[int] = []
        """Who wrote to all in this stage, one by one, as often as they did."""
        self._rows: list[Agents] = []
        self._notes: list[tuple[int, int]] = []
        """Who wrote to whom alone in this stage."""
        self._waiting: dict[int, int] = {}
        """Notes that their addressees have not been shown yet."""
        self._handed = 0
        self._shown: Counts = []
        """What each agent was shown up to its last turn."""
        self._own: Counts = []
        """What each agent wrote to all."""
        self._unread = 0
        self._unread_of: dict[int, int] = {}
        self._unread_rows: list[Agents] = []

    @property
    def deliveries(self) -> int:
        """How often a write was shown to an agent that had not written it."""
        return int(np.sum(self._shown)) + self._handed

    def acted(self, agents: Iterable[int]) -> None:
        """Know that these agents took part in the stage."""
        self.few.update(agents)

    def all_acted(self, agents: Agents) -> None:
        """Know that these agents, ascending and each once, took part in the stage."""
        if agents.size:
            self._many.append(agents)

    def all_wrote(self, agents: Agents) -> None:
        """Take a write to all by each of these agents; one may stand there more than once."""
        self._rows.append(agents)

    def sent(self, agent: int, to: int) -> None:
        """Take a write that only another agent is shown."""
        if agent != to:
            self._notes.append((agent, to))

    def close_stage(self) -> None:
        """Have all who took part read, and put up what they wrote."""
        few = self.few
        if self._many:
            self._read_many(self._gathered())
            self._many = []
            few.clear()
        elif few:
            self._read_few(few)
            few.clear()
        if self.writers or self._rows:
            self._put_up()
        for _, to in self._notes:
            self._waiting[to] = self._waiting.get(to, 0) + 1
        if self._notes:
            self._notes = []

    def _gathered(self) -> Agents:
        if len(self._many) == 1 and not self.few:
            return self._many[0]
        few = np.fromiter(self.few, np.uint32, len(self.few))
        return np.unique(np.concatenate([*self._many, few]))

    def _read_few(self, agents: Collection[int]) -> None:
        self.turns += len(agents)
        if self._waiting:
            self._hand(agents)
        if not (written := self.writes):
            return
        shown, own, there = self._shown, self._own, len(self._own)
        for agent in agents:
            if agent >= there:
                self._grow(agent)
                shown, own, there = self._shown, self._own, len(self._own)
            shown[agent] = written - own[agent]
        if self._unread:
            self._read_by(len(agents), agent)

    def _read_many(self, agents: Agents) -> None:
        self.turns += len(agents)
        if self._waiting:
            self._hand(set(agents.tolist()))
        if not self.writes:
            return
        shown, own = self._columns(int(agents[-1]))
        shown[agents] = self.writes - own[agents]
        if self._unread:
            self._read_by(len(agents), int(agents[0]))

    def _read_by(self, count: int, agent: int) -> None:
        """Count what was read for the first time by somebody who had not written it."""
        mine = 0
        if count == 1:
            mine = self._unread_of.get(agent, 0)
            mine += sum([int((rows == agent).sum()) for rows in self._unread_rows])
        self.messages += self._unread - mine
        self._unread, self._unread_rows = mine, []
        self._unread_of = {agent: mine} if mine else {}

    def _put_up(self) -> None:
        """Put what was written in the stage on the board, for those who act after it."""
        own, unread_of = self._own, self._unread_of
        for agent in self.writers:
            if agent >= len(own):
                self._grow(agent)
                own = self._own
            own[agent] += 1
            unread_of[agent] = unread_of.get(agent, 0) + 1
        fresh = len(self.writers)
        self.writers.clear()
        if self._rows:
            rows = np.concatenate(self._rows)
            if rows.size:
                np.add.at(self._columns(int(rows.max()))[1], rows, 1)
                fresh += len(rows)
                self._unread_rows.append(rows)
            self._rows = []
        self._unread += fresh
        self.writes += fresh

    def _hand(self, agents: Collection[int]) -> None:
        """Hand over the notes that wait for those who act."""
        for agent in [agent for agent in self._waiting if agent in agents]:
            count = self._waiting.pop(agent)
            self._handed += count
            self.messages += count

    def _grow(self, agent: int) -> None:
        """Make room for an agent's counts."""
        more = max(agent + 1, 2 * len(self._own)) - len(self._own)
        if isinstance(self._own, list) and isinstance(self._shown, list):
            self._own += [0] * more
            self._shown += [0] * more
        else:
            self._own = np.append(self._own, np.zeros(more, np.int64))
            self._shown = np.append(self._shown, np.zeros(more, np.int64))

    def _columns(self, agent: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return what each agent was shown and wrote as columns, with room for an agent."""
        self._shown, self._own = np.asarray(self._shown, np.int64), np.asarray(self._own, np.int64)
        if agent >= len(self._own):
            self._grow(agent)
        return np.asarray(self._shown), np.asarray(self._own)
