"""Views as one HTML file that needs no server: what they drew when it was written."""

import base64
import html
import json
from collections.abc import Iterable
from typing import Any

from .joining import STYLE, joined
from .palette import as_plain
from .view import CanvasView

_OF_ALL_WIDGETS = ("layout", "tabbable", "tooltip")
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
<main>{panels}</main>
<script type="application/json" id="views">{views}</script>
<script type="application/json" id="sources">{sources}</script>
<script type="module">{script}</script>
</body>
</html>
"""
_LOOKS = """
body { margin: 0; padding: 16px 24px 40px; background: #eef1f4; color: #1f2328;
  font: 14px/1.4 system-ui, sans-serif; }
h1 { font-size: 18px; margin: 0 0 16px; }
main { display: grid; gap: 16px; grid-template-columns: repeat(4, minmax(0, 1fr)); }
@media (max-width: 1700px) { main { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
@media (max-width: 700px) { main { grid-template-columns: minmax(0, 1fr); } }
section { min-width: 0; padding: 16px; border-radius: 8px; }
"""


def page(views: Iterable[CanvasView], *, title: str) -> str:
    """Return an HTML page with these views."""
    listed = list(views)
    sources = {type(view).__name__: str(view._esm) for view in listed}
    states = [
        {"kind": type(view).__name__, "state": plain_state(view), "told": view.told()}
        for view in listed
    ]
    papers = {theme: palette["paper"] for theme, palette in as_plain().items()}
    panels = "".join(
        f'<section style="background: {papers[view.theme]}"></section>' for view in listed
    )
    return _PAGE.format(
        title=html.escape(title),
        style=_LOOKS + STYLE.read_text("utf-8"),
        panels=panels,
        views=embedded(states),
        sources=embedded(sources),
        script=joined("static_page.js"),
    )


def plain_state(view: CanvasView, names: Iterable[str] | None = None) -> dict[str, Any]:
    """Return traits as JSON has them; bytes as `{"bytes": base64}`."""
    wanted = view.keys if names is None else names
    return {
        name: _plain(getattr(view, name))
        for name in wanted
        if not name.startswith("_") and name not in _OF_ALL_WIDGETS
    }


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode("ascii")}
    return value


def embedded(value: Any) -> str:
    """Return JSON that cannot end the element that it stands in."""
    return json.dumps(value, allow_nan=False).replace("<", "\\u003c")
