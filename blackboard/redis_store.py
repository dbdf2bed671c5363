"""The store on a Redis or Valkey server; the only file that knows redis-py."""

from collections.abc import Callable, Sequence
from typing import Any

import hiredis
import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import OutOfMemoryError, ResponseError, TimeoutError
from redis.retry import Retry

from .bitmaps import both, members
from .errors import (
    BallotRefused,
    BoardFull,
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
from .keys import REGISTRY, Keys
from .library import library
from .server_info import check_server
from .store import INLINE_BYTES, Commit, Event, Meta, Turn

STAGING_MS = 600_000
"""How long a staged body waits for its commit."""
RETRIES = 8
"""Resends after a lost connection; a repeated write is answered, not applied twice."""

type Command = tuple[str | bytes | int, ...]


class RedisStore:
    """Keeps a board under the hash tag of its run."""

    def __init__(self, url: str, run: str) -> None:
        self.url, self.run, self._keys = url, run, Keys(run)
        self._client = _connect(url)
        info = check_server(self._client)
        self.kind, self.version = info.kind, info.version
        self._library, source = library()
        self._retry = Retry(ExponentialWithJitterBackoff(cap=1.0, base=0.02), RETRIES)
        self._load(source)

    def submit(self, *acts: Commit | Turn) -> tuple[int, ...]:
        """Apply acts in order, in one round trip, and return the revision of each."""
        commands: list[Command] = []
        answers: list[int] = []
        for act in acts:
            if is_staged := len(act.body) > INLINE_BYTES:
                blob = self._keys.blob(act.writer, act.seq)
                commands.append(("SET", blob, act.body, "PX", STAGING_MS))
            if isinstance(act, Turn):
                commands.append(self._turn(act, is_staged))
            else:
                commands.append(self._commit(act, is_staged))
            answers.append(len(commands) - 1)
        replies = self._send(commands)
        for act, at in zip(acts, answers, strict=True):
            if replies[at][0] != b"ok":
                raise self._refusal(replies[at][0].decode(), replies[at][1], act)
        return tuple(replies[at][1] for at in answers)

    def _commit(self, act: Commit, is_staged: bool) -> Command:
        keys = [self._keys.meta, self._keys.events, self._keys.blob(act.writer, act.seq)]
        keys.append(self._keys.scratch())
        for proposal, _ in act.ballots:
            keys += (self._keys.proposal(proposal), self._keys.voted(proposal, act.round))
        epoch = "" if act.epoch is None else act.epoch
        body = b"" if is_staged else act.body
        bitmaps = (bitmap for _, bitmap in act.ballots)
        where = (act.round, act.stage, int(is_staged))
        return self._call("commit", keys, act.writer, act.seq, epoch, *where, body, *bitmaps)

    def _turn(self, act: Turn, is_staged: bool) -> Command:
        keys = [self._keys.meta, self._keys.events, self._keys.blob(act.writer, act.seq)]
        keys.append(self._keys.fields)
        keys += (self._keys.proposal(p) for p in (*act.closed, *act.opened))
        keys += (self._keys.voted(p, r) for p, r in act.forget)
        seen = "" if act.seen is None else act.seen
        body = b"" if is_staged else act.body
        where = (act.round, act.stage, act.status, act.agents, int(is_staged))
        fields = (part for field in act.fields for part in field)
        counts = (len(act.closed), len(act.opened))
        return self._call(
            "turn", keys, act.writer, act.seq, act.epoch, seen, *where, body, *counts, *fields
        )

    def join(self, writer: str, seq: int, *, role: str, name: str) -> int:
        """Register an outsider and return its agent index."""
        keys = [self._keys.meta, self._keys.events]
        [reply] = self._send([self._call("join", keys, writer, seq, role, name)])
        _raise_order(reply, writer, seq)
        return int(reply[1])

    def set_field(
        self, writer: str, seq: int, *, key: str, expected: int | None, body: bytes
    ) -> int:
        """Write a shared field if it still has the expected revision; return the new one."""
        keys = [self._keys.meta, self._keys.events, self._keys.fields]
        wanted = "" if expected is None else expected
        [reply] = self._send([self._call("set_field", keys, writer, seq, key, wanted, body)])
        if reply[0] == b"conflict":
            raise FieldConflict(key, expected=expected or 0, current=int(reply[1]))
        _raise_order(reply, writer, seq)
        return int(reply[1])

    def lease(self, runner: str, *, ttl_ms: int) -> tuple[str, int]:
        """Take or renew the leader's lease; return its holder and the epoch."""
        keys = [self._keys.lease, self._keys.meta]
        [[holder, epoch]] = self._send([self._call("lease", keys, runner, ttl_ms)])
        return holder.decode(), int(epoch)

    def release(self, runner: str) -> None:
        """Give the lease back, if this runner holds it."""
        self._send([self._call("release", [self._keys.lease], runner)])

    def meta(self) -> Meta:
        """Return where the run stands."""
        names = ("rev", "epoch", "round", "stage", "status", "agents")
        [reply] = self._send([("HMGET", self._keys.meta, *names)])
        rev, epoch, round, stage, agents = (int(reply[at] or 0) for at in (0, 1, 2, 3, 5))
        return Meta(rev, epoch, round, stage, (reply[4] or b"new").decode(), agents)

    def read(self, after: int, *, limit: int = 1000) -> Sequence[Event]:
        """Return the writes after a revision, oldest first."""
        entries = self._send([("XRANGE", self._keys.events, f"({after}-0", "+", "COUNT", limit)])
        return self._events(entries[0])

    def wait(self, after: int, *, timeout_s: float) -> Sequence[Event]:
        """Return the writes after a revision, waiting up to `timeout_s` for the first."""
        if events := self.read(after):
            return events
        # A blocking read outlives redis-py's five-second default: it has a client of its own.
        with _connect(self.url, socket_timeout=timeout_s + 5) as client:
            streams = {self._keys.events: f"{after}-0"}
            client.xread(streams, block=max(1, int(timeout_s * 1000)), count=1)
        return self.read(after)

    def voted(self, proposal: str, round: int) -> bytes:
        """Return the bitmap of who has voted."""
        [reply] = self._send([("GET", self._keys.voted(proposal, round))])
        return reply or b""

    def publish(self, name: str, payload: bytes) -> None:
        """Put something up to be drawn; the latest of each name stands."""
        self._send([("HSET", self._keys.display, name, payload)])

    def published(self) -> dict[str, bytes]:
        """Return what stands to be drawn."""
        return {k.decode(): v for k, v in self._client.hgetall(self._keys.display).items()}

    def register(self, description: str) -> None:
        """List this run for those who look for runs on the server."""
        self._client.hset(REGISTRY, self.run, description)

    def close(self) -> None:
        """Let go of connections; the data stay."""
        self._client.close()

    def _refusal(self, why: str, what: Any, act: Commit | Turn) -> Refused:
        """Turn the reply to an act that was not applied into its error."""
        match why, act:
            case "lease-lost", _:
                return LeaseLost(act.writer, epoch=act.epoch or 0, current=int(what or 0))
            case "wrong-stage", _:
                round, stage = map(int, what.decode().split("."))
                return WrongStage((act.round, act.stage), current=(round, stage))
            case "moved", Turn(seen=seen):
                return Moved(seen=seen or 0, current=int(what))
            case "not-open", Turn(closed=closed):
                return NotOpen(closed[int(what)])
            case "not-open", Commit(ballots=ballots):
                return NotOpen(ballots[int(what)][0])
            case "voted", Commit(ballots=ballots):
                proposal, bitmap = ballots[int(what)]
                again = members(both(self.voted(proposal, act.round), bitmap))
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
                message = f"the server refused the board's functions: {error}"
                raise ServerUnavailable(message) from error

    def _call(self, function: str, keys: Sequence[str], *args: str | bytes | int) -> Command:
        return ("FCALL", f"{self._library}_{function}", len(keys), *keys, *args)

    def _events(self, entries: Any) -> list[Event]:
        rows = [(e[0], dict(zip(e[1][::2], e[1][1::2], strict=True))) for e in entries]
        staged = [at for at, (_, row) in enumerate(rows) if row[b"b"] == b"1"]
        if staged:
            names = ((rows[at][1][b"w"].decode(), int(rows[at][1][b"q"])) for at in staged)
            blobs = self._send([("GET", self._keys.blob(*name)) for name in names])
            for at, blob in zip(staged, blobs, strict=True):
                if blob is None:
                    rev = rows[at][0].decode()
                    raise SwarmboardError(f"the body of write {rev} is gone from the server")
                rows[at][1][b"d"] = blob
        return [_event(rev, row) for rev, row in rows]

    def _send(self, commands: Sequence[Command]) -> list[Any]:
        """Send commands in one round trip and return their replies, resending when cut off."""
        packed = b"".join([hiredis.pack_command(command) for command in commands])
        try:
            replies = self._retry.call_with_retry(
                lambda: self._exchange(packed, len(commands)), lambda error: None
            )
        except (ConnectionLost, TimeoutError, OSError) as error:
            raise ServerUnavailable(
                f"the board's server stopped answering ({error}); the run can be repeated "
                "once it is back"
            ) from error
        for reply in replies:
            if isinstance(reply, OutOfMemoryError):
                raise BoardFull(f"the board's server is out of memory: {reply}") from reply
            if isinstance(reply, Exception):
                raise SwarmboardError(f"the board's server refused a command: {reply}") from reply
        return replies

    def _exchange(self, packed: bytes, count: int) -> list[Any]:
        pool = self._client.connection_pool
        connection = pool.get_connection()
        try:
            connection.send_packed_command([packed], check_health=False)
            return [_reply(connection.read_response) for _ in range(count)]
        except BaseException:
            connection.disconnect()  # unread replies must never be taken for later ones
            raise
        finally:
            pool.release(connection)


def _connect(url: str, **options: Any) -> redis.Redis:
    try:
        # Retries are our own: every write carries a sequence number that makes them safe.
        return redis.Redis.from_url(url, retry=Retry(ExponentialWithJitterBackoff(), 0), **options)
    except ValueError as error:
        raise ServerUnavailable(
            f"{url.split('://')[0]!r} is no board: --board takes redis://HOST:PORT, "
            "unix:///PATH or memory://"
        ) from error


def _reply(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except ResponseError as error:
        return error


def _event(rev: bytes, row: dict[bytes, bytes]) -> Event:
    number = int(rev.split(b"-")[0])
    where = (int(row[b"r"]), int(row[b"s"]))
    origin = row[b"o"]
    return Event(
        number, row[b"w"].decode(), origin == b"1", *where, row[b"d"], is_turn=origin == b"2"
    )


def _raise_order(reply: Sequence[Any], writer: str, seq: int) -> None:
    if reply[0] == b"out-of-order":
        raise OutOfOrder(writer, seq=seq, last=int(reply[1]))


