"""An alarm for a shift that stays: the upper CUSUM, and how long it takes, in theory.

S = max(0, S + z - k), an alarm where S > h (Page 1954, "Continuous inspection schemes"). With z
standard normal, h says how rare false alarms are, and k is half the shift that should be found.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

K, H = 0.5, 5.0
"""The defaults: half a standard deviation, and about 930 rounds to a false alarm."""
_STATES = 150
_LARGEST_H = 40.0


class Cusum:
    """One-sided CUSUMs of many agents; one that alarmed begins again at 0."""

    def __init__(self, k: float = K, h: float = H) -> None:
        if not (k >= 0 and h > 0):
            raise ValueError(f"k must be at least 0 and h more than 0, got {k} and {h}")
        self.k, self.h = k, h
        self._sums = np.zeros(0)

    def observe(
        self, agents: Sequence[int] | NDArray[Any], deviations: NDArray[np.float64]
    ) -> list[int]:
        """Add one standardised deviation an agent; return who alarms, ascending.

        NaN is no observation: the agent's sum stays as it was.
        """
        seats = np.asarray(agents, np.int64)
        if len(seats) and (top := int(seats.max())) >= len(self._sums):
            self._sums = np.append(self._sums, np.zeros(top + 1 - len(self._sums)))
        is_seen = ~np.isnan(deviations)
        seats, deviations = seats[is_seen], deviations[is_seen]
        sums = np.maximum(0.0, self._sums[seats] + deviations - self.k)
        has_alarm = sums > self.h
        self._sums[seats] = np.where(has_alarm, 0.0, sums)
        return sorted(seats[has_alarm].tolist())

    def of(self, agent: int) -> float:
        """Return an agent's sum."""
        return float(self._sums[agent]) if agent < len(self._sums) else 0.0

    def state(self) -> dict[str, Any]:
        """Return the sums."""
        return {"sums": self._sums.copy()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go to where `state` was taken, with the same k and h."""
        self._sums = np.array(state["sums"], np.float64)


class RunLength(NamedTuple):
    """The mean number of observations up to and including the alarm, from S = 0."""

    siegmund: float
    """The closed approximation of Siegmund 1985, "Sequential Analysis"."""
    markov: float
    """By the Markov chain of Brook and Evans 1972, extrapolated in its number of states."""


@lru_cache(maxsize=1024)
def run_length(k: float, h: float, shift: float = 0.0) -> RunLength:
    """Return how long an alarm takes while z is normal with mean `shift` and variance 1."""
    coarse, fine = (_markov_length(k, h, shift, states) for states in (_STATES // 2, _STATES))
    return RunLength(_siegmund(k, h, shift), fine + (fine - coarse) / 3)


def alarm_share(k: float, h: float, shift: float, rounds: int) -> float:
    """Return the probability of an alarm within so many observations, from S = 0."""
    chain = _chain(k, h, shift, _STATES)
    share = np.zeros(_STATES)
    share[0] = 1.0
    for _ in range(rounds):
        share = share @ chain
    return float(1 - share.sum())


@lru_cache(maxsize=256)
def threshold_for(arl0: float, k: float = K) -> float:
    """Return the h at which a false alarm takes `arl0` observations in the mean.

    Raises:
        ValueError: no h between 0 and 40 does.
    """
    low, high = 1e-6, _LARGEST_H
    least, most = run_length(k, low).markov, _siegmund(k, high, 0.0)
    if not least < arl0 < most:
        raise ValueError(f"arl0 must be between {least:.3g} and {most:.3g} at k={k}, got {arl0}")
    while high - low > 1e-6:
        middle = (low + high) / 2
        # Where the chain's equations cannot be solved in doubles, the approximation decides.
        far = _siegmund(k, middle, 0.0) > 1e9
        reached = _siegmund(k, middle, 0.0) if far else run_length(k, middle).markov
        low, high = (middle, high) if reached < arl0 else (low, middle)
    return (low + high) / 2


def _siegmund(k: float, h: float, shift: float) -> float:
    drift, barrier = shift - k, h + 1.166
    if abs(drift) < 1e-6:
        return barrier**2
    exponent = -2 * drift * barrier
    if exponent > 700:
        return math.inf
    return (math.exp(exponent) - exponent - 1) / (2 * drift**2)


def _markov_length(k: float, h: float, shift: float, states: int) -> float:
    chain = _chain(k, h, shift, states)
    return float(np.linalg.solve(np.eye(states) - chain, np.ones(states))[0])


def _chain(k: float, h: float, shift: float, states: int) -> NDArray[np.float64]:
    """Return the chances to go from each stretch of [0, h] to each, without an alarm."""
    width = 2 * h / (2 * states - 1)
    at = np.arange(states) * width
    upper = ndtr(at[None, :] - at[:, None] + width / 2 + k - shift)
    chain: NDArray[np.float64] = upper.copy()
    chain[:, 1:] -= upper[:, :-1]
    return chain
