"""The staff: each drafts what it has the skill for, and reviews what others drafted."""

from collections.abc import Mapping
from typing import Any

from agents import Actions, RuleAgent
from blackboard import Claim, Link, Post, Release, View, Vote

from .floor import REVIEW, Item

DRAFT, LOOKUP = "draft", "lookup"
"""Kinds of entries: a part of a reply, and what somebody looked up before drafting it."""


class Clerk(RuleAgent):
    """One member of staff; it has one piece of work at a time."""

    def __init__(self, model: Any) -> None:
        super().__init__(model)
        self.item: tuple[Any, ...] | None = None
        """What it works on, as an `Item`."""

    def finish(self) -> None:
        """Have done what was to be done; the instant's first stage asks for it."""

    def claim(self, view: View) -> Actions:
        """Ask for the work that it is the next for."""
        item: Item = view.brief["offers"][self.index]
        return Claim(item.name)

    def work(self, view: View) -> Actions:
        """Put what it has done on the board: a draft, or a ballot on another's."""
        if self.item is None:
            return None
        item = Item(*self.item)
        if item.skill == REVIEW:
            return Vote(self._judged(item, view), item.proposal)
        return [Post(DRAFT, self._drafted(item, view)), Release(item.name)]

    def compare(self, view: View) -> Actions:
        """Say which parts of a reply contradict each other, and who is to draft again."""
        return [
            Post(
                "conflict",
                {"ticket": found["ticket"], "about": found["about"]},
                layer="coordination",
                links=tuple(Link("contradicts", entry) for entry in found["entries"]),
            )
            for found in view.brief["conflicts"].get(self.index, ())
        ]

    def _judged(self, item: Item, view: View) -> str:
        return "approve" if view.brief["approves"][self.index] else "reject"

    def _drafted(self, item: Item, view: View) -> Mapping[str, Any]:
        part: Mapping[str, Any] = view.brief["parts"].get(self.index, {})
        return {"ticket": item.ticket, "draft": item.draft, "part": item.part, **part}
