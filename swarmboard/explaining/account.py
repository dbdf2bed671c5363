"""Explaining a decision from its log: outcome, causes, dissent, pivotal voters, its chain."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from blackboard import NO_BALLOT, NO_DEADLINE, BadInput, Decided, Rule, RunDirectory, read_panel

from ..accounts import percent
from .ballots import (
    Evidence,
    absences_of,
    coalition_of,
    count_of,
    dissent_of,
    election_of,
    nearest_of,
    pivots_of,
)
from .casefile import CaseFile, VotingRound, read_case
from .causes import Causes
from .chain import chain_of, payload_text
from .contents import choose, read_contents
from .facts import Attempt, CountedRound, Explanation, Posted, Removal, Seat, choice_name
from .people import People
from .without import without_agents

ENTRIES_SHOWN = 4


def explain(
    directory: RunDirectory,
    proposal: str | None = None,
    *,
    without: Sequence[str] = (),
    known: Iterable[Rule] = (),
) -> Explanation:
    """Say why a proposal was decided as it was, from `config.json` and `events.log` alone.

    Args:
        directory: The run; one that still goes on, or was killed, will do.
        proposal: Its id, the beginning of its id, or the round it was decided in; None means the
            decisive one: the last accepted, else the last.
        without: Agents, by number or name; what happens without them is counted and run again.
        known: Rules of the user's own, which cannot be read back from their names.

    Raises:
        BadInput: the run has no log, or no such proposal or agent.
    """
    if not directory.log.is_file():
        raise BadInput(f"{directory.path} has no events.log: there is nothing to explain")
    contents = read_contents(directory.log)
    case = read_case(directory.log, contents, choose(contents, proposal))
    people = People(case.board.joined)
    facts = Evidence(directory, contents, case, people, election_of(case, known))
    left_out = tuple(dict.fromkeys(people.find(agent) for agent in without))
    return _explanation(facts, left_out)


def _explanation(facts: Evidence, left_out: tuple[int, ...]) -> Explanation:
    directory, case, people, opened = facts.directory, facts.case, facts.people, facts.case.opened
    decided, count = case.decided, count_of(case)
    absent, dissent = absences_of(case, people), dissent_of(facts, count)
    causes = Causes(case, people, count, facts.election, dissent)
    is_event_driven = opened.deadline_round == NO_DEADLINE
    return Explanation(
        run_id=directory.run_id,
        scenario=str((directory.read_json("config.json") or {}).get("scenario", "?")),
        is_finished=(directory.path / "summary.json").is_file(),
        rounds_logged=facts.contents.rounds,
        proposal=opened.proposal,
        rule=opened.rule,
        opened_round=opened.round,
        opened_s=case.opened_s,
        deadline_round=None if is_event_driven else opened.deadline_round,
        decided_round=decided.round if decided else None,
        decided_s=case.decided_s,
        outcome=decided.outcome if decided else "open",
        option=decided.option if decided else None,
        gate=decided.gate if decided else None,
        by=decided.by if decided else None,
        decision=causes.decision(),
        why=tuple(causes.why()),
        count=count,
        panel=_panel(case, people),
        voting_rounds=tuple(map(_counted_round, case.voting)),
        absent=absent,
        dissent=dissent,
        pivotal=pivots_of(facts),
        coalition=coalition_of(facts),
        nearest_threshold=nearest_of(facts),
        chain=chain_of(directory.log, facts.contents, case, people),
        board=() if is_event_driven else _posted(case.kinds, people),
        board_before=_posted(case.earlier_kinds, people),
        removed=tuple(Removal(r, a, people.name(a), c, after) for r, a, c, after in case.removed),
        attempts=tuple(map(_attempt, case.attempts)),
        switched=_switched(case),
        world=_world(case),
        without=without_agents(facts, left_out) if left_out else None,
    )


def _counted_round(voted: VotingRound) -> CountedRound:
    tally = voted.tally
    weights = dict(zip(tally.options, tally.by_option, strict=True))
    return CountedRound(voted.round, weights, tally.eligible - tally.cast)


def _panel(case: CaseFile, people: People) -> tuple[Seat, ...]:
    """Return who sat on a panel, when they claimed their seats, and what they cast."""
    if not read_panel(case.opened.electorate):
        return ()
    if case.voting:
        agents, choices = case.agents.tolist(), case.voting[-1].tally.choices.tolist()
    else:  # nobody has voted yet
        found = case.board.open[case.opened.proposal]
        agents, choices = found.seats.agents.tolist(), found.box.choices.tolist()
    seats = []
    for seat, (agent, code) in enumerate(zip(agents, choices, strict=True)):
        claimed, cast = case.seated.get(seat), case.cast.get(seat)
        choice = None if code == NO_BALLOT else choice_name(code, case.opened.options)
        is_free = claimed is None
        seats.append(
            Seat(
                None if is_free else agent,
                None if is_free else people.name(agent),
                choice,
                claimed and claimed[1],
                cast and cast[1],
            )
        )
    return tuple(seats)


def _posted(kinds: Mapping[str, Any], people: People) -> tuple[Posted, ...]:
    """Return what was posted by kind; entries themselves where they are few."""
    posted = []
    for kind, found in kinds.items():
        is_few = found.entries <= ENTRIES_SHOWN
        shown = [
            f"{name} by {people.name(agent)}: {payload_text(payload)}".removesuffix(": ")
            for name, agent, payload in found.rows
        ]
        posted.append(
            Posted(kind, found.entries, len(found.agents), tuple(shown) if is_few else ())
        )
    return tuple(posted)


def _attempt(decided: Decided) -> Attempt:
    support = decided.weights.get("approve", max(decided.weights.values(), default=0))
    share = percent(support, decided.eligible)
    return Attempt(decided.proposal, decided.round, decided.outcome, share, decided.gate)


def _switched(case: CaseFile) -> tuple[tuple[str, str, int], ...]:
    if case.last_attempt is None or not case.voting:
        return ()
    tally = case.voting[-1].tally
    pairs = zip(case.last_attempt.tally.choices.tolist(), tally.choices.tolist(), strict=True)
    changed = Counter(pair for pair in pairs if pair[0] != pair[1])
    return tuple(
        (choice_name(before, tally.options), choice_name(now, tally.options), agents)
        for (before, now), agents in changed.most_common()
    )


def _world(case: CaseFile) -> tuple[tuple[str, Any, Any], ...]:
    if not case.attempts or case.decided is None:
        return ()
    before = case.rows.get(case.attempts[-1].round, {})
    now = case.rows.get(case.decided.round, {})
    return tuple(
        (name, before[name], value)
        for name, value in now.items()
        if name in before and name != "gate" and _is_change(before[name], value)
    )


def _is_change(before: Any, now: Any) -> bool:
    """Say whether a value of the world moved by more than rounding."""
    if isinstance(before, float) and isinstance(now, float):
        return not math.isclose(before, now, rel_tol=1e-3, abs_tol=1e-9)
    return bool(before != now)
