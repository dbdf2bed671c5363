"""Values of parameters that are texts, without what all of them have in common."""

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile

import pandas as pd

_SHORT_ENOUGH = 12
"""Characters of a value that has room everywhere."""
_BREAK = re.compile(r"(?<!\d)[/,]\s*|[/,]\s*(?![\s\d])")
"""After a slash or a comma, but not between the digits of numbers, fractions and lists of them."""
_TAIL = re.compile(r"(?<!\d),|,(?!\s*\d)|\.(csv|jsonl?|m|parquet|py|toml|txt)$")
_SAYS_SOMETHING = re.compile(r"[^\W\d_]|=")


def with_short_values(table: pd.DataFrame, varied: Sequence[str]) -> pd.DataFrame:
    """Return a table whose varied texts are as short as tells them apart."""
    for name in _texts(table, varied):
        told = shortened(table[name])
        table = table.assign(**{name: table[name].map(lambda v, told=told: told.get(v, v))})
    return table


def shortened(values: Iterable[object]) -> dict[str, str]:
    """Return each text without the parts that all begin with or end in.

    Whole parts that have a letter or a "=" go: those up to a slash or a comma, those from a comma
    on, and the ending of a file's name. No number is cut. Texts stay as they are where they are
    short, or would not differ.
    """
    texts = list(dict.fromkeys(value for value in values if isinstance(value, str)))
    if len(texts) < 2 or max(map(len, texts)) <= _SHORT_ENOUGH:
        return {text: text for text in texts}
    parts = [{found.end() for found in _BREAK.finditer(text)} for text in texts]
    begins = _most(parts, _beginning(texts))
    rest = [text[begins:] for text in texts]
    tails = [{len(text) - found.start() for found in _TAIL.finditer(text)} for text in rest]
    ends = _most(tails, _beginning([text[::-1] for text in rest]))
    cut = {text: inner[: len(inner) - ends] for text, inner in zip(texts, rest, strict=True)}
    is_good = len(set(cut.values())) == len(texts) and all(cut.values())
    return cut if is_good else {text: text for text in texts}


def _beginning(texts: Sequence[str]) -> str:
    """Return the letters that all texts begin with."""
    alike = takewhile(lambda here: len(set(here)) == 1, zip(*texts, strict=False))
    return "".join(here[0] for here in alike)


def _most(places: Sequence[set[int]], same: str) -> int:
    """Return how many letters go of those that all share, by the places where each can be cut."""
    shared = (n for n in set.intersection(*places) if n <= len(same))
    return max((n for n in shared if _SAYS_SOMETHING.search(same[:n])), default=0)


def _texts(table: pd.DataFrame, varied: Sequence[str]) -> list[str]:
    return [n for n in varied if n in table and table[n].map(lambda v: isinstance(v, str)).any()]
