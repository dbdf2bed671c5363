"""Replies that have to be refused: what models do wrong, each kind under its name."""

import json
from collections.abc import Mapping
from typing import Any

MISUSES = ("unseen", "badjson", "extra", "wrongtype", "long", "vote")


def misused(kind: str, reply: Mapping[str, Any]) -> str:
    """Return a reply spoilt in one way."""
    spoilt = dict(reply)
    if kind == "badjson":
        return f"Let me think about it first. {json.dumps(spoilt)[:80]}"
    if kind == "unseen":
        spoilt["evidence"] = ["9999.9.9.9"]
    elif kind == "extra":
        spoilt["mood"] = "cheerful"
    elif kind == "wrongtype":
        spoilt["confidence"] = "very"
    elif kind == "vote":
        spoilt["vote"] = {"for": spoilt.get("vote")}
    else:
        spoilt["reasoning"] = "and so on, " * 400
    return json.dumps(spoilt, ensure_ascii=False)
