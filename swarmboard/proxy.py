"""A way to the server that can be made worse: a proxy that cuts connections and adds latency."""

import random
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from blackboard import BadInput

type Connect = Callable[[], socket.socket]

_CHUNK_BYTES = 1 << 16
_CONNECT_S = 5.0
_PORT = "PORT"
_END_S = 10.0
"""How long the end of a proxy waits for each of its threads."""


class Proxy:
    """Passes bytes on to a server at a TCP address or a Unix socket, in threads of its own.

    A reply that is dropped takes its connection with it: the server has carried the command
    out, and its sender cannot know. `drop` and `delay_s` may be changed at any time and hold
    from the next reply on.
    """

    def __init__(
        self,
        target: str,
        *,
        drop: float = 0.0,
        delay_s: float = 0.0,
        only: bytes = b"",
        seed: int = 0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Listen on a free port of this machine.

        Args:
            target: The server's URL, `redis://HOST:PORT` or `unix:///PATH`.
            drop: Share of replies (0-1) that are dropped.
            delay_s: Latency added to each reply.
            only: Drop replies only to what holds these bytes; empty means to anything.
            seed: Where the draws come from.
            sleep: Waits for the latency to pass.

        Raises:
            BadInput: the URL has another scheme; a proxy cannot speak for a server with TLS.
        """
        self.drop, self.delay_s = drop, delay_s
        self.dropped = 0
        """Replies dropped so far, each with its connection."""
        self.reconnected = 0
        """Connections opened in place of those."""
        self._connect, address = _way_to(target)
        self._only, self._dice, self._sleep = only, random.Random(seed), sleep
        self._lock = threading.Lock()
        self._ends: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()
        self._listener = _Listener(self)
        self.url = address.replace(_PORT, str(self._listener.server_address[1]))
        """What to connect to in place of the target."""
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(0.02,), name="proxy", daemon=True
        )
        self._thread.start()

    def cut(self) -> None:
        """Cut every connection that is open, with the replies on their way."""
        with self._lock:
            for end in self._ends:
                _hang_up(end)

    def close(self) -> None:
        """Cut all connections and take no others; a second time does nothing."""
        if not self._thread.is_alive():
            return
        self._listener.shutdown()
        self._listener.server_close()
        self.cut()
        with self._lock:
            threads = list(self._threads)
        for thread in (self._thread, *threads):
            thread.join(_END_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def serve(self, client: socket.socket) -> None:
        """Pass on what comes on one connection, until either side ends it."""
        try:
            server = self._connect()
        except OSError:  # the server is gone, and so is the way to it
            return
        with server:
            passage = _Passage(self, client, server)
            with self._lock:
                self._ends |= {client, server}
                self._threads.add(threading.current_thread())
                self.reconnected += self.reconnected < self.dropped
            try:
                passage.pass_on()
            finally:
                with self._lock:
                    self._ends -= {client, server}
                    self._threads.discard(threading.current_thread())

    def lets_through(self, request: bytes) -> bool:
        """Wait as long as the latency says, then draw whether the reply to a request arrives."""
        if self.delay_s:
            self._sleep(self.delay_s)
        with self._lock:
            is_dropped = self._only in request and self._dice.random() < self.drop
            self.dropped += is_dropped
            return not is_dropped


class _Passage:
    """One connection on both sides of the proxy."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._request = b""

    def pass_on(self) -> None:
        """Pass requests on, and replies in a second thread, until either side hangs up."""
        replies = threading.Thread(target=self._pass_replies, name="proxy replies", daemon=True)
        replies.start()
        with suppress(OSError):
            while request := self._client.recv(_CHUNK_BYTES):
                self._request = request
                self._server.sendall(request)
        _hang_up(self._server)
        replies.join()

    def _pass_replies(self) -> None:
        with suppress(OSError):
            while reply := self._server.recv(_CHUNK_BYTES):
                if not self._proxy.lets_through(self._request):
                    break
                self._client.sendall(reply)
        _hang_up(self._client)


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, proxy: Proxy) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.proxy = proxy


class _Handler(socketserver.BaseRequestHandler):
    server: _Listener

    def handle(self) -> None:
        self.server.proxy.serve(self.request)


def _way_to(target: str) -> tuple[Connect, str]:
    """Return how to connect to a server, and the proxy's URL with `_PORT` for its port."""
    url = urlsplit(target)
    if url.scheme == "unix":
        return lambda: _connect_unix(unquote(url.path)), _proxy_url(url, _database(url))
    if url.scheme == "redis":
        where = (url.hostname or "localhost", url.port or 6379)
        return lambda: socket.create_connection(where, _CONNECT_S), _proxy_url(url, url.path)
    raise BadInput(
        f"no proxy can stand before {url.scheme or target}://: it takes redis:// or unix://"
    )


def _connect_unix(path: str) -> socket.socket:
    server = socket.socket(socket.AF_UNIX)
    try:
        server.connect(path)
    except OSError:
        server.close()
        raise
    return server


def _database(url: SplitResult) -> str:
    """Return the database that a URL of a Unix socket names, as one of TCP does."""
    return f"/{number[0]}" if (number := parse_qs(url.query).get("db")) else ""


def _proxy_url(url: SplitResult, path: str) -> str:
    login = url.netloc.rpartition("@")[0]
    shown = f"{login}@" if login else ""
    return f"redis://{shown}127.0.0.1:{_PORT}{path}"


def _hang_up(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
