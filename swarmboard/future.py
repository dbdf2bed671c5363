"""Future events of a model as data: when, who, what, and with which values."""

from collections.abc import Callable, Mapping
from heapq import heappop, heappush
from typing import Any

type Coming = tuple[float, int, int | None, str, dict[str, Any]]
"""When, in which order of asking, which agent (None: the world), which method, which values."""


class Future:
    """Calls that were asked for, in order of time; Mesa's clock sets them off."""

    def __init__(self, model: Any, find: Callable[[int | None], Any]) -> None:
        self._model, self._find = model, find
        self._coming: list[Coming] = []
        self._count = 0

    def call(self, at: float, agent: int | None, method: str, values: Mapping[str, Any]) -> None:
        """Call a method of an agent, or of the world, at a time in rounds."""
        self._count += 1
        heappush(self._coming, (at, self._count, agent, method, dict(values)))
        self._model.schedule_event(self._due, at=at)

    def state(self) -> dict[str, Any]:
        """Return what is still to come, as plain values."""
        return {"count": self._count, "coming": sorted(self._coming)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Ask again for what was still to come."""
        self._count, self._coming = state["count"], list(state["coming"])
        for at, *_ in self._coming:
            self._model.schedule_event(self._due, at=at)

    def _due(self) -> None:
        while self._coming and self._coming[0][0] <= self._model.time:
            _, _, agent, method, values = heappop(self._coming)
            getattr(self._find(agent), method)(**values)
