"""What is asked of a model and what comes back: the one narrow protocol all wrappers share."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, Protocol

import msgspec

from blackboard import Cause, SwarmboardError

type Purpose = Literal["work", "coordination", "reconstruction", "verification"]
"""What a call is for; its tokens are counted in this class."""

type Form = Literal["decision", "draft"]
"""What a reply has to be: a `Decision` (for several seats a `Chorus`), or a `DraftReply`."""

PURPOSES: tuple[Purpose, ...] = ("work", "coordination", "reconstruction", "verification")


class Prompt(msgspec.Struct, frozen=True, gc=False):
    """A prompt in the order in which providers cache it: what all share comes first."""

    rules: str
    """The same in every call of a run."""
    board: str
    """The same for all who see the same of the board in a stage."""
    own: str
    """The agent's own part."""

    @property
    def size(self) -> int:
        """Characters."""
        return len(self.rules) + len(self.board) + len(self.own)


class Request(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One question of one agent to a model."""

    agent: int
    role: str
    round: int
    stage: int
    prompt: Prompt
    purpose: Purpose = "work"
    turn: int = 0
    """0 for the first question of an agent in a stage; repairs and escalations count on."""
    tier: str = ""
    """The tier that answers; the gateway chooses it where it is empty."""
    model: str = ""
    """The model's name, `provider/name`; known once the tier is."""
    endpoint: str = ""
    """Where the model is asked; empty for the provider's own address."""
    max_tokens: int = 700
    temperature: float = 0.7
    sample: int = -1
    """Which of several answers to the same question this is, counted from 0; who asks for the
    same one shares it. -1 gives each who asks an answer of its own."""
    complexity: float = 0.0
    """How hard the question is, 0 to 1; chooses the tier."""
    seen: float = 0.0
    """The share (0-1) of the prompt, by characters, that this agent or the board had before."""
    options: tuple[str, ...] = ()
    """What a vote may say; empty where no vote is due."""
    visible: frozenset[str] = frozenset()
    """The ids of the entries in the prompt, the only ones that a reply may cite."""
    seats: int = 1
    """How many agents' decisions one reply holds (more than 1 for a chorus)."""
    form: Form = "decision"
    """The form of the reply, which the prompt's rules describe; so keys cover it."""
    tools: tuple[str, ...] = ()
    """The names of the tools that a draft may call."""


class Usage(msgspec.Struct, frozen=True, gc=False):
    """Tokens of one reply, as the provider billed them."""

    input: int = 0
    """All input tokens, cached ones included."""
    output: int = 0
    cached: int = 0
    """Input tokens that the provider had in its cache."""


class Reply(msgspec.Struct, frozen=True, gc=False):
    """A model's raw answer, before anybody has looked whether it makes sense."""

    text: str
    model: str = ""
    usage: Usage = Usage()
    cost_usd: float = 0.0
    finish: str = "stop"
    """Why the model stopped: `stop`, `length`, or what the provider says."""
    latency_s: float = 0.0
    is_recorded: bool = False
    """Whether it comes from a recording: nobody was asked, nothing was billed."""
    is_shared: bool = False
    """Whether it was another request's call: the tokens were billed there."""


class ModelError(SwarmboardError):
    """Raised when a model gave no answer."""

    def __init__(
        self,
        message: str,
        *,
        cause: Cause = "error",
        status: int | None = None,
        is_transient: bool = False,
        retry_after_s: float | None = None,
        usage: Usage | None = None,
    ) -> None:
        self.cause = cause
        """What the agent's abstention will say: error, late, invalid or budget."""
        self.usage = usage
        """What the provider billed all the same, where it said so."""
        self.status, self.is_transient, self.retry_after_s = status, is_transient, retry_after_s
        super().__init__(message)


class Model(Protocol):
    """Answers requests. Budget, retries, recording and all else are wrappers of the same."""

    async def complete(self, request: Request) -> Reply:
        """Answer one request.

        Raises:
            ModelError: there is no answer; says whether another attempt may help.
        """


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What finally came of an agent's question, after all retries: an answer or an abstention."""

    text: str = ""
    """The checked answer as canonical JSON; empty where there is none."""
    cause: Cause | None = None
    """Why there is no answer."""
    detail: str = ""


class Ask(msgspec.Struct, frozen=True, gc=False):
    """What an agent returns from a stage to have somebody asked on its behalf.

    All that is asked in a stage is asked against the same board and awaited together; then each
    agent's `answer(view, outcome)` returns what it does.
    """

    request: Request | None = None
    """A question to a model, or None for `call` or `compare`."""
    call: Callable[[], Awaitable[Any]] | None = None
    """A coroutine of the user's own; what it returns is the outcome, as JSON."""
    question: str = ""
    """All that the coroutine's answer depends on, as a text. What came of it in another run counts
    for the same text only; where it is empty, recording=auto never takes another run's."""
    compare: tuple[str, ...] = ()
    """Texts whose distances from the first of them are wanted, by the team's embedding model."""
    timeout_s: float = 60.0
    """How long the coroutine may take; then its agent abstains as late."""


type Hook = Callable[[str, Mapping[str, Any]], None]
"""Told of calls as they begin and end: the event's name and its attributes."""
