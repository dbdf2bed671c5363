"""What planted voices believe: right with a known chance, and together as often as planted."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from ...competence import Competence
from ...randomness import Randomness
from .chance import pick, ranked, share
from .plant import Plant

_KEPT_TASKS = 4096
_SPREAD = 0.8
"""How far confidences spread around the chance of a task, as a share of the way to 0 or 1."""


class Belief(NamedTuple):
    """What one voice believes, and how sure it is."""

    option: str
    confidence: float
    is_right: bool


class Beliefs:
    """The beliefs of all voices of one planted model.

    A task's chance q is drawn from the beta distribution of `Competence`, once for all voices. A
    voice's confidence c is drawn evenly around q, and it is right with chance c. So voices err
    independently given q, any two of them have the planted correlation, and c is calibrated.
    """

    def __init__(self, plant: Plant, answers: Mapping[str, str]) -> None:
        self._plant, self._answers = plant, answers
        self._chances: dict[str, float] = {}

    def truth(self, task: str, options: Sequence[str]) -> str:
        """Return the right answer; it does not depend on the order of the options."""
        known = self._answers.get(task)
        if known is not None and known in options:
            return known
        return _truth(self._plant.seed, task, tuple(options))

    def is_hard(self, task: str) -> bool:
        """Say whether a task is hard."""
        return share("hard", task) < self._plant.hard

    def chance(self, task: str) -> float:
        """Return the chance with which each voice is right on this task."""
        if task not in self._chances:
            if len(self._chances) >= _KEPT_TASKS:
                self._chances.clear()
            plant = self._plant
            mean = plant.hard_accuracy if self.is_hard(task) else plant.accuracy
            drawn = Competence(mean, plant.correlation).chances(
                Randomness(plant.seed), 1, round=0, purpose=f"planted {task}"
            )
            self._chances[task] = float(drawn[0])
        return self._chances[task]

    def belief(self, task: str, options: Sequence[str], kind: str, number: int) -> Belief:
        """Return what a voice believes of its own, before it hears anybody."""
        who = (self._plant.seed, task, kind, number)
        chance = self.chance(task)
        reach = _SPREAD * min(chance, 1 - chance)
        confidence = round(chance + reach * (2 * share("confidence", *who) - 1), 3)
        is_right = share("right", *who) < confidence
        truth = self.truth(task, options)
        wrong = sorted(set(options) - {truth})
        option = truth if is_right or not wrong else pick(wrong, "wrong", *who)
        return Belief(option, confidence if self._plant.calibrated else 0.95, is_right or not wrong)


@lru_cache(maxsize=4096)
def _truth(seed: int, task: str, options: tuple[str, ...]) -> str:
    return ranked(options, seed, "truth", task)[0]
