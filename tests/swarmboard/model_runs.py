"""Runs of model teams in this process: the models that answer them, and what they left."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from agents import Model, PlantedModel, Reply, Request, read_header
from agents.llm.wording import messages
from blackboard import Record, read_log
from swarmboard.config import make_config
from swarmboard.execution import execute
from swarmboard.plan import prepare
from swarmboard.result import Result

QUESTION = {"task": "Where is the plant to be built?", "choices": ("north", "south", "east")}


class Asked:
    """A model that keeps what it was asked, and has another answer.

    Args:
        inner: Who answers; None is a planted model.
        change: Changes the text of a reply.
    """

    def __init__(
        self, inner: Model | None = None, *, change: Callable[[Request, str], str] | None = None
    ) -> None:
        self.inner = inner or PlantedModel()
        self.requests: list[Request] = []
        self.billed = 0
        """Tokens of all replies."""
        self._change = change

    async def complete(self, request: Request) -> Reply:
        self.requests.append(request)
        reply = await self.inner.complete(request)
        self.billed += reply.usage.input + reply.usage.output
        if self._change is None:
            return reply
        return Reply(self._change(request, reply.text), reply.model, reply.usage)

    @property
    def calls(self) -> int:
        return len(self.requests)

    def by_stage(self) -> Counter[tuple[int, str]]:
        """Return the calls of each round and stage."""
        return Counter((request.round, stage_of(request)) for request in self.requests)

    def prompts(self, stage: str, *, round: int | None = None) -> list[str]:
        """Return the prompts of a stage, without the rules."""
        return [
            request.prompt.board + request.prompt.own
            for request in self.requests
            if stage_of(request) == stage and round in (None, request.round)
        ]


def stage_of(request: Request) -> str:
    return read_header(request.prompt.own).stage


def team_run(
    out: Path,
    models: Model | Mapping[str, Model] | None = None,
    *,
    watch: Any = None,
    kind: Any = None,
    rule: Any = None,
    scenario: str = "open-task",
    **terms: Any,
) -> Result:
    """Run a team; terms are those of the configuration, all others are the scenario's options."""
    names = (
        *("agents", "structure", "threshold", "rounds", "seed", "faults", "supervision"),
        *("tiers", "roles", "budget", "routing", "snapshot_every", "ballots", "board"),
    )
    given = {name: terms.pop(name) for name in names if name in terms}
    values = {"board": "memory://", "out": out, "scenario": scenario, "options": terms} | given
    by_tier = models if isinstance(models, Mapping) or models is None else {"default": models}
    plan = prepare(make_config(values), models=by_tier, kind=kind, rule=rule)
    return execute(plan, watch=watch)


def tasks(count: int) -> list[dict[str, Any]]:
    """Return different questions with three choices each."""
    return [
        {"task": f"Which site is best for plant number {i}?", "choices": QUESTION["choices"]}
        for i in range(count)
    ]


def records(result: Result, kind: type[Record]) -> list[Any]:
    """Return the log's records of a kind."""
    return [record for record in read_log(result.path / "events.log") if isinstance(record, kind)]


def causes(result: Result) -> dict[str, int]:
    """Return the abstentions that there were, by cause."""
    return {cause: count for cause, count in result.summary["abstentions"].items() if count}


def recorded(run: Path, sql: str) -> list[tuple[Any, ...]]:
    """Return rows of a run's recording."""
    with closing(sqlite3.connect(run / "llm.sqlite")) as connection:
        return connection.execute(sql).fetchall()


def recorded_parts(run: Path) -> list[str]:
    """Return all parts of all prompts that a run recorded."""
    return [text for (text,) in recorded(run, "SELECT text FROM parts")]


def whole(prompts: Iterable[Any]) -> list[str]:
    """Return prompts as the texts that a provider is sent."""
    return ["\n".join(m["content"] for m in messages(prompt)) for prompt in prompts]
