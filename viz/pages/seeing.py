"""Who could read what, in words that say no more than the log and the recording do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..feed import Book, Line, Prompts, Query, Sighting
from ..feed.prompts import KEPT, NO_MODELS, NOT_KEPT
from ..moment import RunFacts
from .telling import who

OPEN_STRUCTURES = ("swarm", "solo", "separate", "chorus", "hierarchy")
"""Coordination structures in which all agents read the whole board."""
MOST_NAMED = 12
"""Agents whose prompts are named one by one."""
MOST_SEEN = 60
"""Entries that are listed of what an agent could see."""


@dataclass(frozen=True, slots=True)
class AgentSight:
    """What an agent could see of what others wrote."""

    said: str = ""
    rows: tuple[list[str], ...] = ()
    """Entry, who wrote it, what it says, from when on, and the prompt that showed it first."""


def entry_sight(
    book: Book,
    prompts: Prompts,
    facts: RunFacts,
    config: Mapping[str, Any],
    line: Line,
    *,
    up_to: int,
) -> tuple[str, ...]:
    """Say who could see an entry, and to which models it was shown."""
    seen = book.sighting(line, up_to=up_to)
    told = [_visible(facts, line, seen)]
    if seen.since is not None:
        turn = "instant" if facts.is_event_driven else "round"
        told.append(
            f"Up to {turn} {seen.until:,} it is among the recent entries that agents are handed; "
            "later they know of it only what they kept themselves."
        )
        told += _limits(facts, config)
        told.append(_prompted(prompts, facts, line, seen, up_to=up_to))
    return tuple(told)


def agent_sight(
    book: Book, prompts: Prompts, facts: RunFacts, agent: int, *, up_to: int
) -> AgentSight:
    """Return the latest entries of others that an agent could see by the end of a round."""
    last = book.last_stage(up_to=up_to)
    if last is None:
        return AgentSight("No stage has closed up to here: it has seen nothing.")
    lines, back = book.latest(Query(reader=agent), up_to=up_to, most=MOST_SEEN)
    state = prompts.state()
    rounds = (max(1, last[0] - book.kept_rounds), last[0])
    shown = prompts.shown_to(agent, rounds=rounds) if state == KEPT else {}
    rows = []
    for line in lines:
        since = book.sighting(line, up_to=up_to).since
        if since is None:
            continue
        prompt = (shown or {}).get(line.id)
        what = f"{line.kind}: {line.text}"
        place = stage_text(prompt) if prompt else "-"
        rows.append([line.id, who(facts, line.agent), what, stage_text(since), place])
    older = f", back to {'instant' if facts.is_event_driven else 'round'} {back:,}" if back else ""
    said = f"The latest {len(rows):,} entries of others that were visible to it{older}. "
    said += "Visible is not read: what it made of them, no log says. "
    return AgentSight(said + _prompts_text(state, is_known=shown is not None), tuple(rows))


def stage_text(stage: tuple[int, int]) -> str:
    """Return a stage as people name it: round, then stage."""
    return f"{stage[0]:,}.{stage[1]}"


def _visible(facts: RunFacts, line: Line, seen: Sighting) -> str:
    if seen.since is None:
        return "Not seen by anybody up to here: no stage closed after its own."
    when = f"from {stage_text(seen.since)} on ({_turn(facts)} and stage)"
    if line.to is not None:
        return f"Visible to {who(facts, line.to)} alone, {when}: it is a message."
    agents = "1 agent" if seen.others == 1 else f"{seen.others:,} agents"
    return f"Visible to {agents} besides its author, {when}. Visible is not read."


def _limits(facts: RunFacts, config: Mapping[str, Any]) -> list[str]:
    """Say what may have narrowed or delayed an agent's view."""
    told = []
    if facts.structure and facts.structure not in OPEN_STRUCTURES:
        told.append(
            f"Whether the structure {facts.structure} hides entries from some agents is not in "
            "the log; the number is that of agents present."
        )
    faults = config.get("faults")
    kinds = [one.get("kind") for one in faults or () if isinstance(one, Mapping)]
    if "stale" in kinds:
        told.append("Agents hit by the fault `stale` saw the board some stages later than that.")
    return told


def _prompted(prompts: Prompts, facts: RunFacts, line: Line, seen: Sighting, *, up_to: int) -> str:
    state = prompts.state()
    if state != KEPT:
        return _prompts_text(state, is_known=False)
    found = prompts.readers(line.id, rounds=(line.round, seen.until), up_to=up_to)
    if found is None:
        return _prompts_text(state, is_known=False)
    agents = list(dict.fromkeys(agent for _, agent in found))
    if not agents and line.kind == "proposal":
        return "No prompt on record names it; a question to vote on it holds its words."
    if not agents:
        return "In no prompt that is on record: no model was shown it."
    first = {agent: stage for stage, agent in reversed(found)}
    named = ", ".join(
        f"{who(facts, agent)} ({stage_text(first[agent])})" for agent in agents[:MOST_NAMED]
    )
    more = f" and {len(agents) - MOST_NAMED:,} more" if len(agents) > MOST_NAMED else ""
    many = "1 agent" if len(agents) == 1 else f"{len(agents):,} agents"
    return f"Shown in the prompts of {many}, first in the stage in brackets: {named}{more}."


def _prompts_text(state: str, *, is_known: bool) -> str:
    if state == NO_MODELS:
        return "The run asked no model, so there are no prompts to look into."
    if state == NOT_KEPT:
        return "Its prompts were not kept (recording=live), so what they showed is not known."
    if state != KEPT or not is_known:
        return "Its prompts cannot be read just now; what they showed is not known."
    return "The last column names the question in which it was shown."


def _turn(facts: RunFacts) -> str:
    return "instant" if facts.is_event_driven else "round"
