"""The Mesa model of an event-driven run: Mesa's clock goes from instant to instant."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from blackboard import InstantLeader, SwarmboardError, plain_copy
from scenarios import Scenario

from .future import Coming
from .model import SwarmModel

BEFORE_ANYTHING_S = -1.0
"""Where Mesa's clock begins, so that what is due at 0 comes after it."""


class EventModel(SwarmModel):
    """Runs a scenario's instants: what is due is called, then its stages run as in a round.

    What is asked for with `call_at` has to lie in the future. All that is due at one time is one
    instant; agents among it are in `board.due`.
    """

    leader: InstantLeader

    def begin_clock(self) -> None:
        """Set Mesa's clock before time 0, and leave no round to come by itself."""
        default: Any = self._default_schedule
        default.stop()
        self.time = self._now_s = BEFORE_ANYTHING_S
        self._due: tuple[int, ...] = ()

    @property
    def now_s(self) -> float:
        """Simulated seconds since the run began."""
        return self._now_s

    def advance(self) -> None:
        """Run the next instant."""
        at = self._future.next_at
        assert at is not None, "an event-driven run is done when nothing is to come"
        self.run_until(at)

    def is_done(self) -> bool:
        """Say whether the objective is reached, or nothing is to come any more."""
        return self.world.is_done() or self._future.next_at is None

    def call_at(self, at: float, agent: int | None, method: str, **values: Any) -> int:
        """Call a method of an agent, or with None of the world, at a time in simulated seconds.

        Such an event is data, and part of the run's state: time, agent, name, payload. It opens
        an instant of its own, and is called before the instant's stages.

        Returns a number with which `call_off` takes it back.

        Raises:
            SwarmboardError: the time is not after the present instant, or there is no such method.
            NotPlain: a value cannot be part of the run's state.
        """
        if not (math.isfinite(at) and at > self._now_s and at >= 0.0):
            who = "the world" if agent is None else f"agent {agent}"
            now = f"it is {self._now_s} s now" if self._now_s >= 0.0 else "a run begins at 0 s"
            raise SwarmboardError(
                f"{self.world.name}: {method} of {who} was asked for at {at} s, and {now}: an "
                "event lies in the future; what happens at once is a further stage of the instant"
            )
        if not callable(getattr(self._find(agent), method, None)):
            who = "the world" if agent is None else f"agent {agent}"
            raise SwarmboardError(f"{self.world.name}: {who} has no method {method!r} to be called")
        return super().call_at(at, agent, method, **(plain_copy(values) if values else {}))

    def state(self, span: range | None = None) -> dict[str, Any]:
        """Return what the model holds at the end of an instant, as plain values."""
        return super().state(span) | {"now_s": self.now_s}

    def _take_due(self, due: Sequence[Coming]) -> None:
        """Run the instant at which these calls are due."""
        self.steps += 1
        self._now_s = float(self.time)  # Mesa's own is watched, which costs each who reads it
        self.leader.begin_instant(self.now_s)
        began = self._clock()
        agents = set()
        for call in due:
            if self._future.takes(call):
                getattr(self._find(call.agent), call.method)(**call.values)
                agents.add(call.agent)
        self._due = tuple(sorted(agent for agent in agents if agent is not None))
        self.timing.scenario_s += self._clock() - began
        self._run_stages()

    def _set_clock(self, state: Mapping[str, Any]) -> None:
        self.begin_clock()
        self.time = self._now_s = state["now_s"]
        self.steps = self.leader.round


def model_kind(world: Scenario) -> type[SwarmModel]:
    """Return the model that a scenario's runs have."""
    return EventModel if world.is_event_driven else SwarmModel
