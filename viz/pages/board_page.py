"""What is on the board: entries as they come, where each comes from, and who voted why."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import solara

from ..feed import Prompts, Query
from .parts import EntriesTable, EntryTree, FactsTable, Notice, Values, box, slot
from .rows import config_of, counted
from .seeing import AgentSight, agent_sight, entry_sight
from .tables import FollowingTable, count_rows, role_rows
from .telling import ballot_rows, entry_row, own_rows, tree_rows, who
from .viewer import Viewer
from .visit import every

REFRESH_S = 1.0
MOST_ENTRIES = 100
"""Entries that the page shows at a time; a search finds older ones."""
MOST_BALLOTS = 200


@dataclass(slots=True)
class Asked:
    """What a visitor wants to see of the board."""

    query: Query = field(default_factory=Query)
    entry: str = ""
    """The entry that was clicked; empty for the proposal in view."""
    agent: int | None = None
    """Whose history is shown."""
    prompts: Prompts | None = None
    """The questions that models were asked in this run."""
    config: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is shown of it."""

    rows: tuple[dict[str, Any], ...] = ()
    said: str = "Reading the log …"
    layers: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    entry: str = ""
    tree: tuple[dict[str, Any], ...] = ()
    proposal: str = ""
    ballots: tuple[list[str], ...] = ()
    cast: int = 0
    history: tuple[dict[str, Any], ...] = ()
    votes: tuple[list[str], ...] = ()
    agent: str = ""
    sight: tuple[str, ...] = ()
    """Who could see the entry."""
    agent_sight: AgentSight = field(default_factory=AgentSight)


@solara.component
def BoardPage(viewer: Viewer) -> Any:
    """Show what the board holds as of the moment that is looked at."""
    asked = solara.use_memo(lambda: _asked_of(viewer), [viewer])
    seen, set_seen = solara.use_state(Seen())

    def refresh() -> None:
        viewer.feed.book.read_on()
        set_seen(look(viewer, asked))

    def ask(words: Values) -> None:
        agent = str(words.get("agent") or "")
        asked.query = Query(
            words.get("kind") or "",
            words.get("layer") or "",
            int(agent) if agent.isdecimal() else None,
            words.get("text") or "",
        )
        refresh()

    def pick(name: str) -> None:
        asked.entry = name
        refresh()

    def meet(agent: int) -> None:
        asked.agent = agent
        refresh()

    every(REFRESH_S, refresh)
    return box(
        "div",
        box(
            "div",
            _entries(seen, asked, ask, pick, meet),
            box("div", _origin(seen, asked, pick), _sight(seen), _ballots(seen), of="db-stack"),
            of="db-grid",
        ),
        slot(*([_history(seen, pick, meet)] if seen.agent else [])),
        _numbers(viewer),
        of="db-stack",
    )


def _asked_of(viewer: Viewer) -> Asked:
    path = viewer.feed.path
    return Asked(prompts=Prompts(path), config=config_of(path))


def look(viewer: Viewer, asked: Asked) -> Seen:
    """Find what is asked for on the board as of the moment that is looked at."""
    book, moment, facts = viewer.feed.book, viewer.moment(), viewer.feed.facts
    if moment is None or facts is None:
        return Seen()
    up_to = moment.number
    found, back = book.latest(asked.query, up_to=up_to, most=MOST_ENTRIES)
    totals = book.totals()
    proposal = moment.vote.proposal if moment.vote else ""
    cast = [] if moment.vote is None else book.ballots(proposal, up_to=up_to)
    entry = asked.entry or proposal
    prompts = asked.prompts or Prompts(viewer.feed.path)
    line = book.entry(entry) if entry else None
    sight: tuple[str, ...] = ()
    if line is not None:
        sight = entry_sight(book, prompts, facts, asked.config, line, up_to=up_to)
    said = _said(len(found), back, sum(totals.values()), is_read=book.is_read)
    if book.damage:
        said += f" What comes later cannot be shown: {book.damage}."
    seen = Seen(
        tuple(entry_row(facts, line) for line in found),
        said,
        tuple(sorted({layer for layer, _ in totals})),
        tuple(sorted({kind for _, kind in totals})),
        entry,
        tuple(tree_rows(book, facts, entry, up_to=up_to)) if entry else (),
        proposal,
        tuple(ballot_rows(facts, cast, MOST_BALLOTS)),
        len(cast),
        sight=sight,
    )
    if asked.agent is None:
        return seen
    entries, votes, _ = book.history(asked.agent, up_to=up_to)
    return replace(
        seen,
        history=tuple(entry_row(facts, line) for line in entries),
        votes=tuple(own_rows(facts, votes)),
        agent=who(facts, asked.agent),
        agent_sight=agent_sight(book, prompts, facts, asked.agent, up_to=up_to),
    )


def _said(many: int, back: int, known: int, *, is_read: bool) -> str:
    if not is_read:
        return f"Reading the log: {known:,} entries so far …"
    if not known:
        return "Nobody has written an entry: in this run agents only vote."
    if not many:
        so_far = f" since round {back:,}; the search goes on …" if back else "."
        return f"No entry of {known:,} is like that{so_far}"
    older = ""
    if back and many < MOST_ENTRIES:
        older = f"; searched back to round {back:,}, and the search goes on …"
        return f"{many:,} shown, newest first, of {known:,} entries of the run{older}"
    if back:
        older = f"; older ones than of round {back:,} are found by a narrower search"
    return f"{many:,} shown, newest first, of {known:,} entries of the run{older}."


def _entries(
    seen: Seen,
    asked: Asked,
    ask: Callable[[Values], None],
    pick: Callable[[str], None],
    meet: Callable[[int], None],
) -> Any:
    query = asked.query
    table = EntriesTable(
        rows=list(seen.rows),
        said=seen.said,
        layers=list(seen.layers),
        kinds=list(seen.kinds),
        query={
            "kind": query.kind,
            "layer": query.layer,
            "text": query.text,
            "agent": "" if query.agent is None else str(query.agent),
        },
        picked=seen.entry,
        event_query=ask,
        event_pick=pick,
        event_meet=meet,
    )
    return box("section", box("h2", "Entries"), table, of="db-panel", **{"aria-label": "Entries"})


def _origin(seen: Seen, asked: Asked, pick: Callable[[str], None]) -> Any:
    named = "Where the chosen entry comes from" if asked.entry else "Where the proposal comes from"
    if not seen.tree:
        text = "Nothing has been proposed yet; choose an entry." if not seen.entry else "Not found."
        return box("section", box("h2", named), Notice(text=text), of="db-panel")
    parts = [box("h2", named), EntryTree(rows=list(seen.tree), event_pick=pick)]
    if len(seen.tree) == 1:
        parts.append(box("p", "It names no other entry, and none names it.", of="db-muted"))
    return box("section", *parts, of="db-panel", **{"aria-label": named})


def _sight(seen: Seen) -> Any:
    if not seen.sight:
        return slot()
    lines = [box("p", line) for line in seen.sight]
    title = box("h2", f"Who could see {seen.entry}")
    label = {"aria-label": "Who could see the entry"}
    return slot(box("section", title, *lines, of="db-panel", **label))


def _ballots(seen: Seen) -> Any:
    title = box("h2", "Ballots on the proposal in view")
    if not seen.ballots:
        text = "None to show: ballots are sealed until they are counted."
        return box("section", title, Notice(text=text), of="db-panel")
    many = counted(seen.cast, "ballot")
    shown = f"the first {MOST_BALLOTS:,} of {many}" if seen.cast > MOST_BALLOTS else many
    table = FactsTable(
        caption=f"Proposal {seen.proposal}: {shown}, with a reason first",
        columns=["Who", "choice", "reason", "confidence"],
        rows=list(seen.ballots),
        numbers=False,
    )
    return box("section", title, box("div", table, of="db-entries"), of="db-panel")


def _history(seen: Seen, pick: Callable[[str], None], meet: Callable[[int], None]) -> Any:
    said = f"The latest: entries {len(seen.history):,}, ballots {len(seen.votes):,}"
    written = EntryTree(
        rows=[
            {**row, "depth": 0, "way": "own", "relation": "", "again": False}
            for row in seen.history
        ],
        event_pick=pick,
    )
    votes = FactsTable(
        caption="Ballots that have been counted, newest first",
        columns=["Proposal", "round", "choice", "reason"],
        rows=list(seen.votes),
        numbers=False,
    )
    halves = [written] if seen.history else [Notice(text="It has written no entry.")]
    halves.append(
        box("div", votes, of="db-entries")
        if seen.votes
        else Notice(text="None of its ballots has been counted.")
    )
    title = box("h2", f"History of {seen.agent}")
    return box(
        "section",
        title,
        box("p", said, of="db-muted db-small"),
        box("div", *halves, of="db-halves"),
        box("h2", f"What {seen.agent} could see"),
        box("p", seen.agent_sight.said, of="db-muted db-small"),
        *_seen_entries(seen.agent_sight),
        of="db-panel",
        **{"aria-label": "History of an agent"},
    )


def _seen_entries(sight: AgentSight) -> list[Any]:
    if not sight.rows:
        return []
    table = FactsTable(
        caption="Entries of others, newest first; visible and shown from a round's stage on",
        columns=["Entry", "by", "what it says", "visible from", "in its prompt"],
        rows=list(sight.rows),
        numbers=False,
    )
    return [box("div", table, of="db-entries")]


def _numbers(viewer: Viewer) -> Any:
    counts = FollowingTable(
        "On the board so far",
        "Entries, ballots and what was decided, up to this moment.",
        ["", "so far"],
        viewer,
        count_rows,
        "Nothing has been written yet.",
    )
    roles = FollowingTable(
        "Who writes there",
        "Agents by role; an agent's number begins with the first of its role.",
        ["Role", "agents", "first"],
        viewer,
        role_rows,
        "Nobody has joined yet.",
    )
    return box("div", counts, roles, of="db-halves")
