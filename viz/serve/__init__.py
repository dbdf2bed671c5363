"""Serving the dashboard: the command's part that has to come before Solara is imported."""

import logging
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .address import DEFAULT_HOST, DEFAULT_PORT, Address, listen
from .place import Place, settle
from .settings import apply_settings

__all__ = ["DEFAULT_HOST", "DEFAULT_PORT", "Address", "Dashboard", "listen", "serve"]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What a dashboard shows, and where it listens."""

    address: Address
    runs: Path
    """The folder whose runs it lists, and into which it starts new ones."""
    board: str | None = None
    """The board of runs that are started from a page; None leaves the choice to the command."""


def serve(
    dashboard: Dashboard, *, ready: Callable[[], None], until: threading.Event | None = None
) -> None:
    """Serve the dashboard from the main thread until Ctrl-C, or until an event is set.

    Args:
        dashboard: What is shown, and where.
        ready: Called from another thread, once the first answer has come.
        until: Ends the server when it is set.

    Raises:
        SwarmboardError: Solara's assets are not installed.
    """
    assets = apply_settings()
    settle(Place(dashboard.runs.absolute(), dashboard.board))
    logging.getLogger("solara").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", "Cookies with samesite=none require https", UserWarning)
    from .server import dashboard_app, run_server

    run_server(dashboard_app(str(assets)), dashboard.address, ready=ready, until=until)
