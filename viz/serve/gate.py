"""The gate before every page, asset and websocket: whose name was asked for, and the token."""

import hashlib
import hmac
import ipaddress
from collections.abc import Mapping
from functools import cache
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

REFUSED_TEXT = {
    401: "This dashboard asks for its token. Open the address that `swarmboard dashboard` printed; "
    "it ends in ?token=...",
    403: "This dashboard answers only to the address it was started with. Open the one that "
    "`swarmboard dashboard` printed, or start it with --host for another.",
}
"""What a person reads who was refused, by status."""
FRAMES = b"frame-ancestors 'self'"
"""Who may show pages inside its own: on another site's, people could press what they do not see."""
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


class Gate:
    """Lets through who asks for this server by its own name and has the token.

    A foreign `Host` (DNS rebinding) or `Origin` (another site's page) is answered with 403, a
    missing or wrong token with 401. Websockets are refused before they are accepted. A right
    `?token=` becomes a cookie, and the address is asked for again without it, so that it stays
    out of bookmarks and of what pages are told of where their visitors came from.

    Args:
        app: What is guarded.
        token: None lets everybody in who asks by the right name.
        host: The address that the server is bound to.
        port: Its port; cookies do not tell ports apart, so their name does.
    """

    def __init__(self, app: ASGIApp, *, token: str | None, host: str, port: int) -> None:
        self.app = app
        self.token = token
        self.host = host
        self.cookie = f"swarmboard-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = _headers(scope)
        given = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"))).get("token")
        send = _unframed(send)
        if not self._is_at_home(scope, headers):
            await _refuse(scope, receive, send, 403)
        elif self.token is None:
            await self.app(scope, receive, send)
        elif given is not None and not _same(given, self.token):
            await _refuse(scope, receive, send, 401)
        elif given is not None and scope["type"] == "http" and scope["method"] == "GET":
            await self._welcome(scope, send)
        elif given is not None or self._has_token(headers):
            await self.app(scope, receive, send)
        else:
            await _refuse(scope, receive, send, 401)

    def _is_at_home(self, scope: Scope, headers: Mapping[str, list[str]]) -> bool:
        """Say whether a request names this server, and comes from one of its own pages."""
        hosts = headers.get("host", [])
        if len(hosts) != 1 or not is_own_name(hosts[0], self.host):
            return False
        return all(_place_of(origin) == hosts[0] for origin in headers.get("origin", []))

    def _has_token(self, headers: Mapping[str, list[str]]) -> bool:
        assert self.token is not None
        for name in ("authorization", "x-swarmboard-token"):
            if any(_same(v.removeprefix("Bearer "), self.token) for v in headers.get(name, [])):
                return True
        wanted = cookie_value(self.token)
        return any(_same(_cookie(line, self.cookie), wanted) for line in headers.get("cookie", []))

    async def _welcome(self, scope: Scope, send: Send) -> None:
        """Keep a right token as a cookie, and send the browser to the address without it."""
        assert self.token is not None
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        # Leading slashes are one: "//host" would lead to another server.
        path = "/" + scope.get("raw_path", scope["path"].encode()).decode("latin-1").lstrip("/")
        where = path.partition("?")[0] + (f"?{rest}" if rest else "")
        kept = f"{self.cookie}={cookie_value(self.token)}; Path=/; HttpOnly; SameSite=Lax"
        await _answer(send, 303, "", {"location": where, "set-cookie": kept})


def is_own_name(given: str, bound: str) -> bool:
    """Say whether a `Host` header may name a server that is bound to an address.

    The port is not looked at: a tunnel may give it another. Bound to every address of a machine,
    a server is asked for by numbers and by the machine's own names; a page of another site that
    had its own name point here would ask by that name.
    """
    from socket import gethostname

    try:
        name = (urlsplit(f"//{given}").hostname or "").lower()
    except ValueError:
        return False
    if not name or "@" in given or "/" in given:
        return False
    if _is_everywhere(bound):
        own = gethostname().lower()
        if _is_number(name) or name in (*LOOPBACK_NAMES, own, f"{own}.local"):
            return True
        # Only now, as asking for it may take a while.
        return name.startswith(f"{own}.") and name == _full_name(own)
    if is_loopback(bound):
        return name in LOOPBACK_NAMES or name == bound.lower()
    return name == bound.strip("[]").lower()


@cache
def _full_name(own: str) -> str:
    """Return a machine's name with its domain, as whoever gives out names here has it."""
    from socket import getfqdn

    return getfqdn(own).lower()


def is_loopback(host: str) -> bool:
    """Say whether an address can be reached from its own machine alone."""
    if host.lower() == "localhost":
        return True
    return _is_number(host) and ipaddress.ip_address(host.strip("[]")).is_loopback


def cookie_value(token: str) -> str:
    """Return what a browser keeps in place of the token, whatever letters that has."""
    return hashlib.sha256(b"swarmboard dashboard\0" + token.encode()).hexdigest()


def _is_everywhere(host: str) -> bool:
    return _is_number(host) and ipaddress.ip_address(host.strip("[]")).is_unspecified


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _place_of(origin: str) -> str | None:
    """Return the host and the port of an origin; None of what is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _headers(scope: Scope) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found


def _cookie(line: str, name: str) -> str:
    try:
        found = SimpleCookie(line).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def _unframed(send: Send) -> Send:
    """Return what sends answers that no page of another site may show inside itself."""

    async def sends(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", ()), (b"content-security-policy", FRAMES)]
            message = {**message, "headers": headers}
        await send(message)

    return sends


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int) -> None:
    if scope["type"] == "http":
        more = {"www-authenticate": "Bearer"} if status == 401 else {}
        await _answer(send, status, REFUSED_TEXT[status], more)
        return
    await receive()  # the browser's wish to connect comes before any answer to it
    if "websocket.http.response" in scope.get("extensions", {}):
        await _answer(send, status, REFUSED_TEXT[status], {}, kind="websocket.http.response")
    else:
        await send({"type": "websocket.close", "code": 1008})


async def _answer(
    send: Send, status: int, text: str, more: Mapping[str, str], *, kind: str = "http.response"
) -> None:
    body = (text + "\n").encode() if text else b""
    headers = {
        "content-type": "text/plain; charset=utf-8",
        "content-length": str(len(body)),
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        **more,
    }
    raw: list[Any] = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": f"{kind}.start", "status": status, "headers": raw})
    await send({"type": f"{kind}.body", "body": body})
