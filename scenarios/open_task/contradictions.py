"""Contradictions between what members hold to be so, and who is asked to correct what."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from agents import (
    Conflict,
    Conflicts,
    Correction,
    CorrectionBook,
    Said,
    Vectors,
    Voice,
    findings_of,
)
from blackboard import BoardEntry

from . import instructions as say
from .options import Task

TASK_ENTRY = "task"
SHOWN_VALUES = 3
"""The most values of one subject that a line on a conflict names."""


class Contradictions:
    """Collects findings as they are posted, and asks the authors of what cannot be so.

    The facts of a task are always right. Else the value with more support stands. A critic's
    objection is a contradiction as well: its subject is the entry that it cites.

    Args:
        rounds: How often one author is asked about one subject before it is put to the vote; 0
            asks nobody.
        vectors: Texts as vectors, to know a value in other words.
        voices: Of each agent its role and the voice that it shares, if any.
    """

    def __init__(
        self, rounds: int, vectors: Vectors, voices: Sequence[tuple[str, Voice | None]]
    ) -> None:
        self.rounds, self._vectors, self._voices = rounds, vectors, voices
        self.book = CorrectionBook(max(1, rounds))
        """The requests about the current task."""
        self.closed: list[Correction] = []
        """Those about the tasks before."""
        self.conflicts: list[Conflict] = []
        """The contradictions there are as of now."""
        self.found = 0
        """How many contradicted subjects were seen in all."""
        self.settled: dict[str, str] = {}
        """Subjects that were put to the vote, and the value that was decided, if one was."""
        self.retracted: set[str] = set()
        self.corrected: dict[int, list[str]] = {}
        """By agent, its entries on the current task that it took back."""
        self._task: Task | None = None
        self._begin()

    def _begin(self) -> None:
        self._said = Conflicts(self._vectors)
        self._objections: dict[str, Conflict] = {}
        self._known: set[str] = set()
        """The entries that were read."""
        self._seen: set[str] = set()
        """The subjects that were seen to be contradicted."""
        self._authors: dict[str, int] = {}

    def begin_task(self, task: Task) -> None:
        """Forget what was said of the task before: the same subject is another one now."""
        self._begin()
        self.closed += self.book.all
        self.book, self.settled = CorrectionBook(max(1, self.rounds)), {}
        self._task, self.corrected = task, {}
        self._said.add(
            Said(TASK_ENTRY, 0, about, says, is_task=True) for about, says in task.facts.items()
        )

    def read(self, entries: Iterable[BoardEntry]) -> None:
        """Take in entries that are new, and work out what contradicts what."""
        fresh = [entry for entry in entries if entry.id not in self._known]
        self._known.update(entry.id for entry in fresh)
        for entry in fresh:
            self._authors[entry.id] = entry.agent
            self._take_back(entry)
            if entry.kind == "objection":
                self._object(entry)
        self._said.add(
            Said(entry.id, entry.agent, about, says, entry.confidence)
            for entry in fresh
            for about, says in findings_of(entry).items()
        )
        found = self._said.found()
        dealt_with = self.retracted.union(*(conflict.minority for conflict in found))
        objected = [c for c in self._objections.values() if not dealt_with & set(c.minority)]
        self.conflicts = [*found, *objected]
        new = {conflict.about for conflict in self.conflicts} - self._seen
        self.found += len(new)
        self._seen |= new

    def update(self) -> list[Correction]:
        """Open and close requests as the contradictions are now; return what changed."""
        if not self.rounds:
            return []
        return self.book.update(self.conflicts, self._authors, self.retracted)

    def requests(self) -> dict[int, tuple[list[str], list[str]]]:
        """Return for each author that is asked: the lines that say what, and the entries named."""
        wanted: dict[int, tuple[list[str], list[str]]] = {}
        if not self.rounds:
            return wanted
        values = {conflict.about: _values(conflict) for conflict in self.conflicts}
        for correction in self.book.open:
            others, mine = values.get(correction.about, ("", {}))
            line = say.CORRECTION_LINE.format(
                entry=correction.entry,
                about=correction.about,
                says=mine.get(correction.entry, ""),
                others=others,
            )
            lines, cited = wanted.setdefault(correction.author, ([], []))
            lines.append(line)
            cited.append(correction.entry)
        return wanted

    def disputed(self) -> list[Conflict]:
        """Return the contradictions that asking did not solve and no panel has voted on."""
        unsolved = {c.about for c in self.book.all if c.state == "unsolved"}
        return [
            conflict
            for conflict in self.conflicts
            if conflict.about in unsolved - self.settled.keys()
            and len(conflict.holders) > 1
            and conflict.about not in self._objections
        ]

    def settle(self, about: str, value: str | None) -> None:
        """Take in what was decided of a disputed subject: from here on it is a fact."""
        self.settled[about] = value or ""
        if value:
            self.book.decided(about)
            self._said.add([Said(TASK_ENTRY, 0, about, value, is_task=True)])
        self.read(())

    def leave_out(self, entries: Collection[str]) -> None:
        """Count no longer what these entries say: they are hidden from here on."""
        self._said.retract(entries)
        self._objections = self._objections_without(entries)
        self.read(())

    def without(self, hidden: Collection[str]) -> list[Conflict]:
        """Return the contradictions as they are for readers from whom entries are hidden."""
        if not hidden:
            return self.conflicts
        seen = Conflicts(self._vectors)
        seen.restore(self._said.state())
        seen.retract(hidden)
        kept = self._objections_without(hidden)
        return seen.found() + [c for c in self.conflicts if kept.get(c.about) is c]

    @property
    def corrections(self) -> list[Correction]:
        """All requests of the run, in the order in which they were opened."""
        return [*self.closed, *self.book.all]

    def lines(
        self, most: int | None = None, hidden: Collection[str] = ()
    ) -> tuple[list[str], list[str]]:
        """Return the first contradictions as lines, and the entries that those name."""
        shown = self.without(hidden)[:most]
        cited = [
            entries[0]
            for conflict in shown
            for entries in list(conflict.holders.values())[:SHOWN_VALUES]
            if entries
        ]
        return [f"- conflict about {c.about!r}: {_sides(c)}" for c in shown], cited

    def state(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "said": self._said.state(),
            "objections": [
                (c.about, {k: list(v) for k, v in c.holders.items()}, list(c.minority))
                for c in self._objections.values()
            ],
            "book": self.book.state(),
            "closed": [list(msgspec.structs.astuple(closed)) for closed in self.closed],
            "known": sorted(self._known),
            "seen": sorted(self._seen),
            "authors": dict(self._authors),
            "retracted": sorted(self.retracted),
            "corrected": {agent: list(ids) for agent, ids in self.corrected.items()},
            "found": self.found,
            "settled": dict(self.settled),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken."""
        self._said.restore(state["said"])
        self._objections = {
            about: Conflict(about, {k: tuple(v) for k, v in holders.items()}, tuple(minority))
            for about, holders, minority in state["objections"]
        }
        self.book.restore(state["book"])
        self.closed = msgspec.convert(state["closed"], list[Correction])
        self._known, self._seen = set(state["known"]), set(state["seen"])
        self._authors, self.retracted = dict(state["authors"]), set(state["retracted"])
        self.corrected = {agent: list(ids) for agent, ids in state["corrected"].items()}
        self.found, self.settled = state["found"], dict(state["settled"])
        self.read(())

    def _objections_without(self, hidden: Collection[str]) -> dict[str, Conflict]:
        return {
            about: conflict
            for about, conflict in self._objections.items()
            if not any(name in hidden for names in conflict.holders.values() for name in names)
        }

    def _take_back(self, entry: BoardEntry) -> None:
        """Leave out what an author takes back; nobody takes back what is another's."""
        named = entry.payload.get("retracts")
        given = [name for name in named if isinstance(name, str)] if isinstance(named, list) else ()
        own = [mine for name in given if (mine := self._own(name, entry.agent))]
        if not own:
            return
        self.retracted.update(own)
        self.corrected.setdefault(entry.agent, []).extend(own)
        self._said.retract(own)

    def _own(self, name: str, agent: int) -> str | None:
        """Return an agent's own entry of this name, or the same one in the voice that it shares."""
        author = self._authors.get(name)
        if author is None or author == agent:
            return name if author == agent else None
        voices = self._voices
        if max(author, agent) >= len(voices) or voices[author][1] is None:
            return None
        if voices[author] != voices[agent]:
            return None
        round, stage, _, seq = name.split(".")
        mine = f"{round}.{stage}.{agent}.{seq}"
        return mine if self._authors.get(mine) == agent else None

    def _object(self, entry: BoardEntry) -> None:
        for link in entry.links:
            if link.relation == "contradicts" and link.entry in self._authors:
                about = f"objection to {link.entry}"
                text = str(entry.payload.get("text", ""))[:160]
                holders: dict[str, tuple[str, ...]] = {text: (entry.id,), "": (link.entry,)}
                self._objections.setdefault(about, Conflict(about, holders, (link.entry,)))


def _values(conflict: Conflict) -> tuple[str, dict[str, str]]:
    """Return the value that stands, and what each entry says instead."""
    says = {entry: value for value, entries in conflict.holders.items() for entry in entries}
    return next(iter(conflict.holders), ""), says


def _sides(conflict: Conflict) -> str:
    parts: Sequence[str] = [
        f"{value!r} ({len(entries)} entries, first [{entries[0]}])"
        for value, entries in list(conflict.holders.items())[:SHOWN_VALUES]
        if entries
    ]
    return " against ".join(parts)
