"""What planted voices find: the same of every subject, but for planted contradictions."""

from collections.abc import Sequence
from functools import lru_cache

from .chance import pick, ranked, share
from .plant import Plant

_ASPECTS = ("cost", "risk", "effort", "benefit", "demand", "delay", "quality", "reach")
_VALUES = ("low", "medium", "high")
_LONGEST_THING = 60


class Findings:
    """The findings of all voices of one planted model."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant

    def subjects(self, task: str, options: Sequence[str]) -> list[str]:
        """Return the three subjects that a task is about."""
        return list(_subjects(task, tuple(sorted(options))))

    def value(self, task: str, subject: str) -> str:
        """Return what holds for a subject."""
        return _value(self._plant.seed, task, subject)

    def contradicts(self, task: str, kind: str, number: int, round: int) -> bool:
        """Say whether a voice's findings contradict the others' in a round."""
        who = (self._plant.seed, "contradicts", task, kind, number, round)
        return share(*who) < self._plant.contradictions

    def corrects(self, task: str, kind: str, number: int, entry: str) -> bool:
        """Say whether a voice corrects an entry of its own when it is asked to."""
        who = (self._plant.seed, "corrects", task, kind, number, entry)
        return share(*who) < self._plant.corrects

    def stated(
        self, task: str, options: Sequence[str], kind: str, number: int, round: int
    ) -> dict[str, str]:
        """Return what a voice finds in a round: two or three subjects, at most one of them off.

        Everybody states the first two subjects, so that a contradiction always meets others.
        """
        who = (self._plant.seed, task, kind, number)
        subjects = self.subjects(task, options)
        told = subjects if share("third", *who) < 0.5 else subjects[:2]
        findings = {subject: self.value(task, subject) for subject in told}
        if self.contradicts(task, kind, number, round):
            subject = pick(subjects[:2], "subject", *who, round)
            findings[subject] = self.wrong_value(task, subject, kind, number)
        return findings

    def wrong_value(self, task: str, subject: str, kind: str, number: int) -> str:
        """Return what a contradicting voice says of a subject."""
        others = [value for value in _VALUES if value != self.value(task, subject)]
        return pick(others, self._plant.seed, "off", task, subject, kind, number)


@lru_cache(maxsize=1024)
def _subjects(task: str, options: tuple[str, ...]) -> tuple[str, ...]:
    words = ["".join(filter(str.isalnum, word)) for word in task.split()]
    things = options or sorted({word for word in words if len(word) > 3}) or ["task"]
    return tuple(
        f"{aspect} of {pick(things, 'thing', task, aspect)[:_LONGEST_THING]}"
        for aspect in ranked(_ASPECTS, "aspects", task)[:3]
    )


@lru_cache(maxsize=4096)
def _value(seed: int, task: str, subject: str) -> str:
    return pick(_VALUES, seed, "value", task, subject)
