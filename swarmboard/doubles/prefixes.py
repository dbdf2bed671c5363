"""A provider's prefix cache, simulated: which part of a prompt it has read before."""

import hashlib

CHARS_PER_TOKEN = 4
STEP_TOKENS, LEAST_TOKENS = 128, 1024
_STEP_CHARS = STEP_TOKENS * CHARS_PER_TOKEN
_MOST_KEPT = 200_000


def tokens(characters: int) -> int:
    """Return how many tokens so many characters count for: a quarter, rounded up."""
    return -(-characters // CHARS_PER_TOKEN)


class PrefixCache:
    """Knows the beginnings of the prompts that one model has answered, in steps of 128 tokens.

    As with the providers that cache by themselves, the shortest beginning found again has 1,024
    tokens, and a prompt is in the cache only once it has been answered.
    """

    def __init__(self) -> None:
        self._known: set[bytes] = set()

    def cached_tokens(self, text: str) -> int:
        """Return how many tokens of a prompt's beginning are known."""
        steps = 0
        for mark in _marks(text):
            if mark not in self._known:
                break
            steps += 1
        found = steps * STEP_TOKENS
        return found if found >= LEAST_TOKENS else 0

    def add(self, text: str) -> None:
        """Remember all beginnings of a prompt."""
        if len(self._known) > _MOST_KEPT:
            self._known.clear()
        self._known.update(_marks(text))


def _marks(text: str) -> list[bytes]:
    """Return the fingerprint of each beginning that ends at a full step."""
    whole = hashlib.blake2b(digest_size=16)
    marks = []
    for end in range(_STEP_CHARS, len(text) + 1, _STEP_CHARS):
        whole.update(text[end - _STEP_CHARS : end].encode(errors="replace"))
        marks.append(whole.digest())
    return marks
