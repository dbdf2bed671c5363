"""How far agents have moved from the task, and when that is an alarm and no longer chance."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .cusum import Cusum, H, K
from .vectors import Vectors, cosine

type Baseline = Literal["pooled", "own"]
"""Whether an agent is held against all agents' first rounds, or against its own."""

LEAST_SD = 0.02
"""Distances that hardly differ must not make every change of wording an alarm."""
_MAD_TO_SD = 1.4826


def distances(vectors: Vectors, texts: Sequence[str], task: str) -> NDArray[np.float64]:
    """Return 1 - cos(text, task) of each text, 0 to 1; NaN where a text says nothing."""
    rows = vectors.of([task, *texts])
    is_empty = ~rows[1:].any(axis=1)
    far = np.clip(1 - cosine(rows[1:], rows[0]), 0, 1)
    return np.where(is_empty, np.nan, far)


def agreement(rows: NDArray[np.float32]) -> float | None:
    """Return the mean cosine of all pairs of rows; None for fewer than two that say something.

    The square of a sum of unit vectors holds all pairs, so that no pair has to be made.
    """
    spoken = rows[rows.any(axis=1)].astype(np.float64)
    count = len(spoken)
    if count < 2:
        return None
    spoken /= np.sqrt(np.einsum("ij,ij->i", spoken, spoken))[:, None]
    total = spoken.sum(axis=0)
    return round(float((total @ total - count) / (count * (count - 1))), 6)


def slope(rounds: Sequence[float], values: Sequence[float]) -> float | None:
    """Return the change per round, by least squares; None for fewer than two rounds.

    Of agreement, this is coordination drift: below 0, a team comes apart.
    """
    x = np.asarray(rounds, np.float64) - np.mean(rounds) if len(rounds) else np.zeros(0)
    spread = float(x @ x)
    return float(x @ np.asarray(values, np.float64)) / spread if spread > 0 else None


class Usual(NamedTuple):
    """What distances usually are."""

    mean: float
    sd: float


def usual(values: NDArray[np.float64], least_sd: float = LEAST_SD) -> Usual:
    """Return median and scaled median deviation, which a few drifters do not move.

    The deviation is widened for small samples (Croux and Rousseeuw 1992, "Time-efficient
    algorithms for two highly robust estimators of scale") and for the error of the median.
    """
    count, middle = len(values), float(np.median(values))
    deviation = _MAD_TO_SD * float(np.median(np.abs(values - middle)))
    widened = deviation * count / max(count - 0.8, 0.2) * math.sqrt(1 + math.pi / (2 * count))
    return Usual(middle, max(widened, least_sd))


class DriftWatch:
    """Watches distances of many agents, and says whose have risen for good.

    `pooled` fits teams whose members speak alike, and short runs. With `own`, an agent that was
    always far is no drifter: each is held against its own mean, which goes on being learned so
    that its error is no drift (Hawkins 1987, "Self-starting CUSUM charts for location and
    scale"); the spread is that of all agents. While a baseline is gathered there is no alarm.
    """

    def __init__(
        self,
        *,
        k: float = K,
        h: float = H,
        baseline: Baseline = "pooled",
        baseline_rounds: int = 1,
        least: int = 8,
        least_sd: float = LEAST_SD,
        is_robust: bool = True,
        most: float = math.inf,
    ) -> None:
        """Say what counts as an alarm.

        Args:
            k: Half the shift to be found, in standard deviations.
            h: The threshold; `cusum.threshold_for` gives it for a rate of false alarms.
            baseline: Against what an agent is held.
            baseline_rounds: How many rounds of observations, at least, make the baseline.
            least: How many distances it takes, at least, gathered over more rounds if need be.
            least_sd: The smallest standard deviation that is believed.
            is_robust: Whether spread is a median deviation, or, for values that are mostly equal,
                a standard deviation.
            most: What a single observation may count for, in standard deviations: below h, no
                round alone is an alarm (after Lucas and Crosier 1982, "Robust CUSUM").
        """
        if baseline_rounds < 1 or least < 2:
            raise ValueError(
                f"a baseline takes at least 1 round and 2 distances, got {baseline_rounds} and "
                f"{least}"
            )
        self._baseline, self._rounds, self._least = baseline, baseline_rounds, max(least, 2)
        self._least_sd, self._is_robust, self._most = least_sd, is_robust, most
        self._cusum = Cusum(k, h)
        self._first: dict[int, list[float]] = {}
        """Each agent's distances in the rounds of the baseline."""
        self._seen: list[int] = []
        """The rounds of the baseline."""
        self._usual: Usual | None = None
        self._own: dict[int, tuple[float, int]] = {}
        """Each agent's own mean, and of how many distances."""

    def observe(
        self, round: int, agents: Sequence[int] | NDArray[Any], distances: NDArray[np.float64]
    ) -> list[int]:
        """Take the distances of one round (NaN: none); return whose alarm this is, ascending.

        An agent that alarmed is to be anchored again; its CUSUM begins anew.
        """
        seats = [int(agent) for agent in agents]
        if self._usual is None:
            self._gather(round, seats, distances)
            return []
        is_own = self._baseline == "own"
        deviations = (self._from_own if is_own else self._from_all)(seats, distances)
        return self._cusum.observe(seats, np.minimum(deviations, self._most))

    @property
    def usual(self) -> Usual | None:
        """The baseline of all agents; None while it is gathered."""
        return self._usual

    def level(self, agent: int) -> float:
        """Return an agent's CUSUM: 0 for no sign of drift, above h for an alarm."""
        return self._cusum.of(agent)

    def _gather(self, round: int, seats: Sequence[int], distances: NDArray[np.float64]) -> None:
        for agent, distance in zip(seats, distances.tolist(), strict=True):
            if not math.isnan(distance):
                self._first.setdefault(agent, []).append(distance)
        if round not in self._seen:
            self._seen.append(round)
        if len(self._seen) < self._rounds:
            return
        values = np.array([value for own in self._first.values() for value in own])
        if len(values) < self._least:
            return
        if self._baseline == "pooled":
            deviation = max(float(values.std(ddof=1)), self._least_sd)
            plain = Usual(float(values.mean()), deviation)
            self._usual = usual(values, self._least_sd) if self._is_robust else plain
        elif any(len(own) > 1 for own in self._first.values()):
            self._settle_own(usual(values).mean)

    def _settle_own(self, middle: float) -> None:
        """Take each agent's own mean, and the spread of all around theirs."""
        self._own = {agent: (float(np.mean(own)), len(own)) for agent, own in self._first.items()}
        around = [
            (value - self._own[agent][0]) * math.sqrt(len(own) / (len(own) - 1))
            for agent, own in self._first.items()
            if len(own) > 1
            for value in own
        ]
        size = np.abs(around)
        robust = _MAD_TO_SD * float(np.median(size))
        sd = robust if self._is_robust else math.sqrt(float((size**2).mean()))
        self._usual = Usual(middle, max(sd, self._least_sd))

    def _from_all(
        self, seats: Sequence[int], distances: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        assert self._usual is not None
        return np.asarray((np.asarray(distances, np.float64) - self._usual.mean) / self._usual.sd)

    def _from_own(
        self, seats: Sequence[int], distances: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Standardise by each agent's mean so far, and learn it further."""
        assert self._usual is not None
        deviations = np.full(len(seats), np.nan)
        for place, (agent, distance) in enumerate(zip(seats, distances.tolist(), strict=True)):
            if math.isnan(distance):
                continue
            mean, count = self._own.get(agent, (distance, 0))
            if count:
                error = math.sqrt(1 + 1 / count)
                deviations[place] = (distance - mean) / (self._usual.sd * error)
            self._own[agent] = (mean + (distance - mean) / (count + 1), count + 1)
        return deviations

    def state(self) -> dict[str, Any]:
        """Return the baseline and the CUSUMs as plain values."""
        return {
            "first": {agent: list(own) for agent, own in self._first.items()},
            "seen": list(self._seen),
            "usual": list(self._usual) if self._usual else None,
            "own": {agent: list(own) for agent, own in self._own.items()},
            "cusum": self._cusum.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go to where `state` was taken, with the same settings."""
        self._first = {int(agent): list(own) for agent, own in state["first"].items()}
        self._seen = list(state["seen"])
        self._usual = Usual(*state["usual"]) if state["usual"] else None
        self._own = {int(agent): (mean, count) for agent, (mean, count) in state["own"].items()}
        self._cusum.restore(state["cusum"])
