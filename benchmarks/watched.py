"""A swarm made to be looked at: a map with edges, a vote a round, and a note of when each closed.

`python -m benchmarks dashboard` runs it in a process of its own. `notes` names a file to which each
round adds its number, the time on the clock and the CPU seconds of the process; the digest knows
nothing of it.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from swarmboard import (
    Cohort,
    Population,
    Proposal,
    Scenario,
    ScenarioOptions,
    Scene,
    Stage,
    Stages,
    View,
    VoteBlock,
)

EDGES_PER_AGENT = 1.7
HELD_AFTER = 5
"""The round after which a run waits until it may go on."""
WAIT_S = 0.02


class Options(ScenarioOptions):
    """What `--set key=value` changes."""

    pause_s: float = Field(0.0, ge=0, description="seconds that a round waits before its vote")
    notes: str = Field("", description="the file that is told when each round closed")
    held_until: str = Field("", description="the file without which the run does not go on")


class Crowd(Cohort):
    """Votes as it leans."""

    def vote(self, view: View) -> VoteBlock:
        """Approve where the leaning is low enough."""
        leaning = view.brief["leaning"]
        return VoteBlock((leaning > view.brief["share"]).astype(np.uint8), reasons=leaning)


class Watched(Scenario):
    """In each round one motion, and new values of all that is drawn."""

    name = "watched"
    summary = "agents on a map, in rounds of a given length"
    Options = Options
    default_agents = 1024
    default_rounds = 1000
    default_threshold = 80

    def populate(self, model: Any) -> Sequence[Population]:
        """Create the crowd."""
        self.leaning = np.zeros(self.agents)
        return [Population("citizen", Crowd(model, self.agents))]

    def stages(self, board: View) -> Stages:
        """Wait, then put a motion to the vote."""
        if self.options.held_until and board.round == HELD_AFTER:
            while not Path(self.options.held_until).exists():
                time.sleep(WAIT_S)
        if self.options.pause_s:
            time.sleep(self.options.pause_s)
        self.leaning = self.random.everyone("leaning", round=board.round).random(self.agents)
        brief = {"leaning": self.leaning, "share": 0.5 + 0.4 * np.sin(board.round / 20)}
        yield Stage("vote", ("citizen",), (Proposal(),), votes=True, brief=brief)
        if self.options.notes:
            with Path(self.options.notes).open("a") as notes:
                notes.write(f"{board.round} {time.time():.6f} {time.process_time():.6f}\n")

    def row(self) -> Mapping[str, float]:
        """Return the mean leaning."""
        return {"mean_leaning": float(self.leaning.mean())}

    def scene(self) -> Scene:
        """Return agents in a square, each tied to others near it."""
        side = int(np.ceil(np.sqrt(self.agents)))
        ranks = np.arange(self.agents)
        places = np.stack([ranks % side, ranks // side], axis=1).astype(np.float32)
        ends = np.arange(int(EDGES_PER_AGENT * self.agents)) % self.agents
        steps = np.where(np.arange(len(ends)) < self.agents, 1, side)
        edges = np.stack([ends, (ends + steps) % self.agents], axis=1)
        fields = {"leaning": "0 for, 1 against", "edge:strain": "difference"}
        return Scene("a square", places, edges, fields, {"spread": "standard deviation"})

    def frame(self) -> Mapping[str, Any]:
        """Return what everybody leans to, and how far neighbours are apart."""
        edges = int(EDGES_PER_AGENT * self.agents)
        ends = np.arange(edges) % self.agents
        strain = np.abs(self.leaning[ends] - self.leaning[(ends + 1) % self.agents])
        return {
            "leaning": self.leaning.astype(np.float32),
            "edge:strain": strain.astype(np.float32),
            "spread": float(self.leaning.std()),
        }
