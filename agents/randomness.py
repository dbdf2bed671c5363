"""Randomness that is addressed, not consumed: the same draw whoever asks, and whenever.

Element i of a draw belongs to agent i, so that neither the number of workers nor the kind of
population changes what happens.
"""

import hashlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Randomness:
    """The random numbers of one run, by seed, purpose, round and stage."""

    seed: int

    def everyone(self, purpose: str, *, round: int = 0, stage: int = 0) -> np.random.Generator:
        """Return the generator whose element i is agent i's draw."""
        return self._generator(purpose, 0, stage, round)

    def agent(
        self, index: int, purpose: str, *, round: int = 0, stage: int = 0
    ) -> np.random.Generator:
        """Return an agent's own generator."""
        return self._generator(purpose, index + 1, stage, round)

    def _generator(self, purpose: str, who: int, stage: int, round: int) -> np.random.Generator:
        named = int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:8], "big")
        counter = np.array([0, who, stage, round], np.uint64)
        key = np.array([self.seed, named], np.uint64)
        return np.random.Generator(np.random.Philox(key=key, counter=counter))
