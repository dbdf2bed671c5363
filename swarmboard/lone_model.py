"""A scenario as a Mesa model of one's own process: no board, no runner, and a log all the same."""

import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Any

from blackboard import BadInput, EventLog

from .config import make_config
from .model import SwarmModel
from .plan import leader_kind, prepare


class LoneModel(SwarmModel):
    """Steps a scenario round by round, as Mesa's own tools do; nobody can pause or resume it.

    Args:
        scenario: Its name, or the path of its file; one that counts rounds and asks no models.
        agents: How many; None leaves it to the scenario.
        seed: Of the run.
        folder: Where the event log goes; None makes a folder that goes when the model does.
        options: The scenario's own.

    Raises:
        BadInput: something is wrong with what was asked for.
    """

    def __init__(
        self,
        scenario: str = "jury",
        agents: int | None = None,
        seed: int = 0,
        folder: Path | None = None,
        **options: Any,
    ) -> None:
        values = {"scenario": scenario, "agents": agents, "seed": int(seed), "options": options}
        plan = prepare(make_config(values))
        if plan.world.is_event_driven or plan.scenario.asks_models(plan.setup.options):
            raise BadInput(
                f"{scenario} runs in simulated time or asks models, which a model by itself "
                "cannot: use `swarmboard run`, or another scenario"
            )
        self.folder = folder or Path(tempfile.mkdtemp(prefix="swarmboard-"))
        """Where the log is."""
        self._rounds = plan.rounds
        self._log = EventLog(self.folder / "events.log")
        # Pages of models make a new one with each reset, and say nothing to the one before.
        weakref.finalize(self, _let_go, self._log, None if folder else self.folder)
        leader = leader_kind(plan)(
            plan.world.kinds,
            rule=plan.setup.rule,
            sealed=plan.config.ballots == "sealed",
            log=self._log,
        )
        super().__init__(plan.world, plan.structure, leader)
        self.running: bool = True

    def step(self) -> None:
        """Run one round; behind the last one nothing happens."""
        if self.running:
            super().step()
            self.running = not self.is_done() and self.leader.round < self._rounds
            if not self.running:
                self.close()

    def close(self) -> None:
        """End the log; a model that is left before its last round has to be closed."""
        self._log.close()


def _let_go(log: EventLog, folder: Path | None) -> None:
    """End the log of a model that is gone, and remove its folder if that was its own."""
    log.close()
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
