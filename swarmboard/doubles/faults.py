"""What endpoints do wrong, by name: a model named `fault-NAME` always does it."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from blackboard import BadInput

PREFIX = "fault-"


class Refusal(NamedTuple):
    """An answer with an error status."""

    status: int
    type: str
    code: str
    message: str


REFUSALS = {
    "429": Refusal(429, "rate_limit_error", "rate_limit_exceeded", "Too many requests."),
    "429-after": Refusal(429, "rate_limit_error", "rate_limit_exceeded", "Too many requests."),
    "500": Refusal(500, "server_error", "internal_error", "The server had an error."),
    "503": Refusal(503, "server_error", "overloaded", "The server is overloaded."),
    "401": Refusal(401, "invalid_request_error", "invalid_api_key", "The API key is wrong."),
    "context": Refusal(
        *(400, "invalid_request_error", "context_length_exceeded"),
        "This model's maximum context length is 4096 tokens; your messages hold more.",
    ),
}
"""Faults that are an error status and its body."""
BROKEN = ("hang", "html", "nochoices", "reset")
"""Faults in which no reply arrives."""
SPOILT = ("badjson", "fenced", "extra", "wrongtype", "long", "empty", "truncated")
"""Faults of the reply's text; `fenced` is still of use."""
SLOW, FLAKY = "slow", "flaky"
FAULTS = (*REFUSALS, *BROKEN, *SPOILT, SLOW, FLAKY)


def fault_of(model: str) -> str | None:
    """Return the fault that a model's name asks for."""
    name = model.rpartition("/")[2]
    return name.removeprefix(PREFIX) if name.startswith(PREFIX) else None


def check_faults(names: Sequence[str], *, rate: float) -> None:
    """Refuse the name of a fault that there is not, and a rate that is no share of calls.

    Raises:
        BadInput: one line that names it and the next step.
    """
    if not 0 <= rate <= 1:
        raise BadInput(f"fault_rate={rate:g} is no share of calls: give 0 to 1")
    if rate and not names:
        raise BadInput(f"fault_rate={rate:g} without faults: name some of {', '.join(FAULTS)}")
    for name in names:
        if name not in FAULTS:
            close = get_close_matches(name, FAULTS, 1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(FAULTS)}"
            raise BadInput(f"unknown fault {name!r}: {hint}")


class Misfortune:
    """Chooses the calls that fail: a share of them, by what is asked and how often it was.

    A repeated call draws again, and neither order nor timing of other calls matters.
    """

    def __init__(self, rate: float, faults: Sequence[str], *, seed: int) -> None:
        self._rate, self._faults, self._seed = rate, tuple(faults), seed
        self._asked: Counter[bytes] = Counter()

    def draw(self, text: str) -> str | None:
        """Return the fault of the next call with this text, or None."""
        if not self._rate:
            return None
        key = hashlib.blake2b(text.encode(errors="replace"), digest_size=16).digest()
        self._asked[key] += 1
        place = f"{self._seed} {self._asked[key]}".encode()
        drawn = hashlib.blake2b(key + place, digest_size=16).digest()
        if int.from_bytes(drawn[:8], "big") / 2**64 >= self._rate:
            return None
        return self._faults[int.from_bytes(drawn[8:], "big") % len(self._faults)]


def spoil(fault: str, text: str) -> str:
    """Return a reply's text with one of the faults that are in the text."""
    if fault == "badjson":
        return "I would rather say it in plain words: yes."
    if fault == "fenced":
        return f"```json\n{text}\n```"
    if fault == "empty":
        return ""
    if fault == "truncated":
        return text[: len(text) // 2]
    reply = _as_object(text)
    if fault == "extra":
        reply["mood"] = "cheerful"
    elif fault == "wrongtype":
        reply["confidence"] = "very"
    elif fault == "long":
        reply["reasoning"] = "and so on, " * 500
    return json.dumps(reply, ensure_ascii=False)


def _as_object(text: str) -> dict[str, Any]:
    try:
        reply = json.loads(text)
    except ValueError:
        reply = None
    return reply if isinstance(reply, dict) else {"reasoning": text}
