"""What a member's decision becomes on the board, stage by stage."""

from collections.abc import Sequence
from typing import Any

from agents import Actions, Decision
from blackboard import Action, Claim, Link, Post, View, Vote


class Scribe:
    """Turns decisions into entries, claims and ballots: typed, capped, and under the agent's id.

    Whatever a reply says of authors, ids or ballots, an entry is its author's, and each agent has
    one vote.
    """

    def actions(self, agent: int, role: str, decision: Decision, view: View) -> Actions:
        """Return what follows from a decision in the stage of the view."""
        act = getattr(self, f"_{view.stage_name}", None)
        return act(decision, view) if act else None

    def _reason(self, decision: Decision, view: View) -> Sequence[Action]:
        return [_entry("reasoning", "reasoning", decision, decision.reasoning), *_asks(decision)]

    def _critique(self, decision: Decision, view: View) -> Sequence[Action]:
        if not decision.evidence:
            return _asks(decision)
        links = tuple(Link("contradicts", name) for name in decision.evidence)
        payload = {"text": decision.reasoning, "goal": decision.goal}
        post = Post("objection", payload, "coordination", (), decision.confidence, links)
        return [post, *_asks(decision)]

    def _correct(self, decision: Decision, view: View) -> Sequence[Action]:
        return [_entry("correction", "reasoning", decision, decision.reasoning)]

    def _contribute(self, decision: Decision, view: View) -> Sequence[Action]:
        text = decision.contribution or decision.reasoning[:400]
        return [_entry("contribution", "task", decision, text)]

    def _edit(self, decision: Decision, view: View) -> Sequence[Action]:
        text = decision.contribution or decision.reasoning[:400]
        return [_entry("plan", "task", decision, text)]

    def _vote(self, decision: Decision, view: View) -> Action:
        return _ballot(decision)

    def _answer(self, decision: Decision, view: View) -> Sequence[Action]:
        entry = _entry("contribution", "task", decision, decision.contribution or "")
        return [entry, _ballot(decision)] if view.proposals else [entry]

    _chorus = _answer
    _settle = _vote

    def _probe(self, decision: Decision, view: View) -> Sequence[Action]:
        """Vote on trial: what somebody would do, and no ballot."""
        return [Post("trial", {"vote": decision.vote or "abstain"}, "coordination")]


def _entry(kind: str, layer: Any, decision: Decision, text: str) -> Post:
    payload: dict[str, Any] = {"text": text, "goal": decision.goal}
    if decision.findings:
        payload["findings"] = {found.about: found.says for found in decision.findings}
    if decision.retracts:
        payload["retracts"] = list(decision.retracts)
    links = tuple(Link("derived-from", name) for name in decision.evidence)
    return Post(kind, payload, layer, (), decision.confidence, links)


def _asks(decision: Decision) -> list[Action]:
    """Return what a decision asks of others, and what it takes on."""
    asked: list[Action] = [
        Post("request", {"text": wanted.what, "needs": wanted.needs}, "coordination")
        for wanted in decision.requests
    ]
    return asked + [Claim(name, lease_rounds=2) for name in decision.volunteers]


def _ballot(decision: Decision) -> Vote:
    return Vote(
        decision.vote or "abstain", confidence=decision.confidence, reason=decision.reasoning
    )
