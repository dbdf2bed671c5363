"""A run that goes on in this process: everything that belongs to one execution."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents import Hook
from blackboard import Approver, Board, Leader, Oversight, RunDirectory, RunLock

from .accounts import Accounts
from .beginning import Beginning
from .disruption import Disruption
from .model import SwarmModel
from .plan import Plan
from .stop import Stop

type Watch = Callable[[SwarmModel, Accounts], None]
"""Told after each round; what it does must not change the run."""
type Tell = Callable[[str], None]
"""Told what people have to know while the run goes on."""


@dataclass
class Run:
    """What belongs to one execution."""

    plan: Plan
    directory: RunDirectory
    stop: Stop
    lock: RunLock
    watch: Watch | None = None
    tell: Tell = field(default=lambda line: None)
    approver: Approver | None = None
    beginning: Beginning | None = None
    """Where a run goes on; None for a new one."""
    takes_over: bool = False
    """Whether it is to be taken from whoever leads it; with a lock nobody else does."""
    oversight: Oversight = field(default_factory=Oversight)
    """What people have commanded, whichever server the run is on."""
    began: float = field(default_factory=time.perf_counter)
    accounts: Accounts = field(default_factory=Accounts)
    board: Board | None = None
    leader: Leader | None = None
    model: SwarmModel | None = None
    workers: list[dict[str, Any]] = field(default_factory=list)
    rehearsed: int = 0
    """Rounds gone through that the log held already."""
    computed: int = 0
    """Rounds that are new."""
    is_whole: bool = False
    """Whether its last round went to its end."""
    losses: list[int] = field(default_factory=list)
    """The rounds in which the bundled server ended by itself."""
    disruption: Disruption = field(default_factory=Disruption)
    hooks: Sequence[Hook] = ()
    """Told of each call to a model as it begins and ends."""
    resumed_from: int | None = field(init=False)
    """The round at whose end this process took the run up; None for a new run."""

    def __post_init__(self) -> None:
        self.resumed_from = self.beginning.round if self.beginning else None

    @property
    def used_up(self) -> str | None:
        """The cap that is used up, which ends the run; None while it can go on."""
        return self.accounts.used_up(since=self.plan.config.forked_at)

    @property
    def is_rehearsing(self) -> bool:
        """Whether nothing new has happened yet: all that did is in the log already."""
        return self.beginning is not None and (self.leader is None or self.leader.is_rehearsing)
