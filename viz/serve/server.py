"""The server: Solara's app behind the gate, with assets from this machine only.

Import this after `apply_settings`: Solara reads its settings when it is imported.
"""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from typing import Any

import solara.server.starlette as solara_server
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from .address import Address
from .gate import Gate
from .lost import NotFoundPage
from .mending import mend_solara
from .sending import send_through_outboxes
from .study_reports import study_report

GRACE_S = 1
"""How long open pages may take to be closed when the server ends."""
FIRST_ANSWER_S = 60.0


class LocalAssets(solara_server.StaticCdn):
    """Serves the installed JavaScript; what is not there is missing, not fetched from outside."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """Return the file and its state, or nothing."""
        found: tuple[str, os.stat_result | None]
        found = super(solara_server.StaticCdn, self).lookup_path(path)
        return found


class DashboardServer(uvicorn.Server):
    """Ends in order when told to, from any thread."""

    def end(self) -> None:
        """Ask the server to end."""
        self.should_exit = True


def dashboard_app(assets: str) -> Starlette:
    """Return Solara's app with its assets served from a folder."""
    mend_solara()
    send_through_outboxes()
    own = Mount(f"/{solara_server.cdn_url_path}", app=LocalAssets(directory=assets))
    reports = Route("/study-report/{key}", study_report)
    everything = Mount("/", app=NotFoundPage(solara_server.app))
    return Starlette(routes=[own, reports, everything], lifespan=solara_server.lifespan)


def run_server(
    app: ASGIApp, address: Address, *, ready: Callable[[], None], until: threading.Event | None
) -> None:
    """Serve until Ctrl-C, SIGTERM or an event ends it; in the main thread.

    Args:
        app: What is served, without the gate.
        address: Where.
        ready: Called once the server has answered a request of its own.
        until: Ends the server when it is set.
    """
    gate = Gate(app, token=address.token, host=address.host, port=address.port)
    config = uvicorn.Config(
        gate,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        loop="asyncio",
        timeout_graceful_shutdown=GRACE_S,
    )
    server = DashboardServer(config)
    _start(_report, address, ready)
    if until is not None:
        _start(_end_with, until, server)
    # uvicorn ends in order, and raises the signal again for whoever is around it.
    with suppress(KeyboardInterrupt):
        server.run(sockets=[address.listener])


def _report(address: Address, ready: Callable[[], None]) -> None:
    """Ask the server whether it answers, and say so."""
    host, port = address.listener.getsockname()[:2]
    name = address.host if address.host not in ("0.0.0.0", "::") else "localhost"
    headers = {"Host": f"[{name}]" if ":" in name else name}
    if address.token:
        headers["X-Swarmboard-Token"] = address.token
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    connection = HTTPConnection(reached, port, timeout=FIRST_ANSWER_S)
    try:
        connection.request("GET", "/readyz", headers=headers)
        is_there = connection.getresponse().status == 200
    except (OSError, HTTPException):
        is_there = False
    finally:
        connection.close()
    if is_there:
        ready()


def _end_with(until: threading.Event, server: DashboardServer) -> None:
    until.wait()
    server.end()


def _start(act: Callable[..., None], *given: Any) -> None:
    threading.Thread(target=act, args=given, daemon=True, name=act.__name__).start()
