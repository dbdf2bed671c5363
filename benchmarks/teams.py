"""Teams of models for the benchmarks: how they are run, what they are asked, what that costs."""

import json
import resource
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agents import Model, PlantedModel, Reply, Request
from swarmboard.config import make_config
from swarmboard.execution import execute
from swarmboard.ongoing import Watch
from swarmboard.plan import prepare
from swarmboard.result import Result

CHOICES = ("north", "south", "east")
CACHED_PRICE = 0.1
"""What a cached input token costs beside one at full price, as with most providers."""
_CONFIG = (
    "agents",
    "structure",
    "threshold",
    "rounds",
    "seed",
    "tiers",
    "roles",
    "routing",
    "budget",
    "board",
)


def team_run(
    folder: str | Path,
    models: Mapping[str, Model] | None = None,
    *,
    watch: Watch | None = None,
    **terms: Any,
) -> Result:
    """Run `open-task` in a directory of its own.

    Args:
        folder: Where the run directory is made.
        models: Models by tier, in place of those that are named.
        watch: Called after each round.
        **terms: The configuration's names; all others are the scenario's options.
    """
    given = {name: terms.pop(name) for name in _CONFIG if name in terms}
    out = Path(tempfile.mkdtemp(dir=folder)) / "run"
    values = {"scenario": "open-task", "board": "memory://", "out": out, "options": terms} | given
    return execute(prepare(make_config(values), models=models), watch=watch)


def cpu_s() -> float:
    """Return the CPU seconds of this process, all its threads together."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def questions(count: int, *, text: str = "") -> list[dict[str, Any]]:
    """Return different questions with three choices and what planted models hold to be right.

    Args:
        count: How many.
        text: Stands in all of them, behind what differs.
    """
    model = PlantedModel()
    asked = (f"Which site is best for plant number {number}?" for number in range(count))
    texts = [f"{question} {text}".strip() for question in asked]
    return [
        {"task": text, "choices": list(CHOICES), "answer": model.truth(text, CHOICES)}
        for text in texts
    ]


def full_price_tokens(tokens: Mapping[str, Any]) -> float:
    """Return a run's input tokens in those that are paid in full: cached ones cost a tenth."""
    return tokens["input"] - (1 - CACHED_PRICE) * tokens["cached"]


class Kept:
    """A model in this process that keeps what it was asked.

    Args:
        inner: Who answers.
        is_distinct: Whether each agent says it in words of its own, so that no two entries of the
            board are the same.
    """

    def __init__(self, inner: PlantedModel, *, is_distinct: bool = False) -> None:
        self._inner, self._is_distinct = inner, is_distinct
        self.requests: list[Request] = []

    async def complete(self, request: Request) -> Reply:
        """Answer a request."""
        self.requests.append(request)
        reply = await self._inner.complete(request)
        if not self._is_distinct:
            return reply
        said = json.loads(reply.text)
        for name, limit in (("reasoning", 600), ("contribution", 400)):
            if said.get(name):
                said[name] = f"{said[name]} {_words(request)}"[:limit]
        return Reply(json.dumps(said), reply.model, reply.usage)

    def by_stage(self) -> Sequence[Sequence[Request]]:
        """Return the requests of one stage after the other."""
        stages: dict[tuple[int, int], list[Request]] = {}
        for request in self.requests:
            stages.setdefault((request.round, request.stage), []).append(request)
        return list(stages.values())


def _words(request: Request) -> str:
    """Return words that no other agent says in this stage; each agent says as many of them."""
    drawn = (request.agent + 1) * 2_654_435_761 + request.stage
    words = ("cost", "noise", "access", "soil", "water", "labour", "power", "roads")
    parts = [
        f"{words[drawn >> shift & 7]} {drawn >> shift & 1023:04d}" for shift in range(0, 24, 3)
    ]
    return f"On my own count: {', '.join(parts)}, sheet {request.agent:05d}."
