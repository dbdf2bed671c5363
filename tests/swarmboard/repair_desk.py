"""A desk with one mechanic: jobs come, wait, are done, and a panel of two signs each off."""

import time
from typing import Any

from pydantic import Field

from blackboard import Granted
from blackboard.seats import NOBODY
from swarmboard import (
    Claim,
    Population,
    Proposal,
    RuleAgent,
    Scenario,
    ScenarioOptions,
    Stage,
    Vote,
)

MECHANIC = 0
OUTCOMES = ("accepted", "rejected", "expired", "vetoed")


class Options(ScenarioOptions):
    """What comes, and how long it takes."""

    jobs: int = Field(12, ge=1, description="how many jobs come")
    every_s: float = Field(1.0, gt=0, description="simulated seconds between two of them")
    lasts_s: float = Field(0.75, gt=0, description="simulated seconds that a repair takes")
    strict: bool = Field(False, description="whether inspectors reject every third job")
    slow_s: float = Field(0.0, ge=0, description="wall-clock seconds that an instant takes")


class Hand(RuleAgent):
    """The mechanic, or an inspector."""

    def done(self) -> None:
        """Have done what was to be done."""

    def claim(self, view: Any) -> Claim:
        """Ask for a seat."""
        return Claim(view.brief["panels"][self.index])

    def judge(self, view: Any) -> Vote:
        """Vote on a repair."""
        name = view.brief["panels"][self.index]
        job = view.open_proposal(name).payload["job"]
        is_wrong = view.brief["strict"] and job % 3 == 2
        return Vote("reject" if is_wrong else "approve", name, reason=f"job {job}")


class RepairDesk(Scenario):
    """Jobs in, signed jobs out."""

    name = "repair-desk"
    summary = "one mechanic repairs, and a panel of two signs off"
    Options = Options
    is_event_driven = True
    structures = ("swarm",)
    changeable = ("lasts_s", "strict")
    default_agents = 5
    default_threshold = 100
    _given = Scenario._given | {"model"}

    def populate(self, model: Any) -> list[Population]:
        """Hire a mechanic and inspectors."""
        self.model, self.is_busy = model, False
        self.queue: list[int] = []
        self.inspects: dict[int, str] = {}
        self.outcomes: dict[str, int] = dict.fromkeys(OUTCOMES, 0)
        return [Population("hand", [Hand(model) for _ in range(self.agents)])]

    def start(self, model: Any) -> None:
        """Wait for the first job."""
        model.call_at(0.0, None, "arrive", job=0)

    def arrive(self, job: int) -> None:
        """Take in a job, and wait for the next."""
        self.queue.append(job)
        if job + 1 < self.options.jobs:
            self.model.call_at((job + 1) * self.options.every_s, None, "arrive", job=job + 1)

    def stages(self, board: Any) -> Any:
        """Judge, repair, and hand out seats."""
        time.sleep(self.options.slow_s)
        if judges := [agent for agent in board.due if agent != MECHANIC]:
            panels = {agent: self.inspects.pop(agent) for agent in judges}
            panels = {agent: p for agent, p in panels.items() if board.open_proposal(p)}
            brief = {"panels": panels, "strict": self.options.strict}
            self.take((yield Stage("judge", ("hand",), (), True, brief, agents=sorted(panels))))
        if MECHANIC in board.due:
            self.is_busy, job = False, self.queue.pop(0)
            terms = Proposal(payload={"job": job}, panel=2, barred=(MECHANIC,), impact=job)
            self.take((yield Stage("open", (), (terms,))))
        if self.queue and not self.is_busy:
            self.is_busy = True
            self.model.call_at(self.model.now_s + self.options.lasts_s, MECHANIC, "done")
        free = [p.id for p in board.proposals for a in p.seats.agents.tolist() if a == NOBODY]
        idle = [agent for agent in range(1, self.agents) if agent not in self.inspects]
        if panels := dict(zip(idle, free, strict=False)):
            closed = yield Stage("claim", ("hand",), brief={"panels": panels}, agents=[*panels])
            self.take(closed)

    def take(self, closed: Any) -> None:
        """Send inspectors to their seats, and count what was decided."""
        for record in closed.records:
            if isinstance(record, Granted) and record.granted and record.agent < self.agents:
                self.inspects[record.agent] = record.key
                self.model.call_at(self.model.now_s + 0.1 * record.agent, record.agent, "done")
        for decided in closed.decisions:
            self.outcomes[decided.outcome] += 1

    def row(self) -> dict[str, float]:
        """Return how many jobs wait."""
        return {"waiting": len(self.queue)}

    def metrics(self) -> dict[str, float]:
        """Return how many were decided in which way."""
        return dict(self.outcomes)

    def tables(self) -> dict[str, Any]:
        """Return the same as a table."""
        return {"outcomes": {"outcome": [*self.outcomes], "jobs": [*self.outcomes.values()]}}
