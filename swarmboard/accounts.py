"""What a run's records add up to: the counts of its summary, as a fold of the log."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from typing import Any

from blackboard import ABSTAINED, Abstained, Ballots, Decided, Record, Replied, decode, encode

from .measures import Measures

CAUSES = ("cast", "error", "invalid", "late", "budget", "silent", "left", "quarantined")
DECISIONS_SHOWN = 100
_ABSTAINED = bytes([ABSTAINED])
_COUNTED = frozenset((Decided, Ballots, Abstained, Replied))
RUN_CAPS = ("budget.tokens", "budget.usd")
"""The caps of a whole run, as refusals name them."""


class Accounts:
    """Counts decisions and abstentions; fold the same records, get the same numbers."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.abstentions: Counter[str] = Counter()
        self.last: deque[Decided] = deque(maxlen=DECISIONS_SHOWN)
        self.last_accepted: Decided | None = None
        self.measures = Measures()
        """What whole rounds are folded into."""
        self._refused: tuple[int, int, int, str | None] = (0, 0, 0, None)
        """Of the last round with questions: its number, how many questions there were, how many
        were refused by a cap, and the cap, that of the run before any other."""

    def take(self, records: Iterable[Record]) -> None:
        """Fold records in."""
        cast = 0
        for record in records:
            kind = type(record)
            if kind not in _COUNTED:
                continue
            its: Any = record
            if kind is Decided:
                self.outcomes[its.outcome] += 1
                self.last.append(its)
                if its.outcome == "accepted":
                    self.last_accepted = its
            elif kind is Ballots:
                cast += its.choices.count(_ABSTAINED)
            elif kind is Replied:
                self._count_question(its)
            elif its.proposal is not None:
                self.abstentions[its.cause] += len(its.members)
        self.abstentions["cast"] += cast

    def used_up(self, *, since: int) -> str | None:
        """Return the cap that ends the run, or None while there is something left to spend.

        It ends behind a round in which the run's own cap refused a call, or in which whatever
        caps there are refused all of them.

        Args:
            since: Rounds up to this one were under other caps, since the run was forked there.
        """
        round, questions, refused, cap = self._refused
        if round <= since or cap is None:
            return None
        return cap if cap in RUN_CAPS or refused == questions else None

    def _count_question(self, reply: Replied) -> None:
        round, questions, refused, cap = self._refused
        if reply.round != round:
            questions, refused, cap = 0, 0, None
        if reply.cause == "budget":
            refused += 1
            named = reply.detail.partition(":")[0]
            cap = named if cap is None or named in RUN_CAPS else cap
        self._refused = (reply.round, questions + 1, refused, cap)

    def state(self) -> dict[str, Any]:
        """Return the counts as plain values."""
        return {
            "refused": self._refused,
            "outcomes": dict(self.outcomes),
            "abstentions": dict(self.abstentions),
            "last": [encode(decided) for decided in self.last],
            "last_accepted": self.last_accepted and encode(self.last_accepted),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from counts that `state` returned."""
        self.measures.is_whole = False  # a snapshot has none: they are read from the log
        self.outcomes, self.abstentions = Counter(state["outcomes"]), Counter(state["abstentions"])
        decided: Any = map(decode, state["last"])
        self._refused = tuple(state["refused"])
        self.last.clear()
        self.last.extend(decided)
        accepted: Any = state["last_accepted"] and decode(state["last_accepted"])
        self.last_accepted = accepted

    @property
    def decisive(self) -> Decided | None:
        """The last accepted decision, or the last of all when none was accepted."""
        return self.last_accepted or (self.last[-1] if self.last else None)


def decision_row(decided: Decided) -> dict[str, Any]:
    """Return a decision as summaries print it.

    `approve_weight` is the weight of the chosen option, or of the leading one where none was
    chosen; `reject_weight` that of all others.
    """
    chosen = decided.option or ("approve" if "approve" in decided.weights else None)
    leading = max(decided.weights.values(), default=0)
    approve = decided.weights.get(chosen, 0) if chosen else leading
    return {
        "proposal": decided.proposal,
        "outcome": decided.outcome,
        "option": decided.option,
        "approve_weight": approve,
        "reject_weight": sum(decided.weights.values()) - approve,
        "abstain_weight": decided.abstained,
        "eligible_weight": decided.eligible,
        "eligible_agents": decided.eligible_agents,
        "percent": percent(approve, decided.eligible),
        "round": decided.round,
        "gate": decided.gate,
        "by": decided.by,
    }


def percent(part: int, whole: int) -> float:
    """Return a share in percent, rounded to a thousandth; an empty whole is 0 %."""
    return round(100 * part / whole, 3) if whole else 0.0
