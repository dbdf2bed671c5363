"""How often agents are right, and how much they are right together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc, betaln, gammaln

from .randomness import Randomness


@dataclass(frozen=True, slots=True)
class Competence:
    """Each agent is right with probability `mean`; any two agree beyond chance by `correlation`.

    Correlated agents share a trial's difficulty: its chance of being judged rightly is drawn from
    a beta distribution, given which all err independently. The number of right answers among n is
    then beta-binomial (Ladha 1995, "Information pooling through majority-rule voting").
    """

    mean: float
    correlation: float = 0.0

    def right(
        self,
        random: Randomness,
        trials: int,
        agents: int,
        *,
        round: int,
        purpose: str = "judgement",
    ) -> NDArray[np.bool_]:
        """Draw who is right: (trials, agents)."""
        draws = random.everyone(purpose, round=round).random((trials, agents))
        return draws < self.chances(random, trials, round=round, purpose=purpose)[:, None]

    def chances(
        self, random: Randomness, trials: int, *, round: int, purpose: str = "judgement"
    ) -> NDArray[np.float64]:
        """Draw each trial's chance of being judged rightly: (trials,)."""
        if self.correlation == 0.0 or self.mean in (0.0, 1.0):
            return np.full(trials, self.mean)
        generator = random.everyone(f"{purpose}: difficulty", round=round)
        if self.correlation == 1.0:
            return (generator.random(trials) < self.mean).astype(np.float64)
        return generator.beta(*self._shape(), size=trials)

    def at_least(self, k: int, agents: int) -> float:
        """Return the probability that at least k of the agents are right (exact)."""
        if self.correlation == 0.0 or self.mean in (0.0, 1.0):
            return float(bdtrc(k - 1, agents, self.mean)) if k > 0 else 1.0
        if self.correlation == 1.0:
            return self.mean if k > 0 else 1.0
        right = np.arange(max(k, 0), agents + 1)
        a, b = self._shape()
        ways = gammaln(agents + 1) - gammaln(right + 1) - gammaln(agents - right + 1)
        return float(np.exp(ways + betaln(right + a, agents - right + b) - betaln(a, b)).sum())

    def effective_voters(self, agents: int) -> float:
        """Return how many independent voters these agents are worth: n / (1 + (n - 1) rho)."""
        return agents / (1 + (agents - 1) * self.correlation)

    def _shape(self) -> tuple[float, float]:
        """Return the beta distribution's a and b: rho = 1 / (a + b + 1)."""
        total = 1 / self.correlation - 1
        return self.mean * total, (1 - self.mean) * total
