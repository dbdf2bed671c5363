"""A small world to look at: agents drift to agreement, round after round, as fast as a test says.

A scenario file of its own, so that other processes can run it as well.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from agents import Cohort, Population, Stage, Stages
from blackboard import ABSTAINED, Proposal, View, VoteBlock
from scenarios import Scenario, ScenarioOptions, Scene


class OpinionsOptions(ScenarioOptions):
    """How long a round takes, and what else is in it."""

    pause_s: float = Field(0.0, ge=0, description="seconds that a round takes at the least")
    confident: bool = Field(False, description="whether ballots carry a confidence")
    impact: float | None = Field(None, description="impact of each proposal")


class Crowd(Cohort):
    """Each agent votes as it leans."""

    def vote(self, view: View) -> list[VoteBlock]:
        """Vote as the brief says."""
        given = view.brief["confidence"]
        return [VoteBlock(view.brief["choices"], view.proposal.id, confidence=given)]


class Opinions(Scenario):
    """In each round one motion, with which more and more agents agree."""

    name = "opinions"
    summary = "agents drift to agreement"
    Options = OpinionsOptions
    default_agents = 30
    default_rounds = 20
    default_threshold = 90
    before: ClassVar[Callable[[int, str], None]] = staticmethod(lambda round, at: None)
    """Called in each round at `begin`, before it, and at `vote`, before the vote."""

    def populate(self, model: Any) -> Sequence[Population]:
        """Create the crowd."""
        self.leaning = np.zeros(self.agents)
        self.choices = np.zeros(self.agents, np.uint8)
        return [Population("citizen", Crowd(model, self.agents))]

    def stages(self, board: View) -> Stages:
        """Put a motion to the vote."""
        type(self).before(board.round, "begin")
        if self.options.pause_s:
            time.sleep(self.options.pause_s)
        draws = self.random.everyone("opinions", round=board.round)
        share = min(0.95, board.round / 20)
        self.leaning = draws.random(self.agents)
        self.choices = np.where(self.leaning < share, 0, 1).astype(np.uint8)
        self.choices[self.leaning > 0.98] = ABSTAINED
        type(self).before(board.round, "vote")
        confidence = self.leaning if self.options.confident else None
        brief = {"choices": self.choices, "confidence": confidence}
        motion = Proposal(impact=self.options.impact)
        yield Stage("vote", ("citizen",), (motion,), votes=True, brief=brief)

    def row(self) -> Mapping[str, float]:
        """Return the mean leaning."""
        return {"mean_leaning": float(self.leaning.mean())}

    def scene(self) -> Scene:
        """Return a ring of agents."""
        angle = 2 * np.pi * np.arange(self.agents) / self.agents
        places = np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)
        ends = np.arange(self.agents)
        edges = np.stack([ends, (ends + 1) % self.agents], axis=1)
        fields = {"leaning": "0 for, 1 against", "edge:strain": "difference"}
        spread = {"spread": "standard deviation"}
        return Scene("a ring", places, edges, fields, spread, is_one_question=True)

    def frame(self) -> Mapping[str, Any]:
        """Return what everybody leans to."""
        strain = np.abs(self.leaning - np.roll(self.leaning, -1))
        return {
            "leaning": self.leaning.astype(np.float32),
            "edge:strain": strain.astype(np.float32),
            "spread": float(self.leaning.std()),
        }
