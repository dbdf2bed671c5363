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
    """Return the first few plain values of a payload in a line."""
    plain = {name: v for name, v in payload.items() if isinstance(v, str | int | float)}
    shown = [f"{name} {_short(value)}" for name, value in list(plain.items())[:ITEMS_SHOWN]]
    return ", ".join(shown)


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


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    text = " ".join(str(value).split())
    return text if len(text) <= WORDS_SHOWN else f"{text[: WORDS_SHOWN - 3]}..."
