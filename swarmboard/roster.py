"""Who registered for a team: checked at once, and kept beside the run that they took part in."""

import asyncio
import contextvars
import inspect
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from agents import Agent, Callee, Situation, TierConfig
from blackboard import BadInput, RunDirectory
from scenarios import Seat

from .effects import is_asynchronous

ROSTER = "team.json"
"""The file's name in a run directory."""


@dataclass(frozen=True, slots=True)
class Registered:
    """The agents of one role, and who answers for them."""

    role: str
    count: int
    answers: Any = None
    """A coroutine function or a class of agents; None means a model."""
    skills: tuple[str, ...] = ()
    tier: TierConfig | None = None
    """The role's own model."""

    @property
    def is_agent(self) -> bool:
        """Whether a class of the user's own acts for them."""
        return isinstance(self.answers, type)

    @property
    def kind(self) -> str:
        """Who answers for them, in a word."""
        if self.answers is None:
            return "model"
        return "agent" if self.is_agent else "coroutine"

    def seat(self, loop: asyncio.AbstractEventLoop) -> Seat:
        """Return their seat in a run whose coroutines are awaited on a loop."""
        if self.answers is None:
            return Seat(self.role, self.count)
        if self.is_agent:
            return Seat(self.role, self.count, agent=self.answers)
        callee = _on_loop(self.answers, loop)
        return Seat(self.role, self.count, callee=callee)

    def row(self) -> dict[str, Any]:
        """Return what `team.json` keeps of them."""
        name = getattr(self.answers, "__qualname__", type(self.answers).__name__)
        return {
            "role": self.role,
            "count": self.count,
            "skills": list(self.skills),
            "answers": self.kind,
            "name": None if self.answers is None else name,
        }


def check_answers(role: str, answers: Any) -> None:
    """See that something can answer for the agents of a role.

    Raises:
        BadInput: it cannot; says what it should be.
    """
    if answers is None:
        return
    name = getattr(answers, "__qualname__", repr(answers))
    if isinstance(answers, type):
        if not issubclass(answers, Agent):
            raise BadInput(
                f"register({role!r}, {name}): the class is no Agent; derive it from "
                "swarmboard.RuleAgent, or give an async function"
            )
        _check_call(answers, None, f"register({role!r}, {name}): it is made as {name}(model)")
    elif not callable(answers):
        raise BadInput(
            f"register({role!r}, {answers!r}): an async function or a class of agents is needed; "
            f"a model is named with register({role!r}, model='provider/name')"
        )
    elif not is_asynchronous(answers):
        raise BadInput(
            f"register({role!r}, {name}): the function is not asynchronous, and would hold up all "
            f"others; make it `async def {name.rpartition('.')[2]}(situation)`"
        )
    else:
        where = f"register({role!r}, {name}): it is called with one argument, the situation"
        _check_call(answers, None, where)


def keep_roster(directory: RunDirectory, team: Sequence[Registered], models: Sequence[str]) -> None:
    """Put down who is in the team of a run that begins.

    Args:
        directory: The run.
        team: Its roles.
        models: The tiers whose models were given as objects.
    """
    content = {"team": [one.row() for one in team], "models": sorted(models)}
    directory.write_json(ROSTER, content)


def check_roster(
    directory: RunDirectory, team: Sequence[Registered], models: Sequence[str]
) -> None:
    """See that a team is the one with which a run began.

    Raises:
        BadInput: it is not; names the first difference.
    """
    if (content := directory.read_json(ROSTER)) is None:
        raise BadInput(
            f"{directory.path} was not begun by a Swarm: `swarmboard resume {directory.path}` "
            "goes on with it"
        )
    began, now = content["team"], [one.row() for one in team]
    for before, here in zip(began, now, strict=False):
        if any(before[name] != here[name] for name in ("role", "count", "skills", "answers")):
            raise BadInput(
                f"{directory.path} began with {_said(before)} where {_said(here)} is registered: "
                "register the same team, in the same order"
            )
    if len(began) != len(now):
        roles = ", ".join(_said(row) for row in began)
        raise BadInput(f"{directory.path} began with the team {roles}: register the same")
    if missing := [name for name in content["models"] if name not in models]:
        raise BadInput(
            f"{directory.path} began with a model object for the tier {missing[0]!r}: give "
            f"Swarm(models={{{missing[0]!r}: ...}})"
        )


def check_shareable(directory: RunDirectory) -> None:
    """See that nobody of a run's team is known to the program alone that began it.

    Raises:
        BadInput: somebody is.
    """
    content = directory.read_json(ROSTER) or {"team": [], "models": []}
    own = [row for row in content["team"] if row["answers"] != "model"]
    if own or content["models"]:
        what = _said(own[0]) if own else f"a model object for {content['models'][0]!r}"
        raise BadInput(
            f"{directory.path} has {what} in its team, which its own program alone can make: "
            "register the same team there, and `await swarm.resume(path)`"
        )


def _said(row: dict[str, Any]) -> str:
    skills = f" skilled in {', '.join(row['skills'])}" if row["skills"] else ""
    by = "" if row["answers"] == "model" else f" ({row['answers']} {row['name']})"
    return f"{row['count']} {row['role']}{by}{skills}"


def _check_call(called: Any, argument: Any, where: str) -> None:
    try:
        inspect.signature(called).bind(argument)
    except TypeError as error:
        raise BadInput(f"{where}; {error}") from error
    except ValueError:
        return  # built in, and says nothing of its arguments


async def _answer(answers: Callee, situation: Situation) -> Any:
    try:
        return await answers(situation)
    except SystemExit as error:  # which would end the loop that all share
        raise RuntimeError(f"SystemExit: {error}") from error


def _on_loop(answers: Callee, loop: asyncio.AbstractEventLoop) -> Callee:
    """Have a coroutine awaited on the loop, and in the context, of whoever decides."""
    context = contextvars.copy_context()

    def start(situation: Situation) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(_answer(answers, situation), loop)

    async def call(situation: Situation) -> Any:
        return await asyncio.wrap_future(context.copy().run(start, situation))

    return call
