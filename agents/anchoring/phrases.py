"""Words that mean something else together: out of stock is not available, sent back is returned."""

from collections.abc import Sequence

from .lexicon import ACTS, BARE_TO, PHRASE_STARTS, PHRASES, TAKEN_BACK

_LONGEST = max(map(len, PHRASES))
_NEAR = 5
"""How far from its verb a `back` may stand: send the old one back."""
_TO_WHOM = frozenset({"us", "you", "me", "them"})


def phrased(tokens: list[str]) -> list[str]:
    """Return a text's tokens, those that mean something else together replaced by what they mean.

    A text without any is returned as it is.
    """
    if "back" in tokens:
        tokens = _returned(tokens)
    if not PHRASE_STARTS.isdisjoint(tokens):
        tokens = _replaced(tokens)
    if "to" in tokens:
        tokens = _without_bare_to(tokens)
    return tokens if PHRASE_STARTS.isdisjoint(tokens) else _replaced(tokens)


def _replaced(tokens: Sequence[str]) -> list[str]:
    found: list[str] = []
    at = 0
    while at < len(tokens):
        length = _phrase_at(tokens, at)
        found += PHRASES[tuple(tokens[at : at + length])] if length else (tokens[at],)
        at += length or 1
    return found


def _phrase_at(tokens: Sequence[str], at: int) -> int:
    """Return how many tokens the longest phrase has that begins here; 0 without one."""
    if tokens[at] not in PHRASE_STARTS:
        return 0
    lengths = range(min(_LONGEST, len(tokens) - at), 0, -1)
    return next((n for n in lengths if tuple(tokens[at : at + n]) in PHRASES), 0)


def _returned(tokens: list[str]) -> list[str]:
    """Put `return` for a verb with its `back`."""
    for at, word in enumerate(tokens):
        near = tokens[at + 1 : at + 1 + _NEAR]
        if word in TAKEN_BACK and "back" in near:
            back = at + 1 + near.index("back")
            after = back + 1
            if tokens[after : after + 1] == ["to"] and tokens[after + 1 : after + 2]:
                after += 2 if tokens[after + 1] in _TO_WHOM else 0
            return [*tokens[:at], "return", *tokens[at + 1 : back], *tokens[after:]]
    return tokens


def _without_bare_to(tokens: Sequence[str]) -> list[str]:
    """Leave out each `to` that begins an act: yours to keep, time to return it."""
    between = zip(["", *tokens], tokens, [*tokens[1:], ""], strict=False)
    return [
        word
        for before, word, after in between
        if word != "to" or not (before in BARE_TO or after in ACTS)
    ]
