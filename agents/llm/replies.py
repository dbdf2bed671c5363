"""Replies: what a model has to answer, and how an answer is read and refused."""

import re
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)

from blackboard import SwarmboardError

from .calls import Request

REASONING, CONTRIBUTION, SHORT, DRAFT = 600, 400, 160, 2_000
"""The longest texts, in characters."""
MOST_FINDINGS, MOST_CALLS = 8, 16
_FENCE = re.compile(r"\A\s*```[a-zA-Z]*\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    "\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Control and format characters, fillers, variation selectors and tags, which can hide text from
people, and line separators that are no line feed."""

type Short = Annotated[str, StringConstraints(max_length=SHORT)]


class Finding(BaseModel):
    """Something an agent holds to be so, in a form that can be compared."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: Short
    says: Short


class Wanted(BaseModel):
    """Something an agent asks others to do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: Short
    needs: Short = ""
    """The skill it takes."""


class Decision(BaseModel):
    """One agent's answer in one stage. Every field but `reasoning` may be left away."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reasoning: Annotated[str, StringConstraints(max_length=REASONING)]
    evidence: tuple[Short, ...] = Field((), max_length=16)
    """Ids of the entries it rests on."""
    contribution: Annotated[str, StringConstraints(max_length=CONTRIBUTION)] = ""
    vote: Short | None = None
    confidence: float = Field(0.5, ge=0, le=1)
    goal: Short = ""
    """What the agent believes that it is working towards."""
    findings: tuple[Finding, ...] = Field((), max_length=MOST_FINDINGS)
    requests: tuple[Wanted, ...] = Field((), max_length=3)
    volunteers: tuple[Short, ...] = Field((), max_length=3)
    """Ids of the requests that it takes on."""
    retracts: tuple[Short, ...] = Field((), max_length=8)
    """Ids of its own entries that it takes back."""

    @field_validator("reasoning", "contribution", "goal", mode="after")
    @classmethod
    def _without_hidden_characters(cls, text: str) -> str:
        return clean(text)


class Chorus(BaseModel):
    """One reply that speaks for several agents."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decisions: tuple[Decision, ...]


class ToolCall(BaseModel):
    """A tool that a draft wants to have used, and what it is given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Short
    arguments: dict[str, Any] = Field(default_factory=dict)


class DraftReply(BaseModel):
    """A text that is to go out, what it commits to, and what has to be done for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reasoning: Annotated[str, StringConstraints(max_length=REASONING)]
    reply: Annotated[str, StringConstraints(max_length=DRAFT)] = ""
    findings: tuple[Finding, ...] = Field((), max_length=MOST_FINDINGS)
    calls: tuple[ToolCall, ...] = Field((), max_length=MOST_CALLS)
    confidence: float = Field(0.5, ge=0, le=1)

    @field_validator("reasoning", "reply", mode="after")
    @classmethod
    def _without_hidden_characters(cls, text: str) -> str:
        return clean(text)


type Readable = Decision | Chorus | DraftReply
"""All that a reply can be read as."""


class BadReply(SwarmboardError):
    """Raised when a reply is not what was asked for; says the field and what is wrong with it."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(f"{field}: {message}")


def clean(text: str) -> str:
    """Take characters out of a text that nobody can see."""
    return _CONTROL.sub("", text)


def read_reply(text: str, request: Request) -> Readable:
    """Read a model's reply: one code fence is taken off, everything else has to be right.

    Raises:
        BadReply: names the first field that is wrong, never the text that stood there.
    """
    fenced = _FENCE.match(text)
    body = fenced.group(1) if fenced else text
    if request.form == "draft":
        draft = _validated(DraftReply, body)
        _check_draft(draft, request)
        return draft
    kind: type[Decision] | type[Chorus] = Chorus if request.seats > 1 else Decision
    reply = _validated(kind, body)
    decisions = reply.decisions if isinstance(reply, Chorus) else (reply,)
    if len(decisions) != request.seats:
        raise BadReply("decisions", f"{request.seats} are needed, one for each role listed")
    for decision in decisions:
        _check(decision, request)
    return reply


def _validated[T: BaseModel](kind: type[T], body: str) -> T:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        raise BadReply(".".join(map(str, problem["loc"])) or "reply", problem["msg"]) from None


def confidence_of(reply: Readable) -> float:
    """Return how sure a reply is; of several decisions the least."""
    decisions = reply.decisions if isinstance(reply, Chorus) else (reply,)
    return min(decision.confidence for decision in decisions)


def _check_draft(draft: DraftReply, request: Request) -> None:
    if not draft.reply.strip() and not draft.calls:
        raise BadReply("reply", "is empty; write the text that is to be sent")
    for call in draft.calls:
        if call.name not in request.tools:
            there = ", ".join(request.tools) or "no tools here"
            raise BadReply("calls", f"names a tool that is not offered; there are {there}")


def _check(decision: Decision, request: Request) -> None:
    if not request.visible.issuperset(decision.evidence):
        raise BadReply("evidence", "cites an entry that was not shown; cite ids from the board")
    if not request.visible.issuperset(decision.volunteers):
        raise BadReply("volunteers", "names a request that was not shown; name ids from the board")
    if request.options and decision.vote not in (*request.options, "abstain"):
        raise BadReply("vote", f"must be one of {', '.join(request.options)}, abstain")


def repair_text(error: BadReply) -> str:
    """Return what is said to a model whose reply was refused: the field and the message only."""
    return (
        f"Your last reply was refused: {error}. Reply again with one JSON object of the form given "
        "above and nothing else."
    )
