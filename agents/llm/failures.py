"""What a failed attempt means: which error it is, whether it may pass, and how long to wait."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from .calls import ModelError

LONGEST_REASON = 160
"""Characters of a provider's own words that a message quotes."""
_SECRET = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|key|hf)[-_][\w*.-]{4,}|\bBearer \S+"
    r"|\bAIza[\w*-]{8,}|\b(?=[\w*-]*\d)[\w*-]{32,}"
)
"""Keys and what looks like one; some providers echo the key that they refuse."""
_WRAPPED = re.compile(r"\A.*?Exception - |\A(?:litellm\.)?\w+(?:Error|Timeout): ", re.DOTALL)
_ADDRESS = re.compile(r"(?:ssl:)?<[^<>]*>|ssl:\w+| object at 0x[0-9a-f]+>?")
"""What says nothing to people: objects and where they are in memory."""


def model_error(
    model: str, error: Exception, *, now: datetime, secrets: Sequence[str] = ()
) -> ModelError:
    """Turn whatever litellm raised into the one error that callers know, without the secrets.

    The class of an exception says little (a 401 may be a bad request, a refused connection an
    internal server error), hence the status and the presence of an answer decide.
    """
    headers = headers_of(error)
    status = getattr(error, "status_code", None)
    reason = reason_of(error, secrets)
    if status == 408:
        return ModelError(
            f"{model} did not answer in time (408): {reason}",
            cause="late",
            status=408,
            is_transient=True,
            retry_after_s=retry_after_s(headers, now=now),
        )
    if status is not None and not headers and status >= 500:
        return ModelError(
            f"{model} could not be reached, or the connection broke: {reason}", is_transient=True
        )
    if status == 200:
        return ModelError(
            f"{model} answered 200 with something else than a chat completion: {reason}",
            cause="invalid",
            status=200,
            is_transient=True,
        )
    return ModelError(
        f"{model} answered {status}: {reason}"
        if status
        else f"{model} could not be asked: {reason}",
        status=status,
        is_transient=is_transient(status),
        retry_after_s=retry_after_s(headers, now=now),
    )


def is_transient(status: int | None) -> bool:
    """Say whether another attempt may help after an HTTP status."""
    return status is not None and (status in (408, 409, 429) or status >= 500)


def retry_after_s(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Return the wait that a provider asks for: seconds, or until a date."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
        return None if math.isnan(seconds) else max(seconds, 0.0)
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max((until - now).total_seconds(), 0.0) if until.tzinfo else None


def headers_of(error: Exception) -> dict[str, str]:
    """Return the headers of the answer that an exception stands for; empty without an answer."""
    answer: Any = getattr(error, "response", None)
    said: Any = getattr(error, "litellm_response_headers", None) or getattr(answer, "headers", None)
    return {str(name).lower(): str(value) for name, value in said.items()} if said else {}


def reason_of(error: BaseException, secrets: Sequence[str] = ()) -> str:
    """Return the provider's own words in one short line, without keys."""
    text = _WRAPPED.sub("", _WRAPPED.sub("", str(error), count=1), count=1)
    try:
        said = json.loads(text)["error"]
        text = said["message"] if isinstance(said, dict) else str(said)
    except (ValueError, KeyError, TypeError):
        pass
    for secret in secrets:
        text = text.replace(secret, "***")
    line = " ".join(_ADDRESS.sub("", _SECRET.sub("***", text)).split())
    return line if len(line) <= LONGEST_REASON else f"{line[: LONGEST_REASON - 1]}…"
