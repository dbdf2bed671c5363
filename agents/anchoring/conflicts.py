"""Contradictions between findings: who says what of a subject, and which entries have to give way.

A subject with values that cannot both hold is a conflict. The task layer is always right; else the
value with most support stands, where each author counts once with its confidence, and of equals the
one that was said first. Of each author only the latest entry on a subject counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from .normal_form import SHORT, Value, can_both_hold, differ_in_kind, subject_of, value_of
from .vectors import TextVectors, Vectors

ALIKE = 0.85
"""Longer texts at this cosine say the same in other words, if no number and no denial differs."""
_MOST_VECTORS = 256
"""Texts that are compared by their vectors at a time; the rest by their words alone."""
_MOST_VALUES = 8
"""Values of one subject that others are compared with; what fits none of them stands alone."""


class Said(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one entry says of one subject."""

    entry: str
    author: int
    about: str
    says: str
    confidence: float = 1.0
    is_task: bool = False
    """Whether it is part of the task layer, which nobody can overrule."""


class Conflict(msgspec.Struct, frozen=True, gc=False):
    """A subject of which entries say what cannot all be so."""

    about: str
    """The subject in the words of the first that named it."""
    holders: dict[str, tuple[str, ...]]
    """Each value in its first wording, the best supported first, and the entries that hold it."""
    minority: tuple[str, ...]
    """The entries to be corrected, in the order in which they came."""


type _Who = tuple[bool, int]
"""Whether it is the task that speaks, and the author."""
type _Subject = dict[_Who, list[Said]]
"""What each author's latest entry says of a subject, in the order of those entries."""


class Conflicts:
    """Findings as they come in, and what contradicts what among those that count."""

    def __init__(self, vectors: Vectors | None = None, *, most_subjects: int = 4096) -> None:
        self._vectors: Vectors = TextVectors() if vectors is None else vectors
        self._most_subjects = most_subjects
        self._subjects: dict[frozenset[str], _Subject] = {}
        self._found: dict[frozenset[str], Conflict | None] = {}
        """What was found of subjects that have not changed since."""

    def add(self, findings: Iterable[Said]) -> None:
        """Take findings in the order of their entries."""
        for said in findings:
            if not (subject := subject_of(said.about)):
                continue
            by_author = self._subjects.setdefault(subject, {})
            mine = by_author.pop((said.is_task, said.author), [])
            is_more = said.is_task or (bool(mine) and mine[-1].entry == said.entry)
            by_author[said.is_task, said.author] = [*mine, said] if is_more else [said]
            self._found.pop(subject, None)
        self._forget()

    def retract(self, entries: Iterable[str]) -> None:
        """Leave out entries that were taken back or count no longer."""
        gone = frozenset(entries)
        for subject, by_author in list(self._subjects.items()) if gone else ():
            for who, mine in list(by_author.items()):
                kept = [said for said in mine if said.entry not in gone]
                if len(kept) == len(mine):
                    continue
                self._found.pop(subject, None)
                if kept:
                    by_author[who] = kept
                else:
                    del by_author[who]
            if not by_author:
                del self._subjects[subject]

    def found(self) -> list[Conflict]:
        """Return all conflicts, by the subject's first appearance."""
        changed = {s: said for s, said in self._subjects.items() if s not in self._found}
        rows = self._rows(changed.values())
        for subject, by_author in changed.items():
            self._found[subject] = _conflict(_grouped(_in_order(by_author), rows))
        return [found for subject in self._subjects if (found := self._found[subject])]

    def _rows(self, changed: Iterable[_Subject]) -> dict[str, NDArray[np.float32]]:
        """Return vectors of the values that words alone may not decide."""
        texts: dict[str, None] = {}
        for by_author in changed:
            values = {said.says: value_of(said.about, said.says) for said in _in_order(by_author)}
            longer = [s for s, v in values.items() if len(v.words) > SHORT and not v.numbers]
            texts.update(dict.fromkeys(longer if len(longer) > 1 else ()))
        some = list(texts)[:_MOST_VECTORS]
        return dict(zip(some, self._vectors.of(some), strict=True)) if some else {}

    def _forget(self) -> None:
        """Keep within bounds: the subjects that were named first go, those of the task never."""
        over = len(self._subjects) - self._most_subjects
        for subject in list(self._subjects) if over > 0 else ():
            if over > 0 and not any(is_task for is_task, _ in self._subjects[subject]):
                del self._subjects[subject]
                self._found.pop(subject, None)
                over -= 1

    def state(self) -> list[Any]:
        """Return the findings that count, as plain values."""
        return [
            [said.entry, said.author, said.about, said.says, said.confidence, said.is_task]
            for by_author in self._subjects.values()
            for said in _in_order(by_author)
        ]

    def restore(self, state: Sequence[Sequence[Any]]) -> None:
        """Go to where `state` was taken."""
        self._subjects, self._found = {}, {}
        self.add(Said(*row) for row in state)


def _in_order(by_author: _Subject) -> Iterable[Said]:
    return (said for mine in by_author.values() for said in mine)


class _Group:
    """Findings of one subject that can all be so."""

    __slots__ = ("findings", "row", "says", "value")

    def __init__(self, says: str, value: Value, row: NDArray[np.float32] | None) -> None:
        self.says, self.value, self.row = says, value, row
        self.findings: list[Said] = []

    @property
    def entries(self) -> tuple[str, ...]:
        """Who says so, in order."""
        return tuple(dict.fromkeys(said.entry for said in self.findings))

    @property
    def rank(self) -> tuple[bool, float]:
        """Smaller for what is to stand: the task, then the confidence of distinct authors."""
        best: dict[int, float] = {}
        for said in self.findings:
            best[said.author] = max(best.get(said.author, 0.0), said.confidence)
        return not any(said.is_task for said in self.findings), -round(sum(best.values()), 9)

    def agrees(self, other: "_Group") -> bool | None:
        """Say whether both can be so; None where they cannot be compared."""
        verdict = can_both_hold(self.value, other.value)
        if verdict is None and self.row is not None and other.row is not None:
            is_alike = float(self.row @ other.row) > ALIKE
            return (is_alike and _is_reworded(self.value, other.value)) or None
        return verdict


def _is_reworded(a: Value, b: Value) -> bool:
    """Say whether two texts may be the same in other words: no figure, name or sign differs."""
    return a.is_denied == b.is_denied and not differ_in_kind(a.words, b.words)


def _grouped(findings: Iterable[Said], rows: Mapping[str, NDArray[np.float32]]) -> list[_Group]:
    groups: list[_Group] = []
    known: dict[Value, _Group] = {}
    for said in findings:
        value = value_of(said.about, said.says)
        if value not in known:
            new = _Group(said.says, value, rows.get(said.says))
            fitting = (group for group in groups[:_MOST_VALUES] if group.agrees(new))
            known[value] = next(fitting, new)
            if known[value] is new:
                groups.append(new)
        known[value].findings.append(said)
    return groups


def _conflict(groups: Sequence[_Group]) -> Conflict | None:
    """Let the best supported values stand, and what none of them contradicts."""
    standing: list[_Group] = []
    against: list[_Group] = []
    accused: list[_Group] = []
    for group in sorted(groups, key=lambda group: group.rank) if len(groups) > 1 else ():
        others = (s for s in standing[:_MOST_VALUES] if s.agrees(group) is False)
        if (other := next(others, None)) is None:
            standing.append(group)
        else:
            against.append(group)
            accused.append(other)
    if not against:
        return None
    wrong = {said.entry for group in against for said in group.findings if not said.is_task}
    everyone = dict.fromkeys(said.entry for group in groups for said in group.findings)
    holders = {group.says: group.entries for group in (*accused[:1], *standing, *against)}
    kept = {group.says for group in (*accused, *against)}
    return Conflict(
        groups[0].findings[0].about,
        {says: entries for says, entries in holders.items() if says in kept},
        tuple(entry for entry in everyone if entry in wrong),
    )
