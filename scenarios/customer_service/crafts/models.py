"""Staff that are language models: they draft, look things up, and review each other's replies."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from agents import (
    Actions,
    Ask,
    Decision,
    DraftReply,
    Outcome,
    PlannedCalls,
    Request,
    ToolCall,
    complexity_of,
)
from blackboard import Post, Release, View, Vote

from ...base import Setup
from ..floor import REVIEW, Item
from ..staff import DRAFT, LOOKUP, Clerk
from ..tau2 import Call, Tools
from ..terms import Terms
from .benchmark import is_deed
from .craft import Work
from .dossier import plain_calls
from .planned import Sizes, planned_calls
from .texts import TextCraft
from .wording import (
    DRAFTING,
    REVIEWER,
    REVIEWING,
    VOTES,
    draft_lines,
    draft_prompt,
    draft_rules,
    header_of,
    review_prompt,
    review_rules,
)

FIRST_STAGE = 1
"""Of an instant: what has come to its end is taken before anything else."""


class ModelClerk(Clerk):
    """One member of staff, for whom a model is asked when its work is due."""

    asks = True

    def work(self, view: View) -> Actions:
        """Ask, be it for a draft or for a vote."""
        return None if self.item is None else Ask(request=view.brief["questions"][self.index])

    def answer(self, view: View, outcome: Outcome) -> Actions:
        """Vote, look something up, or put the draft on the board."""
        assert self.item, "who was asked has something to do"
        item = Item(*self.item)
        if item.skill == REVIEW:
            judged = Decision.model_validate_json(outcome.text)
            vote, reason = judged.vote or "abstain", judged.reasoning
            return Vote(vote, item.proposal, confidence=judged.confidence, reason=reason)
        reply = DraftReply.model_validate_json(outcome.text)
        place = {"ticket": item.ticket, "draft": item.draft, "part": item.part}
        if found := view.brief["craft"].looked_up(item, reply.calls):
            return [Post(LOOKUP, {**place, **lookup}) for lookup in found]
        deeds = [Call(c.name, c.arguments) for c in reply.calls if is_deed(c.name)]
        payload = {
            **place,
            "text": reply.reply,
            "findings": [[found.about, found.says] for found in reply.findings],
            "calls": plain_calls(deeds),
        }
        reasons = (reply.reasoning,) if reply.reasoning else ()
        draft = Post(DRAFT, payload, reasons=reasons, confidence=reply.confidence)
        return [draft, Release(item.name)]


class ModelCraft(TextCraft):
    """Asks models for drafts and votes: all whose work ends at the same instant, together."""

    clerk = ModelClerk

    def __init__(self, terms: Terms, setup: Setup) -> None:
        super().__init__(terms, setup)
        has_tools = self.benchmark is not None
        policy = self.benchmark.retail.policy if self.benchmark else ""
        self._tools = tuple(tool.name for tool in Tools.schemas()) if has_tools else ()
        self._draft_rules = draft_rules(policy, has_tools=has_tools)
        self._review_rules = review_rules(policy)

    def brief(self, works: Sequence[Work], instant: int) -> Mapping[str, Any]:
        """Return the question of each, all on the board as it is."""
        for _, item, _, case in works:
            if item.skill != REVIEW:
                turns = self.dossiers[case.ticket].turns
                turns[item.part] = turns.get(item.part, 0) + 1
        return {
            "questions": {work.agent: self._question(work, instant) for work in works},
            "craft": self,
        }

    def looked_up(self, item: Item, calls: Sequence[ToolCall]) -> list[dict[str, Any]]:
        """Return the answers to calls that are not put to the vote, as the board holds them.

        Calls that are put to the vote and cannot be done are told as well, while there are turns.
        """
        if self.benchmark is None or not self._turns_left(item):
            return []
        asked = [Call(call.name, call.arguments) for call in calls]
        return [
            {"name": call.name, "arguments": call.arguments, "answer": answer.text}
            for call, answer in self.benchmark.looked_up(asked)
        ]

    def planned_calls(self) -> Sequence[PlannedCalls]:
        """Return the calls of the run at the least and at the most."""
        needed = self.threshold_percent if self.options.early else 100
        sizes = Sizes(
            len(self._draft_rules),
            len(self._review_rules),
            ceil((needed or 1) * self.terms.panel / 100),
            self.options.turns if self._tools else 1,
        )
        return planned_calls(self.terms, self.options, sizes)

    def _turns_left(self, item: Item) -> int:
        """Return how often the author of a part may still look something up."""
        turns: int = self.options.turns
        return max(0, turns - self.dossiers[item.ticket].turns.get(item.part, 0))

    def _question(self, work: Work, instant: int) -> Request:
        item, case = work.item, work.case
        dossier, text = self.dossiers[case.ticket], self._text(case.ticket)
        shown = {*case.entries.values(), *(lookup.entry for lookup in dossier.lookups)}
        terms: dict[str, Any] = {
            "agent": work.agent,
            "round": instant,
            "stage": FIRST_STAGE,
            "max_tokens": self.options.max_tokens,
            "temperature": self.options.temperature,
            "complexity": complexity_of(text),
            "visible": frozenset(shown),
        }
        if item.skill == REVIEW:
            header = header_of(work.agent, REVIEWER, instant, REVIEWING)
            prompt = review_prompt(self._review_rules, case, dossier, text, header)
            return Request(
                role=REVIEWER, prompt=prompt, purpose="verification", options=VOTES, **terms
            )
        role = case.texts[item.part].skill
        turns = self._turns_left(item) if self._tools else None
        lines = draft_lines(case, dossier, item.part, turns)
        own = [header_of(work.agent, role, instant, DRAFTING), *lines]
        prompt = draft_prompt(self._draft_rules, case, dossier, text, own)
        return Request(
            role=role,
            prompt=prompt,
            purpose="coordination" if item.part in dossier.conflicts else "work",
            form="draft",
            tools=self._tools,
            **terms,
        )

    def _text(self, ticket: int) -> str:
        row = self.terms.customers.row(ticket)
        assert row, "models answer texts of a file or a benchmark"
        return row.text
