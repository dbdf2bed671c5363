"""CPU per agent and round through the real board, beside plain Mesa's empty step.

Every agent bids and votes each round; commits, the fold, the count, the log, the digest and the
server's own CPU are all in. Run `python -m benchmarks round [--json]`.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mesa
import numpy as np

from agents import Cohort, Population, RuleAgent, Stage, Stages, structures
from blackboard import Board, EventLog, Post, PostBlock, Proposal, View, Vote, VoteBlock, threshold
from scenarios import Scenario, ScenarioOptions, Setup
from swarmboard.model import SwarmModel

REPEATS = 7
AGENT_STEPS = 150_000
"""Agent-steps of one repetition, at least ten rounds."""
FORMS = (("objects", 1_024), ("objects", 10_240), ("cohort", 10_240), ("cohort", 102_400))


class Node(RuleAgent):
    """Bids and votes with as little arithmetic of its own as an agent can have."""

    def bid(self, view: View) -> Post:
        """Bid a number."""
        return Post("bid", {"output_mw": 0.5 * self.index})

    def vote(self, view: View) -> Vote:
        """Approve, with a number as the reason."""
        return Vote("approve", view.brief["proposal"], reason=0.25)


class Nodes(Cohort):
    """The same as columns."""

    def bid(self, view: View) -> PostBlock:
        """Bid a number each."""
        return PostBlock("bid", {"output_mw": 0.5 * self.indices})

    def vote(self, view: View) -> VoteBlock:
        """Approve, with a number each as the reason."""
        return VoteBlock(
            np.zeros(self.size, np.uint8),
            view.brief["proposal"],
            reasons=np.full(self.size, 0.25),
        )


class Rounds(Scenario):
    """Two stages: bid, vote on one proposal."""

    name = "benchmark-round"
    summary = "every agent bids and votes"
    kinds = {"bid": ("output_mw",)}  # noqa: RUF012
    is_cohort = False

    def populate(self, model: Any) -> Sequence[Population]:
        """Create the agents."""
        if self.is_cohort:
            return [Population("node", Nodes(model, self.agents))]
        return [Population("node", [Node(model) for _ in range(self.agents)])]

    def stages(self, board: View) -> Stages:
        """Bid and vote."""
        yield Stage("bid", ("node",))
        name = f"{board.round}.1.0.0"
        yield Stage("vote", ("node",), (Proposal(id=name),), votes=True, brief={"proposal": name})


class Empty(mesa.Agent):
    """Plain Mesa's yardstick: an agent whose step does nothing."""

    def step(self) -> None:
        """Do nothing."""


class Plain(mesa.Model):
    """Plain Mesa's yardstick: all agents step."""

    def __init__(self, agents: int) -> None:
        super().__init__(rng=1)
        Empty.create_agents(self, agents)

    def step(self) -> None:
        """Let all agents step."""
        self.agents.do("step")


def measure(form: str, agents: int, folder: Path) -> dict[str, float]:
    """Return medians of CPU nanoseconds per agent-step: ours, the server's, plain Mesa's."""
    rounds = max(10, AGENT_STEPS // agents)
    with Board.open(kinds=Rounds.kinds, data_dir=folder / "board") as board:
        log = EventLog(folder / "events.log")
        leader = board.lead(log=log)
        setup = Setup(ScenarioOptions(), agents, 1, "swarm", threshold(80), 80)
        world = Rounds(setup)
        world.is_cohort = form == "cohort"
        model, plain = SwarmModel(world, structures()["swarm"], leader), Plain(agents)
        samples = [_sample(model, plain, board.server_pid, rounds) for _ in range(REPEATS + 1)]
        leader.finish("done")
        log.close()
    steps = rounds * agents
    ours, server, mesa_s = (
        1e9 * statistics.median(sample[part] for sample in samples[1:]) / steps for part in range(3)
    )
    ratios = [(a + b) / c for a, b, c in samples[1:]]
    return {
        "ours_ns": ours,
        "server_ns": server,
        "mesa_ns": mesa_s,
        "ratio": statistics.median(ratios),
    }


def main(argv: list[str]) -> None:
    """Print the table, or JSON with --json."""
    rows = []
    for form, agents in FORMS:
        with tempfile.TemporaryDirectory() as folder:
            rows.append({"form": form, "agents": agents, **measure(form, agents, Path(folder))})
    if "--json" in argv:
        print(json.dumps(rows, indent=1))
        return
    print("| population | agents | runner, ns | server, ns | plain Mesa, ns | ratio |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row['form']} | {row['agents']:,} | {row['ours_ns']:.0f} | {row['server_ns']:.0f} "
            f"| {row['mesa_ns']:.0f} | {row['ratio']:.2f} x |"
        )


def _sample(
    model: SwarmModel, plain: Plain, server: int | None, rounds: int
) -> tuple[float, float, float]:
    """Return CPU seconds of `rounds` rounds: this process, the server, plain Mesa."""
    before, served = time.process_time(), _server_cpu(server)
    model.run_for(rounds)
    ours, served = time.process_time() - before, _server_cpu(server) - served
    before = time.process_time()
    plain.run_for(rounds)
    return ours, served, time.process_time() - before


def _server_cpu(pid: int | None) -> float:
    """Return the CPU seconds a process has used, to the nanosecond (Linux)."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return 1e-9 * sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads)


if __name__ == "__main__":
    main([])
