"""What members see in each other: conflicts, requests, who drifts, whom not to trust."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from agents import Randomness, TextVectors
from blackboard import BoardEntry, View

from .options import OpenTaskOptions, Task
from .seats import Seat


class Coordination:
    """placeholder."""

    def __init__(
        self,
        options: OpenTaskOptions,
        team: Sequence[Seat],
        random: Randomness,
        vectors: TextVectors,
    ) -> None:
        self.options = options
        self.hidden: set[str] = set()
        self.lessons: list[str] = []
        self.role_lines: dict[str, Sequence[str]] = {}

    def begin_task(self, task: Task) -> None: ...
    def watch(self, entries: Sequence[BoardEntry], board: View) -> None: ...
    def corrections(
        self, entries: Sequence[BoardEntry], board: View
    ) -> dict[int, tuple[list[str], list[str]]]:
        return {}

    def corrected(self, entries: Sequence[BoardEntry], board: View) -> None: ...
    def suspects(self, entries: Sequence[BoardEntry]) -> list[str]:
        return []

    def panel(self, board: View, agents: int, suspects: Collection[str]) -> set[int]:
        return set()

    def judge_suspects(
        self, entries: Sequence[BoardEntry], board: View, suspects: Collection[str]
    ) -> None: ...
    def lines(self, board: View) -> tuple[list[str], list[str]]:
        return [], []

    def own_lines(self, lines: Mapping[int, Sequence[str]]) -> Mapping[int, Sequence[str]]:
        return lines

    def state(self) -> Any:
        return {}

    def restore(self, state: Any) -> None: ...
    def row(self) -> dict[str, Any]:
        return {}

    def metrics(self) -> dict[str, Any]:
        return {}

    def tables(self) -> dict[str, Any]:
        return {}
