"""An entry that a person puts on a board, as it stands on the command line."""

import json
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents import RESTART, why_no_restart
from blackboard import BadInput

EXAMPLE = """--entry '{"kind": "note", "payload": {"text": "line 7 is out"}}'"""
RESTART_EXAMPLE = """--entry '{"kind": "restart", "payload": {"agents": [3, 17]}}'"""


class InjectedEntry(BaseModel):
    """What `swarmboard inject --entry` takes."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: str = Field(min_length=1)
    payload: dict[str, Any] = Field(default_factory=dict)
    layer: Literal["task", "reasoning", "coordination"] = "task"
    reasons: tuple[str, ...] = ()
    confidence: float = Field(1.0, ge=0, le=1)
    links: tuple[tuple[Literal["derived-from", "supports", "contradicts"], str], ...] = ()
    """Pairs of a relation and an entry's id."""
    to: int | None = Field(None, ge=0)
    """The agent that it is addressed to; None means all."""

    @classmethod
    def read(cls, text: str) -> Self:
        """Read an entry from JSON.

        Raises:
            BadInput: it is no JSON, or not an entry; names the first problem.
        """
        try:
            content = json.loads(text)
        except ValueError as error:
            raise BadInput(f"--entry is no JSON ({error}); write it like {EXAMPLE}") from error
        if not isinstance(content, dict):
            raise BadInput(
                f"--entry is a {type(content).__name__}, not an object; write it like {EXAMPLE}"
            )
        try:
            return cls(**content)
        except ValidationError as error:
            raise BadInput(f"--entry: {_first_problem(error)}; write it like {EXAMPLE}") from error

    def check_restart(self) -> None:
        """Refuse a restart that a run's supervision could not understand.

        Raises:
            BadInput: it names no agents.
        """
        if self.kind == RESTART and (why := why_no_restart(self.payload)):
            raise BadInput(f"--entry: payload.{why}; write it like {RESTART_EXAMPLE}")


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    where = ".".join(map(str, problem["loc"]))
    if problem["type"] == "missing":
        return f"{where} is missing"
    if problem["type"] == "extra_forbidden":
        names = ", ".join(InjectedEntry.model_fields)
        return f"there is no {where!r} in an entry, which has {names}"
    message = problem["msg"]
    return f"{where}={problem['input']!r:.80} is wrong: {message[0].lower() + message[1:]}"
