"""Future events of a model as data: when, who, what, and with which values."""

from collections.abc import Callable, Mapping, Sequence
from heapq import heappop, heappush
from typing import Any, NamedTuple


class Coming(NamedTuple):
    """A call that was asked for."""

    at: float
    """When: in rounds, in event-driven runs in simulated seconds."""
    number: int
    """In which order it was asked for."""
    agent: int | None
    """Whose method; None for the world's."""
    method: str
    values: dict[str, Any]


class Future:
    """Calls that were asked for, in order of time; Mesa's clock sets them off.

    Args:
        model: The Mesa model.
        on_due: Takes all calls that are due, in the order in which they were asked for.
    """

    def __init__(self, model: Any, on_due: Callable[[Sequence[Coming]], None]) -> None:
        self._model, self._on_due = model, on_due
        self._coming: list[Coming] = []
        self._awaited: set[int] = set()
        """Numbers of the calls that are still to come."""
        self._count = 0

    @property
    def next_at(self) -> float | None:
        """When the next call is due, or None where none is to come."""
        self._drop()
        return self._coming[0].at if self._coming else None

    def call(self, at: float, agent: int | None, method: str, values: Mapping[str, Any]) -> int:
        """Ask for a call of a method of an agent, or of the world, and return its number."""
        self._count += 1
        self._awaited.add(self._count)
        heappush(self._coming, Coming(at, self._count, agent, method, dict(values)))
        self._model.schedule_event(self._due, at=at)
        return self._count

    def call_off(self, number: int) -> None:
        """Take back a call; one that has come already stays as it was."""
        self._awaited.discard(number)

    def takes(self, call: Coming) -> bool:
        """Say whether a call that is due still stands; after that it has come."""
        is_awaited = call.number in self._awaited
        self._awaited.discard(call.number)
        return is_awaited

    def state(self) -> dict[str, Any]:
        """Return what is still to come, as plain values."""
        coming = sorted(tuple(call) for call in self._coming if call.number in self._awaited)
        return {"count": self._count, "coming": coming}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Ask again for what was still to come."""
        self._count = state["count"]
        self._coming = [Coming(*call) for call in state["coming"]]
        self._awaited = {call.number for call in self._coming}
        for call in self._coming:
            self._model.schedule_event(self._due, at=call.at)

    def _drop(self) -> None:
        while self._coming and self._coming[0].number not in self._awaited:
            heappop(self._coming)

    def _due(self) -> None:
        due: list[Coming] = []
        now = self._model.time
        while (at := self.next_at) is not None and at <= now:
            due.append(heappop(self._coming))
        if due:
            self._on_due(due)
