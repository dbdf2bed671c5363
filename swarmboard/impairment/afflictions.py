"""Whom a fault hits, and until when: drawn by address, kept as one number per agent."""

import numpy as np
from numpy.typing import NDArray

from agents import Randomness

from ..faults import DOWN, Fault

type Agents = NDArray[np.int64]

FOREVER = 2**62
"""The last round of a hit that nothing but a restart ends."""


class Affliction:
    """One fault of the configuration and the agents it has hit."""

    def __init__(self, number: int, fault: Fault, candidates: Agents, random: Randomness) -> None:
        """Take those whom the fault may hit.

        Args:
            number: The fault's place in the configuration, from 1; its draws are addressed by it.
            fault: What goes wrong.
            candidates: Agents (or workers), ascending.
            random: The run's addressed randomness.
        """
        self.number, self.fault = number, fault
        self._candidates, self._random = candidates, random
        self._until = np.zeros(int(candidates[-1]) + 1 if candidates.size else 0, np.int64)

    @property
    def size(self) -> int:
        """One more than the largest number of those it may hit."""
        return len(self._until)

    def strike(self, round: int, *, spared: NDArray[np.bool_] | None = None) -> Agents:
        """Hit whom the round's draw names, and return those that were well before.

        Args:
            round: The round that begins.
            spared: Who cannot be hit any more, one per agent; None spares nobody.
        """
        drawn = self.drawn(round)
        if spared is not None:
            drawn = drawn[~spared[drawn]]
        fresh = drawn[self._until[drawn] < round]
        lasting = self.fault.lasting_rounds
        self._until[fresh] = round + lasting - 1 if lasting else FOREVER
        return fresh

    def drawn(self, round: int) -> Agents:
        """Return whom the round's draw names, whether it was hit before or not."""
        fault = self.fault
        if not fault.draws_in(round):
            return np.empty(0, np.int64)
        named = fault.workers if fault.hits == "workers" else fault.agents
        if named is not None:
            return np.unique(np.array(named, np.int64))
        if fault.rate is not None:
            return self._candidates[self._draws(round) < fault.rate]
        if fault.share is None:
            return self._candidates
        count = round_half_up(fault.share * len(self._candidates))
        order = np.argsort(self._draws(0), kind="stable")
        return np.sort(self._candidates[order[:count]])

    def active(self, round: int, agents: int) -> NDArray[np.bool_]:
        """Say of each agent of the board whether the fault is on it."""
        mask = np.zeros(agents, bool)
        mask[: len(self._until)] = self._until >= round
        return mask

    def end(self, agents: Agents) -> None:
        """End the fault for agents that were restarted, if a restart ends such a fault."""
        if self.fault.kind in DOWN:
            known = agents[agents < len(self._until)]
            self._until[known] = 0

    def state(self) -> list[int]:
        """Return until when each agent is hit, as plain values."""
        return self._until.tolist()

    def restore(self, state: list[int]) -> None:
        """Go on where `state` left it."""
        self._until = np.array(state, np.int64)

    def _draws(self, round: int) -> NDArray[np.float64]:
        """Return one number of 0-1 per candidate, which belongs to it however many there are."""
        generator = self._random.everyone(f"fault {self.number}", round=round)
        return generator.random(len(self._until))[self._candidates]


def round_half_up(value: float) -> int:
    """Round to a whole number; a half goes up."""
    return int(np.floor(value + 0.5))
