"""What a team does about what cannot be so: authors look again, a panel votes, tests are made."""

from collections import Counter
from collections.abc import Collection, Hashable
from typing import TYPE_CHECKING

from agents import Conflict, Stage
from blackboard import BoardEntry, Proposal, View

from . import instructions as say
from .places import APPROVAL, place_of, surest
from .suspicion import SUSPECTS, commands

if TYPE_CHECKING:
    from .deliberation import Closes, Deliberation

PANEL = 9
"""Agents that vote on a contradiction, so that settling one costs the same in every team."""
SUBJECTS = 3
"""The most contradictions that are put to the vote in one attempt."""
VALUES, VALUE = 4, 80
"""The most values that such a vote offers, and their longest, in characters."""


def correct(team: "Deliberation", board: View) -> "Closes[None]":
    """Have authors look again at what contradicts others or the task."""
    wanted = team.coordination.corrections(team.entries(board))
    if not wanted:
        return
    yield team.stage(
        *(board, "correct", say.CORRECT, team.everybody),
        purpose="coordination",
        asked=wanted.keys(),
        own={agent: lines for agent, (lines, _) in wanted.items()},
        cites={agent: ids for agent, (_, ids) in wanted.items()},
    )
    team.coordination.corrected(team.entries(board))


def settle(team: "Deliberation", board: View) -> "Closes[None]":
    """Put contradictions that asking did not solve to the vote of a panel, one after the other."""
    contradictions = team.coordination.contradictions
    offered = [(each.about, _values(each)) for each in contradictions.disputed()]
    fit = [(about, values) for about, values in offered if len(values) > 1]
    size = min(PANEL, len(team.roles))
    drawn = team.random.everyone("settle", round=board.round).permutation(len(team.roles))
    panel = sorted(int(agent) for agent in drawn[:size])
    for about, values in fit[:SUBJECTS]:
        proposal = Proposal(options=values, electorate=panel, payload={"about": about})
        closed = yield team.stage(
            *(board, "settle", say.SETTLE.format(about=about), team.everybody),
            purpose="verification",
            votes=values,
            proposal=proposal,
            asked=set(panel),
        )
        decided = closed.decisions[-1] if closed.decisions else None
        contradictions.settle(about, decided.option if decided else None)


def _values(disputed: Conflict) -> tuple[str, ...]:
    """Return what a panel may choose from: nothing that gives orders to those who vote."""
    plain = [value for value in disputed.holders if not commands(value)]
    values = tuple(dict.fromkeys(value[:VALUE].strip() for value in plain))[:VALUES]
    is_fit = not commands(disputed.about) and all(map(may_be_voted_on, values))
    return values if is_fit else ()


def may_be_voted_on(value: str) -> bool:
    """Say whether a value can stand among the options of a vote."""
    return (
        bool(value)
        and value.casefold() not in (*APPROVAL, "abstain")
        and "|" not in value
        and value.isprintable()
    )


def probe(team: "Deliberation", board: View) -> "Closes[None]":
    """Test entries that command their readers: some vote on trial with and without them.

    It comes before the plan, lest an editor carry their words into it; what is voted on here
    is a contribution that gives no orders.
    """
    entries, suspicion = team.entries(board), team.coordination.suspicion
    suspects = suspicion.suspects(entries)
    every = {name for suspect in suspects for name in suspect}
    tested = suspects[:SUSPECTS]
    panel = suspicion.panel(entries, set().union(*tested), _voices(team)) if tested else set()
    if not panel:
        return
    plain = [entry for entry in team.contributions(board) if entry.id not in every]
    plan = surest(plain) if plain and not team.verdicts.task.choices else None
    votes = []
    for number, shown in enumerate(((), (), *tested), 1):
        yield _trial(team, board, number, plan, panel=panel, hidden=every.difference(shown))
        votes.append(_votes(team.entries(board), (board.round, board.stage), panel))
    without, again, *with_one = votes
    for suspect, with_it in zip(tested, with_one, strict=True):
        suspicion.judge(suspect, with_it, without, again)
    team.coordination.contradictions.leave_out(suspicion.hidden)


def _trial(
    team: "Deliberation",
    board: View,
    number: int,
    plan: BoardEntry | None,
    *,
    panel: Collection[int],
    hidden: Collection[str],
) -> Stage:
    """Return a vote on trial; its number keeps it from being answered by the one before."""
    choices = team.verdicts.task.choices
    instruction = say.VOTE_CHOICE if choices else say.VOTE_PLAN
    return team.stage(
        *(board, "probe", f"{instruction} {say.TRIAL.format(number=number)}", team.everybody),
        purpose="verification",
        plan=plan,
        votes=choices or APPROVAL,
        asked=panel,
        hidden=hidden,
    )


def _votes(
    entries: Collection[BoardEntry], at: tuple[int, int], panel: Collection[int]
) -> dict[int, str]:
    """Return the votes on trial of a panel in a stage, by agent.

    Who is brought to give no readable answer has been pulled as well as who votes otherwise.
    """
    trials = [e for e in entries if e.kind == "trial" and place_of(e) == at and e.agent in panel]
    count = Counter(trial.agent for trial in trials)
    said = {t.agent: str(t.payload.get("vote")) for t in trials if count[t.agent] == 1}
    return {agent: said.get(agent, "no answer") for agent in panel}


def _voices(team: "Deliberation") -> list[Hashable]:
    """Return of each agent the voice that it shares, or its own."""
    numbered = enumerate(zip(team.roles, team.voices, strict=True))
    return [agent if voice is None else (role, voice) for agent, (role, voice) in numbered]
