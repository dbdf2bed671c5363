"""Run or resume a team whose model takes its time, in a process that can be killed.

Run as `python slow_planted.py OUT CALLS [resume]`. Each call leaves two lines in CALLS: its key
and the time when it began, then when it ended.
"""

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Any

from agents import PlantedModel, Reply, Request
from agents.llm import gateway
from agents.llm.request_keys import request_key
from blackboard import RunDirectory
from swarmboard import run
from swarmboard.resuming import resume

LATENCY_S = 0.03
OPTIONS: dict[str, Any] = {
    "model": "planted/contradictions=0.3,corrects=0.5,misuse=0.05,accuracy=0.6,seed=3",
    "tasks": [
        {"task": "Which site is best for the plant?", "choices": ["north", "south", "east"]},
        {"task": "What is to be done about the noise of the plant?"},
        {"task": "Which road is to be built first?", "choices": ["ring road", "bypass"]},
    ],
    "attempts": 2,
    "concurrency": 4,
}


class Slow(PlantedModel):
    """A planted model that takes its time and notes each call."""

    calls: Path

    async def complete(self, request: Request) -> Reply:
        key = request_key(request)
        self._note("+", key)
        await asyncio.sleep(LATENCY_S)
        reply = await super().complete(request)
        self._note("-", key)
        return reply

    def _note(self, what: str, key: str) -> None:
        file = os.open(self.calls, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, f"{what} {key} {time.time()}\n".encode())
        os.close(file)


def main() -> None:
    out, Slow.calls = Path(sys.argv[1]), Path(sys.argv[2])
    gateway.innermost = lambda tier: Slow.named(tier.model)  # type: ignore[assignment]
    if "resume" in sys.argv:
        resume(RunDirectory.find(str(out)))
    else:
        run("open-task", agents=12, seed=5, board="memory://", out=out, **OPTIONS)


if __name__ == "__main__":
    main()
