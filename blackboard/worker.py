"""Working for a run: one of several processes that each act for some of its agents."""

from collections import deque
from collections.abc import Mapping

from .assemble import Draft
from .errors import BallotRefused
from .records import encode, frame
from .replica import Replica
from .rule_text import parse_rule
from .rules import describe
from .store import Commit, Event, Store
from .tail import Tail
from .view import View


class Worker:
    """Acts for a range of a run's agents, stage by stage; made by `Board.work`.

    A stage is `next_stage`, which waits for the leader, then `draft`, then `commit`; the leader
    waits for the commits in `Leader.gather`. A worker that was started again under its old name
    goes on where the run is: its writes are numbered by the stage, not by the process.
    """

    def __init__(self, store: Store, kinds: Mapping[str, tuple[str, ...]], *, name: str) -> None:
        self.name = name
        self.replica = Replica()
        self._store, self._kinds = store, kinds
        self._tail = Tail(self.replica)
        self._unread: deque[Event] = deque()
        self._rev = self._begun = self._epoch = 0
        self._at = (0, 0)

    def next_stage(self, *, timeout_s: float) -> View | None:
        """Wait until the leader begins another stage; return the board as of its start.

        Stages that have ended meanwhile are passed over. None means that the run has ended.

        Raises:
            TimeoutError: nothing was written for `timeout_s`.
        """
        while True:
            while self._unread:
                if self._begins_stage(self._unread.popleft()):
                    meta = self._store.meta()
                    if (meta.round, meta.stage) == self._at and meta.status == "running":
                        self._epoch = meta.epoch
                        return View(self.replica)
            if self._store.meta().status not in ("new", "running", "paused"):
                return None
            self._unread += self._store.wait(self._rev, timeout_s=timeout_s)
            if not self._unread:
                raise TimeoutError(f"worker {self.name}: no stage began in {timeout_s:g} s")
            self._rev = self._unread[-1].rev

    def draft(self) -> Draft:
        """Return an empty draft for the current stage."""
        round, stage = self._at
        return Draft(self.replica, self._kinds, round=round, stage=stage)

    def commit(self, draft: Draft) -> None:
        """Write all of a draft in one act.

        Ballots that an outsider cast meanwhile in an agent's name stand; they leave the draft.

        Raises:
            InvalidAction: an agent's proposal has a rule that the leader cannot know.
            WrongStage: the leader went on without this worker.
            LeaseLost: another runner leads.
        """
        records = draft.records()
        for proposal in draft.proposed().values():
            if proposal.rule is not None:
                parse_rule(describe(proposal.rule))
        while True:
            body = frame(map(encode, records))
            where = (self._epoch, *self._at)
            commit = Commit(self.name, self._begun, *where, body, draft.ballots())
            try:
                self._store.submit(commit)
                return
            except BallotRefused as refused:
                draft.drop_ballots(refused.proposal, refused.agents)
                records = draft.records()

    def _begins_stage(self, event: Event) -> bool:
        """Fold a write in and say whether it is the leader's turn to another stage."""
        self._tail.take(event)
        here = (event.round, event.stage)
        if not event.is_turn or event.stage < 1 or here <= self._at:
            return False
        self._at, self._begun = here, event.rev
        return True
