"""Commands to a server, all of one call in one round trip, and sent again when it is cut off."""

import os
import socket
import struct
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

import hiredis
import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import TimeoutError
from redis.retry import Retry

from .errors import BoardFull, ServerUnavailable, SwarmboardError

RETRIES = 8
"""Resends after a lost connection; a repeated write is answered, not applied twice."""
OPENING_RETRIES = 3
"""How often opening a connection is tried again."""
ANSWER_S = 5.0
"""How long a server may be silent before a connection counts as lost."""

_SET = b"*3\r\n$3\r\nSET\r\n$%d\r\n%b\r\n$%d\r\n"
_BUFFER_BYTES = 1 << 16

type Command = tuple[str | bytes | int, ...]


class Wire:
    """Keeps a line for each thread that calls at the same time.

    Args:
        client: Knows how to connect.
        is_gone: Asked after a failure whether the server is known to have ended for good.
    """

    def __init__(self, client: redis.Redis, *, is_gone: Callable[[], bool] = lambda: False) -> None:
        self._is_gone = is_gone
        self._pool = client.connection_pool
        self._idle: deque[_Line] = deque()
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
            if isinstance(reply, SwarmboardError):
                raise reply
        return replies

    def close(self) -> None:
        """Close all lines."""
        while self._idle:
            self._idle.pop().close()

    def _call_again(self, parts: list[bytes], count: int) -> list[Any]:
        try:
            return self._retry.call_with_retry(
                lambda: self._exchange(parts, count),
                lambda error: None,
                is_retryable=lambda error: not self._is_gone(),
            )
        except (ConnectionLost, TimeoutError, OSError) as error:
            raise ServerUnavailable(
                f"the board's server stopped answering ({error}); `swarmboard resume` goes on "
                "once it is back, or with `--board` on another one"
            ) from error

    def _exchange(self, parts: list[bytes], count: int) -> list[Any]:
        line = self._line()
        try:
            line.send(parts)
            replies = line.receive(count)
        except BaseException:
            line.close()  # unread replies must never be taken for later ones
            raise
        self._idle.append(line)
        return replies

    def _line(self) -> "_Line":
        if self._process != os.getpid():  # a forked child must not speak on its parent's sockets
            self._idle, self._process = deque(), os.getpid()
        try:
            return self._idle.pop()
        except IndexError:
            return _Line(self._pool.make_connection())


class _Line:
    """One connection: redis-py shakes hands (password, TLS, database), then hiredis reads.

    redis-py's own reading and writing costs about a third of a small commit, and its time-outs
    make every system call two; here the kernel keeps the time.
    """

    def __init__(self, connection: Any) -> None:
        connection.connect()
        self._connection = connection
        self._socket: socket.socket = connection._sock
        self._socket.settimeout(None)
        patience = struct.pack("ll", int(ANSWER_S), 0)
        for side in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self._socket.setsockopt(socket.SOL_SOCKET, side, patience)
        self._has_parts = type(self._socket) is socket.socket  # TLS takes one piece at a time
        self._reader = hiredis.Reader(replyError=_failure)
        self._buffer = bytearray(_BUFFER_BYTES)

    def send(self, parts: list[bytes]) -> None:
        """Send all parts at once: a server that is woken by the first would interrupt us."""
        plain = self._socket
        if not self._has_parts:
            plain.sendall(b"".join(parts))
            return
        sent = plain.sendmsg(parts)
        for at, part in enumerate(parts):
            if sent < len(part):
                plain.sendall(memoryview(part)[sent:])
                for later in islice(parts, at + 1, None):
                    plain.sendall(later)
                return
            sent -= len(part)

    def receive(self, count: int) -> list[Any]:
        """Return so many replies."""
        replies: list[Any] = []
        gets, buffer = self._reader.gets, self._buffer
        while len(replies) < count:
            reply = gets()
            if reply is not False:
                replies.append(reply)
                continue
            size = self._socket.recv_into(buffer)
            if not size:
                raise ConnectionLost("the server closed the connection")
            self._reader.feed(buffer, 0, size)  # type: ignore[arg-type]
        return replies

    def close(self) -> None:
        """Close the connection."""
        self._connection.disconnect()


def connect(url: str, **options: Any) -> redis.Redis:
    """Return a client for a URL.

    Raises:
        ServerUnavailable: the URL is none.
    """
    try:
        # Retries of writes are our own: each carries a sequence number that makes them safe. This
        # client only asks what the server is and loads functions, which may be done twice.
        retry = Retry(ExponentialWithJitterBackoff(cap=0.2, base=0.02), OPENING_RETRIES)
        return redis.Redis.from_url(url, retry=retry, **options)
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


def _failure(message: str) -> SwarmboardError:
    if message.startswith("OOM"):
        return BoardFull(
            f"the board's server is out of memory ({message}): give it more, or use "
            "`swarmboard resume` with `--board` on another one"
        )
    return SwarmboardError(f"the board's server refused a command: {message}")
