"""An entry as a person fills it in on a page, as `swarmboard inject --entry` takes it."""

import json
import re
from collections.abc import Mapping
from typing import Any

LAYERS = ("task", "reasoning", "coordination")
RELATIONS = ("derived-from", "supports", "contradicts")
LONGEST_PAYLOAD = 20_000
"""Characters of an entry's content; the words of a command have to fit into one process's."""
LONGEST_REASON = 2_000
_ID = re.compile(r"\d+\.\d+\.\d+\.\d+")


def entry_of(given: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return an entry, and what is wrong with what was filled in, by field.

    Only what can be told here is wrong; the command has the last word.

    Args:
        given: kind, layer, payload (plain words, or a JSON object), confidence in percent, links
            (a relation and an entry's id, one a line) and to (an agent's number).
    """
    text = {name: str(value).strip() for name, value in given.items()}
    entry: dict[str, Any] = {"kind": text.get("kind", "")}
    wrong: dict[str, str] = {}
    if not entry["kind"]:
        wrong["kind"] = "say what kind of entry it is, such as note or objection"
    layer = text.get("layer") or "task"
    if layer in LAYERS:
        entry["layer"] = layer
    else:
        wrong["layer"] = f"{layer!r} is none of {', '.join(LAYERS)}"
    _payload(text.get("payload", ""), entry, wrong)
    _confidence(text.get("confidence", ""), entry, wrong)
    _links(text.get("links", ""), entry, wrong)
    if to := text.get("to", ""):
        if to.isdecimal():
            entry["to"] = int(to)
        else:
            wrong["to"] = f"{to!r} is no agent's number, such as 17"
    return entry, wrong


def person_of(given: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with a person's name and reason: both stand in the log."""
    wrong = {}
    by, reason = (str(given.get(name, "")).strip() for name in ("by", "reason"))
    if not by or not by.isprintable() or len(by) > 100:
        wrong["by"] = "say who you are, in 1 to 100 characters: it stands in the log"
    if not reason:
        wrong["reason"] = "say why: it stands in the log"
    elif len(reason) > LONGEST_REASON or "\0" in reason:
        wrong["reason"] = f"say why in at most {LONGEST_REASON:,} characters"
    return wrong


def _payload(text: str, entry: dict[str, Any], wrong: dict[str, str]) -> None:
    if not text:
        wrong["payload"] = "say something: plain words, or a JSON object"
        return
    if len(text) > LONGEST_PAYLOAD or "\0" in text:
        wrong["payload"] = (
            f"{len(text):,} characters: at most {LONGEST_PAYLOAD:,} can be sent from a page; in a "
            "terminal, `swarmboard inject --entry @FILE` takes more"
        )
        return
    if not text.startswith("{"):
        entry["payload"] = {"text": text}
        return
    try:
        entry["payload"] = json.loads(text)
    except ValueError as error:
        wrong["payload"] = f"it begins as JSON but is none: {error}"


def _confidence(text: str, entry: dict[str, Any], wrong: dict[str, str]) -> None:
    if not text:
        return
    try:
        percent = float(text.removesuffix("%"))
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        wrong["confidence"] = f"{text!r} is not a number from 0 to 100"
    else:
        entry["confidence"] = percent / 100


def _links(text: str, entry: dict[str, Any], wrong: dict[str, str]) -> None:
    links = []
    for line in filter(None, map(str.strip, text.splitlines())):
        relation, _, target = line.partition(" ")
        if relation not in RELATIONS or not _ID.fullmatch(target.strip()):
            wrong["links"] = (
                f"{line!r} is no link: write one of {', '.join(RELATIONS)} and an entry's id, "
                "as in contradicts 3.1.17.0"
            )
            return
        links.append([relation, target.strip()])
    if links:
        entry["links"] = links
