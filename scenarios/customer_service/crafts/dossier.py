"""What is kept of a ticket while its reply is written in words: drafts, lookups, objections."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ..replies.parts import Part
from ..tau2 import Call


class Lookup(msgspec.Struct, frozen=True):
    """A call that was answered on the board before anything was drafted."""

    entry: str
    name: str
    arguments: dict[str, Any]
    answer: str


class Rejected(msgspec.Struct, frozen=True):
    """A draft that was not accepted."""

    parts: tuple[tuple[str, int, str], ...]
    """Of each part its entry, its author and its text."""
    calls: tuple[Call, ...]
    reasons: tuple[str, ...]
    """Of the reviewers who did not approve."""


class Dossier(msgspec.Struct):
    """One ticket's papers."""

    calls: dict[int, list[Call]] = {}
    """What each part of this draft wants to have done, by position."""
    confidence: dict[int, float] = {}
    """How sure the author of each part is."""
    lookups: list[Lookup] = []
    """Of all drafts; what is known stays known."""
    turns: dict[int, int] = {}
    """How often each part of this draft has been asked for."""
    conflicts: dict[int, str] = {}
    """The subject in which a part contradicts another and is drafted again."""
    reasons: list[str] = []
    """What reviewers of this draft said against it."""
    rejected: list[Rejected] = []

    def start_over(self) -> None:
        """Begin the next draft."""
        self.calls, self.confidence, self.turns = {}, {}, {}
        self.conflicts, self.reasons = {}, []

    @property
    def all_calls(self) -> tuple[Call, ...]:
        """What the whole draft wants to have done, part after part."""
        return tuple(call for part in sorted(self.calls) for call in self.calls[part])


def blank_parts(names: tuple[str, ...]) -> tuple[Part, ...]:
    """Return the parts of a reply of which nothing is written yet."""
    return tuple(Part(name, (), "") for name in names)


def calls_of(payload: Mapping[str, Any]) -> list[Call]:
    """Return the calls that a draft's entry holds."""
    return [Call(call["name"], dict(call["arguments"])) for call in payload.get("calls", ())]


def plain_calls(calls: list[Call] | tuple[Call, ...]) -> list[dict[str, Any]]:
    """Return calls as an entry holds them."""
    return [{"name": call.name, "arguments": call.arguments} for call in calls]


def plain_dossier(dossier: Dossier) -> Any:
    """Return a dossier as plain values."""
    return msgspec.to_builtins(dossier, str_keys=False)


def dossier_of(values: Any) -> Dossier:
    """Return the dossier that `plain_dossier` was given."""
    return msgspec.convert(values, Dossier)
