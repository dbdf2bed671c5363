"""What agents do, counted by kind, and when somebody's mix of acts is no longer its own.

For agents without words: the Jensen-Shannon divergence (Lin 1991, "Divergence measures based on
the Shannon entropy", base 2, hence 0 to 1) of a round's acts against the agent's own first rounds.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blackboard import (
    ABSTAINED,
    NO_BALLOT,
    Abstained,
    Ballots,
    Electorate,
    Entries,
    Opened,
    Posts,
    Requested,
    indices,
)

from .cusum import H, K
from .drift import DriftWatch

MOST = 3.0
"""What one round counts for at most: divergences of a few acts have long tails."""


def js_divergence(p: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the divergence of two mixes along the last axis; counts are made shares first."""
    p, q = _shares(p), _shares(q)
    middle = (p + q) / 2
    return np.clip((_relative(p, middle) + _relative(q, middle)) / 2, 0.0, 1.0)


def _shares(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    total = counts.sum(axis=-1, keepdims=True)
    return np.divide(counts, total, out=np.zeros(counts.shape), where=total > 0)


def _relative(p: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
    ratio = np.divide(p, q, out=np.ones(p.shape), where=(p > 0) & (q > 0))
    return np.asarray((p * np.log2(ratio)).sum(axis=-1))


class ActionCounts:
    """Counts acts in a run's records: posts by kind, votes by choice, abstentions by cause."""

    def __init__(self, agents: int) -> None:
        self._agents = agents
        self._seats: dict[str, NDArray[np.uint32]] = {}
        self._proposals: dict[str, tuple[tuple[str, ...], str]] = {}
        self.kinds: list[str] = []
        """The acts that were seen so far, in the order of their first appearance."""

    def of(self, records: Iterable[Any]) -> NDArray[np.float64]:
        """Count the acts in some records, a round's say: (agents, kinds)."""
        found: dict[str, NDArray[np.float64]] = {}
        for record in records:
            for act, who in self._acts(record):
                counts = found.setdefault(act, np.zeros(self._agents))
                counts += np.bincount(who, minlength=self._agents)[: self._agents]
        self.kinds.extend(act for act in found if act not in self.kinds)
        nobody = np.zeros(self._agents)
        columns = [found.get(act, nobody) for act in self.kinds]
        return np.stack(columns, axis=1) if columns else np.zeros((self._agents, 0))

    def _acts(self, record: Any) -> Iterable[tuple[str, NDArray[Any] | list[int]]]:
        match record:
            case Electorate():
                self._seats[record.name] = indices(record.agents)
            case Opened():
                self._proposals[record.proposal] = (record.options, record.electorate)
            case Posts():
                yield f"post {record.kind}", indices(record.agents)
            case Entries():
                for kind in dict.fromkeys(entry.kind for entry in record.entries):
                    yield f"post {kind}", [e.agent for e in record.entries if e.kind == kind]
            case Ballots() if record.proposal in self._proposals:
                yield from self._votes(record)
            case Abstained():
                yield f"abstain {record.cause}", record.members
            case Requested():
                yield record.act, [record.agent]

    def _votes(self, record: Ballots) -> Iterable[tuple[str, NDArray[Any]]]:
        options, electorate = self._proposals[record.proposal]
        seats, choices = self._seats[electorate], np.frombuffer(record.choices, np.uint8)
        for choice in np.unique(choices[choices != NO_BALLOT]).tolist():
            name = "abstain" if choice == ABSTAINED else options[choice]
            yield f"vote {name}", seats[choices == choice]

    def state(self) -> dict[str, Any]:
        """Return what has to be known to read on."""
        return {
            "kinds": list(self.kinds),
            "seats": {name: agents.copy() for name, agents in self._seats.items()},
            "proposals": {
                name: [list(options), seats] for name, (options, seats) in self._proposals.items()
            },
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go to where `state` was taken."""
        self.kinds = list(state["kinds"])
        self._seats = {name: np.array(agents, "<u4") for name, agents in state["seats"].items()}
        self._proposals = {
            name: (tuple(options), seats) for name, (options, seats) in state["proposals"].items()
        }


class MixWatch:
    """Watches the mix of acts of each agent, and says whose has changed for good.

    A round holds a few acts only, so mixes are drawn towards the whole team's by a pseudo-count.
    What all do together (a swarm that comes to approve) is no drift: each round's median is taken
    off first.
    """

    def __init__(
        self,
        agents: int,
        *,
        mix_rounds: int = 3,
        pseudo_count: float = 2.0,
        k: float = K,
        h: float = H,
        least_sd: float = 0.05,
    ) -> None:
        if mix_rounds < 1 or pseudo_count <= 0:
            raise ValueError(
                "a mix takes at least 1 round and a positive pseudo-count, got "
                f"{mix_rounds} and {pseudo_count}"
            )
        self._mix_rounds, self._pseudo_count = mix_rounds, pseudo_count
        self._counts = ActionCounts(agents)
        self._first = np.zeros((agents, 0))
        """Each agent's acts in its first rounds."""
        self._seen = 0
        self._watch = DriftWatch(
            k=k,
            h=h,
            baseline="own",
            baseline_rounds=2,
            least_sd=least_sd,
            is_robust=False,
            most=MOST,
        )

    def observe(self, round: int, records: Iterable[Any]) -> list[int]:
        """Take the records of one round; return who alarms, ascending."""
        counts = self._counts.of(records)
        new = counts.shape[1] - self._first.shape[1]
        self._first = np.pad(self._first, ((0, 0), (0, new)))
        self._seen += 1
        if self._seen <= self._mix_rounds:
            self._first += counts
            return []
        divergence = self.divergence(counts)
        if np.isnan(divergence).all():
            return []
        return self._watch.observe(
            round, np.arange(len(counts)), divergence - np.nanmedian(divergence)
        )

    def divergence(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far each agent's acts are from its first rounds'; NaN where it did nothing."""
        team = self._first.sum(axis=0) + 1.0
        prior = self._pseudo_count * team / max(team.sum(), 1.0)
        far = js_divergence(counts + prior, self._first + prior)
        return np.where(counts.sum(axis=1) > 0, far, np.nan)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The acts that were seen so far."""
        return tuple(self._counts.kinds)

    def state(self) -> dict[str, Any]:
        """Return what it remembers, as plain values."""
        return {
            "counts": self._counts.state(),
            "first": self._first.copy(),
            "seen": self._seen,
            "watch": self._watch.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go to where `state` was taken, with the same settings."""
        self._counts.restore(state["counts"])
        self._first, self._seen = np.array(state["first"]), int(state["seen"])
        self._watch.restore(state["watch"])
