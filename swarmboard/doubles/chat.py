"""The form of chat completions: reading a request's messages, writing a reply in one or parts."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

_PART_CHARS = 24


class Answer(NamedTuple):
    """A reply as an endpoint sends it."""

    number: int
    model: str
    text: str
    finish: str
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int

    @property
    def usage(self) -> dict[str, Any]:
        """What the call would be billed for."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
            "prompt_tokens_details": {"cached_tokens": self.cached_tokens},
        }


def texts_of(body: Mapping[str, Any]) -> tuple[str, str]:
    """Return the rules (system messages) and all other messages' text of a request.

    Raises:
        ValueError: there are no messages, or they are not in the form of chat completions.
    """
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise ValueError("messages: a list of at least one message is needed")
    rules: list[str] = []
    rest: list[str] = []
    for message in messages:
        if not isinstance(message, dict):
            raise ValueError("messages: each is an object with role and content")
        kept = rules if message.get("role") in ("system", "developer") else rest
        kept.append(_content(message.get("content")))
    return "\n".join(rules), "\n".join(rest)


def whole(answer: Answer) -> dict[str, Any]:
    """Return a reply in one piece."""
    message = {"role": "assistant", "content": answer.text}
    choice = {"index": 0, "message": message, "finish_reason": answer.finish, "logprobs": None}
    return {**_head(answer, "chat.completion"), "choices": [choice], "usage": answer.usage}


def parts(answer: Answer, *, with_usage: bool) -> Iterator[bytes]:
    """Return a reply as server-sent events, the end mark included."""
    pieces = [
        answer.text[start : start + _PART_CHARS]
        for start in range(0, len(answer.text), _PART_CHARS)
    ]
    head = _head(answer, "chat.completion.chunk")
    more = {"usage": None} if with_usage else {}
    deltas: list[dict[str, str]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": piece} for piece in pieces]
    for delta in deltas:
        choice = {"index": 0, "delta": delta, "finish_reason": None}
        yield _event({**head, "choices": [choice], **more})
    last = {"index": 0, "delta": {}, "finish_reason": answer.finish}
    yield _event({**head, "choices": [last], **more})
    if with_usage:
        yield _event({**head, "choices": [], "usage": answer.usage})
    yield b"data: [DONE]\n\n"


def _content(content: Any) -> str:
    """Return a message's text, which may stand in blocks."""
    if isinstance(content, list):
        return "".join(str(block.get("text", "")) for block in content if isinstance(block, dict))
    return content if isinstance(content, str) else ""


def _head(answer: Answer, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{answer.number}",
        "object": kind,
        "created": 0,
        "model": answer.model,
    }


def _event(data: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
