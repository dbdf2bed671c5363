"""Folding a run's records, round by round, into what its measures are computed from."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from blackboard import (
    Abstained,
    Ballots,
    Decided,
    Electorate,
    Ended,
    Entries,
    Granted,
    Instant,
    Opened,
    Posts,
    Record,
    Replied,
    Requested,
    RunDirectory,
    indices,
    read_rounds,
)

from .reading import Reading
from .votes import Votes

NOT_ASKED = ("left", "quarantined")
"""Causes of abstention of agents that were not asked."""
FEW = 32
"""So many agents, or records, are taken faster one by one than together."""
TOGETHER = 2048
"""Records of instants that are taken in at a time."""


class Measures:
    """Takes a run's rounds in; the same records give the same measures.

    Round 0, in which agents join, may be left out.
    """

    def __init__(self) -> None:
        self._reading, self._votes = Reading(), Votes()
        self.is_whole = True
        """Whether every round of the run was taken in."""
        self._folds: dict[type[Record], Callable[[Any], None]] = {
            Instant: self._instant,
            Electorate: self._votes.know,
            Opened: self._votes.open,
            Posts: self._posts,
            Entries: self._entries,
            Ballots: self._ballots,
            Abstained: self._abstained,
            Requested: self._requested,
            Replied: self._replied,
            Granted: self._granted,
            Decided: self._votes.decide,
        }
        self._unsealed: list[tuple[str, Any]] = []
        """Proposals with open ballots that were cast in this stage, and who cast them."""
        self._stage = 0
        self._waiting: list[Sequence[Record]] = []
        self._records = 0
        """How many records wait."""

    @property
    def reading(self) -> Reading:
        """Turns and messages."""
        self._catch_up()
        return self._reading

    @property
    def votes(self) -> Votes:
        """Ballots, proposals and tallies."""
        self._catch_up()
        return self._votes

    @classmethod
    def of_log(cls, directory: RunDirectory) -> "Measures":
        """Return the measures of the rounds that have ended by a run's log."""
        measures = cls()
        for _, records in read_rounds(directory.log):
            if any(type(record) is Ended for record in records):
                measures.take(records)
        return measures

    def take(self, records: Sequence[Record]) -> None:
        """Take in the records of a round that has ended, in the order of the log.

        Instants wait until there are many, which takes half the time.
        """
        if len(records) > FEW or not records or type(records[0]) is not Instant:
            self._catch_up()
            self._fold(records)
            return
        self._waiting.append(records)
        self._records += len(records)
        if self._records >= TOGETHER:
            self._catch_up()

    def _catch_up(self) -> None:
        if self._waiting:
            waiting, self._waiting, self._records = self._waiting, [], 0
            for records in waiting:
                self._fold(records)

    def _fold(self, records: Sequence[Record]) -> None:
        self._stage = 0
        if len(records) > FEW:
            for kind, group in groupby(records, type):
                if fold := self._folds.get(kind):
                    its = list(group)
                    self._enter(its[0].stage)
                    fold(its)
        else:
            folds = self._folds
            for record in records:
                fold = folds.get(type(record))
                if fold is not None:
                    if record.stage != self._stage:
                        self._enter(record.stage)
                    fold((record,))
        self._enter(0)
        if self._votes.now_s is None:
            self._votes.end_round()

    def _enter(self, stage: int) -> None:
        """Go to a stage, which ends the one before."""
        if stage != self._stage:
            if self._stage:
                self._close_stage()
            self._stage = stage

    def _close_stage(self) -> None:
        if self._unsealed:
            for proposal, agents in self._unsealed:
                if proposal in self._votes.opened:  # of one that is decided nobody is shown ballots
                    self._reading.all_wrote(agents)
            self._unsealed = []
        self._reading.close_stage()

    def _instant(self, records: Sequence[Instant]) -> None:
        self._votes.now_s = records[-1].at_s

    def _posts(self, records: Sequence[Posts]) -> None:
        for posts in records:
            agents = indices(posts.agents)
            self._reading.all_acted(np.unique(agents) if posts.seqs else agents)
            self._reading.all_wrote(agents)

    def _entries(self, records: Sequence[Entries]) -> None:
        reading = self._reading
        for record in records:
            for entry in record.entries:
                if entry.to is None:
                    reading.writers.append(entry.agent)
                else:
                    reading.sent(entry.agent, entry.to)
            reading.acted([entry.agent for entry in record.entries])

    def _ballots(self, records: Sequence[Ballots]) -> None:
        votes = self._votes
        if len(records) == 1 and records[0].proposal in votes.panels and not votes.has_unsealed:
            self._reading.acted(votes.take_panel(records[0]))
            return
        for agents in votes.take(records):
            if not isinstance(agents, np.ndarray):
                self._reading.acted(agents)
            elif len(agents) > FEW:
                self._reading.all_acted(agents)
            else:
                self._reading.acted(agents.tolist())
        if votes.has_unsealed:
            self._unsealed += votes.unsealed(records)

    def _abstained(self, records: Sequence[Abstained]) -> None:
        for abstained in records:
            if abstained.cause not in NOT_ASKED:
                self._reading.all_acted(abstained.members)

    def _requested(self, records: Sequence[Requested]) -> None:
        for request in records:
            self._reading.few.add(request.agent)

    def _replied(self, records: Sequence[Replied]) -> None:
        for replied in records:
            self._reading.all_acted(replied.members)

    def _granted(self, records: Sequence[Granted]) -> None:
        panels = self._votes.panels
        for granted in records:
            if granted.granted:
                self._reading.writers.append(granted.agent)
                if granted.key in panels and granted.act == "claim":
                    panels[granted.key].append(granted.agent)
