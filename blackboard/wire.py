"""Commands to a server, all of one call in one round trip, and sent again when it is cut off."""

import os
import socket
from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import Any

import hiredis
import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import OutOfMemoryError, ResponseError, TimeoutError
from redis.retry import Retry

from .errors import BoardFull, ServerUnavailable, SwarmboardError

RETRIES = 8
"""Resends after a lost connection; a repeated write is answered, not applied twice."""

_SET = b"*3\r\n$3\r\nSET\r\n$%d\r\n%b\r\n$%d\r\n"

type Command = tuple[str | bytes | int, ...]


class Wire:
    """Keeps a connection for each thread that calls at the same time.

    redis-py's pool asks the socket for its health and counts for its metrics at every call, which
    costs as much as a commit; here a connection that was lost shows when it is used.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._pool = client.connection_pool
        self._idle: deque[Any] = deque()
        self._process = os.getpid()
        self._retry = Retry(ExponentialWithJitterBackoff(cap=1.0, base=0.02), RETRIES - 1)

    def call(self, commands: Sequence[Command]) -> list[Any]:
        """Send commands in one round trip and return their replies.

        Raises:
            BoardFull: the server is out of memory.
            ServerUnavailable: it stopped answering.
        """
        parts = _pack(commands)
        try:
            replies = self._exchange(parts, len(commands))
        except (ConnectionLost, TimeoutError, OSError):
            replies = self._call_again(parts, len(commands))
        for reply in replies:
            if isinstance(reply, Exception):
                raise _failure(reply) from reply
        return replies

    def close(self) -> None:
        """Close all connections."""
        while self._idle:
            self._idle.pop().disconnect()

    def _call_again(self, parts: list[bytes], count: int) -> list[Any]:
        try:
            return self._retry.call_with_retry(
                lambda: self._exchange(parts, count), lambda error: None
            )
        except (ConnectionLost, TimeoutError, OSError) as error:
            raise ServerUnavailable(
                f"the board's server stopped answering ({error}); the run can be repeated "
                "once it is back"
            ) from error

    def _exchange(self, parts: list[bytes], count: int) -> list[Any]:
        connection = self._connection()
        try:
            _send(connection, parts)
            replies = [_reply(connection) for _ in range(count)]
        except BaseException:
            connection.disconnect()  # unread replies must never be taken for later ones
            raise
        self._idle.append(connection)
        return replies

    def _connection(self) -> Any:
        if self._process != os.getpid():  # a forked child must not speak on its parent's sockets
            self._idle, self._process = deque(), os.getpid()
        try:
            return self._idle.pop()
        except IndexError:
            connection = self._pool.make_connection()
            connection.connect()  # type: ignore[no-untyped-call]
            return connection


def connect(url: str, **options: Any) -> redis.Redis:
    """Return a client for a URL.

    Raises:
        ServerUnavailable: the URL is none.
    """
    try:
        # Retries are our own: every write carries a sequence number that makes them safe.
        return redis.Redis.from_url(url, retry=Retry(ExponentialWithJitterBackoff(), 0), **options)
    except ValueError as error:
        raise ServerUnavailable(
            f"{url.split('://')[0]!r} is no board: --board takes redis://HOST:PORT, "
            "unix:///PATH or memory://"
        ) from error


def _pack(commands: Sequence[Command]) -> list[bytes]:
    """Return the bytes of commands in parts, so that no large value is copied."""
    parts = [b""]
    for command in commands:
        if command[0] == "SET" and len(command) == 3:
            key, value = str(command[1]).encode(), command[2]
            assert isinstance(value, bytes)
            parts[-1] += _SET % (len(key), key, len(value))
            parts += (value, b"\r\n")
        else:
            parts[-1] += hiredis.pack_command(command)  # type: ignore[arg-type]
    return parts


def _send(connection: Any, parts: list[bytes]) -> None:
    """Send all parts at once: a server that is woken by the first would interrupt us.

    One part, or TLS, is left to redis-py, which knows no other way than part by part.
    """
    plain = connection._sock
    if len(parts) == 1 or type(plain) is not socket.socket:
        connection.send_packed_command(parts, check_health=False)
        return
    sent = plain.sendmsg(parts)
    for at, part in enumerate(parts):
        if sent < len(part):
            plain.sendall(memoryview(part)[sent:])
            for later in islice(parts, at + 1, None):
                plain.sendall(later)
            return
        sent -= len(part)


def _reply(connection: Any) -> Any:
    try:
        return connection.read_response()
    except ResponseError as error:
        return error


def _failure(reply: Exception) -> SwarmboardError:
    if isinstance(reply, OutOfMemoryError):
        return BoardFull(f"the board's server is out of memory: {reply}")
    return SwarmboardError(f"the board's server refused a command: {reply}")
