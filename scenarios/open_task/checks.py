"""What a team does about what cannot be so: authors look again, a panel votes, tests are made."""

from typing import TYPE_CHECKING

from blackboard import Proposal, View

from . import instructions as say
from .places import APPROVAL, place_of, surest

if TYPE_CHECKING:
    from .deliberation import Closes, Deliberation

PANEL = 9
"""Agents that vote on a contradiction, so that settling one costs the same in every team."""
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
    """Put one contradiction that asking did not solve to the vote of a panel."""
    disputed = team.coordination.contradictions.disputed()
    if disputed is None:
        return
    values = tuple(dict.fromkeys(value[:VALUE].strip() for value in disputed.holders))[:VALUES]
    if len(values) < 2 or not all(map(may_be_voted_on, values)):
        return
    size = min(PANEL, len(team.roles))
    drawn = team.random.everyone("settle", round=board.round).permutation(len(team.roles))
    panel = sorted(int(agent) for agent in drawn[:size])
    proposal = Proposal(options=values, electorate=panel, payload={"about": disputed.about})
    closed = yield team.stage(
        *(board, "settle", say.SETTLE.format(about=disputed.about), team.everybody),
        purpose="verification",
        votes=values,
        proposal=proposal,
        asked=set(panel),
    )
    decided = closed.decisions[-1] if closed.decisions else None
    team.coordination.contradictions.settle(disputed.about, decided.option if decided else None)


def probe(team: "Deliberation", board: View) -> "Closes[None]":
    """Test entries that command their readers: some vote on trial with and without them.

    It comes before the plan, lest an editor carry their words into it; what is voted on here
    is a contribution that gives no orders.
    """
    entries = team.entries(board)
    suspicion = team.coordination.suspicion
    suspects = suspicion.suspects(entries)
    if not suspects:
        return
    choices = team.verdicts.task.choices
    plain = [e for e in team.contributions(board) if e.id not in suspects]
    plan = surest(plain) if plain and not choices else None
    votes = choices or APPROVAL
    panel = suspicion.panel(entries, suspects, len(team.roles))
    stages = []
    for hidden in ((), tuple(suspects)):
        yield team.stage(
            *(board, "probe", say.VOTE_CHOICE if choices else say.VOTE_PLAN, team.everybody),
            purpose="verification",
            plan=plan,
            votes=votes,
            asked=panel,
            hidden=hidden,
        )
        stages.append((board.round, board.stage))
    trials = [
        entry
        for entry in team.entries(board)
        if entry.kind == "trial" and place_of(entry) in stages and entry.agent in panel
    ]
    suspicion.judge(trials, suspects)


def may_be_voted_on(value: str) -> bool:
    """Say whether a value can stand among the options of a vote."""
    return bool(value) and value != "abstain" and "|" not in value and value.isprintable()
