"""What a stage came to, once it is closed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from .records import Abstained, Ballots, Decided, Record


@dataclass(slots=True)
class ClosedStage:
    """A closed stage's records, and those that its readers ask for most."""

    records: list[Record]
    """The stage's own records in canonical order, then inputs, absentees, grants, decisions."""
    decisions: list[Decided]
    ballots: list[Ballots]
    abstained: list[Abstained]

    @classmethod
    def of(cls, records: Iterable[Record]) -> Self:
        """Sort a stage's records."""
        found = list(records)
        return cls(
            found,
            [r for r in found if type(r) is Decided],
            [r for r in found if type(r) is Ballots],
            [r for r in found if type(r) is Abstained],
        )
