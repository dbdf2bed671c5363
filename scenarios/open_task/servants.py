"""Agents that serve the team and have no vote: the librarian and the surveyor.

The librarian looks up what past runs learned, once for each task, and puts it on the board. The
surveyor has an embedding model measure how far members are from the task.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from agents import Actions, Agent, Ask, Lesson, Memory, Outcome
from blackboard import Post, View

TASK_SHOWN = 120
"""Characters of a lesson's task that a line on it shows."""
LESSONS = 5
"""The most lessons that are looked up for a task."""


class Librarian(Agent):
    """Asks the memory on behalf of the team; what it found is part of the run's record.

    Args:
        model: The Mesa model.
        path: The memory's file.
        task: Returns the task as of now.
        may_be_missing: Whether the memory is only begun by this run.
    """

    asks = True

    def __init__(
        self, model: Any, path: Path, task: Callable[[], str], *, may_be_missing: bool
    ) -> None:
        super().__init__(model)
        self.path, self.task, self.may_be_missing = path, task, may_be_missing

    def act(self, view: View) -> Actions:
        """Look up lessons of tasks like the current one."""
        task = self.task()
        return Ask(call=lambda: self._recall(task), question=f"{self.path}\n{task}")

    def answer(self, view: View, outcome: Outcome) -> Actions:
        """Put the lessons on the board."""
        lessons = msgspec.json.decode(outcome.text, type=list[str])
        return [Post("lesson", {"text": lesson}) for lesson in lessons]

    async def _recall(self, task: str) -> list[str]:
        if self.may_be_missing and not self.path.exists():
            return []
        with Memory.open(self.path) as memory:
            return [_line(lesson) for lesson in memory.recall(task, LESSONS)]


def _line(lesson: Lesson) -> str:
    """Return a lesson in one line: of which task, and what came of it."""
    right = "" if lesson.score is None else f", right in {100 * lesson.score:.0f} %"
    return f"{lesson.task[:TASK_SHOWN]!r}: {lesson.text}{right}"


class Surveyor(Agent):
    """Has an embedding model measure how far texts are from the task; the board keeps the result.

    The stage's brief names the texts under `texts`, the task first, and their authors under
    `authors`.
    """

    asks = True

    def act(self, view: View) -> Actions:
        """Have this stage's texts measured."""
        return Ask(compare=tuple(view.brief["texts"]))

    def answer(self, view: View, outcome: Outcome) -> Actions:
        """Put the distances on the board."""
        far = msgspec.json.decode(outcome.text, type=list[float | None])
        return Post("distances", {"authors": view.brief["authors"], "far": far}, "coordination")
