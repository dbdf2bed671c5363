"""Writes a run as one HTML file that asks nobody for anything."""

import base64
import html
import json
import re
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from blackboard import BadInput

from ..canvas.joining import STYLE, joined
from ..canvas.static_page import embedded
from ..feed import PastRun
from ..pages.judging import swarm_words
from .charts import sections
from .scenes import Scenes
from .told import Told

MOST_BYTES = 5_000_000
"""What a report takes at the most."""
MOST_SCENES = 2_000
"""Moments that can be looked at, at the most; the curve has all."""
ROOM_BYTES = 450_000
"""What all but the scenes takes: scripts, words, and what does not change."""
SAMPLES = 8
"""Moments from which the size of all is estimated."""
FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Written:
    """What a report came to."""

    path: Path
    size: int
    """In bytes."""
    moments: int
    """Of the run."""
    shown: int
    """Of these, how many the slider has."""


def write_report(
    run: Path, target: Path, told: Told, *, digest: str | None, most_bytes: int = MOST_BYTES
) -> Written:
    """Write the views of a run, with its words around them.

    Args:
        run: The run directory.
        target: The file, which is written anew.
        told: The words.
        digest: Of the run; None where it has not ended.
        most_bytes: How large the file may be; long runs get fewer moments.

    Raises:
        BadInput: the log has nothing to show, or the file cannot be written.
    """
    past = PastRun(run)
    try:
        past.catch_up()
        if not past.moments:
            why = f": {past.error}" if past.error else ", as its first round has not ended"
            raise BadInput(f"the log of {run} has nothing to show{why}")
        scenes = Scenes(past, digest)
        packed, shown = _fitted(scenes, most_bytes)
        about = _about(scenes, run.name, past.moments, shown, past.error)
        text = page(run.name, about, told, packed, scenes)
    finally:
        past.close()
    content = text.encode("utf-8", "replace")  # a path may hold bytes that are no letters
    _write(target, content)
    return Written(target, len(content), about["moments"], shown)


def page(title: str, about: dict[str, Any], told: Told, packed: str, scenes: Scenes) -> str:
    """Return the report as HTML."""
    sources = {name: str(view._esm) for name, view in scenes.views.items()}
    values = {
        "TITLE": html.escape(title),
        "ABOUT": html.escape(about["words"]),
        "NOTE": html.escape(about["note"]),
        "STYLE": (FOLDER / "report.css").read_text("utf-8") + STYLE.read_text("utf-8"),
        "SUMMARY": "".join(
            f"<tr><th scope='row'>{html.escape(name)}</th><td>{html.escape(text)}</td></tr>"
            for name, text in told.rows
        ),
        "COMMAND": html.escape(told.command),
        "CONFIG": html.escape(told.config),
        "VERSIONS": html.escape(told.versions),
        "CHARTS": sections(scenes.charts.titles),
        "SOURCES": embedded(sources),
        "VIEWS": embedded({"about": about, "still": scenes.still()}),
        "SCENES": packed,
        "SCRIPT": joined("report.js", FOLDER),
    }
    form = (FOLDER / "report.html").read_text("utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], form)


def _fitted(scenes: Scenes, most_bytes: int) -> tuple[str, int]:
    """Return as many moments as there is room for, evenly spread, the first and last among them."""
    numbers = scenes.numbers()
    still = len(embedded(scenes.still()))
    room = most_bytes - ROOM_BYTES - still
    tried = _spread(numbers, min(SAMPLES, len(numbers)))
    each = len(_packed([scenes.scene(int(n)) for n in tried])) / len(tried)
    many = max(2, min(MOST_SCENES, len(numbers), int(room / each)))
    while True:
        packed = _packed([scenes.scene(int(n)) for n in _spread(numbers, many)])
        if len(packed) <= room or many <= 2:
            return packed, min(many, len(numbers))
        many = max(2, int(many * 0.9 * room / len(packed)))


def _spread(numbers: Any, many: int) -> Any:
    if many >= len(numbers):
        return numbers
    return numbers[np.unique(np.linspace(0, len(numbers) - 1, many).round().astype(int))]


def _packed(shown: list[dict[str, Any]]) -> str:
    text = json.dumps(shown, allow_nan=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode("ascii")


def _about(
    scenes: Scenes, name: str, moments: int, shown: int, error: str | None
) -> dict[str, Any]:
    facts = scenes.facts
    unit = "instant" if facts.is_event_driven else "round"
    words = (
        f"{facts.scenario}, {facts.structure} of {swarm_words(facts)}, seed {facts.seed}, "
        f"{facts.rule}"
    )
    notes = []
    if shown < moments:
        notes.append(
            f"The slider has {shown:,} of {moments:,} {unit}s, evenly spread, so that the file "
            "stays small; the curve has all."
        )
    if error:
        notes.append(f"The log ends early: {error}.")
    return {
        "name": name,
        "words": words,
        "note": " ".join(notes),
        "unit": unit,
        "moments": moments,
        "modes": list(scenes.modes),
        "charts": scenes.charts.kinds,
        "called": scenes.called(),
    }


def _write(target: Path, content: bytes) -> None:
    partial = target.with_name(f".{target.name}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(target)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise BadInput(
            f"the report {target} cannot be written ({error.strerror}): name another file with "
            "--out"
        ) from error
