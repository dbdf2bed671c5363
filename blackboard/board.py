"""The board: the shared state of one run, and the only way agents affect each other."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .approval import Approval
from .assemble import Draft
from .channel import Channel
from .errors import NotOpen
from .leader import Leader
from .log import EventLog
from .memory_store import MemoryStore
from .oversight import Oversight
from .presence import check_present
from .records import (
    INPUT,
    OPERATIONAL,
    Answered,
    Command,
    Granted,
    Record,
    encode,
    frame,
    plain,
)
from .replica import Replica
from .rules import Rule, threshold
from .script import Script
from .server import EmbeddedServer
from .snapshots import unpack
from .store import NO_FLOOR, Commit, Event, Floor, Store
from .tail import Tail
from .view import View
from .worker import Worker
from .writes import Action, Claim, Leave, Post, Release, Vote

type Kinds = Mapping[str, tuple[str, ...]]


class Board:
    """One run's board, on any store.

    A board reads (`view`, `refresh`, `wait`), takes single acts of outsiders (`join`, `post`,
    `vote`, `set`, `claim`, `leave`), and is led through rounds and stages by one runner at a time
    (`lead`). An outsider's act is *received* when the call returns; it takes effect, and is
    recorded, at the close of the stage in which the leader reads it.

    Open one with `Board.open`, which starts the bundled server when no URL is given.
    """

    def __init__(
        self,
        store: Store,
        *,
        kinds: Kinds | None = None,
        server: EmbeddedServer | None = None,
        replica: Replica | None = None,
    ) -> None:
        self.store = store
        self.replica = Replica() if replica is None else replica
        self._tail = Tail(self.replica)
        self.kinds: Kinds = kinds or {}
        self._server = server
        self._rev = 0
        self._writer = f"outside-{secrets.token_hex(4)}"
        self._seq = 0

    @classmethod
    def open(
        cls,
        url: str | None = None,
        *,
        run: str = "run",
        kinds: Kinds | None = None,
        data_dir: Path | None = None,
        name: str | None = None,
        replica: Replica | None = None,
    ) -> Self:
        """Open the board of a run.

        Args:
            url: `redis://`, `rediss://`, `unix://` or `memory://`; None starts the bundled server,
                which ends with this board.
            run: The run's name on the server.
            kinds: The columns of each entry kind that is stored as columns.
            data_dir: Where the bundled server keeps its data; None keeps nothing.
            name: Under which the server lists this process among its clients.
            replica: What takes in all that is read, where that is not to be a board of its own.

        Raises:
            ServerUnavailable: there is no server at the URL, or none can be started.
            ServerTooOld: the server has no Functions.
        """
        if url == "memory://":
            return cls(MemoryStore(run), kinds=kinds, replica=replica)
        from .redis_store import RedisStore  # redis is imported by those who use a server

        if url is not None:
            return cls(RedisStore(url, run, name=name), kinds=kinds, replica=replica)
        server = EmbeddedServer.start(data_dir, durable=data_dir is not None)
        try:
            store = RedisStore(server.url, run, name=name, is_gone=lambda: server.has_ended)
            return cls(store, kinds=kinds, server=server, replica=replica)
        except BaseException:
            server.stop()
            raise

    @property
    def url(self) -> str:
        """Where other processes find this board."""
        return getattr(self.store, "url", "memory://")

    @property
    def server_pid(self) -> int | None:
        """The process id of the bundled server, if this board started one."""
        return self._server.pid if self._server else None

    @property
    def has_lost_server(self) -> bool:
        """Whether the bundled server, if this board started one, ended without being asked to."""
        return self._server is not None and self._server.has_ended

    @property
    def revision(self) -> int:
        """The last write this board has read."""
        return self._rev

    def lead(
        self,
        runner: str | None = None,
        *,
        rule: Rule | None = None,
        sealed: bool = True,
        log: EventLog | None = None,
        lease_ms: int = 60_000,
        approval: Approval | None = None,
        script: Script | None = None,
        floor: Floor = NO_FLOOR,
        takes_over: bool = False,
        oversight: Oversight | None = None,
        kind: type[Leader] = Leader,
    ) -> Leader:
        """Take the lease and lead the run.

        Args:
            runner: The name under which to hold the lease.
            rule: When a proposal is accepted that brings no rule of its own.
            sealed: Whether ballots are hidden until their voting round ends.
            log: Where the run's history goes.
            lease_ms: How long the lease lasts unless it is renewed.
            approval: Which proposals wait for a person.
            script: What the log holds already, gone through again before anything new happens.
            floor: What the run has reached by its log.
            takes_over: Take the lease from whoever holds it.
            oversight: What people have commanded so far; None for a run that nobody has led yet.
            kind: `InstantLeader` for an event-driven run.

        Raises:
            LeaseLost: another runner leads.
        """
        leader = kind(
            self.kinds,
            rule=rule or threshold(80),
            sealed=sealed,
            log=log,
            approval=approval,
            script=script,
            oversight=oversight,
        )
        channel = Channel(
            self.store,
            runner=runner or f"runner-{secrets.token_hex(4)}",
            encode=leader.history.encode,
            lease_ms=lease_ms,
            floor=floor,
            takes_over=takes_over,
        )
        leader.attach(channel)
        return leader

    def work(self, name: str) -> Worker:
        """Act for some of the run's agents in a process of its own, beside the leader's.

        Args:
            name: What the leader waits for; one process at a time may use it.
        """
        return Worker(self.store, self.kinds, name=name)

    def view(self) -> View:
        """Return a reader's window on the board as last refreshed."""
        return View(self.replica)

    def refresh(self) -> int:
        """Read what has been written since, and return how many writes that was.

        It ends with the last write as of now, so that a run which writes as fast as others read
        is not followed for ever.
        """
        if not self._rev:
            self._start_anew()
        count, until = 0, self.store.meta().rev
        while self._rev < until and (events := self.store.read(self._rev)):
            self._fold(events)
            count += len(events)
        return count

    def wait(self, *, timeout_s: float) -> int:
        """Wait for the next write, read all there is, and return how many writes that was."""
        events = self.store.wait(self._rev, timeout_s=timeout_s)
        self._fold(events)
        return len(events) + self.refresh()

    def wait_until(self, condition: Callable[[View], bool], *, timeout_s: float) -> bool:
        """Follow the board until a condition holds; say whether it came to hold in time."""
        deadline = time.monotonic() + timeout_s
        self.refresh()
        while not condition(self.view()):
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self.wait(timeout_s=min(left, 1.0))
        return True

    def join(
        self, name: str, *, role: str = "outsider", votes: bool = True, once: bool = False
    ) -> int:
        """Join the run and return the agent index to act under.

        A joiner can vote on proposals that open later and name it in their electorate; with
        `votes` also on those that are put to every voter.

        Args:
            name: Whom the log names.
            role: In which to join.
            votes: Whether proposals to every voter are put to the joiner as well.
            once: Whether to act again under the index of whoever joined so before.
        """
        if not once:
            return self.store.join(self._writer, self._next(), role=role, name=name, votes=votes)
        self.refresh()
        for block in self.replica.joined:
            if block.role == role and block.names == (name,):
                return block.first
        # A repeated write gets the first one's answer, also before the leader has read that.
        return self.store.join(f"{role} {name}", 1, role=role, name=name, votes=votes)

    def post(self, agent: int, post: Post) -> None:
        """Contribute an entry; with `to`, as a direct message."""
        self._write(agent, post)

    def vote(self, agent: int, vote: Vote) -> None:
        """Cast a ballot in the current voting round.

        Raises:
            BallotRefused: the agent has voted in this round.
            NotOpen: the proposal was decided, or never opened.
        """
        self._write(agent, vote)

    def claim(self, agent: int, claim: Claim | Release) -> None:
        """Ask for an item of work, or give it back; the stage's close grants it."""
        self._write(agent, claim)

    def leave(self, agent: int) -> None:
        """Leave the run at the close of the stage; open proposals keep the electorate."""
        self._write(agent, Leave())

    def set(self, agent: int, key: str, value: Any, *, expected: int | None = None) -> int:
        """Write a shared field and return its new revision.

        The server holds it against others' writes at once; views show it, as all that comes from
        outside, from the close of the stage.

        Args:
            agent: On whose behalf.
            key: The field's name.
            value: Any plain value.
            expected: The revision the writer saw (0: never written); None overwrites.

        Raises:
            FieldConflict: someone wrote the field in between; it has the current revision.
            InvalidAction: the agent has not joined, or the value cannot be stored.
        """
        meta = self.store.meta()
        check_present(agent, self.replica, joined=meta.agents)
        value = plain({key: value})[key]
        revision = 0 if expected is None else expected + 1
        record = Granted(INPUT, meta.round, meta.stage, agent, "set", key, value, revision)
        body = frame([encode(record)])
        return self.store.set_field(
            self._writer, self._next(), key=key, expected=expected, body=body
        )

    def command(self, act: str, *, by: str, reason: str = "") -> None:
        """Pause, step, unpause or stop the run between two stages."""
        self._send([Command(OPERATIONAL, 0, 0, act, by, reason)])  # type: ignore[arg-type]

    def answer(self, proposal: str, answer: str, *, by: str, reason: str = "") -> None:
        """Approve or veto an open proposal in a person's name; the first answer stands.

        Raises:
            NotOpen: the proposal was decided, or never opened.
        """
        self.refresh()
        if proposal not in self.replica.open:
            raise NotOpen(proposal)
        self._send([Answered(INPUT, 0, 0, proposal, answer, by, reason)])  # type: ignore[arg-type]

    def go_through(self, url: str) -> None:
        """Reach the server by another way from now on, such as a proxy; `url` stays its own."""
        if not isinstance(self.store, MemoryStore):
            self.store.go_through(url)  # type: ignore[attr-defined]

    def close(self) -> None:
        """Let go of the store, and end the bundled server if this board started it."""
        self.store.close()
        if self._server:
            self._server.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _write(self, agent: int, action: Action) -> None:
        """Send one act of an outsider, for the round in which the board is now."""
        self.refresh()
        meta = self.store.meta()
        draft = Draft(
            self.replica,
            self.kinds,
            round=meta.round,
            stage=meta.stage,
            event_class=INPUT,
            joined=meta.agents,
        )
        draft.act(agent, action)
        body = frame([encode(record) for record in draft.records()])
        where = (None, meta.round, meta.stage)
        self.store.submit(Commit(self._writer, self._next(), *where, body, draft.ballots()))

    def _send(self, records: Sequence[Record]) -> None:
        """Send what is bound to no round."""
        body = frame([encode(record) for record in records])
        self.store.submit(Commit(self._writer, self._next(), None, None, 0, body))

    def _next(self) -> int:
        self._seq += 1
        return self._seq

    def _fold(self, events: Sequence[Event]) -> None:
        for event in events:
            if event.rev <= self._rev:
                continue
            if event.rev > self._rev + 1 or self._tail.starts_anew(event):
                self._start_anew()
                return
            self._tail.take(event)
            self._rev = event.rev

    def _start_anew(self) -> None:
        """Begin at the latest checkpoint: writes before it are forgotten, or were taken back."""
        if kept := self.store.state():
            self._rev, packed = kept
            self.replica.restore(unpack(packed))
            self._tail = Tail(self.replica)
