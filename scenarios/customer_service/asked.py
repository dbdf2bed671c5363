"""What a run is asked for: how many agents its options call for, models, and a user's files."""

from abc import ABC
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..base import Scenario
from .files.roster import Roster
from .tau2 import FILES


class Asked(Scenario, ABC):
    """The part of the scenario that reads options before there is a run."""

    @classmethod
    def resolve(cls, options: Any, asked: int | None) -> tuple[Any, int]:
        """Return the options, and how many agents there are: the roster's, where there is one."""
        if options.tau2 is not None and (directory := Path(options.tau2)).is_dir():
            options = options.model_copy(update={"tau2": str(directory.resolve())})
        if options.roster is None or asked is not None:
            return options, cls.default_agents if asked is None else asked
        return options, Roster.read(options.roster, day_s=options.day_s).agents

    @classmethod
    def implied_structure(cls, structure: str, agents: int) -> str:
        """One agent has nobody to vote with."""
        return "solo" if agents == 1 else structure

    @classmethod
    def asks_models(cls, options: Any) -> bool:
        """Say whether models answer the customers."""
        return bool(options.staff == "models")

    @classmethod
    def input_files(cls, options: Any) -> Mapping[str, Path]:
        """Return the files of a user's own, those of a benchmark's directory one by one."""
        files = dict(super().input_files(options))
        if options.tau2 is not None:
            files |= {f"tau2 {name}": Path(options.tau2, name) for name in FILES}
        return files
