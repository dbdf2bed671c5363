"""What surrounds every page: the bar, the links to a run's pages, the theme."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, unquote

import solara

from .parts import TopBar, box

RUN_PAGES = {
    "consensus": "Consensus",
    "board": "Board",
    "world": "World",
    "models": "Models",
    "oversight": "Oversight",
}
is_dark = solara.reactive(False)
"""Whether this visitor sees the dark theme; canvases are told."""


def path_of(run: str, page: str = "consensus") -> str:
    """Return the path of a run's page, whatever characters the run's name has."""
    return f"/run/{quote(run, safe='', errors='surrogateescape')}/{page}"


def names_in(parts: Sequence[str]) -> list[str]:
    """Return the names that stand in parts of a page's path."""
    return [unquote(part, errors="surrogateescape") for part in parts]


@solara.component
def Layout(children: Sequence[Any] = ()) -> Any:
    """Put the bar above a page."""
    router = solara.use_router()
    parts = router.parts
    pages = [
        {"label": "Runs", "path": "/", "is_here": not parts},
        {"label": "Studies", "path": "/studies", "is_here": parts[:1] == ["studies"]},
    ]
    if len(parts) >= 2 and parts[0] == "run":
        [run] = names_in(parts[1:2])
        here = parts[2] if len(parts) > 2 else "consensus"
        pages = [
            {"label": label, "path": path_of(run, page), "is_here": page == here}
            for page, label in RUN_PAGES.items()
        ]
    bar = TopBar(
        pages=pages,
        event_go=router.push,
        event_dark=is_dark.set,
    )
    main = box("main", *children, of="db-main", id="main", tabindex="-1")
    return box("div", bar, main, of="db")
