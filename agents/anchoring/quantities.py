"""Numbers in a text as ranges in base units: 12,000 kW and 12.0 MW are the same."""

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from .lexicon import (
    AFTERWARDS,
    AT_LEAST,
    AT_MOST,
    COUNTED,
    COUNTED_WHOLE,
    LABELS,
    MONEY,
    TIMES,
    UNITS,
)
from .vectors import folded

TOLERANCE = 0.005
"""Numbers that differ by less than this share are the same, only rounded."""
_FIGURE = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+(?![^\W_]))?"
_NAME = r"[^\W\d_]+\d+(?![^\W_]|[.,]\d)"
_TOKEN = re.compile(rf"[<>]=?|[$\u20ac%]|{_FIGURE}|{_NAME}|[^\W\d_]+")
_GLUED = re.compile(r"(\D+)(\d+)\Z")
_NUMBER = re.compile(rf"{_FIGURE}\Z")
_APOSTROPHES = re.compile("[\u2019\u02bc]")
_CONTRACTED = re.compile(r"'(?:d|ll|ve|re|m)\b")
_POSSESSIVE = re.compile(r"'s\b|'(?=\s|\Z)")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)\s*[-\u2013](?=\s*\d)")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_SKIPPED = frozenset({"than", "at", "to", "equal"})
"""What may stand between `more` and a number."""


class Range(NamedTuple):
    """A number, from and to; open ends are infinite."""

    low: float
    high: float
    unit: str
    """A base unit (`w`, `s`, `share` ...), or empty."""
    raw: tuple[float, float]
    """The numbers as they were written."""


class Figure(NamedTuple):
    """One number as it was written, its base unit and the unit's size."""

    number: float
    unit: str
    size: float


def tokens_of(text: str) -> list[str]:
    """Return words, numbers, signs of comparison and of money, folded."""
    plain = folded(text) if text.isascii() else _APOSTROPHES.sub("'", folded(text))
    if "'" in plain:
        plain = _CONTRACTED.sub("", _POSSESSIVE.sub("", plain.replace("n't", " not")))
    if "," in plain:
        plain = _THOUSANDS.sub("", plain)
    tokens = _TOKEN.findall(_BETWEEN_DIGITS.sub(" to ", plain))
    if any(token[-1].isdigit() and token[0].isalpha() for token in tokens):
        return [part for token in tokens for part in _parts_of(token)]
    return tokens


def _parts_of(token: str) -> Sequence[str]:
    """Take letters and a number apart where the number counts: bus12, but not the name x200."""
    if token[-1].isdigit() and (glued := _GLUED.match(token)):
        letters, number = glued.groups()
        if letters in LABELS or (len(letters) > 2 and letters in UNITS):
            return letters, number
    return (token,)


def is_number(token: str) -> bool:
    """Say whether a token is written in digits."""
    return _NUMBER.match(token) is not None


@lru_cache(maxsize=16_384)
def singular(word: str) -> str:
    """Return a word without the s of most plurals."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("xes", "ches", "shes", "sses", "zes")) else word[:-1]


def numbers_in(tokens: Sequence[str]) -> tuple[tuple[Range, ...], list[str]]:
    """Take the numbers out of a text's tokens; return them as ranges, and what is left."""
    found: list[Range] = []
    rest: list[str] = []
    bound, at = "", 0
    while at < len(tokens):
        word = tokens[at]
        if new := _bound_at(tokens, at):
            bound, at = new
        elif (figure := figure_at(tokens, at)) is None:
            rest.append(word)
            at += 1
        else:
            low, at = figure
            high, at = _end_of_range(tokens, at, low)
            if high is not low and rest and rest[-1] in ("between", "from"):
                rest.pop()
            low = low if low.unit else low._replace(unit=high.unit, size=high.size)
            if not bound and high is low:
                bound, at = _bound_after(tokens, at)
            found.append(_range(low, high, bound))
            bound = ""
    return tuple(found), rest


def overlap(a: Range, b: Range) -> bool | None:
    """Say whether both can hold; None for units that cannot be compared."""
    if a.unit == b.unit:
        return _meet((a.low, a.high), (b.low, b.high))
    if a.unit and b.unit:
        return None
    # A unit left away: the same figure is the same, and 0.12 may be meant for 12 %.
    is_share = "share" in (a.unit, b.unit)
    return _meet(a.raw, b.raw) or (is_share and _meet((a.low, a.high), (b.low, b.high)))


def _meet(a: tuple[float, float], b: tuple[float, float]) -> bool:
    low, high = max(a[0], b[0]), min(a[1], b[1])
    return low <= high or low - high <= TOLERANCE * max(abs(low), abs(high))


def _bound_at(tokens: Sequence[str], at: int) -> tuple[str, int] | None:
    """Read `not more than` and the like before a number; return its sign, and where that is."""
    is_denied = tokens[at] in ("no", "not") and at + 1 < len(tokens)
    at += is_denied
    word = tokens[at]
    if word not in AT_LEAST and word not in AT_MOST:
        return None
    after = at + 1
    while after < len(tokens) and tokens[after] in _SKIPPED:
        after += 1
    if figure_at(tokens, after) is None:
        return None
    return (">" if (word in AT_LEAST) is not is_denied else "<"), after


def _bound_after(tokens: Sequence[str], at: int) -> tuple[str, int]:
    """Read `at least` and the like after a number; return its sign, and where the text goes on."""
    for length in (2, 1):
        if sign := AFTERWARDS.get(tuple(tokens[at : at + length])):
            return sign, at + length
    return "", at


def figure_at(tokens: Sequence[str], at: int) -> tuple[Figure, int] | None:
    """Read a number with its unit; return it, and where the text goes on.

    A number after a label (bus 12) is a name and none of these.
    """
    if at > 0 and singular(tokens[at - 1]) in LABELS:
        return None
    unit = MONEY.get(tokens[at], "") if at < len(tokens) else ""
    at += bool(unit)
    if at >= len(tokens) or not (is_number(tokens[at]) or tokens[at] in COUNTED):
        return None
    is_word = tokens[at] in COUNTED
    number = COUNTED[tokens[at]] if is_word else float(tokens[at])
    at += 1
    if is_word and len(tokens) > 1 and not _is_counting(tokens, at):
        return None
    if at < len(tokens) and tokens[at] in TIMES and (unit or tokens[at] != "m"):
        number *= TIMES[tokens[at]]
        at += 1
    if unit or at >= len(tokens):
        return Figure(number, unit, 1.0), at
    if tokens[at] in COUNTED_WHOLE and singular("".join(tokens[at + 1 : at + 2])) in UNITS:
        at += 1
    name = tokens[at] if tokens[at] in UNITS else singular(tokens[at])
    if name not in UNITS:
        return Figure(number, "", 1.0), at
    return Figure(number, *UNITS[name]), at + 1


def _is_counting(tokens: Sequence[str], at: int) -> bool:
    """Say whether a unit follows: in `the high one` nothing is counted."""
    at += tokens[at : at + 1] != [] and tokens[at] in COUNTED_WHOLE
    if tokens[at : at + 1] in (["to"], ["and"], ["or"]) and _counts(tokens[at + 1 : at + 2]):
        at += 2
    return at < len(tokens) and (tokens[at] in TIMES or singular(tokens[at]) in UNITS)


def _counts(word: Sequence[str]) -> bool:
    return bool(word) and (word[0] in COUNTED or is_number(word[0]))


def _end_of_range(tokens: Sequence[str], at: int, low: Figure) -> tuple[Figure, int]:
    if at + 1 < len(tokens) and tokens[at] in ("to", "and", "or"):
        found = figure_at(tokens, at + 1)
        if found and (found[0].unit == low.unit or not low.unit):
            return found
    return low, at


def _range(low: Figure, high: Figure, bound: str) -> Range:
    if bound == ">":
        return Range(low.number * low.size, math.inf, low.unit, (low.number, math.inf))
    if bound == "<":
        return Range(-math.inf, high.number * high.size, low.unit, (-math.inf, high.number))
    real = (low.number * low.size, high.number * high.size)
    return Range(*real, low.unit, (low.number, high.number))
