"""Keeping a run's snapshots: when they are taken, and what happens where none can be."""

import time

from blackboard import Leader, NotPlain, RunDirectory, Snapshots

from .accounts import Accounts
from .beginning import snapshot_of
from .model import SwarmModel
from .plan import Plan

INSTANTS_A_ROUND = 100
"""An instant is so much less work than a round that a snapshot is due after so many more."""
LONGEST_S = 5.0
"""A snapshot is taken at the latest so long after the last: no more work than that is lost."""


class Keeping:
    """Takes a snapshot every so many rounds, and has the server forget what led to it."""

    def __init__(self, directory: RunDirectory, plan: Plan) -> None:
        self._snapshots = Snapshots(directory.path / "snapshots")
        self._every = plan.config.snapshot_every
        if plan.scenario.is_event_driven:
            self._every *= INSTANTS_A_ROUND
        self._is_shared = plan.config.workers > 1
        self._kept_at = time.monotonic()
        self._kept = 0
        self._is_possible = True

    def keep_if_due(self, model: SwarmModel, accounts: Accounts) -> None:
        """Take a snapshot after the round that has just ended, if one is due.

        Where workers keep parts of it, only the number of rounds counts, as they know no other.
        """
        is_late = not self._is_shared and time.monotonic() - self._kept_at > LONGEST_S
        if model.leader.round % self._every == 0 or is_late:
            self.keep(model, accounts)

    def keep(self, model: SwarmModel, accounts: Accounts) -> None:
        """Take a snapshot of the round that has just ended, unless there is one."""
        leader = model.leader
        assert isinstance(leader, Leader), "snapshots are the leader's to take"
        log = leader.history.log
        if leader.round <= self._kept or leader.is_rehearsing or not log:
            return
        leader.write_out()
        if self._is_possible:
            try:
                state = snapshot_of(model, accounts, log.position)
                log.sync()
                self._snapshots.write(leader.round, state)
            except NotPlain as error:
                self._is_possible = False
                leader.note("no-snapshots", {"why": str(error)})
        leader.checkpoint()
        self._kept, self._kept_at = leader.round, time.monotonic()
