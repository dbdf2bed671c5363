"""Runs made to test a scenario: each made once, and gone with the test."""

import shutil
import tempfile
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blackboard import Record, read_log
from scenarios import Scenario

from .catalog import find_scenario
from .keeping import INSTANTS_A_ROUND
from .runner import run


@dataclass(frozen=True, slots=True)
class Trial:
    """What one run left behind."""

    path: Path
    summary: Mapping[str, Any]
    rule: Any

    def records(self) -> list[Record]:
        """Return the run's log, oldest first."""
        return list(read_log(self.path / "events.log"))


class Subject:
    """The scenario under test and the runs made of it, each made once."""

    def __init__(
        self,
        scenario: type[Scenario] | str | Path,
        *,
        agents: int | None,
        rounds: int,
        options: Mapping[str, Any],
    ) -> None:
        self.kind = scenario if isinstance(scenario, type) else find_scenario(str(scenario))
        if self.kind.is_event_driven:
            rounds *= INSTANTS_A_ROUND
        self._terms = {"agents": agents, "rounds": rounds, **options}
        self._folder: Path | None = None
        self._trials: dict[tuple[Any, ...], Trial] = {}

    def trial(self, *, seed: int = 1, store: str = "memory://", structure: str = "") -> Trial:
        """Return a run of these terms; the same one when asked again."""
        key = (seed, store, structure)
        if key not in self._trials:
            self._trials[key] = self.fresh(seed=seed, store=store, structure=structure)
        return self._trials[key]

    def fresh(
        self,
        *,
        seed: int = 1,
        store: str = "memory://",
        structure: str = "",
        kind: type[Scenario] | None = None,
        watch: Any = None,
        snapshot_every: int = 25,
    ) -> Trial:
        """Run with these terms once more."""
        terms: dict[str, Any] = {
            "structure": structure or self.kind.structures[0],
            "seed": seed,
            "board": store,
        }
        kept: list[Any] = []

        def remember(model: Any, accounts: Any) -> None:
            kept[:] = [model.leader.rule]
            if watch:
                watch(model, accounts)

        terms |= self._terms | {"snapshot_every": snapshot_every}
        out = self.place()
        result = run(kind or self.kind, out=out, watch=remember, **terms)
        return Trial(result.path, result.summary, kept[0] if kept else None)

    def place(self) -> Path:
        """Return an empty directory that is gone with this subject."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="swarmboard-check-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return Path(tempfile.mkdtemp(dir=self._folder))
