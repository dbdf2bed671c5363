"""The Mesa model of a run: one Mesa step is one round of the swarm."""

import time
from collections.abc import Callable
from typing import Any

import mesa
import numpy as np
from numpy.typing import NDArray

from agents import Population, Stage, Structure
from blackboard import ClosedStage, Leader
from scenarios import Scenario

FAILURES_KEPT = 20
"""How many tracebacks of failed agents a run keeps in its log."""
DISPLAY_INTERVAL_S = 0.1
"""At most ten pictures a second go to the board; the log has one for every round."""


class Timing:
    """Seconds spent in the board, in agents and in the scenario."""

    def __init__(self) -> None:
        self.board_s = self.agents_s = self.scenario_s = 0.0


class SwarmModel(mesa.Model):
    """Runs a scenario's rounds: sense, decide, commit, close, apply, record.

    `world` is the scenario (Mesa keeps the name `scenario` for its own).
    """

    def __init__(
        self,
        world: Scenario,
        structure: Structure,
        leader: Leader,
        *,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(rng=world.setup.seed)
        self.world, self.structure, self.leader = world, structure, leader
        self.timing = Timing()
        self.closed: list[ClosedStage] = []
        """What the stages of the last round came to."""
        self._clock = clock
        self._failures = 0
        self._shown_at = -1.0
        self.populations = list(world.populate(self))
        for population in self.populations:
            self._seat(population)
        self._show_scene()

    def step(self) -> None:
        """Run one round."""
        leader, clock = self.leader, self._clock
        leader.begin_round()
        self.closed = []
        stages = self.structure.stages(self.world, leader.view())
        began = clock()
        stage = next(stages, None)
        self.timing.scenario_s += clock() - began
        while stage is not None:
            closed = self._run(stage)
            self.closed.append(closed)
            began = clock()
            try:
                stage = stages.send(closed)
            except StopIteration:
                stage = None
            self.timing.scenario_s += clock() - began
        self._end_round()

    def _run(self, stage: Stage) -> ClosedStage:
        """Take one stage from its opening to its close."""
        leader, clock, timing = self.leader, self._clock, self.timing
        began = clock()
        draft = leader.begin(stage.proposals)
        for cause, gone in stage.removed.items():
            leader.remove(gone, cause)
        view = leader.view(stage.name, stage.brief)
        ready = clock()
        for population in self.populations:
            if population.role in stage.roles:
                population.act(
                    view,
                    draft,
                    sees=self.structure.sees,
                    report=self._failed,
                    left=leader.replica.left,
                )
        acted = clock()
        leader.commit(draft)
        closed = leader.close(counts=stage.votes, gate=stage.gate)
        timing.agents_s += acted - ready
        timing.board_s += (ready - began) + (clock() - acted)
        return closed

    def _end_round(self) -> None:
        began = self._clock()
        row = dict(self.world.row())
        frame = self.world.frame()
        self.timing.scenario_s += self._clock() - began
        if row:
            self.leader.record("round", row)
        if frame:
            self._show(frame)
        began = self._clock()
        self.leader.end_round()
        self.timing.board_s += self._clock() - began

    def _seat(self, population: Population) -> None:
        first = self.leader.welcome(
            population.role, population.size, names=population.names, votes=population.votes
        )
        population.seat(first)

    def _show_scene(self) -> None:
        scene = self.world.scene()
        if scene is None:
            return
        payload: dict[str, Any] = {
            "title": scene.title,
            "positions": scene.positions.ravel(),
            "edges": scene.edges.ravel(),
            "fields": dict(scene.fields),
            "series": dict(scene.series),
        }
        for name in ("sizes", "widths"):
            if (values := getattr(scene, name)) is not None:
                payload[name] = values
        self.leader.show("scene", payload, on_board=True)

    def _show(self, frame: Any) -> None:
        now = self._clock()
        is_due = now - self._shown_at >= DISPLAY_INTERVAL_S
        if is_due:
            self._shown_at = now
        self.leader.show("frame", dict(frame), on_board=is_due)

    def _failed(self, agents: NDArray[np.uint32], why: str) -> None:
        """Keep the first tracebacks of agents that failed; the abstentions are all counted."""
        self._failures += 1
        if self._failures <= FAILURES_KEPT:
            self.leader.note("failed", {"agents": agents[:10].tolist(), "why": why[-4000:]})
