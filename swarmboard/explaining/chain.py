"""The chain of entries behind a decision: what it links to, what links to it, what ballots cite."""

import re
from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from blackboard import Entry

from .casefile import CaseFile
from .contents import Contents, read_entries
from .facts import ChainEntry
from .people import People

MOST_ENTRIES = 40
ITEMS_SHOWN = 4
WORDS_SHOWN = 70
TEXT_SHOWN, LESS_SHOWN = 160, 48
"""Characters of an entry in words, and of what stands beside them."""
_TOLD_LAST = ("findings", "goal", "retracts")
ENTRY_ID = re.compile(r"(?<![\d.])\d+\.\d+\.\d+\.\d+(?![\d.])")


def chain_of(
    log: Path, contents: Contents, case: CaseFile, people: People
) -> tuple[ChainEntry, ...]:
    """Return the entries behind a decision, the proposal's own first, then the nearest.

    Links are followed forwards as far as they go, and one step backwards; ballots cite entries
    by their ids in their reasons.
    """
    wanted = _related(contents, case)
    found = read_entries(log, wanted)
    return tuple(
        _chain_entry(name, relation, found.get(name), people)
        for name, relation in wanted.items()
        if name in found or relation.startswith("cited")
    )


def payload_text(payload: Mapping[str, Any]) -> str:
    """Return what a payload says, and the first few of its other values, in a line."""
    text = payload.get("text")
    rest = {name: value for name, value in payload.items() if name not in ("text", *_TOLD_LAST)}
    rest |= {name: payload[name] for name in _TOLD_LAST if payload.get(name)}
    if not isinstance(text, str):
        return ", ".join(_items(payload, WORDS_SHOWN))
    shown = _items(rest, LESS_SHOWN)
    return _short(text, TEXT_SHOWN) + (f" ({', '.join(shown)})" if shown else "")


def _items(payload: Mapping[str, Any], longest: int) -> list[str]:
    """Return the first few values that a line can hold, each behind its name."""
    plain = {name: _plain(value) for name, value in payload.items()}
    held = [(name, value) for name, value in plain.items() if value is not None]
    return [f"{name} {_short(value, longest)}" for name, value in held[:ITEMS_SHOWN]]


def _plain(value: Any) -> str | int | float | None:
    """Return a value as a line can hold it: texts by name, such as findings, and lists, too."""
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping) and all(isinstance(one, str) for one in value.values()):
        return "; ".join(f"{about}: {says}" for about, says in value.items()) or None
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return " ".join(value) or None
    return None


def _related(contents: Contents, case: CaseFile) -> dict[str, str]:
    """Return the ids of all entries that bear on the proposal, and how."""
    proposal, last = case.opened.proposal, (case.board.round, case.board.stage)
    back: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for name, links in contents.links.items():
        for link in links:
            if _moment(name) <= last:
                back[link.entry].append((name, link.relation))
    related = {proposal: "put to the vote"}
    related |= {name: f"cited by {n:,} ballots" for name, n in _cited(case).most_common()}
    queue = deque(related)
    while queue and len(related) < MOST_ENTRIES:
        name = queue.popleft()
        links = contents.links.get(name, ())
        near = [(link.entry, f"{name} is {_verb(link.relation)} it") for link in links]
        near += [(other, f"{relation} {name}") for other, relation in back[name]]
        for other, relation in near:
            if other not in related:
                related[other] = relation
                queue.append(other)
    for name in case.naming:
        related.setdefault(name, f"names {proposal}")
    return dict(list(related.items())[:MOST_ENTRIES])


def _verb(relation: str) -> str:
    return {"derived-from": "derived from", "supports": "in support of"}.get(relation, "against")


def _cited(case: CaseFile) -> Counter[str]:
    texts = case.voting[-1].texts if case.voting else ()
    return Counter(name for text in texts for name in set(ENTRY_ID.findall(text)))


def _moment(name: str) -> tuple[int, int]:
    round, stage, *_ = name.split(".")
    return int(round), int(stage)


def _chain_entry(name: str, relation: str, entry: Entry | None, people: People) -> ChainEntry:
    agent = int(name.split(".")[2])
    if entry is None:
        return ChainEntry(name, relation, "entry", agent, people.name(agent), "")
    says = "; ".join(entry.reasons) or payload_text(entry.payload)
    return ChainEntry(name, relation, entry.kind, agent, people.name(agent), says)


def _short(value: Any, longest: int) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    text = " ".join(str(value).split())
    return text if len(text) <= longest else f"{text[: longest - 3]}..."
