"""What stands around the pages: an address that leads nowhere, and what the log keeps quiet of."""

import asyncio
import logging
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from viz.serve.lost import NotFoundPage, not_found_page


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the status that the path names."""
    status = int(scope["path"].strip("/").split("/")[0])
    head = {"type": "http.response.start", "status": status, "headers": []}
    await send(head)
    await send({"type": "http.response.body", "body": b"bare"})


def asked(path: str, accept: str, method: str = "GET") -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    headers = [(b"accept", accept.encode())]
    scope: dict[str, Any] = {"type": "http", "method": method, "path": path, "headers": headers}
    asyncio.run(NotFoundPage(bare)(scope, receive, send))
    return sent


def test_a_browser_is_led_back_from_an_address_that_leads_nowhere() -> None:
    start, body = asked("/404/<script>", "text/html,application/xhtml+xml")

    text = body["body"].decode()
    assert start["status"] == 404
    assert dict(start["headers"])[b"content-length"] == str(len(body["body"])).encode()
    assert "There is no such page" in text
    assert 'href="/"' in text
    assert "&lt;script&gt;" in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize(
    ("path", "accept", "method"),
    [("/404", "*/*", "GET"), ("/404", "text/html", "POST"), ("/200", "text/html", "GET")],
)
def test_assets_programs_and_pages_that_are_there_are_answered_as_ever(
    path: str, accept: str, method: str
) -> None:
    sent = asked(path, accept, method)

    assert [message.get("body") for message in sent] == [None, b"bare"]


def test_the_way_back_keeps_to_where_the_dashboard_is_mounted() -> None:
    assert 'href="/board/"' in not_found_page("/x", "/board/")


@pytest.mark.parametrize(
    ("error", "is_told"),
    [
        (RuntimeError("This portal is not running"), False),
        (RuntimeError("something else"), True),
        (ValueError("This portal is not running"), True),
        (None, True),
    ],
)
def test_only_messages_to_closed_pages_are_kept_quiet_of(
    error: Exception | None, is_told: bool
) -> None:
    pytest.importorskip("solara")
    from viz.serve.mending import ClosedPages

    info = (type(error), error, None) if error else None
    record = logging.LogRecord("solara", logging.ERROR, "", 0, "Error sending", (), info)

    assert ClosedPages().filter(record) is is_told
