"""The rule-based craft: whether a draft is good and a review right is drawn, with planted truth."""

from collections.abc import Mapping, Sequence
from typing import Any

from blackboard import Entry

from ..case import Case
from ..floor import REVIEW, Item
from ..replies.parts import drafted, mended
from .craft import Craft, Work


class RuleCraft(Craft):
    """Draws how good work is and how long it takes; the texts of parts are planted."""

    def begin(self, case: Case) -> None:
        """Draw what the parts will say, and whether two of them contradict each other."""
        if len(case.skills) > 1:
            names = self.terms.customers.named(case.ticket)
            case.texts, case.planted = drafted(
                self.random, case.ticket, case.draft, names, conflicts=self.terms.conflicts
            )
            case.conflicts += len(case.planted)

    def drafting_s(self, item: Item) -> float:
        """Draw how long a draft takes."""
        return self.terms.practice.drafting_s(item.ticket, item.draft, item.part)

    def reviewing_s(self, item: Item, seat: int) -> float:
        """Draw how long a review takes."""
        return self.terms.practice.reviewing_s(item.ticket, item.draft, seat)

    def brief(self, works: Sequence[Work], instant: int) -> Mapping[str, Any]:
        """Return how those who are due judge, and what they write."""
        approves: dict[int, bool] = {}
        parts: dict[int, dict[str, Any]] = {}
        for agent, item, seat, case in works:
            if item.skill == REVIEW:
                is_right = self.terms.practice.is_right(item.ticket, item.draft, seat)
                approves[agent] = is_right == case.is_right
            elif len(case.skills) > 1:
                part = case.texts[item.part]
                parts[agent] = {"text": part.text, "findings": [list(f) for f in part.findings]}
        return {"approves": approves, "parts": parts}

    def take_draft(self, case: Case, item: Item, entry: Entry) -> None:
        """Draw whether a part answers what was asked; one that is mended stays as it was."""
        if item.part not in case.mended:
            skill = case.skills[item.part]
            case.good[item.part] = self.terms.practice.is_good(*item[:3], skill)

    def mend(self, case: Case, against: Mapping[int, int], abouts: Mapping[int, str]) -> None:
        """Put parts into the words of those that they contradict, and hold it against the plan."""
        for part, other in against.items():
            texts = list(case.texts)
            texts[part] = mended(case.texts, part, other)
            case.texts = tuple(texts)
            if (other, part) in case.planted:
                case.found += 1
                case.planted = tuple(pair for pair in case.planted if pair != (other, part))
            else:
                case.alarms += 1

    def send(self, case: Case) -> str:
        """Say whether the reply answers what was asked."""
        return "right" if case.is_right else "wrong"

    def effective_voters(self, eligible: int) -> float | None:
        """Discount reviewers of one reply by how much they err together."""
        return self.terms.practice.reviewers.effective_voters(eligible) if eligible else 0.0
