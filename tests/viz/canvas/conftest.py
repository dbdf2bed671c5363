"""Views whose messages are counted, and opened in a browser."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from viz.canvas import CanvasView
from viz.canvas.static_page import page as static_page


class Listener:
    """The far end of a view. Where Solara was imported, widgets outside of its pages have none."""

    kernel = comm_id = "a listener"

    def on_msg(self, answer: Callable[[Any], None]) -> None:
        """Never say anything back."""

    def close(self, *_: Any) -> None:
        """Go as quietly."""


class Messages:
    """What a view has sent since it was made."""

    def __init__(self, view: CanvasView) -> None:
        self.updates: list[dict[str, Any]] = []
        self.bytes: list[int] = []
        view.comm = Listener()
        view._send = self._take

    def _take(self, message: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        self.updates.append(message)
        self.bytes.append(len(json.dumps(message)) + sum(len(b) for b in buffers or ()))


@pytest.fixture
def listen() -> Callable[[CanvasView], Messages]:
    """Count what a view sends from now on."""
    return Messages


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Open views in the browser; any error on the page, or request elsewhere, fails the test."""
    errors: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900})

    def open_views(*views: CanvasView) -> Any:
        target = tmp_path / "views.html"
        target.write_text(static_page(views, title="Views"), "utf-8")
        tab = context.new_page()
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.on("console", lambda m: errors.append(m.text) if m.type in ("error", "warning") else 0)
        tab.on("requestfailed", lambda request: errors.append(request.url))
        tab.route("http*://**", lambda route: route.abort())
        tab.goto(target.as_uri())
        tab.wait_for_selector("body[data-ready]")
        return tab

    yield open_views
    context.close()
    assert errors == []
