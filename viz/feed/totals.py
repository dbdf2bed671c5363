"""What a run adds up to so far: entries, ballots, decisions by outcome, abstentions by cause."""

from blackboard import (
    ABSTAINED,
    NO_BALLOT,
    Abstained,
    Ballots,
    Decided,
    Entries,
    Posts,
    Record,
    indices,
)

OUTCOMES = ("accepted", "rejected", "expired", "vetoed", "escalated")
CAUSES = ("cast", "error", "invalid", "late", "budget", "silent", "left", "quarantined")
"""Why seats abstained; `cast` is a ballot that says so."""
COUNTS = ("entries", "ballots", *OUTCOMES, "abstentions", *(f"abstained_{c}" for c in CAUSES))
"""The names of a moment's counts."""
_ABSTAINED, _NO_BALLOT = bytes([ABSTAINED]), bytes([NO_BALLOT])


class Totals:
    """Counts records as they are folded; `COUNTS` names what."""

    def __init__(self) -> None:
        self._counts = dict.fromkeys(COUNTS, 0)

    @property
    def decisions(self) -> int:
        """How many proposals were decided."""
        return sum(self._counts[outcome] for outcome in OUTCOMES)

    def take(self, record: Record) -> None:
        """Count one record."""
        counts = self._counts
        match record:
            case Ballots(choices=choices):
                counts["ballots"] += len(choices) - choices.count(_NO_BALLOT)
                self._abstain("cast", choices.count(_ABSTAINED))
            case Entries(entries=entries):
                counts["entries"] += len(entries)
            case Posts(agents=agents):
                counts["entries"] += len(indices(agents))
            case Decided(outcome=outcome):
                counts[outcome] = counts.get(outcome, 0) + 1
            case Abstained(proposal=str(), cause=cause):
                self._abstain(cause, len(record.members))

    def copy(self) -> dict[str, int]:
        """Return the counts as of now."""
        return dict(self._counts)

    def _abstain(self, cause: str, seats: int) -> None:
        if seats:
            name = f"abstained_{cause}"
            self._counts[name] = self._counts.get(name, 0) + seats
            self._counts["abstentions"] += seats
