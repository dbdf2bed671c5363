"""What columns of a study's table are called where people read them."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from viz import study_report as shown

_NAMED = {
    "agents": "agents (N)",
    "rounds": "rounds",
    "threshold": "threshold (%)",
    "simulated_s": "simulated time (s)",
    "yardstick.gap_percent": "gap to the yardstick (%)",
    "baseline.yardstick.gap_percent": "gap of the baseline (%)",
    "timing.wall_s": "wall-clock time (s)",
    "timing.turns_per_s": "turns per wall-clock second",
    "throughput.resolved_per_h": "tickets resolved (per hour)",
    "tokens.total": "tokens, in and out",
    "tokens.calls": "calls",
    "tokens.recorded_calls": "recorded calls",
    "tokens.cost_usd": "cost (USD)",
    "measures.turns": "turns of agents",
    "measures.messages.count": "messages",
    "measures.messages.density": "messages per turn",
    "measures.messages.fan_out": "readers per entry",
    "measures.consensus.deadlock_share": "expired proposals (share)",
    "measures.overhead.turns": "overhead in turns (ratio)",
    "measures.overhead.tokens": "overhead in tokens (ratio)",
}
_UNITS = {
    "_percent": "%",
    "_usd": "USD",
    "_mw": "MW",
    "_per_h": "per hour",
    "_per_s": "per second",
    "_share": "share",
    "_s": "s",
    "_h": "h",
}
_WORDS_AROUND = {
    "vary.": "limit of {}",
    "baseline.": "{} of the baseline",
    "yardstick.expected.": "{} as expected",
    "abstentions.": "abstentions, {}",
    "dissent.": "dissent, {}",
    "tokens.cost_by_class.": "cost in USD of {}",
    "tokens.": "tokens, {}",
}
"""What stands around the name of a column whose last part is not enough."""
_SAYS_LITTLE = ("count", "share", "mean", "total", "value", "ours", "density", "variance")
"""Ends of columns that say nothing without the part before."""
_SPEAKS_FOR_ITSELF = ("structure", "scenario", "model")
"""Parameters whose texts are understood without their name."""
_LONGEST_SLUG = 80
_MOST_DIGITS = 17
"""Which tell any two floats apart."""
_WORD = re.compile(r"[^\W\d_]+(-[^\W\d_]+)*,?")
_SHARES = ("correct", "wrong", "deadlock")
_LESS_IS_BETTER = ("gap", "regret", "wrong", "deadlock", "error", "brier", "imbalance", "wait")
_MORE_IS_BETTER = ("correct", "right", "quality", "solved", "success", "accuracy", "score")
_GIVEN = frozenset(
    (
        *("scenario", "case", "arrivals_per_s", "arrivals", "load", "tickets", "patience_s"),
        *("fades_s", "task", "tasks", "competence", "reviewer_competence", "correlation"),
        *("silent", "byzantine", "bluffers", "liars", "faults", "trip", "intervals", "series"),
        *("trials", "day_s", "seed"),
    )
)
"""Parameters that the world sets: nobody chooses between them."""


def label(column: str) -> str:
    """Return a column in words, with its unit in brackets."""
    if column in _NAMED:
        return _NAMED[column]
    for beginning, words in _WORDS_AROUND.items():
        if column.startswith(beginning):
            what, bracket, unit = label(column.removeprefix(beginning)).partition(" (")
            return f"{words.format(what)}{bracket}{unit}"
    before, _, last = column.rpartition(".")
    if last in _SAYS_LITTLE and before:
        last = f"{before.rpartition('.')[2]}_{last}"
    for ending, unit in _UNITS.items():
        if last.endswith(ending):
            what = last.removesuffix(ending).removesuffix("_mean")
            return f"{what.replace('_', ' ')} ({unit})"
    words = last.replace("_", " ")
    return f"{words} (share)" if last in _SHARES else words


def short(column: str) -> str:
    """Return a column in words without its unit."""
    return label(column).partition(" (")[0]


def slug(*parts: str) -> str:
    """Return a file's name: small letters and digits of any script, joined by hyphens."""
    text = unicodedata.normalize("NFC", "-".join(parts)).lower()
    return re.sub(r"[\W_]+", "-", text)[:_LONGEST_SLUG].strip("-")


def each_of(column: str) -> str:
    """Return what there is one of for each value: `structure`, `value of silent`."""
    return short(column) if column in _SPEAKS_FOR_ITSELF else f"value of {short(column)}"


def sentence(note: str) -> str:
    """Return a note as a sentence, which begins as it is where that is a value's name."""
    first = note.partition(" ")[0]
    begins = f"{note[:1].upper()}{note[1:]}" if _WORD.fullmatch(first) else note
    return f"{begins.rstrip('.')}."


def setting(values: Mapping[str, Any]) -> str:
    """Return a setting in words, `agents 16, swarm`, without what does not apply."""
    return settings_told([values])[0]


def settings_told(many: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return settings of the same parameters in words, each other than the others."""
    told = {name: told_apart([values[name] for values in many]) for name in many[0]}
    return [
        ", ".join(
            named(name, value, told[name][place])
            for name, value in values.items()
            if not pd.isna(value)
        )
        for place, values in enumerate(many)
    ]


def named(column: str, value: Any, told: str | None = None) -> str:
    """Return one value of a parameter with its name, unless it speaks for itself.

    Args:
        column: The parameter.
        value: Its value.
        told: The value as people write it, where among others it has more digits.
    """
    text = plain(value) if told is None else told
    is_enough = isinstance(value, str) and column in _SPEAKS_FOR_ITSELF
    return text if is_enough else f"{short(column)} {text}"


def parts_of(
    table: pd.DataFrame, column: str | None, whole: pd.DataFrame
) -> Iterator[tuple[str, int | None, pd.DataFrame]]:
    """Yield the name, the place and the runs of each value of a parameter, in rising order.

    Curves of one value look alike in all figures by it, whichever other values are in them.

    Args:
        table: The runs of a figure.
        column: The parameter; None for all runs in one, which has no name.
        whole: All runs of the study: among their values names differ and places count.
    """
    if column is None:
        yield "", None, table
        return
    values = [value for value, _ in whole.groupby(column, sort=True, dropna=True)]
    names = settings_told([{column: value} for value in values])
    curves = {value: (name, i) for i, (value, name) in enumerate(zip(values, names, strict=True))}
    for value, part in table.groupby(column, sort=True, dropna=True):
        yield *curves[value], part


def told_apart(values: Sequence[Any]) -> list[str]:
    """Return values of a parameter as people write them, with digits that tell them apart."""
    different = len({None if pd.isna(value) else value for value in values})
    tries = ([plain(v, digits) for v in values] for digits in range(shown.DIGITS, _MOST_DIGITS + 1))
    return next((texts for texts in tries if len(set(texts)) >= different), [*map(str, values)])


def plain(value: Any, digits: int = shown.DIGITS) -> str:
    """Return one value as people write it, a number with about so many digits."""
    if pd.isna(value):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return shown.number(value, digits)
    return str(value)


def is_share(column: str) -> bool:
    """Say whether a column is a part of something, which follows no power law."""
    last = column.rpartition(".")[2]
    return last.endswith(("_percent", "_share")) or last in _SHARES


def more_is_better(column: str) -> bool | None:
    """Say which way is better, as far as the column's name tells."""
    last = column.rpartition(".")[2]
    if any(word in last for word in _LESS_IS_BETTER):
        return False
    return True if any(word in last for word in _MORE_IS_BETTER) else None


def is_given(column: str, named: Collection[str] = ()) -> bool:
    """Say whether a parameter is a condition that the world sets, as far as its name tells.

    Args:
        column: A varied parameter.
        named: Those that the study says are.
    """
    return column in named or column.partition(".")[0] in _GIVEN
