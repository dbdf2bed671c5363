"""Planted voices as staff: what they reply to customers, and how they judge what others reply."""

import re
from typing import Any

from .beliefs import Beliefs
from .chance import share
from .findings import Findings
from .hearing import Heard
from .plant import Plant

DRAFTS, REVIEWS = "draft", "review"
"""The stages in which staff is asked."""
REMEDIES = ("refund", "exchange", "repair", "advice", "delivery", "apology")
"""What a reply offers; for each customer one of them is right."""
_JUDGEMENTS = ("approve", "reject")
_OFFER = re.compile(r"\bwe offer: (\w+)")
_ORDER = re.compile(r"#W\d+")
_LOOK_UP = "get_order_details"


class PlantedClerk:
    """Staff of one planted model.

    A draft offers one of six remedies, the right one with the plant's `accuracy`; a reviewer judges
    a reply rightly with the same accuracy, and those of one reply err together as planted. Whoever
    drafts after a rejection believes something anew.
    """

    def __init__(self, plant: Plant, beliefs: Beliefs, findings: Findings) -> None:
        self._plant, self._beliefs, self._findings = plant, beliefs, findings

    def is_right(self, task: str, reply: str) -> bool | None:
        """Say whether all that a reply offers is right; None where it offers nothing."""
        offers = _OFFER.findall(reply)
        right = self._beliefs.truth(task, REMEDIES)
        return all(offer == right for offer in offers) if offers else None

    def draft(self, heard: Heard) -> dict[str, Any]:
        """Return a draft, or a lookup where there are tools and an order is named."""
        task, (kind, number) = heard.board.task, heard.who
        order = _ORDER.search(task)
        if _LOOK_UP in heard.tools and order and not heard.board.has_lookups:
            call = {"name": _LOOK_UP, "arguments": {"order_id": order.group()}}
            return {"reasoning": "I look the order up first.", "calls": [call]}
        attempt = f"{kind} draft {heard.board.rejected}"
        voice = self._beliefs.belief(task, REMEDIES, attempt, number)
        return {
            "reasoning": f"I hold {voice.option} to be what the customer needs.",
            "reply": f"Thank you for writing. To settle this we offer: {voice.option}.",
            "findings": self._stated(heard),
            "confidence": voice.confidence,
        }

    def review(self, heard: Heard) -> dict[str, Any]:
        """Return a vote on a reply; on what others than planted voices wrote by chance."""
        task, who = heard.board.task, heard.who
        reply = " ".join(part.text for part in heard.board.reply)
        voice = self._beliefs.belief(f"review {task} {reply}", _JUDGEMENTS, *who)
        is_right = self.is_right(task, reply)
        if is_right is None:
            drawn = share(self._plant.seed, "approves", task, reply, *who)
            approves = drawn < self._plant.approves
        else:
            approves = is_right == voice.is_right
        return {
            "reasoning": "This is what the customer needs." if approves else "I see it otherwise.",
            "vote": _JUDGEMENTS[not approves],
            "confidence": voice.confidence,
        }

    def _stated(self, heard: Heard) -> list[dict[str, str]]:
        """Return what a draft commits to; without a contradiction once it was told of one."""
        board = heard.board
        found = self._findings.stated(board.task, (), *heard.who, heard.header.round)
        if heard.is_in_conflict:
            found = {about: self._findings.value(board.task, about) for about in found}
        return [{"about": about, "says": says} for about, says in found.items()]
