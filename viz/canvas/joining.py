"""Joins a canvas's JavaScript files into the one module that a widget sends to the browser.

A browser cannot resolve `./common.js` from inside a widget. The files stay ordinary modules; here
each module that is imported is put in front of its reader, once, without its `import` and `export`
words. All of them then share one scope, hence no name may stand in two files at the top.
`./palette.js` is made from `palette.py`.
"""

import json
import re
from pathlib import Path

from .palette import as_plain

FOLDER = Path(__file__).parent
STYLE = FOLDER / "canvas.css"
_IMPORT = re.compile(r"^import \{[^}]*\}\s+from \"\./([\w.]+)\";\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) )", re.MULTILINE)


def joined(name: str, folder: Path = FOLDER) -> str:
    """Return the module `name` of a folder together with all that it imports, from here too."""
    parts: dict[str, str] = {}
    _collect(name, folder, parts)
    return "\n".join(parts.values())


def _collect(name: str, folder: Path, parts: dict[str, str]) -> None:
    if name in parts:
        return
    if name == "palette.js":
        parts[name] = f"const PALETTES = {json.dumps(as_plain())};\n"
        return
    own = folder / name
    text = (own if own.exists() else FOLDER / name).read_text("utf-8")
    for needed in _IMPORT.findall(text):
        _collect(needed, folder, parts)
    parts[name] = _EXPORT.sub("", _IMPORT.sub("", text))
