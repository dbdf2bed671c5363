"""Who gets past the gate: pages, assets and websockets alike."""

import asyncio
from typing import Any

import pytest

from viz.serve import gate
from viz.serve.gate import Gate, cookie_value, is_own_name

PORT = 8765
HOME = "127.0.0.1:8765"


async def everything(scope: Any, receive: Any, send: Any) -> None:
    """Stands for Solara: a page for every address."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"page"})


def ask(
    path: str = "/",
    *,
    token: str | None = "secret",
    kind: str = "http",
    **headers: str,
) -> list[dict[str, Any]]:
    """Return what the gate sends for one request; names of headers have `_` for `-`."""
    given = {"host": HOME, **{name.replace("_", "-"): value for name, value in headers.items()}}
    path, _, query = path.partition("?")
    scope = {
        "type": kind,
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "extensions": {"websocket.http.response": {}},
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    guarded = Gate(everything, token=token, host="127.0.0.1", port=PORT)
    asyncio.run(guarded(scope, receive, send))
    return sent


def status(sent: list[dict[str, Any]]) -> int:
    return 101 if sent[0]["type"] == "websocket.accept" else int(sent[0]["status"])


def header(sent: list[dict[str, Any]], name: str) -> str:
    return dict(sent[0]["headers"])[name.encode()].decode()


PATHS = ("/", "/run/x/consensus", "/static/main-vuetify.js", "/_solara/cdn/x.js", "/readyz")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("query", ["", "?token=wrong", "?token="])
def test_pages_and_assets_are_refused_without_the_token(path: str, query: str) -> None:
    assert status(ask(path + query)) == 401


@pytest.mark.parametrize("given", ["", "?token=wrong"])
def test_websockets_are_refused_before_they_are_accepted(given: str) -> None:
    sent = ask(f"/jupyter/api/kernels/1/channels{given}", kind="websocket")

    assert status(sent) == 401
    assert sent[0]["type"] == "websocket.http.response.start"


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer secret"},
        {"x_swarmboard_token": "secret"},
        {"cookie": f"a=b; swarmboard-{PORT}={cookie_value('secret')}"},
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_the_token_opens_by_header_and_by_cookie(headers: dict[str, str], kind: str) -> None:
    assert status(ask(kind=kind, **headers)) in (200, 101)


def test_a_right_token_in_the_address_becomes_a_cookie_and_leaves_the_address() -> None:
    sent = ask("/run/x/consensus?token=secret&a=1")

    assert status(sent) == 303
    assert header(sent, "location") == "/run/x/consensus?a=1"
    assert header(sent, "set-cookie").startswith(f"swarmboard-{PORT}={cookie_value('secret')};")
    assert "HttpOnly; SameSite=Lax" in header(sent, "set-cookie")


def test_a_welcome_never_leads_to_another_server() -> None:
    assert header(ask("//evil.example/?token=secret"), "location") == "/evil.example/"


def test_a_wrong_token_in_the_address_is_refused_whatever_the_cookie() -> None:
    cookie = f"swarmboard-{PORT}={cookie_value('secret')}"

    assert status(ask("/?token=wrong", cookie=cookie)) == 401


@pytest.mark.parametrize("token", [None, "secret"])
@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example:8765"},
        {"host": ""},
        {"host": "user@127.0.0.1:8765"},
        {"host": "[::1"},
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:3000"},
        {"origin": "null"},
    ],
)
def test_a_foreign_host_or_origin_is_refused(
    token: str | None, kind: str, headers: dict[str, str]
) -> None:
    assert status(ask(kind=kind, token=token, x_swarmboard_token="secret", **headers)) == 403


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1:9000", "[::1]:8765"])
def test_this_machine_has_several_names_and_tunnels_other_ports(host: str) -> None:
    assert status(ask(token=None, host=host, origin=f"http://{host}")) == 200


@pytest.mark.parametrize(
    ("given", "bound", "is_own"),
    [
        ("192.168.1.7:8765", "0.0.0.0", True),
        ("evil.example", "0.0.0.0", False),
        ("[fe80::1]:8765", "::", True),
        ("board.lan:8765", "board.lan", True),
        ("Board.LAN", "board.lan", True),
        ("other.lan", "board.lan", False),
        ("192.168.1.7", "192.168.1.7", True),
        ("192.168.1.8", "192.168.1.7", False),
        ("192.168.1.8", "127.0.0.1", False),
    ],
)
def test_a_server_answers_to_the_names_of_its_address(
    given: str, bound: str, *, is_own: bool
) -> None:
    assert is_own_name(given, bound) == is_own


def test_other_messages_pass() -> None:
    sent = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        sent.append(scope["type"])

    asyncio.run(Gate(app, token="t", host="::1", port=1)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]

    assert sent == ["lifespan"]


def test_an_origin_that_is_no_address_is_refused() -> None:
    assert status(ask(token=None, origin="http://[bad")) == 403


@pytest.mark.parametrize("path", ["/?token=wrong", "/?token=secret", "/"])
def test_no_other_site_may_show_a_page_in_a_frame(path: str) -> None:
    sent = ask(path, x_swarmboard_token="secret")

    assert header(sent, "content-security-policy") == "frame-ancestors 'self'"


def test_a_machine_answers_to_its_full_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "Hall")
    monkeypatch.setattr("socket.getfqdn", lambda name: f"{name}.lab.example")
    gate._full_name.cache_clear()

    answers = [is_own_name(name, "0.0.0.0") for name in ("hall.lab.example", "hall.evil.example")]

    gate._full_name.cache_clear()
    assert answers == [True, False]
