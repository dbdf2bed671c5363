"""The key of a request: equal for the same question to the same model, whoever asks it."""

import hashlib
from functools import lru_cache

import msgspec

from .calls import Ask, Prompt, Request

VERSION = 1
"""Of what a key covers. It changes with the form of the messages that a prompt is sent as."""


class _Keyed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a key covers, its names in alphabetical order; prompts by the digests of their parts."""

    board: str
    endpoint: str = ""
    """By its digest, since an address may hold a password; left out where there is none."""
    max_tokens: int
    model: str
    own: str
    rules: str
    sample: int
    seats: int
    temperature: float
    version: int


def request_key(request: Request) -> str:
    """Return the key under which the reply to a request is kept: 64 hexadecimal digits.

    It is the SHA-256 of a canonical JSON object: the model, its parameters, the sample, and the
    SHA-256 of the endpoint and of each of the prompt's parts. Who asks, when, in which tier, and
    how patiently is not in it.
    """
    return hashlib.sha256(canonical_request(request)).hexdigest()


def call_key(agent: int, ask: Ask, *, embedding: str = "") -> str:
    """Return the key under which what came of an agent's coroutine, or comparison, is kept.

    Args:
        agent: Who asks.
        ask: What is asked.
        embedding: The model that compares texts.
    """
    asked = (embedding, *ask.compare) if ask.compare else (ask.question,)
    return f"call {agent} {_digest(' '.join(map(_digest, asked)))}"


def question_of(request: Request) -> tuple[Prompt, str, str, int, float, int, int]:
    """Return what two requests of one process are compared by; equal where their keys are."""
    return (
        request.prompt,
        request.model,
        request.endpoint,
        request.max_tokens,
        request.temperature,
        request.seats,
        request.sample,
    )


def canonical_request(request: Request) -> bytes:
    """Return the JSON object whose SHA-256 is the key; it has the prompt by digests."""
    prompt = request.prompt
    return msgspec.json.encode(
        _Keyed(
            board=_shared_digest(prompt.board),
            endpoint=_shared_digest(request.endpoint) if request.endpoint else "",
            max_tokens=request.max_tokens,
            model=request.model,
            own=_digest(prompt.own),
            rules=_shared_digest(prompt.rules),
            sample=request.sample,
            seats=request.seats,
            temperature=float(request.temperature),
            version=VERSION,
        )
    )


def parts_of(prompt: Prompt) -> dict[str, str]:
    """Return a prompt's parts by the digests that stand for them."""
    return {
        _digest(prompt.own): prompt.own,
        _shared_digest(prompt.board): prompt.board,
        _shared_digest(prompt.rules): prompt.rules,
    }


@lru_cache(maxsize=64)
def _shared_digest(text: str) -> str:
    """Return the digest of what many prompts share, which is computed once."""
    return _digest(text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
