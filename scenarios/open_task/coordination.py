"""What members see in each other: contradictions, requests, drift, and whom not to obey."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agents import (
    Card,
    DriftWatch,
    MixWatch,
    Needed,
    Randomness,
    Vectors,
    Voice,
    delegate,
    distances,
    quoted,
    text_of,
)
from blackboard import BoardEntry, Record, View

from . import instructions as say
from .contradictions import Contradictions
from .options import OpenTaskOptions, Task
from .seats import Seat
from .suspicion import Suspicion

LINES = 8
"""The most lines of a kind in the coordination layer."""
_WATCHED = {"reasoning": "goal", "contribution": "text"}
"""What of an entry is held against the task: the stated goal, or what it contributes."""

_WATCH: Any = {"least": 24, "is_robust": False, "most": 4.0}
"""Goals are mostly said alike: a median deviation of a few would make any other word an alarm."""


class Coordination:
    """The board's own part in a deliberation.

    Args:
        options: The scenario's options as they hold now.
        team: Who is in the team.
        random: The run's addressed randomness.
        vectors: Texts as vectors.
        voices: Of each agent its role and the voice that it shares, if any.
    """

    def __init__(
        self,
        options: OpenTaskOptions,
        team: Sequence[Seat],
        random: Randomness,
        vectors: Vectors,
        *,
        voices: Sequence[tuple[str, Voice | None]],
    ) -> None:
        self.options, self._vectors = options, vectors
        self._is_shared = any(voice for _, voice in voices)
        self._is_one_task = len(options.all_tasks()) == 1
        self.contradictions = Contradictions(options.corrections, vectors, voices)
        self.suspicion = Suspicion(random)
        self.lessons: list[str] = []
        """What past runs learned of tasks like this one, as lines."""
        self._task = ""
        self._watches = {kind: DriftWatch(**_WATCH) for kind in _WATCHED}
        count = sum(seat.count for seat in team)
        self._mix = MixWatch(count) if any(seat.agent for seat in team) else None
        self._anchored: set[int] = set()
        self._alarms = self._mix_alarms = 0
        self._watched = 0
        """Entries that were held against a baseline; a short run of few agents has none."""
        self._drift: float | None = None
        self._given: dict[str, int] = {}
        """Requests of the current task, and who has taken them on."""
        self._assigned = 0
        cards = [(Card(seat.role, seat.skills), seat.count) for seat in team]
        self._cards = dict(enumerate(card for card, count in cards for _ in range(count)))
        self.role_lines = {
            card.role: (f"Your skills: {', '.join(card.skills)}.",)
            for card, _ in cards
            if card.skills
        }

    @property
    def hidden(self) -> set[str]:
        """The entries that nobody is shown: taken back, or found to command their readers."""
        return self.contradictions.retracted | self.suspicion.hidden

    def begin_task(self, task: Task) -> None:
        """Begin a task: contradictions and requests are those of its own entries."""
        self.contradictions.begin_task(task)
        self._task, self._given, self._anchored = task.task, {}, set()

    @staticmethod
    def watched(entry: BoardEntry) -> str:
        """Return what of an entry is held against the task."""
        return str(entry.payload.get(_WATCHED[entry.kind]) or text_of(entry))

    def watch(
        self,
        entries: Sequence[BoardEntry],
        round: int,
        kind: str,
        far: NDArray[np.float64] | None = None,
    ) -> None:
        """Hold what was just said against the task, and note who has drifted.

        Args:
            entries: What was said in the stage, all of one kind.
            round: The round.
            kind: That kind.
            far: The distances, where they were measured already; NaN for none.
        """
        if not entries:
            return
        if far is None:
            far = distances(self._vectors, list(map(self.watched, entries)), self._task)
        known = far[~np.isnan(far)]  # NaN where a text says nothing
        self._drift = float(np.round(known.mean(), 6)) if known.size else None
        agents = [entry.agent for entry in entries]
        if not self._is_one_task and known.size:
            far = far - float(np.median(known))  # tasks differ; hold each agent against the team
        if self._watches[kind].usual is not None:
            self._watched += len(agents)
        alarmed = self._watches[kind].observe(round, agents, far)
        self._alarms += len(alarmed)
        if self.options.anchor:
            self._anchored = (self._anchored - set(agents)) | set(alarmed)

    def observe(self, round: int, records: Sequence[Record]) -> None:
        """Watch the mix of acts, where the team has agents that no model speaks for."""
        if self._mix:
            self._mix_alarms += len(self._mix.observe(round, records))

    def corrections(self, entries: Sequence[BoardEntry]) -> dict[int, tuple[list[str], list[str]]]:
        """Return who is asked to look again, with which words, and which entries they name."""
        self.contradictions.read(entries)
        self.contradictions.update()
        return self.contradictions.requests()

    def corrected(self, entries: Sequence[BoardEntry]) -> None:
        """Take in how authors answered what they were asked."""
        self.contradictions.read(entries)
        self.contradictions.update()

    def assign(self, entries: Sequence[BoardEntry], board: View) -> None:
        """Give requests to those who volunteered for them, else to those whose card fits."""
        asked = [e for e in entries if e.kind == "request" and e.id not in self._given]
        if not asked or self._is_shared:  # a shared voice cannot be told what one agent took on
            return
        held = {entry.id: board.holder(entry.id) for entry in asked}
        load: dict[int, int] = {}
        for agent in self._given.values():
            load[agent] = load.get(agent, 0) + 1
        given = delegate(
            [Needed(e.id, str(e.payload.get("needs", "")), e.agent) for e in asked],
            self._cards,
            load=load,
            holders={name: agent for name, agent in held.items() if agent is not None},
            vectors=self._vectors,
        )
        self._given |= given
        self._assigned += len(given)

    def lines(
        self, entries: Sequence[BoardEntry], hidden: Collection[str] = ()
    ) -> tuple[list[str], list[str]]:
        """Return the coordination layer as lines, and the entries that they name.

        Args:
            entries: The entries of the task.
            hidden: Entries that are not shown in this stage, beside those that never are.
        """
        gone = {*hidden, *self.hidden}
        wanted = [entry for entry in entries if entry.kind == "request" and entry.id not in gone]
        first = {text_of(entry): entry for entry in reversed(wanted)}
        asked = list(first.values())[:LINES][::-1]
        requests = [
            f"- REQUEST [{e.id}] {quoted(text_of(e))} ({self._holder(e.id)})" for e in asked
        ]
        conflicts, named = self.contradictions.lines(LINES, hidden)
        decided = [
            f"- settled by vote: {about!r} is {value!r}"
            for about, value in self.contradictions.settled.items()
            if value
        ][-LINES:]
        cited = [*(entry.id for entry in asked), *named]
        return [*conflicts, *decided, *requests], cited

    def own_lines(
        self,
        lines: Mapping[int, Sequence[str]],
        entries: Sequence[BoardEntry],
        hidden: Collection[str] = (),
    ) -> Mapping[int, Sequence[str]]:
        """Return what single agents are told beside what a stage tells them."""
        own = {agent: list(said) for agent, said in lines.items()}
        for agent in sorted(self._anchored):
            own.setdefault(agent, []).append(say.ANCHOR_LINE.format(task=self._task[:400]))
        for agent, names in self.contradictions.corrected.items():
            line = say.CORRECTED_LINE.format(entry=", ".join(names[-LINES:]))
            own.setdefault(agent, []).append(line)
        gone = {*hidden, *self.hidden}
        texts = {e.id: text_of(e) for e in entries if e.kind == "request" and e.id not in gone}
        for name, agent in self._given.items():
            if name in texts:
                line = say.TAKEN_LINE.format(entry=name, what=quoted(texts[name]))
                own.setdefault(agent, []).append(line)
        return own

    def row(self) -> dict[str, float | int | str | None]:
        """Return the round's numbers."""
        return {
            "conflicts": len(self.contradictions.conflicts),
            "drift": self._drift,
            "quarantined_entries": len(self.suspicion.hidden),
        }

    def metrics(self) -> dict[str, float | int | None]:
        """Return the run's numbers."""
        counts = Counter(row.state for row in self.contradictions.corrections)
        return {
            "conflicts_found": self.contradictions.found,
            "corrections_asked": sum(counts.values()),
            "corrections_solved": counts["solved"],
            "corrections_retracted": counts["retracted"],
            "corrections_voted": counts["voted"],
            "corrections_unsolved": counts["unsolved"] + counts["open"],
            "requests_assigned": self._assigned,
            "drift_watched": self._watched,
            "drift_alarms": self._alarms,
            "mix_alarms": self._mix_alarms if self._mix else None,
            "quarantined_entries": len(self.suspicion.hidden),
        }

    def tables(self) -> Mapping[str, Mapping[str, ArrayLike]]:
        """Return one row a correction that was asked for."""
        rows = self.contradictions.corrections
        return {
            "corrections": {
                "entry": [row.entry for row in rows],
                "author": [row.author for row in rows],
                "about": [row.about for row in rows],
                "against": [", ".join(row.against[:LINES]) for row in rows],
                "asked": [row.asked for row in rows],
                "state": [row.state for row in rows],
            }
        }

    def state(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "contradictions": self.contradictions.state(),
            "suspicion": self.suspicion.state(),
            "lessons": list(self.lessons),
            "task": self._task,
            "watches": {kind: watch.state() for kind, watch in self._watches.items()},
            "anchored": sorted(self._anchored),
            "alarms": self._alarms,
            "watched": self._watched,
            "mix": self._mix and self._mix.state(),
            "mix_alarms": self._mix_alarms,
            "drift": self._drift,
            "given": dict(self._given),
            "assigned": self._assigned,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken."""
        self.contradictions.restore(state["contradictions"])
        self.suspicion.restore(state["suspicion"])
        for kind, watch in self._watches.items():
            watch.restore(state["watches"][kind])
        self.lessons, self._task = list(state["lessons"]), state["task"]
        self._anchored, self._given = set(state["anchored"]), dict(state["given"])
        self._assigned = state["assigned"]
        self._alarms, self._drift = state["alarms"], state["drift"]
        self._mix_alarms, self._watched = state["mix_alarms"], state["watched"]
        if self._mix and state["mix"]:
            self._mix.restore(state["mix"])

    def _holder(self, request: str) -> str:
        agent = self._given.get(request)
        return f"taken on by agent {agent}" if agent is not None else "open"


def _at(entry: BoardEntry) -> tuple[int, ...]:
    return tuple(map(int, entry.id.split(".")))
