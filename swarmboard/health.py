"""The health of a run's agents: what goes wrong on purpose, and who is restarted."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, Self

from agents import Beginnings, Population, Randomness, Stage, Supervision, SupervisionConfig
from blackboard import ClosedStage, Follower, Leader, View

from .config import RunConfig
from .faults import Fault
from .injection import Injector

type Strike = Callable[[str, str, int], bool]
"""Carries out what hits a process: `workers` or `server`, the kind, and which of them; says
whether that is still to be dealt with."""


class Health:
    """Faults and supervision in one process of a run, in step with those of all others.

    A round is `begin_round`, then for each stage `begin_stage`, `act` in place of
    `Population.act`, and `observe` once it is closed.
    """

    act: Callable[..., None]
    """Lets a population act as `Population.act` does, as its health allows."""

    def __init__(
        self,
        faults: Sequence[Fault] = (),
        supervision: SupervisionConfig | None = None,
        *,
        workers: int = 1,
    ) -> None:
        self.injector: Injector | None = None
        self.supervision: Supervision | None = None
        self.strike: Strike = lambda hits, kind, unit: True
        """Called when a process is struck in a round that no log holds yet."""
        self._faults, self._config, self._workers = faults, supervision, workers
        self._beginnings: Beginnings | None = None

    @classmethod
    def of(cls, config: RunConfig) -> Self | None:
        """Return what a configuration asks for, or None where nothing fails or is supervised."""
        if not config.faults and config.supervision is None:
            return None
        return cls(config.faults, config.supervision, workers=config.workers)

    def take(self, populations: Sequence[Population], random: Randomness) -> None:
        """Take the agents of a run, seated and as they were built.

        Raises:
            BadInput: a fault names a role or an agent that there is not.
        """
        self.act = Population.act
        if self._faults:
            self.injector = Injector(self._faults, random, populations, workers=self._workers)
            self.act = self.injector.act
        if self._config:
            self._beginnings = Beginnings(populations)
            self.supervision = Supervision.over(populations, self._config, restart=self._restart)
            self.act = partial(self.supervision.act, self.act)

    def begin_round(self, leader: Leader | Follower) -> None:
        """Restart who is due, and strike whom the round's faults hit."""
        if self.supervision:
            _note(leader, self.supervision.begin_round(leader.round, leader.replica.left))
        if self.injector:
            is_known = leader.knows_next_stage
            for note in self.injector.begin_round(leader.round):
                leader.note("fault", note)
                for hits in ("workers", "server"):
                    for unit in note.get(hits, ()):
                        self._strike(hits, note["kind"], unit, is_known=is_known)

    def begin_stage(self, view: View, roles: Collection[str]) -> None:
        """Work out what is wrong in a stage; a process that only leads does it as well."""
        if self.injector:
            self.injector.begin_stage(view, roles)

    def observe(self, leader: Leader | Follower, stage: Stage, closed: ClosedStage) -> None:
        """Take note of what a closed stage shows."""
        left = leader.replica.left
        if self.injector:
            self.injector.observe(closed, roles=stage.roles, left=left)
        if self.supervision:
            _note(leader, self.supervision.observe(closed, left))

    def lost_worker(self, worker: int) -> None:
        """Take note that a worker was found dead or did not answer."""
        if self.injector:
            self.injector.lost("workers", worker)

    def regained_worker(self, worker: int) -> None:
        """Take note that a worker that was lost works again."""
        if self.injector:
            self.injector.back("workers", worker)

    def summary(self) -> dict[str, Any]:
        """Return what the run's summary says of faults and supervision."""
        return {
            "faults": self.injector.summary() if self.injector else [],
            "supervision": self.supervision.summary() if self.supervision else None,
        }

    def state(self) -> dict[str, Any]:
        """Return everything that later rounds depend on, as plain values."""
        return {
            "injector": self.injector and self.injector.state(),
            "supervision": self.supervision and self.supervision.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` left the same faults and the same supervision."""
        if self.injector:
            self.injector.restore(state["injector"])
        if self.supervision:
            self.supervision.restore(state["supervision"])

    def _restart(self, agents: Sequence[int]) -> None:
        assert self._beginnings
        self._beginnings.restart(agents)
        if self.injector:
            self.injector.restarted(agents)

    def _strike(self, hits: str, kind: str, unit: int, *, is_known: bool) -> None:
        """Strike a process; in a round that the log holds, the run has survived it."""
        assert self.injector
        if is_known or not self.strike(hits, kind, unit):
            self.injector.lost(hits, unit)
            self.injector.back(hits, unit)


def _note(leader: Leader | Follower, events: Sequence[tuple[str, dict[str, Any]]]) -> None:
    for name, detail in events:
        leader.note(name, detail)
