"""Members of a team: agents that have a model, or a coroutine of the user's own, asked for them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import msgspec

from blackboard import View

from ..base import Actions, Agent
from .briefing import Briefing, Identity, Voice
from .calls import Ask, ModelError, Outcome, Request
from .replies import BadReply, Chorus, Decision, read_reply
from .wording import messages


class Scribe(Protocol):
    """Turns what a member decided into what it does on the board."""

    def actions(self, agent: int, role: str, decision: Decision, view: View) -> Actions:
        """Return what follows from a decision in the stage of the view."""


class Member(Agent):
    """A member of a team who is asked once a stage, and acts on the answer.

    What it is asked stands in the stage's brief, under `briefing`.

    Args:
        model: The Mesa model.
        role: The member's role.
        scribe: Turns its decisions into actions.
        voice: The shared opinion that it has, or None for one of its own.
    """

    _given = Agent._given | {"role", "scribe", "voice"}

    asks = True

    def __init__(
        self, model: Any, role: str, scribe: Scribe, *, voice: Voice | None = None
    ) -> None:
        super().__init__(model)
        self.role, self.scribe, self.voice = role, scribe, voice
        self.last: tuple[int, int] | None = None
        """The round and stage in which it was last asked."""

    def act(self, view: View) -> Actions:
        """Ask, if this stage asks this member."""
        briefing: Briefing | None = view.brief.get("briefing")
        if briefing is None or (briefing.asked is not None and self.index not in briefing.asked):
            return None
        identity = Identity(self.index, self.role, self.voice, self.last)
        return self._ask(briefing.request(identity, (view.round, view.stage)), briefing)

    def answer(self, view: View, outcome: Outcome) -> Actions:
        """Act on what was decided."""
        self.last = (view.round, view.stage)
        briefing: Briefing = view.brief["briefing"]
        decision = self._decision(outcome, briefing)
        return self.scribe.actions(self.index, self.role, decision, view)

    def _ask(self, request: Request, briefing: Briefing) -> Ask:
        return Ask(request=request)

    def _decision(self, outcome: Outcome, briefing: Briefing) -> Decision:
        if not briefing.seats:
            return _decided(outcome.text)
        place = [agent for agent, _ in briefing.seats].index(self.index)
        return _decided_together(outcome.text).decisions[place]


@dataclass(frozen=True, slots=True)
class Situation:
    """What a coroutine of the user's own is told; as a text, the prompt a model would get."""

    agent: int
    role: str
    round: int
    stage: str
    task: str
    votes: tuple[str, ...]
    """What a vote may say; empty where none is due."""
    prompt: str
    visible: frozenset[str]
    """The ids of the entries in the prompt."""

    def __str__(self) -> str:
        return self.prompt


type Callee = Callable[[Situation], Awaitable[Any]]
"""Answers with a `Decision`, a dict of its fields, a text (its contribution, or its vote where
one is due), or None for an abstention."""


class CallableMember(Member):
    """A member for whom a coroutine of the user's own is awaited instead of a model.

    Args:
        model: The Mesa model.
        role: The member's role.
        scribe: Turns its decisions into actions.
        callee: The coroutine function; called anew in each stage, never again for the same one.
        task: Returns the task as of now.
        timeout_s: How long it may take before the member abstains as late.
    """

    _given = Member._given | {"callee", "task", "timeout_s"}

    def __init__(
        self,
        model: Any,
        role: str,
        scribe: Scribe,
        callee: Callee,
        *,
        task: Callable[[], str],
        timeout_s: float = 60.0,
    ) -> None:
        super().__init__(model, role, scribe)
        self.callee, self.task, self.timeout_s = callee, task, timeout_s

    def _ask(self, request: Request, briefing: Briefing) -> Ask:
        situation = Situation(
            self.index,
            self.role,
            request.round,
            briefing.stage,
            self.task(),
            briefing.votes,
            "\n\n".join(message["content"] for message in messages(request.prompt)),
            request.visible,
        )
        return Ask(
            call=lambda: _decide(self.callee, situation, request),
            question=situation.prompt,
            timeout_s=self.timeout_s,
        )

    def _decision(self, outcome: Outcome, briefing: Briefing) -> Decision:
        return _decided(outcome.text)


async def _decide(callee: Callee, situation: Situation, request: Request) -> dict[str, Any] | None:
    """Await the user's coroutine, and check what it answers like a model's reply."""
    given = await callee(situation)
    if given is None:
        return {"reasoning": "", "vote": "abstain"}
    if isinstance(given, str):
        field = "vote" if given in (*situation.votes, "abstain") else "contribution"
        given = {"reasoning": given[:600], field: given[:400]}
    fields = given.model_dump() if isinstance(given, Decision) else given
    if not isinstance(fields, dict):
        raise ModelError(
            f"the {situation.role} returned a {type(given).__name__}; return a text, a Decision, a "
            "dict with its fields, or None to abstain",
            cause="invalid",
        )
    try:
        text = msgspec.json.encode({"reasoning": "", **fields}).decode()
        checked = read_reply(text, request)
    except (BadReply, TypeError, ValueError) as error:
        raise ModelError(
            f"the {situation.role} answered wrongly: {error}", cause="invalid"
        ) from error
    return checked.model_dump(exclude_defaults=True)


@lru_cache(maxsize=4096)
def _decided(text: str) -> Decision:
    return Decision.model_validate_json(text)


@lru_cache(maxsize=64)
def _decided_together(text: str) -> Chorus:
    return Chorus.model_validate_json(text)
