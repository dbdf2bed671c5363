"""Values of parameters that are texts, without what all of them have in common."""

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile

import pandas as pd

_SHORT_ENOUGH = 12
"""Characters of a value that has room everywhere."""
_BREAK = re.compile("[/,]")
_TAIL = re.compile(r",|\.[A-Za-z]\w*$")


def with_short_values(table: pd.DataFrame, varied: Sequence[str]) -> pd.DataFrame:
    """Return a table whose varied texts are as short as tells them apart."""
    for name in _texts(table, varied):
        told = shortened(table[name])
        table = table.assign(**{name: table[name].map(lambda v, told=told: told.get(v, v))})
    return table


def shortened(values: Iterable[object]) -> dict[str, str]:
    """Return each text without the parts that all begin with or end in.

    Whole parts go: those up to a slash or a comma, those from a comma on, and the ending of a
    file's name. Texts stay as they are where they are short, or would not differ.
    """
    texts = list(dict.fromkeys(value for value in values if isinstance(value, str)))
    if len(texts) < 2 or max(map(len, texts)) <= _SHORT_ENOUGH:
        return {text: text for text in texts}
    begins = max((found.end() for found in _BREAK.finditer(_beginning(texts))), default=0)
    rest = [text[begins:] for text in texts]
    same = _beginning([text[::-1] for text in rest])[::-1]
    ends = next((len(same) - found.start() for found in _TAIL.finditer(same)), 0)
    cut = {text: inner[: len(inner) - ends] for text, inner in zip(texts, rest, strict=True)}
    is_good = len(set(cut.values())) == len(texts) and all(cut.values())
    return cut if is_good else {text: text for text in texts}


def _beginning(texts: Sequence[str]) -> str:
    """Return the letters that all texts begin with."""
    alike = takewhile(lambda here: len(set(here)) == 1, zip(*texts, strict=False))
    return "".join(here[0] for here in alike)


def _texts(table: pd.DataFrame, varied: Sequence[str]) -> list[str]:
    return [n for n in varied if n in table and table[n].map(lambda v: isinstance(v, str)).any()]
