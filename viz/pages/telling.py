"""The written board as rows for a page: entries, the tree around one, ballots and reasons."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..canvas import Bar
from ..canvas.words import agent_name, role_of
from ..feed import Book, Cast, Line
from ..moment import RunFacts, Vote
from .rows import counted

MOST_DEPTH, MOST_NODES = 5, 40
"""Of the tree around an entry, in each direction."""
MOST_BINS = 12
SAME_TEXT = 60
"""Characters of a reason that name its bar."""
_STEPS = (1, 2, 2.5, 5, 10)


def entry_row(facts: RunFacts, line: Line) -> dict[str, Any]:
    """Return an entry as the table of entries takes it."""
    return {
        "id": line.id,
        "round": f"{line.round:,}",
        "agent": line.agent,
        "who": who(facts, line.agent) + ("" if line.to is None else f" to {who(facts, line.to)}"),
        "layer": line.layer,
        "kind": line.kind,
        "text": line.text,
        "links": len(line.links),
        "more": _more(line),
    }


def who(facts: RunFacts, agent: int | None) -> str:
    """Return what people call an agent, with its role."""
    if agent is None or agent < 0:
        return "-"
    is_known = agent < len(facts.names) or role_of(facts, agent)
    return agent_name(facts, agent) if is_known else f"chair #{agent}"


def tree_rows(book: Book, facts: RunFacts, name: str, *, up_to: int) -> list[dict[str, Any]]:
    """Return an entry, the tree of what it rests on, and of what refers to it."""
    line = book.entry(name)
    if line is None:
        return []

    def resting(one: str) -> Sequence[tuple[str, str]]:
        found = book.entry(one)
        return found.links if found else ()

    def referring(one: str) -> Sequence[tuple[str, str]]:
        return book.referring(one, up_to=up_to)

    outcome = book.outcome(name, up_to=up_to)
    own = _node(facts, line, 0, "this", "entry" + (f", {outcome}" if outcome else ""))
    above = _branch(book, facts, name, resting, "out")
    return [own, *above, *_branch(book, facts, name, referring, "in")]


def ballot_rows(facts: RunFacts, cast: Sequence[Cast], most: int) -> list[list[str]]:
    """Return ballots as rows: those with a reason first, then by agent."""
    ordered = sorted(cast, key=lambda one: (not (one.text or one.number is not None), one.agent))
    return [
        [who(facts, one.agent), one.choice, reason_of(one, facts), f"{100 * one.confidence:.0f} %"]
        for one in ordered[:most]
    ]


def own_rows(facts: RunFacts, cast: Sequence[Cast]) -> list[list[str]]:
    """Return an agent's ballots as rows, newest first."""
    return [[one.proposal, f"{one.round:,}", one.choice, reason_of(one, facts)] for one in cast]


def reason_of(cast: Cast, facts: RunFacts) -> str:
    """Return why a ballot was cast, in words; its number with name and unit, where it has them."""
    parts = [cast.text] if cast.text else []
    if cast.number is not None:
        name, unit = _numbers_of(facts)
        parts.append(f"{name} {cast.number:,.4g} {unit}".strip())
    return "; ".join(parts) or "-"


def _numbers_of(facts: RunFacts) -> tuple[str, str]:
    """Return what the numbers beside ballots are called, and their unit."""
    name, unit = facts.scene.reason if facts.scene else ("", "")
    return name or "number", unit


def reason_bars(vote: Vote | None, cast: Sequence[Cast], facts: RunFacts) -> tuple[list[Bar], str]:
    """Return why seats were against, as bars, and what the bars are.

    Against is who rejects, or of several options who did not choose the leading one. Reasons in
    words are counted; numbers are put into bins of round limits, which carry their unit.
    """
    if vote is None or vote.is_sealed:
        return [], ""
    leading = max(vote.weights, key=lambda name: vote.weights[name], default="")
    is_yes_no = "reject" in vote.options
    against = [
        one
        for one in cast
        if (one.choice == "reject" if is_yes_no else one.choice not in (leading, "abstain"))
    ]
    side = counted(len(against), "rejection" if is_yes_no else "ballot")
    side += "" if is_yes_no else f" for other options than {leading}"
    gives = "gives" if len(against) == 1 else "give"
    if words := Counter(one.text for one in against if one.text):
        bars = [
            Bar(_cut(text), many, colour="reject", shape="cross")
            for text, many in words.most_common()
        ]
        return bars, f"{sum(words.values()):,} of {side} {gives} a reason in words"
    name, unit = _numbers_of(facts)
    numbers = np.array([one.number for one in against if one.number is not None], np.float64)
    if not numbers.size:
        return [], f"{side}, none with a reason"
    bars = [
        Bar(f"{_span(low, high)} {unit}".strip(), many, colour="reject", shape="cross")
        for low, high, many in histogram(numbers)
    ]
    return bars, f"{numbers.size:,} of {side} {gives} a number as their reason{_called(name, unit)}"


def _called(name: str, unit: str) -> str:
    """Return what numbers are, behind a sentence; nothing where the scenario has no name."""
    if name == "number":
        return ""
    return f": {name} in {unit}" if unit else f": {name}"


def _span(low: float, high: float) -> str:
    """Return the limits of a bin with as many digits as tell them apart."""
    if low == high:
        return f"{low:,.6g}"
    largest, apart = max(abs(low), abs(high)), high - low
    digits = max(4, math.ceil(math.log10(largest / apart)) + 2) if largest < math.inf else 4
    return f"{low:,.{digits}g} to {high:,.{digits}g}"


def histogram(numbers: np.ndarray[Any, np.dtype[np.float64]]) -> list[tuple[float, float, int]]:
    """Put numbers into at most a dozen bins of equal width with round limits."""
    low, high = float(numbers.min()), float(numbers.max())
    if low == high:
        return [(low, high, numbers.size)]
    rough = (high - low) / (MOST_BINS - 2)
    power = 10.0 ** math.floor(math.log10(rough)) if 0.0 < rough < math.inf else 0.0
    if not power:  # numbers at the ends of what a float can hold
        return [(low, high, numbers.size)]
    step = next(s for s in _STEPS if s * power >= rough * (1 - 1e-9)) * power
    first, last = math.floor(low / step), math.floor(high / step)
    if not (math.isfinite(first * step) and math.isfinite((last + 1) * step)):
        return [(low, high, numbers.size)]
    counts = np.bincount(
        np.clip(np.floor(numbers / step).astype(int), first, last) - first,
        minlength=last - first + 1,
    )
    return [
        ((first + k) * step, (first + k + 1) * step, int(many)) for k, many in enumerate(counts)
    ]


def _branch(
    book: Book,
    facts: RunFacts,
    name: str,
    next_of: Callable[[str], Sequence[tuple[str, str]]],
    direction: str,
) -> list[dict[str, Any]]:
    """Walk links from an entry; what comes again is not walked a second time."""
    rows: list[dict[str, Any]] = []
    seen = {name}

    def walk(one: str, depth: int) -> None:
        for relation, other in next_of(one):
            if len(rows) >= MOST_NODES:
                return
            line = book.entry(other)
            is_again = other in seen
            row = (
                _node(facts, line, depth, direction, relation)
                if line
                else {
                    **_NOTHING,
                    "id": other,
                    "depth": depth,
                    "way": direction,
                    "relation": relation,
                }
            )
            rows.append(row | {"again": is_again})
            if not is_again and depth < MOST_DEPTH:
                seen.add(other)
                walk(other, depth + 1)

    walk(name, 1)
    return rows


_NOTHING = {"who": "", "kind": "", "text": "not on this board", "again": False, "more": ""}


def _node(facts: RunFacts, line: Line, depth: int, way: str, relation: str) -> dict[str, Any]:
    return {
        "id": line.id,
        "depth": depth,
        "way": way,
        "relation": relation,
        "who": who(facts, line.agent),
        "kind": line.kind,
        "text": line.text,
        "more": _more(line),
        "again": False,
    }


def _more(line: Line) -> str:
    parts = [f"because {'; '.join(line.reasons)}"] if line.reasons else []
    if line.confidence != 1.0:
        parts.append(f"confidence {100 * line.confidence:.0f} %")
    return ", ".join(parts)


def _cut(text: str) -> str:
    return text if len(text) <= SAME_TEXT else text[: SAME_TEXT - 1] + "…"
