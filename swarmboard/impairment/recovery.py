"""What the platform noticed of faults by itself, and how long recovery took.

Detection is read from the records of closed stages alone; that a fault was injected is used for
nothing but the question whether those records show it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blackboard import Abstained, Record

from .flooding import flooding

type Mask = NDArray[np.bool_]

SIGNS = {
    "crash": ("error",),
    "hang": ("late",),
    "slow": ("late",),
    "silent": ("silent", "quarantined"),
    "random": ("invalid", "quarantined"),
    "stale": ("error", "invalid", "quarantined"),
    "loss": ("silent", "invalid", "quarantined"),
    "storm": ("flood", "invalid", "quarantined"),
}
"""What shows a fault: causes of abstention, and `flood` for volume and repetition."""
FAILURES = ("error", "invalid", "late", "budget", "silent")
"""Who abstains for one of these has not acted normally."""


class Account:
    """What became of the hits of one fault."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.injected = self.detected = 0
        self.recoveries: Counter[int] = Counter()
        """Rounds from the hit to the first normal act, and how often it took so many."""
        self._who: NDArray[np.int64] = np.empty(0, np.int64)
        self._since: NDArray[np.int64] = np.empty(0, np.int64)
        self._is_detected: Mask = np.empty(0, bool)

    def hit(self, who: NDArray[Any], round: int) -> None:
        """Open an entry for each of those hit."""
        self.injected += len(who)
        self._who = np.concatenate([self._who, who.astype(np.int64)])
        self._since = np.concatenate([self._since, np.full(len(who), round)])
        self._is_detected = np.concatenate([self._is_detected, np.zeros(len(who), bool)])

    def observe(self, round: int, *, noticed: Mask, well: Mask, gone: Mask) -> None:
        """Note what a stage showed: masks over all that can be hit.

        Args:
            round: The round of the stage.
            noticed: Who showed a sign of this fault while it was on.
            well: Who acts normally again, with the fault over.
            gone: Who takes no further part.
        """
        if not self._who.size:
            return
        new = noticed[self._who] & ~self._is_detected
        self.detected += int(new.sum())
        self._is_detected |= new
        is_well = well[self._who]
        self.recoveries.update((round - self._since[is_well]).tolist())
        stays = ~is_well & ~gone[self._who]
        self._who, self._since = self._who[stays], self._since[stays]
        self._is_detected = self._is_detected[stays]

    def add(self, *, injected: int, detected: int, recovered: int) -> None:
        """Count what was dealt with within a round and by somebody else."""
        self.injected += injected
        self.detected += detected
        self.recoveries[0] += recovered

    def state(self) -> dict[str, Any]:
        """Return the account as plain values."""
        return {
            "counts": (self.injected, self.detected),
            "recoveries": dict(self.recoveries),
            "open": (self._who, self._since, self._is_detected),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on with an account where `state` left it."""
        self.injected, self.detected = state["counts"]
        self.recoveries = Counter(state["recoveries"])
        self._who, self._since, self._is_detected = (np.array(part) for part in state["open"])


def summary_row(kind: str, hits: str, accounts: Iterable[Account]) -> dict[str, Any]:
    """Return what the summary says of all faults of one type."""
    accounts = list(accounts)
    recoveries: Counter[int] = sum((account.recoveries for account in accounts), Counter())
    rounds = sorted(recoveries.elements())
    return {
        "kind": kind,
        "hits": hits,
        "injected": sum(account.injected for account in accounts),
        "detected": sum(account.detected for account in accounts),
        "recovered": len(rounds),
        "rounds_to_recovery_median": _whole(median(rounds)) if rounds else None,
        "rounds_to_recovery_max": rounds[-1] if rounds else None,
    }


def _whole(rounds: float) -> float:
    """Return a whole number as an integer, which reads better."""
    return int(rounds) if rounds == int(rounds) else rounds


class Signs:
    """What a closed stage shows of each agent, without knowing what was injected."""

    def __init__(self, records: Iterable[Record], agents: int, *, left: Mapping[int, str]) -> None:
        self._agents = agents
        self._records = list(records)
        self._by_sign: dict[str, Mask] = {}
        for record in self._records:
            if isinstance(record, Abstained):
                self._mask(record.cause)[_known(record.members, agents)] = True
        for agent, cause in left.items():
            if agent < agents:
                self._mask(cause)[agent] = True

    def shows(self, kind: str) -> Mask:
        """Say of each agent whether it shows a fault of this kind."""
        if "flood" in SIGNS[kind] and "flood" not in self._by_sign:
            self._by_sign["flood"] = flooding(self._records, self._agents)
        return self._any(SIGNS[kind])

    def fails(self) -> Mask:
        """Say of each agent whether it failed to act."""
        return self._any(FAILURES)

    def _any(self, signs: Iterable[str]) -> Mask:
        found = np.zeros(self._agents, bool)
        for sign in signs:
            found |= self._by_sign.get(sign, False)
        return found

    def _mask(self, sign: str) -> Mask:
        return self._by_sign.setdefault(sign, np.zeros(self._agents, bool))


def _known(members: NDArray[np.uint32], agents: int) -> NDArray[np.uint32]:
    return members[members < agents]
