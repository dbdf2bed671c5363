"""The page of an address that leads nowhere, in place of the server's bare line."""

import html
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_MARK = (Path(__file__).parent.parent / "assets" / "favicon.svg").read_text("utf-8")
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Not found: Swarmboard</title>
<link rel="icon" href="data:,">
<style>
:root {{ --bg: #f4f6f8; --panel: #ffffff; --ink: #17202a; --muted: #52606d; --line: #d5dbe1;
  --accent: #0b5cad; --on-accent: #ffffff; --soft: #e9eef4; }}
:root.is-dark {{ --bg: #171d25; --panel: #0d1117; --ink: #e7ecf2; --muted: #a5b1be; --line: #35414e;
  --accent: #86bdff; --on-accent: #0b1a2a; --soft: #25303c; }}
body {{ margin: 0; min-height: 100vh; display: flex; flex-direction: column; background: var(--bg);
  color: var(--ink); font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }}
header {{ padding: 14px 24px; background: var(--panel); border-bottom: 1px solid var(--line);
  display: flex; gap: 9px; align-items: center; font-weight: 700; font-size: 16px; }}
svg {{ width: 24px; height: 24px; }}
main {{ margin: 8vh auto; padding: 28px 32px; max-width: 34rem; background: var(--panel);
  border: 1px solid var(--line); border-radius: 10px; display: grid; gap: 14px;
  justify-items: start; }}
h1 {{ font-size: 22px; margin: 0; }} p {{ margin: 0; color: var(--muted); }}
code {{ background: var(--soft); color: var(--ink); padding: 1px 5px; border-radius: 4px;
  overflow-wrap: anywhere; }}
a {{ display: inline-block; padding: 7px 16px; border-radius: 7px; text-decoration: none;
  font-weight: 600; background: var(--accent); color: var(--on-accent); }}
a:focus-visible {{ outline: 3px solid var(--accent); outline-offset: 2px; }}
</style>
<script>
const kept = localStorage.getItem(":solara:theme.variant");
const system = matchMedia("(prefers-color-scheme: dark)").matches ? '"dark"' : '"light"';
const chosen = kept === null || kept === '"auto"' ? system : kept;
document.documentElement.classList.toggle("is-dark", chosen === '"dark"');
</script>
</head>
<body>
<header>{mark}Swarmboard</header>
<main>
<h1>There is no such page</h1>
<p><code>{path}</code> leads nowhere. A run's pages are at <code>/run/NAME/consensus</code>, two
runs beside each other at <code>/compare/NAME/NAME</code>.</p>
<a href="{home}">See all runs</a>
</main>
</body>
</html>
"""


class NotFoundPage:
    """Answers browsers that ask for a page which is not there with one that leads back.

    Assets and programs, which do not ask for HTML, get the answer of the app itself.

    Args:
        app: What is asked first.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back, unless that is a bare 404."""
        if scope["type"] != "http" or not _asks_for_a_page(scope):
            await self.app(scope, receive, send)
            return
        is_lost = False

        async def answer(message: Message) -> None:
            nonlocal is_lost
            if message["type"] == "http.response.start":
                is_lost = message["status"] == 404
                if is_lost:
                    await _answer_lost(scope, send)
            if not is_lost:
                await send(message)

        await self.app(scope, receive, answer)


def not_found_page(path: str, home: str) -> str:
    """Return the page that says so, and leads back."""
    return _PAGE.format(mark=_MARK, path=html.escape(path), home=html.escape(home))


def _asks_for_a_page(scope: Scope) -> bool:
    wanted = [value for name, value in scope["headers"] if name.lower() == b"accept"]
    return scope["method"] == "GET" and any(b"text/html" in value for value in wanted)


async def _answer_lost(scope: Scope, send: Send) -> None:
    home = scope.get("root_path", "").rstrip("/") + "/"
    body = not_found_page(scope["path"], home).encode()
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": 404, "headers": headers})
    await send({"type": "http.response.body", "body": body})
