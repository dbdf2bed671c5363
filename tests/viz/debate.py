"""A small world in which agents write: entries that rest on others, ballots with reasons."""

from collections.abc import Sequence
from typing import Any

from agents import Population, RuleAgent, Stage, Stages
from blackboard import Link, Post, Proposal, View, Vote
from scenarios import Scenario


class Speaker(RuleAgent):
    """Notes something, argues about what others noted, and votes with a reason."""

    def note(self, view: View) -> Post:
        """Note one thing."""
        return Post("note", {"text": f"agent {self.index} saw round {view.round}"})

    def argue(self, view: View) -> Post | None:
        """Agents 1 and 2 answer agent 0: one agrees and one does not."""
        if self.index not in (1, 2):
            return None
        relation = "supports" if self.index == 1 else "contradicts"
        links = (Link(relation, f"{view.round}.1.0.0"),)
        return Post("argument", {"text": relation}, "reasoning", ("it was so",), 0.5, links)

    def draft(self, view: View) -> Post | None:
        """Agent 0 drafts what is put to the vote."""
        if self.index != 0:
            return None
        links = (Link("derived-from", f"{view.round}.2.1.0"),)
        return Post("draft", {"text": "the answer"}, links=links)

    def vote(self, view: View) -> Vote:
        """Agents 0 and 1 approve; the others reject for one of two reasons."""
        if self.index < 2:
            return Vote("approve", reason="well argued")
        return Vote("reject", reason="too early" if self.index < 5 else "too vague")


class Debate(Scenario):
    """In each round notes, arguments, a draft, and a vote on it."""

    name = "debate"
    summary = "agents write and vote"
    default_agents = 7
    default_rounds = 3
    default_threshold = 80

    def populate(self, model: Any) -> Sequence[Population]:
        """Create the speakers."""
        members = [Speaker(model) for _ in range(self.agents)]
        return [Population("speaker", members)]

    def stages(self, board: View) -> Stages:
        """Go through the stages of a round."""
        yield Stage("note", ("speaker",))
        yield Stage("argue", ("speaker",))
        yield Stage("draft", ("speaker",))
        motion = Proposal(id=f"{board.round}.3.0.0")
        yield Stage("vote", ("speaker",), (motion,), votes=True)
