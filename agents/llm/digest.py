"""What a prompt shows of the board: bounded whoever is on it, the same for all who share a view."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from blackboard import BoardEntry

from .replies import MOST_FINDINGS, REASONING, SHORT, clean
from .wording import Shown, entry_line, section

SUBJECTS, VALUES = 5, 3
"""What a summary of all entries names: the subjects most spoken of, and their commonest values."""
CANDIDATES = 96
"""Different texts among which relevance chooses; the rest is counted only."""
type Rank = Callable[[Sequence[str], int], Sequence[int]]
"""Chooses the most relevant of some texts: their places, best first."""


@dataclass(frozen=True, slots=True)
class Group:
    """Entries that say the same, shown once."""

    shown: Shown
    at: tuple[int, int]
    """The round and stage of the first."""
    entries: Sequence[BoardEntry]

    @property
    def count(self) -> int:
        """How many agents say so; who repeats itself counts once."""
        return len({entry.agent for entry in self.entries})


@dataclass(slots=True)
class Digest:
    """The board's part of a prompt."""

    text: str
    visible: frozenset[str]
    """The ids of the entries shown."""
    left_out: Mapping[int, BoardEntry] = field(default_factory=dict)
    """Of each agent whose last entry is not shown, that entry."""
    _sizes: Sequence[tuple[tuple[int, int], int]] = ()
    """Of each line: since when it could be read, and its characters."""
    _known: dict[tuple[int, int], int] = field(default_factory=dict)

    def known(self, last: tuple[int, int] | None) -> int:
        """Return how many characters of this stood on the board when a reader was last asked.

        Args:
            last: The round and stage in which that was; None for never.
        """
        if last is None:
            return 0
        if last not in self._known:
            self._known[last] = sum(size for at, size in self._sizes if at < last)
        return self._known[last]


class DigestBuilder:
    """Collects sections of the board; each is bounded by the number of its lines.

    Args:
        roles: The role of an agent.
        rank: Chooses what is most relevant where there is more than fits.
        top: The most entries that one section shows.
    """

    def __init__(self, roles: Callable[[int], str], rank: Rank, *, top: int) -> None:
        self._roles, self._rank, self._top = roles, rank, top
        self._parts: list[str] = []
        self._visible: set[str] = set()
        self._sizes: list[tuple[tuple[int, int], int]] = []
        self._left_out: dict[int, BoardEntry] = {}

    def lines(self, name: str, lines: Sequence[str], *, at: tuple[int, int] = (0, 0)) -> None:
        """Add a section of plain lines, which all stand there since `at`."""
        self._parts.append(part := section(name, lines))
        self._sizes.append((at, len(part)))

    def entries(
        self,
        name: str,
        entries: Iterable[BoardEntry],
        *,
        hidden: Collection[str] = (),
        share: float = 1.0,
    ) -> None:
        """Add a section of entries: the most relevant, those that say the same only once.

        Args:
            name: The section's heading.
            entries: What there is to show.
            hidden: Entries that are shown to nobody.
            share: How many of the most that one section shows this one may.
        """
        groups = grouped(entries, self._roles, hidden)
        chosen = self._chosen(groups, max(1, int(share * self._top)))
        lines = [_line(group) for group in chosen]
        if len(chosen) < len(groups):
            lines += _rest(groups, chosen)
            self._leave_out(groups, chosen)
        for group, line in zip(chosen, lines, strict=False):
            self._visible.add(group.shown.id)
            self._sizes.append((group.at, len(line) + 1))
        self._parts.append(section(name, lines))

    def show(self, ids: Iterable[str]) -> None:
        """Note entries that plain lines name, so that they may be cited."""
        self._visible.update(ids)

    def build(self) -> Digest:
        """Return the digest."""
        text, visible = "".join(self._parts), frozenset(self._visible)
        return Digest(text, visible, self._left_out, self._sizes)

    def _leave_out(self, groups: Sequence[Group], chosen: Sequence[Group]) -> None:
        shown = {entry.id for group in chosen for entry in group.entries}
        for group in groups:
            for entry in group.entries:
                self._left_out[entry.agent] = entry
        for agent, entry in list(self._left_out.items()):
            if entry.id in shown:
                del self._left_out[agent]

    def _chosen(self, groups: Sequence[Group], most: int) -> list[Group]:
        if len(groups) <= most:
            return list(groups)
        likely = sorted(groups, key=lambda g: (-g.count, -g.shown.confidence))[:CANDIDATES]
        picked = self._rank([group.shown.text for group in likely], most)
        chosen = [likely[i] for i in picked]
        order = {group.shown.id: place for place, group in enumerate(groups)}
        return sorted(chosen, key=lambda group: order[group.shown.id])


def grouped(
    entries: Iterable[BoardEntry], roles: Callable[[int], str], hidden: Collection[str] = ()
) -> list[Group]:
    """Put entries that say the same together, in the order of the first of each."""
    found: dict[tuple[str, tuple[tuple[str, str], ...]], list[BoardEntry]] = {}
    for entry in entries:
        if entry.id in hidden or not (text := text_of(entry)):
            continue
        says = tuple(sorted(findings_of(entry).items()))
        found.setdefault((text, says), []).append(entry)
    return [
        Group(_shown(first[0], text, dict(says), roles), _place(first[0].id), first)
        for (text, says), first in found.items()
    ]


def text_of(entry: BoardEntry) -> str:
    """Return what an entry says, without characters that nobody can see, and no longer than theirs.

    What comes from outside has passed none of the checks of a reply.
    """
    text = entry.payload.get("text", "")
    return clean(text)[:REASONING] if isinstance(text, str) else ""


def findings_of(entry: BoardEntry) -> dict[str, str]:
    """Return what an entry holds to be so, by subject."""
    found: Any = entry.payload.get("findings")
    if not isinstance(found, Mapping):
        return {}
    some = islice(found.items(), MOST_FINDINGS)
    return {clean(str(about))[:SHORT]: clean(str(says))[:SHORT] for about, says in some}


def _shown(
    entry: BoardEntry, text: str, findings: dict[str, str], roles: Callable[[int], str]
) -> Shown:
    return Shown(entry.id, entry.agent, roles(entry.agent), entry.confidence, text, findings)


def _rest(groups: Sequence[Group], chosen: Sequence[Group]) -> list[str]:
    """Return what is said of entries that are not shown: how many, and what all of them hold."""
    rest = sum(group.count for group in groups) - sum(group.count for group in chosen)
    holders: dict[str, Counter[str]] = {}
    for group in groups:
        for about, says in group.shown.findings.items():
            holders.setdefault(about, Counter())[says] += group.count
    most = sorted(holders.items(), key=lambda item: -item[1].total())[:SUBJECTS]
    held = [
        f"{about}: " + ", ".join(f"{says} {count}" for says, count in said.most_common(VALUES))
        for about, said in most
    ]
    return [f"({rest} more entries are not shown)", *(f"(of all: {text})" for text in held)]


def _line(group: Group) -> str:
    others = f" (and {group.count - 1} others)" if group.count > 1 else ""
    return entry_line(group.shown) + others


def _place(name: str) -> tuple[int, int]:
    round, stage, *_ = name.split(".")
    return int(round), int(stage)
