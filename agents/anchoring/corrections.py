"""Who was asked to correct what, for how many rounds, and how it ended."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal, get_args

import msgspec

from .conflicts import Conflict
from .normal_form import subject_of

type CorrectionState = Literal["open", "solved", "retracted", "unsolved", "voted"]
"""Asked for; no longer contradicted; taken back; out of rounds; or decided by a vote since then."""

ROUNDS = 2


class Correction(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one author is asked to correct on one subject."""

    entry: str
    """The author's latest entry that contradicts; the request is about this one."""
    author: int
    about: str
    against: tuple[str, ...]
    """Entries with the value that stands."""
    asked: int
    """How many rounds it was asked for, this one included."""
    state: CorrectionState = "open"

    @property
    def is_open(self) -> bool:
        """Whether the author is still to be asked."""
        return self.state == "open"


class CorrectionBook:
    """Correction requests of a run: one an author and subject, each for a bounded time.

    The rounds of one author on one subject add up over the run, so that changing one's mind to
    and fro is no way to be asked for ever. Out of rounds, nobody is asked about it again.
    """

    def __init__(self, rounds: int = ROUNDS) -> None:
        if rounds < 1:
            raise ValueError(f"a correction takes at least 1 round, got {rounds}")
        self.rounds = rounds
        self._book: dict[tuple[int, frozenset[str]], Correction] = {}

    def update(
        self,
        conflicts: Iterable[Conflict],
        authors: Mapping[str, int],
        retracted: Collection[str] = (),
    ) -> list[Correction]:
        """Take a round's conflicts; return what changed: opened, moved on to the vote, or closed.

        Args:
            conflicts: All conflicts there are at the end of the round.
            authors: Who wrote each entry.
            retracted: Entries that were taken back in this round.
        """
        wrong = _by_author(conflicts, authors)
        changed = []
        for place in [*self._book, *(place for place in wrong if place not in self._book)]:
            before = self._book.get(place)
            after = self._after(before, wrong.get(place), retracted)
            if after is None or after == before:
                continue
            self._book[place] = after
            if before is None or before.state != after.state:
                changed.append(after)
        return changed

    def _after(
        self,
        before: Correction | None,
        now: Correction | None,
        retracted: Collection[str],
    ) -> Correction | None:
        if before is None or before.state in ("unsolved", "voted"):
            return before or now
        if now is None:
            if not before.is_open:
                return before
            state: CorrectionState = "retracted" if before.entry in retracted else "solved"
            return msgspec.structs.replace(before, state=state)
        asked = before.asked + 1
        if asked > self.rounds:
            return msgspec.structs.replace(now, asked=before.asked, state="unsolved")
        return msgspec.structs.replace(now, asked=asked)

    def decided(self, about: str) -> None:
        """Note that a vote has decided a subject that asking did not solve."""
        for place, correction in self._book.items():
            if place[1] == subject_of(about) and correction.state == "unsolved":
                self._book[place] = msgspec.structs.replace(correction, state="voted")

    @property
    def all(self) -> list[Correction]:
        """All there ever were, in the order in which they were opened."""
        return list(self._book.values())

    @property
    def open(self) -> list[Correction]:
        """All that are still asked for, in the order in which they were opened."""
        return [correction for correction in self._book.values() if correction.is_open]

    def of(self, author: int) -> list[Correction]:
        """Return what an author is asked to correct."""
        return [correction for correction in self.open if correction.author == author]

    def count(self) -> dict[CorrectionState, int]:
        """Return how many there are in each state."""
        counts: dict[CorrectionState, int] = dict.fromkeys(get_args(CorrectionState.__value__), 0)
        for correction in self._book.values():
            counts[correction.state] += 1
        return counts

    def state(self) -> list[Any]:
        """Return the book as plain values."""
        return [
            [c.entry, c.author, c.about, list(c.against), c.asked, c.state]
            for c in self._book.values()
        ]

    def restore(self, state: Sequence[Sequence[Any]]) -> None:
        """Go to where `state` was taken, with the same number of rounds."""
        self._book = {}
        for entry, author, about, against, *rest in state:
            correction = Correction(entry, author, about, tuple(against), *rest)
            self._book[author, subject_of(about)] = correction


def _by_author(
    conflicts: Iterable[Conflict], authors: Mapping[str, int]
) -> dict[tuple[int, frozenset[str]], Correction]:
    """Return what each author would be asked, the latest entry of each subject."""
    found = {}
    for conflict in conflicts:
        against = next(iter(conflict.holders.values()))
        for entry in conflict.minority:
            author = authors[entry]
            place = (author, subject_of(conflict.about))
            found[place] = Correction(entry, author, conflict.about, against, 1)
    return found
