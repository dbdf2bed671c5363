"""The Mesa model of a run: one Mesa step is one round of the swarm."""

import time
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

import mesa
import numpy as np
from mesa.time import Priority, Schedule
from numpy.typing import NDArray

from agents import Cohort, Population, Stage, Structure, restore_to, state_of
from blackboard import ClosedStage, Draft, Follower, Leader, Record, View
from scenarios import Scenario

from .future import Coming, Future
from .health import Health
from .questions import Answers, settle

FAILURES_KEPT = 20
"""How many tracebacks of failed agents a run keeps in its log."""
DISPLAY_INTERVAL_S = 0.1
"""At most ten pictures a second go to the board; the log has one for every round."""


class Timing:
    """Seconds spent in the board, in agents and in the scenario."""

    def __init__(self) -> None:
        self.board_s = self.agents_s = self.scenario_s = 0.0


class Crew(Protocol):
    """Processes that act for a run's agents beside the one that leads it."""

    @property
    def spans(self) -> Sequence[range]:
        """The agents that each acts for."""

    def act(self, leader: Leader) -> None:
        """Have all agents act in the leader's stage, and wait until they have."""


class SwarmModel(mesa.Model):
    """Runs a scenario's rounds: sense, decide, commit, close, apply, record.

    `world` is the scenario (Mesa keeps the name `scenario` for its own).

    Args:
        world: The scenario.
        structure: Who acts when, and who sees what.
        leader: Leads the run's rounds, or follows another process that does.
        state: What `state` returned at the end of a round, to go on from there.
        span: The agents that this process acts for; None means all.
        crew: The processes that act for the agents where this one only leads.
        health: What goes wrong for the agents on purpose, and who is restarted.
        desk: Has the agents' questions answered, where they ask any.
        clock: Seconds, for the account of where they went.
    """

    def __init__(
        self,
        world: Scenario,
        structure: Structure,
        leader: Leader | Follower,
        *,
        state: Mapping[str, Any] | None = None,
        span: range | None = None,
        crew: Crew | None = None,
        health: Health | None = None,
        desk: Answers | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(rng=world.setup.seed)
        self.world, self.structure, self.leader = world, structure, leader
        self.span, self.crew, self.health, self.desk = span, crew, health, desk
        self.timing = Timing()
        self.closed: list[ClosedStage] = []
        """What the stages of the last round came to."""
        self.records: Sequence[Record] = ()
        """All records of the last round, in the process that leads."""
        self._clock = clock
        self._due: tuple[int, ...] = ()
        """The agents whose events fell due at this instant."""
        self._failures = 0
        self._shown_at = -1.0
        self._future = Future(self, self._take_due)
        self.begin_clock()
        self.populations = list(world.populate(self))
        if state is None:
            for population in self.populations:
                self._seat(population)
        else:
            for population, first in zip(self.populations, state["first"], strict=True):
                population.seat(first)
        self._firsts = [int(population.indices[0]) for population in self.populations]
        """The first agent of each population."""
        if health:
            health.take(self.populations, world.random)
        if state is None:
            self._show_scene()
            world.start(self)
        else:
            self._restore(state)

    def step(self) -> None:
        """Run one round."""
        self.leader.begin_round()
        if self.health:
            self.health.begin_round(self.leader)
        self._run_stages()

    def begin_clock(self) -> None:
        """Set Mesa's clock for a new run; rounds need nothing."""

    def advance(self) -> None:
        """Run the next round."""
        self.run_for(1)

    def is_done(self) -> bool:
        """Say whether the scenario's objective is reached."""
        return self.world.is_done()

    def _run_stages(self) -> None:
        """Run the stages of a round that has begun, and end it."""
        clock = self._clock
        self.closed = []
        stages = self.structure.stages(self.world, self._view())
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

    def call_at(self, at: float, agent: int | None, method: str, **values: Any) -> int:
        """Call a method of an agent, or with None of the world, at a time counted in rounds.

        Such an event is data, and part of the run's state: time, agent, name, payload. What falls
        on a round's own time comes after the round.

        Returns a number with which `call_off` takes it back.
        """
        return self._future.call(at, agent, method, values)

    def call_off(self, number: int) -> None:
        """Take back an event that has not come yet."""
        self._future.call_off(number)

    def _take_due(self, due: Sequence[Coming]) -> None:
        for call in due:
            if self._future.takes(call):
                getattr(self._find(call.agent), call.method)(**call.values)

    def _view(self, stage: Stage | None = None) -> View:
        name, brief = (stage.name, stage.brief) if stage else ("", None)
        return self.leader.view(name, brief, self._due)

    def state(self, span: range | None = None) -> dict[str, Any]:
        """Return what the model holds at the end of a round, as plain values.

        With a span only what its agents remember.

        Raises:
            NotPlain: an agent or the world remembers more than plain values; names it.
        """
        populations = [population.state(span) for population in self.populations]
        if span is not None:
            return {"populations": populations}
        return {
            "populations": populations,
            "first": [int(population.indices[0]) for population in self.populations],
            "world": state_of(self.world),
            "future": self._future.state(),
            "failures": self._failures,
            "health": self.health.state() if self.health else None,
        }

    def restore_part(self, state: Mapping[str, Any], span: range) -> None:
        """Give the agents of a span what they remembered."""
        for population, held in zip(self.populations, state["populations"], strict=True):
            population.restore(held, span)

    def _restore(self, state: Mapping[str, Any]) -> None:
        """Go to the end of the round in which `state` was taken."""
        for population, held in zip(self.populations, state["populations"], strict=True):
            population.restore(held)
        if self.health:
            self.health.restore(state["health"])
        restore_to(self.world, state["world"])
        self._failures = state["failures"]
        self._set_clock(state)
        self._future.restore(state["future"])

    def _set_clock(self, state: Mapping[str, Any]) -> None:
        """Have Mesa go on behind a round, as if it had counted up to it."""
        default: Any = self._default_schedule  # type: ignore[has-type]
        default.stop()
        self.time, self.steps = float(self.leader.round), self.leader.round
        schedule = Schedule(interval=1.0, start=self.time + 1.0)
        self._default_schedule = self.schedule_recurring(
            self._do_step, schedule, priority=Priority.HIGH
        )

    def _find(self, agent: int | None) -> Any:
        """Return who has an index: an agent, or the cohort that acts for it; None: the world."""
        if agent is None:
            return self.world
        for population in self.populations:
            row = agent - int(population.indices[0])
            if 0 <= row < population.size:
                members = population.members
                return members if isinstance(members, Cohort) else members[row]
        raise KeyError(f"agent {agent} belongs to no population")

    def _run(self, stage: Stage) -> ClosedStage:
        """Take one stage from its opening to its close."""
        leader, clock, timing = self.leader, self._clock, self.timing
        began = clock()
        draft = leader.begin(stage.proposals)
        for cause, gone in stage.removed.items():
            leader.remove(gone, cause)
        view = self._view(stage)
        if self.health:
            self.health.begin_stage(view, stage.roles)
        ready = clock()
        if self.crew and isinstance(leader, Leader) and not leader.is_rehearsing:
            self.crew.act(leader)
            acted = clock()
        else:
            self._act(stage, view, draft)
            acted = clock()
            leader.commit(draft)
        closed = leader.close(counts=stage.votes, gate=stage.gate)
        timing.agents_s += acted - ready
        timing.board_s += (ready - began) + (clock() - acted)
        if self.health:
            self.health.observe(leader, stage, closed)
        return closed

    def _called_in(self, stage: Stage) -> Iterable[tuple[Population, Sequence[int] | None]]:
        """Return who acts in a stage: whole populations (None), or those of them who are called."""
        if stage.agents is None:
            return [(one, None) for one in self.populations if one.role in stage.roles]
        called: dict[int, list[int]] = {}
        for agent in stage.agents:
            called.setdefault(bisect_right(self._firsts, agent) - 1, []).append(agent)
        found = [(self.populations[number], called[number]) for number in sorted(called)]
        return [(one, agents) for one, agents in found if one.role in stage.roles]

    def _act(self, stage: Stage, view: View, draft: Draft) -> None:
        """Let the agents of the stage's roles act that this process acts for."""
        leader = self.leader
        act = self.health.act if self.health else Population.act
        left: Collection[int] = leader.replica.left
        if leader.late.size:
            left = {*leader.replica.left, *leader.late.tolist()}
        for population, called in self._called_in(stage):
            only = {} if called is None else {"called": called}
            act(
                population,
                view,
                draft,
                sees=self.structure.sees,
                report=self._failed,
                left=left,
                span=None if leader.is_rehearsing else self.span,
                **only,
            )
        asked = [one for population in self.populations for one in population.take_asked()]
        if asked:
            assert isinstance(leader, Leader), "agents that ask act in the process that leads"
            settle(asked, leader, self.desk)
        if leader.late.size:
            draft.leave_out(leader.late)

    def _end_round(self) -> None:
        began = self._clock()
        if isinstance(self.leader, Leader):
            self.records = self.leader.history.written
            self.world.observe(self.records)
        row = dict(self.world.row())
        frame = self.world.frame()
        self.timing.scenario_s += self._clock() - began
        for name, happened in self.world.happenings():
            self.leader.record(name, dict(happened))
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
            "titles": dict(scene.titles),
            "reason": list(scene.reason),
            "charts": {name: chart.plain() for name, chart in scene.charts.items()},
            "is_one_question": scene.is_one_question,
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
