"""A model each of whose calls waits until a test lets it go on, and runs that are held by one."""

import asyncio
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import swarmboard
from agents import PlantedModel, Reply, Request

PATIENCE_S = 60.0
TERMS: dict[str, Any] = {
    "task": "Where is the plant to be built?",
    "choices": ("north", "south", "east"),
    "agents": 6,
    "concurrency": 4,
    "rounds": 1,
}


class HeldModel:
    """Answers as the simulated model does, as many calls as a test lets through."""

    def __init__(self) -> None:
        self._inner = PlantedModel()
        self._held: deque[Future[None]] = deque()
        self._is_open = False
        self._changed = threading.Condition()

    async def complete(self, request: Request) -> Reply:
        turn: Future[None] = Future()
        with self._changed:
            if self._is_open:
                turn.set_result(None)
            else:
                self._held.append(turn)
            self._changed.notify_all()
        await asyncio.wrap_future(turn)
        return await self._inner.complete(request)

    def let(self, many: int) -> None:
        """Let so many calls go on, as soon as so many are held."""
        with self._changed:
            came = self._changed.wait_for(lambda: len(self._held) >= many, PATIENCE_S)
            assert came, f"{len(self._held)} calls are held, and not {many}"
            turns = [self._held.popleft() for _ in range(many)]
        for turn in turns:
            turn.set_result(None)

    def open(self) -> None:
        """Let all calls go on, those to come too."""
        with self._changed:
            self._is_open = True
            turns = list(self._held)
            self._held.clear()
        for turn in turns:
            turn.set_result(None)


@contextmanager
def held_run(out: Path, **options: Any) -> Iterator[HeldModel]:
    """Run a team of six in a thread, four of whose calls are held; let it end afterwards."""
    model = HeldModel()
    terms = TERMS | {"out": out, "models": {"default": model}} | options
    thread = threading.Thread(target=lambda: swarmboard.run("open-task", **terms))
    thread.start()
    try:
        model.let(0)
        yield model
    finally:
        model.open()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
