"""Whether a server answers: asked before every look, so that nobody waits for one that is gone."""

import socket
from contextlib import suppress
from urllib.parse import SplitResult, unquote, urlsplit

ANSWER_S = 0.25
"""A server that takes longer for a word counts as gone."""
_PING = b"PING\r\n"


class Pulse:
    """Keeps a connection to a server and asks on it; any answer is a sign of life.

    Servers that are reached through TLS are taken to be there. What is no address never answers.

    Args:
        url: `redis://`, `rediss://` or `unix://`.
    """

    def __init__(self, url: str) -> None:
        try:
            self._url: SplitResult | None = urlsplit(url)
            self._port = self._url.port or 6379
        except ValueError:
            self._url = None
        self._line: socket.socket | None = None

    def beats(self) -> bool:
        """Say whether the server answers now."""
        if self._url is None:
            return False
        if self._url.scheme not in ("redis", "unix"):
            return True
        if self._line is not None and self._asks():
            return True
        self.close()
        with suppress(OSError):
            self._line = self._connect(self._url)
            if self._asks():
                return True
        self.close()
        return False

    def close(self) -> None:
        """Let go of the connection."""
        if self._line is not None:
            self._line.close()
        self._line = None

    def _asks(self) -> bool:
        assert self._line is not None
        try:
            self._line.sendall(_PING)
            return bool(self._line.recv(256))
        except OSError:
            return False

    def _connect(self, url: SplitResult) -> socket.socket:
        if url.scheme == "unix":
            line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            line.settimeout(ANSWER_S)
            try:
                line.connect(unquote(url.path))
            except OSError:
                line.close()
                raise
            return line
        host = url.hostname or "127.0.0.1"
        return socket.create_connection((host, self._port), timeout=ANSWER_S)
