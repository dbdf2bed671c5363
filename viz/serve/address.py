"""Where the dashboard listens: its socket, bound before anything heavy is loaded."""

import errno
import secrets
import socket
from dataclasses import dataclass
from urllib.parse import quote

from blackboard import BadInput

from .gate import is_loopback

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8765
TOKEN_BYTES = 24
LONGEST_TOKEN = 200


@dataclass(frozen=True, slots=True)
class Address:
    """A bound socket, and how it is spoken of."""

    host: str
    port: int
    token: str | None
    listener: socket.socket

    def url(self, path: str = "/") -> str:
        """Return the address of a page, token included, for a browser on this machine."""
        return self._url(_spoken(self.host), path)

    def url_elsewhere(self) -> str | None:
        """Return the address for other machines, or None where only this one reaches it."""
        if is_loopback(self.host):
            return None
        return self._url(socket.gethostname() if _is_any(self.host) else self.host, "/")

    def _url(self, host: str, path: str) -> str:
        named = f"[{host}]" if ":" in host else host
        asked = f"?token={quote(self.token, safe='')}" if self.token else ""
        return f"http://{named}:{self.port}{path}{asked}"


def listen(host: str, port: int, token: str | None) -> Address:
    """Bind the dashboard's socket; where others can reach it, make a token if none is given.

    Args:
        host: A name or number of this machine.
        port: 0 takes any that is free.
        token: What visitors have to bring.

    Raises:
        BadInput: it cannot be bound there, or the token is none.
    """
    if token is not None and (not token.isprintable() or not 1 <= len(token) <= LONGEST_TOKEN):
        raise BadInput(
            f"--token {token!r}: 1 to {LONGEST_TOKEN} printable characters are needed; leave it "
            "away for one that nobody guesses"
        )
    if not 0 <= port <= 65_535:
        raise BadInput(f"--port {port}: a number from 0 (any that is free) to 65535 is needed")
    listener = _bound(host, port)
    number, port = listener.getsockname()[:2]
    if _is_number_of(host):
        host = number  # 127.1 and 0 are numbers too, which no browser sends as they were written
    if token is None and not is_loopback(host):
        token = secrets.token_urlsafe(TOKEN_BYTES)
    return Address(host, port, token, listener)


def _bound(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise BadInput(
            f"--host {host!r} is no name or number of a machine: use 127.0.0.1 for this machine "
            "alone, or 0.0.0.0 for all who can reach it"
        ) from error
    family, kind, protocol, _, place = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen()
    except OSError as error:
        listener.close()
        raise BadInput(_why_not(host, port, error)) from error
    return listener


def _is_number_of(host: str) -> bool:
    """Say whether a host was given as a number, in whatever way people write one."""
    try:
        socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return False
    return True


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} of {host} is in use: name another one with --port, or --port 0 for any "
            "that is free"
        )
    if error.errno == errno.EACCES:
        return f"port {port} of {host} is not for you ({error.strerror}): use one from 1024 on"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"--host {host} is not this machine: use 127.0.0.1, or 0.0.0.0 for all its addresses"
    return f"the dashboard cannot listen on {host}, port {port}: {error.strerror}"


def _is_any(host: str) -> bool:
    return host in ("0.0.0.0", "::")


def _spoken(host: str) -> str:
    """Return what a browser on this machine calls it."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
