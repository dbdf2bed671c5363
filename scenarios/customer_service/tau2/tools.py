"""The tools on one ticket's database: names and arguments in, text out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from . import reads, writes
from .calls import CALLS, Call, CannotBeDone, ToolSchema, check_arguments, schemas
from .database import Database
from .records import Record, Variant

__all__ = ["Answer", "Tools"]


class Answer(NamedTuple):
    """What a call came to."""

    text: str
    """JSON of the record concerned, a plain text, or what was wrong."""
    is_done: bool


class Tools:
    """The 16 tools, acting on a database that is theirs to change."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def call(self, call: Call) -> Answer:
        """Carry a call out; one that cannot be done says why and changes nothing."""
        try:
            check_arguments(call)
            found = _DO[call.name](self.database, **call.arguments)
        except CannotBeDone as refusal:
            return Answer(f"error: {refusal}", is_done=False)
        text = found if isinstance(found, str) else msgspec.json.encode(found).decode()
        return Answer(text, is_done=True)

    @staticmethod
    def schemas() -> tuple[ToolSchema, ...]:
        """Return name, description and arguments of all tools, for a prompt."""
        return schemas()


_DO: Mapping[str, Callable[..., Record | Variant | str]] = {
    name: getattr(writes if tool.is_write else reads, name) for name, tool in CALLS.items()
}
