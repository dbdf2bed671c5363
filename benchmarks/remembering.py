"""A swarm that remembers: what each agent does depends on all its rounds before.

A run that goes on with wrong memories comes to another digest. Rounds are cheap, so that a run has
many of them: `swarmboard run benchmarks/remembering.py --rounds 10000`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from pydantic import Field

from swarmboard import (
    Cohort,
    Population,
    Post,
    PostBlock,
    Proposal,
    RuleAgent,
    Scenario,
    ScenarioOptions,
    Stage,
    Stages,
    View,
    Vote,
    VoteBlock,
)

DECAY = 0.75
"""How much of what an agent held it still holds a round later; exact in binary."""
APPROVE, REJECT = 0, 1


class Options(ScenarioOptions):
    """What `--set key=value` changes."""

    population: Literal["objects", "cohort"] = Field("objects", description="who acts")


class Member(RuleAgent):
    """Holds a level of its own and votes on whether it is above the others'."""

    level = 0.0
    approvals = 0

    def report(self, view: View) -> Post:
        """Let the level decay, take in the round's noise, and say what it is now."""
        self.level = DECAY * self.level + view.brief["noise"][self.index]
        return Post("level", {"level": self.level})

    def judge(self, view: View) -> Vote:
        """Approve where the level is high; seldom approved so far, be kinder."""
        is_high = self.level >= view.brief["limit"] or 2 * self.approvals < view.round
        self.approvals += is_high
        return Vote("approve" if is_high else "reject", reason=self.level)


class Members(Cohort):
    """The same as columns."""

    def __init__(self, model: Any, size: int) -> None:
        super().__init__(model, size)
        self.levels, self.approvals = np.zeros(size), np.zeros(size, np.int64)

    def report(self, view: View) -> PostBlock:
        """Let all levels decay and take in the round's noise."""
        self.levels = DECAY * self.levels + np.array(view.brief["noise"])[self.indices]
        return PostBlock("level", {"level": self.levels})

    def judge(self, view: View) -> VoteBlock:
        """Approve where the level is high, or seldom was so far."""
        is_high = (self.levels >= view.brief["limit"]) | (2 * self.approvals < view.round)
        self.approvals += is_high
        choices = np.where(is_high, APPROVE, REJECT).astype(np.uint8)
        return VoteBlock(choices, reasons=self.levels)


class Remembering(Scenario):
    """Every round all report their levels and vote on one proposal."""

    name = "remembering"
    summary = "agents whose acts depend on all their rounds before"
    Options = Options
    kinds = {"level": ("level",)}  # noqa: RUF012
    default_agents = 1024
    default_rounds = 1000

    def __init__(self, setup: Any) -> None:
        super().__init__(setup)
        self.accepted = 0

    def populate(self, model: Any) -> Sequence[Population]:
        """Create the agents."""
        if self.options.population == "cohort":
            return [Population("member", Members(model, self.agents))]
        return [Population("member", [Member(model) for _ in range(self.agents)])]

    def stages(self, board: View) -> Stages:
        """Report, then vote."""
        noise = self.random.everyone("noise", round=board.round).random(self.agents).tolist()
        yield Stage("report", ("member",), brief={"noise": noise})
        limit = float(np.median(board.column("level", "level")))
        closed = yield Stage(
            "judge", ("member",), (Proposal(),), votes=True, brief={"limit": limit}
        )
        self.accepted += closed.decisions[0].outcome == "accepted"

    def row(self) -> Mapping[str, int]:
        """Return how many proposals were accepted so far."""
        return {"accepted_so_far": self.accepted}

    def metrics(self) -> Mapping[str, int]:
        """Return how many proposals were accepted."""
        return {"accepted": self.accepted}
