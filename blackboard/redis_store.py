"""The store on a Redis or Valkey server."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from redis.exceptions import RedisError, ResponseError

from .bitmaps import both, members
from .errors import (
    BallotRefused,
    BodyLost,
    FieldConflict,
    LeaseLost,
    Moved,
    NotOpen,
    OutOfOrder,
    Refused,
    ServerUnavailable,
    SwarmboardError,
    WrongStage,
)
from .keys import Keys
from .library import FUNCTIONS, library
from .server_info import check_server
from .store import INLINE_BYTES, NO_FLOOR, Commit, Event, Floor, Meta, Turn
from .wire import Command, Wire, connect

LONGEST_BLOCK_S = 2.0
"""A blocking read stays well below the time after which a silent server counts as lost."""
_META = ("rev", "epoch", "round", "stage", "status", "agents")
RETIRED_MS = 24 * 3600 * 1000
"""How long the data of a run that ended stay on the server."""


class RedisStore:
    """Keeps a board under the hash tag of its run."""

    def __init__(
        self,
        url: str,
        run: str,
        *,
        name: str | None = None,
        is_gone: Callable[[], bool] = lambda: False,
    ) -> None:
        self.url, self.run, self._keys = url, run, Keys(run)
        self._way, self._label = url, name or "swarmboard"
        self._client = connect(url, client_name=self._label)
        info = check_server(self._client)
        self.kind, self.version = info.kind, info.version
        name, source = library()
        self._functions = {function: f"{name}_{function}" for function in FUNCTIONS}
        self._is_gone = is_gone
        self._wire = Wire(self._client, is_gone=is_gone)
        self._load(source)

    def submit(self, *acts: Commit | Turn) -> tuple[int, ...]:
        """Apply acts in order, in one round trip, and return the revision of each."""
        commands: list[Command] = []
        for act in acts:
            blob = self._keys.blob(act.writer, act.seq)
            is_staged = len(act.body) > INLINE_BYTES
            if is_staged:
                commands.append(("SET", blob, act.body))
            make = self._turn if isinstance(act, Turn) else self._commit
            commands.append(make(act, blob, is_staged))  # type: ignore[arg-type]
        answers = [reply for reply in self._wire.call(commands) if reply != b"OK"]
        for act, (said, what) in zip(acts, answers, strict=True):
            if said != b"ok":
                self._unstage(act, said)
                raise self._refusal(said.decode(), what, act)
        return tuple([what for _, what in answers])

    def _commit(self, act: Commit, blob: str, is_staged: bool) -> Command:
        keys, ballots = self._keys, act.ballots
        return (
            "FCALL",
            self._functions["commit"],
            4 + 2 * len(ballots),
            keys.meta,
            keys.events,
            keys.scratch,
            blob,
            *[keys.proposal(proposal) for proposal, _ in ballots],
            *[keys.voted(proposal, act.round or 0) for proposal, _ in ballots],
            act.writer,
            act.seq,
            "" if act.epoch is None else act.epoch,
            "" if act.round is None else act.round,
            act.stage,
            int(is_staged),
            b"" if is_staged else act.body,
            *[bitmap for _, bitmap in ballots],
        )

    def _turn(self, act: Turn, blob: str, is_staged: bool) -> Command:
        keys = [self._keys.meta, self._keys.events, self._keys.fields, blob, self._keys.scratch]
        keys += (self._keys.proposal(p) for p in (*act.closed, *act.opened))
        keys += (self._keys.voted(p, r) for p, r in act.forget)
        keys += (self._keys.voted(p, r) for p, r, _ in act.voted)
        seen = "" if act.seen is None else act.seen
        body = b"" if is_staged else act.body
        where = (act.round, act.stage, act.status, act.agents, int(is_staged))
        fields = (part for field in act.fields for part in field)
        counts = (len(act.closed), len(act.opened), len(act.voted))
        rest = (*counts, *[bitmap for _, _, bitmap in act.voted], *fields)
        return self._call("turn", keys, act.writer, act.seq, act.epoch, seen, *where, body, *rest)

    def _unstage(self, act: Commit | Turn, said: bytes) -> None:
        """Delete the staged body of a refused act; one out of order may have a namesake."""
        if len(act.body) > INLINE_BYTES and said != b"out-of-order":
            self._wire.call([("DEL", self._keys.blob(act.writer, act.seq))])

    def join(self, writer: str, seq: int, *, role: str, name: str, votes: bool = True) -> int:
        """Register an outsider and return its agent index."""
        keys = [self._keys.meta, self._keys.events]
        call = self._call("join", keys, writer, seq, role, name, int(votes))
        [reply] = self._wire.call([call])
        _raise_order(reply, writer, seq)
        return int(reply[1])

    def set_field(
        self, writer: str, seq: int, *, key: str, expected: int | None, body: bytes
    ) -> int:
        """Write a shared field if it still has the expected revision; return the new one."""
        keys = [self._keys.meta, self._keys.events, self._keys.fields]
        wanted = "" if expected is None else expected
        [reply] = self._wire.call([self._call("set_field", keys, writer, seq, key, wanted, body)])
        if reply[0] == b"conflict":
            raise FieldConflict(key, expected=expected or 0, current=int(reply[1]))
        _raise_order(reply, writer, seq)
        return int(reply[1])

    def lease(
        self, runner: str, *, ttl_ms: int, floor: Floor = NO_FLOOR, takes_over: bool = False
    ) -> tuple[str, int]:
        """Take or renew the leader's lease; return its holder and the epoch."""
        keys = [self._keys.lease, self._keys.meta]
        reached = (floor.epoch, floor.revision, floor.agents)
        call = self._call("lease", keys, runner, ttl_ms, int(takes_over), *reached)
        [[holder, epoch]] = self._wire.call([call])
        return holder.decode(), int(epoch)

    def release(self, runner: str) -> None:
        """Give the lease back, if this runner holds it."""
        self._wire.call([self._call("release", [self._keys.lease], runner)])

    def meta(self) -> Meta:
        """Return where the run stands."""
        [reply] = self._wire.call([("HMGET", self._keys.meta, *_META)])
        return _meta_of(reply)

    def read(self, after: int, *, limit: int = 1000) -> Sequence[Event]:
        """Return the writes after a revision, oldest first."""
        entries = self._wire.call(
            [("XRANGE", self._keys.events, f"({after}-0", "+", "COUNT", limit)]
        )
        return self._events(entries[0])

    def wait(self, after: int, *, timeout_s: float) -> Sequence[Event]:
        """Return the writes after a revision, waiting up to `timeout_s` for the first."""
        deadline = time.monotonic() + timeout_s
        while True:
            left = deadline - time.monotonic()
            block = max(1, int(1000 * min(left, LONGEST_BLOCK_S)))
            stream = (self._keys.events, f"{after}-0")
            [reply] = self._wire.call(
                [("XREAD", "COUNT", 1000, "BLOCK", block, "STREAMS", *stream)]
            )
            if reply:
                [entries] = reply.values() if isinstance(reply, dict) else [reply[0][1]]
                return self._events(entries)
            if left <= LONGEST_BLOCK_S:
                return []

    def voted(self, proposal: str, round: int) -> bytes:
        """Return the bitmap of who has voted."""
        [reply] = self._wire.call([("GET", self._keys.voted(proposal, round))])
        return reply or b""

    def publish(self, name: str, payload: bytes) -> None:
        """Put something up to be drawn; the latest of each name stands."""
        self._wire.call([("HSET", self._keys.display, name, payload)])

    def published(self) -> dict[str, bytes]:
        """Return what stands to be drawn."""
        [shown] = self._wire.call([("HGETALL", self._keys.display)])
        pairs = (
            shown.items() if isinstance(shown, dict) else zip(shown[::2], shown[1::2], strict=True)
        )
        return {name.decode(): payload for name, payload in pairs}

    def checkpoint(self, revision: int, state: bytes, *, forget: int) -> None:
        """Keep the board's state as of a revision, and forget the writes up to another one."""
        keys = self._keys
        kept = b"%d " % revision + state
        blobs: list[Command] = []
        after = "-"
        self._wire.call([("SET", keys.checkpoint, kept)])
        while True:
            [entries] = self._wire.call(
                [("XRANGE", keys.events, after, f"{forget}-0", "COUNT", 1000)]
            )
            heads = [_Head.read(rev, fields) for rev, fields in entries]
            blobs += [("UNLINK", keys.blob(h.writer, h.seq)) for h in heads if h.is_staged]
            if len(entries) < 1000:
                break
            after = f"({entries[-1][0].decode()}"
        self._wire.call([("XTRIM", keys.events, "MINID", f"{forget + 1}-0"), *blobs])

    def state(self) -> tuple[int, bytes] | None:
        """Return the latest checkpoint: its revision and the board's state."""
        [kept] = self._wire.call([("GET", self._keys.checkpoint)])
        if kept is None:
            return None
        revision, state = kept.split(b" ", 1)
        return int(revision), state

    def revive(self) -> None:
        """Let the data of a run that goes on no longer expire."""
        for found in self._scan():
            self._wire.call([("PERSIST", key) for key in found])

    def retire(self) -> None:
        """Let the run's data expire in a day; a run that ended lives on in its run directory.

        A server that refuses to list keys keeps them: the run is none the worse for it.
        """
        with suppress(SwarmboardError):
            for found in self._scan():
                self._wire.call([("PEXPIRE", key, RETIRED_MS) for key in found])

    def forget(self) -> None:
        """Delete all that the server has of the run.

        Raises:
            SwarmboardError: it refuses to list keys, or to delete them.
        """
        for found in self._scan():
            self._wire.call([("UNLINK", *found)])

    def _scan(self) -> Iterator[list[bytes]]:
        """Yield the run's keys, some at a time."""
        cursor: bytes | int = 0
        while True:
            scan = ("SCAN", cursor, "MATCH", f"{self._keys.tag}:*", "COUNT", 1000)
            [[cursor, found]] = self._wire.call([scan])
            if found:
                yield found
            if int(cursor) == 0:
                return

    def go_through(self, url: str) -> None:
        """Reach the server by another way from now on, such as a proxy; `url` stays its own."""
        self.close()
        self._way, self._client = url, connect(url, client_name=self._label)
        self._wire = Wire(self._client, is_gone=self._is_gone)

    def close(self) -> None:
        """Let go of connections; the data stay."""
        self._wire.close()
        self._client.close()

    def _refusal(self, why: str, what: Any, act: Commit | Turn) -> Refused:
        """Turn the reply to an act that was not applied into its error."""
        match why, act:
            case "lease-lost", _:
                return LeaseLost(act.writer, epoch=act.epoch or 0, current=int(what or 0))
            case "wrong-stage", _:
                round, stage = map(int, what.decode().split("."))
                return WrongStage((act.round or 0, act.stage), current=(round, stage))
            case "moved", Turn(seen=seen):
                return Moved(seen=seen or 0, current=int(what))
            case "not-open", Turn(closed=closed):
                return NotOpen(closed[int(what)])
            case "not-open", Commit(ballots=ballots):
                return NotOpen(ballots[int(what)][0])
            case "voted", Commit(ballots=ballots):
                proposal, bitmap = ballots[int(what)]
                again = members(both(self.voted(proposal, act.round or 0), bitmap))
                return BallotRefused(proposal, agents=again)
            case "body-lost", _:
                return BodyLost(act.writer)
            case _:
                return OutOfOrder(act.writer, seq=act.seq, last=int(what))

    def _load(self, source: str) -> None:
        try:
            self._client.function_load(source)
        except ResponseError as error:
            if "already exists" not in str(error):
                raise ServerUnavailable(
                    f"the server refused the board's functions: {error}; let its user load and "
                    "call them (ACL: +function +fcall), or leave out --board to use the bundled "
                    "server"
                ) from error

    def _call(self, function: str, keys: Sequence[str], *args: str | bytes | int) -> Command:
        return ("FCALL", self._functions[function], len(keys), *keys, *args)

    def _events(self, entries: Any) -> list[Event]:
        heads = [_Head.read(rev, fields) for rev, fields in entries]
        staged = [head for head in heads if head.is_staged]
        names = [self._keys.blob(head.writer, head.seq) for head in staged]
        blobs = self._wire.call([("GET", name) for name in names]) if names else []
        for head, blob in zip(staged, blobs, strict=True):
            if blob is None:
                raise SwarmboardError(f"the body of write {head.rev} is gone from the server")
            head.body = blob
        return [head.event() for head in heads]


@dataclass(slots=True)
class _Head:
    """An entry of the stream before its staged body was read."""

    rev: int
    seq: int
    origin: bytes
    round: int
    stage: int
    is_staged: bool
    writer: str
    body: bytes

    @classmethod
    def read(cls, rev: bytes, fields: Sequence[bytes]) -> Self:
        _, head, _, body = fields
        seq, origin, round, stage, staged, writer = head.split(b" ", 5)
        number = int(rev.split(b"-")[0])
        where = (int(round), int(stage))
        return cls(number, int(seq), origin, *where, staged == b"1", writer.decode(), body)

    def event(self) -> Event:
        is_outside, is_turn = self.origin == b"1", self.origin == b"2"
        where = (self.round, self.stage)
        return Event(self.rev, self.writer, is_outside, *where, self.body, is_turn)


def _raise_order(reply: Sequence[Any], writer: str, seq: int) -> None:
    if reply[0] == b"out-of-order":
        raise OutOfOrder(writer, seq=seq, last=int(reply[1]))


def list_boards(url: str, *, most_scans: int) -> list[tuple[str, Meta, bool]]:
    """Return the runs that a server keeps: name, where each stands, and whether a runner leads it.

    Keys of others that only look like a run's are left out.

    Args:
        url: Of the server.
        most_scans: Looks at its keys, a thousand at a time, after which the list ends as it is.

    Raises:
        ServerUnavailable: there is no server at the URL.
        SwarmboardError: it does not let its keys be listed.
    """
    client: Any = connect(url, client_name="watcher")
    try:
        check_server(client)
        head, tail = Keys("*").meta.split("*")
        found: dict[str, tuple[str, Meta, bool]] = {}
        cursor = 0
        for _ in range(most_scans):
            cursor, names = client.scan(cursor, match=Keys("*").meta, count=1000)
            runs = []
            for name in names:
                with suppress(UnicodeDecodeError):
                    runs.append(name.decode().removeprefix(head).removesuffix(tail))
            asked = client.pipeline(transaction=False)
            for run in runs:
                asked.hmget(Keys(run).meta, _META).exists(Keys(run).lease)
            answers = asked.execute(raise_on_error=False)
            for run, said, lease in zip(runs, answers[::2], answers[1::2], strict=True):
                if _is_of_another_type(said):
                    continue
                for answer in (said, lease):
                    if isinstance(answer, RedisError):
                        raise answer
                with suppress(ValueError):
                    found[run] = (run, _meta_of(said), bool(lease))
            if not cursor:
                break
    except RedisError as error:
        raise SwarmboardError(
            f"the server does not list its runs ({error}); let its user call SCAN, HMGET and "
            "EXISTS (ACL: +scan +hmget +exists)"
        ) from error
    finally:
        client.close()
    return [*found.values()]


def _is_of_another_type(answer: Any) -> bool:
    return isinstance(answer, RedisError) and str(answer).startswith("WRONGTYPE")


def _meta_of(reply: Sequence[bytes | None]) -> Meta:
    rev, epoch, round, stage, agents = (int(reply[at] or 0) for at in (0, 1, 2, 3, 5))
    return Meta(rev, epoch, round, stage, (reply[4] or b"new").decode(), agents)
