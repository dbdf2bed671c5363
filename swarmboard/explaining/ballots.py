"""What the ballots of a decision say: its count, who was absent, dissent, and who was pivotal."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from blackboard import InvalidAction, Rule, RunDirectory, parse_rule

from ..accounts import percent
from ..catalog import find_scenario, scenario_names
from .casefile import CaseFile, VotingRound
from .contents import Contents
from .facts import Absence, Coalition, Count, Dissent, Nearest, Pivot, choice_name, ending_text
from .people import People
from .pivotal import (
    Election,
    Ending,
    fewest_to_carry,
    fewest_to_undo,
    nearest_threshold,
    pivotal_seats,
    rule_layers,
)

NUMBERS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """What all parts of an explanation are made of."""

    directory: RunDirectory
    contents: Contents
    case: CaseFile
    people: People
    election: Election | None
    """The deciding voting round; None where nothing was counted or the rule is unknown."""


def election_of(case: CaseFile, known: Iterable[Rule]) -> Election | None:
    """Return the deciding voting round, ready to be counted with other ballots."""
    if not case.voting:
        return None
    try:
        rule = parse_rule(case.opened.rule, known=known)
    except InvalidAction:
        return None
    return Election(rule, case.voting[-1].tally, case.decided.gate if case.decided else None)


def count_of(case: CaseFile) -> Count | None:
    """Return the counted ballots of the deciding voting round; None before the first."""
    if not case.voting:
        return None
    tally, option = case.voting[-1].tally, case.decided.option if case.decided else None
    weights = dict(zip(tally.options, tally.by_option, strict=True))
    leading = max(weights, key=weights.__getitem__)
    supported = option or ("approve" if tally.is_motion else leading)
    given = [args[0] for name, args in rule_layers(case.opened.rule) if name == "threshold"]
    needed = int(str(given[0])) if given else None
    return Count(
        weights=weights,
        abstained=tally.abstained,
        absent=tally.eligible - tally.cast,
        eligible=tally.eligible,
        eligible_agents=len(tally.choices),
        supported=supported,
        percent=percent(weights[supported], tally.eligible),
        threshold_percent=needed,
        needed=None if needed is None else -(-needed * tally.eligible // 100),
    )


def absences_of(case: CaseFile, people: People) -> tuple[Absence, ...]:
    """Return who cast no ballot, by cause."""
    by_cause: defaultdict[str, list[int]] = defaultdict(list)
    for agent, cause in sorted(case.voting[-1].absent.items()) if case.voting else ():
        by_cause[cause].append(agent)
    return tuple(
        Absence(cause, tuple(agents), people.names(agents), _detail(case, people, cause, agents))
        for cause, agents in by_cause.items()
    )


def _detail(case: CaseFile, people: People, cause: str, agents: Sequence[int]) -> str:
    """Say what the log knows of a cause: an error's last line, when agents were taken out."""
    seen = dict.fromkeys(case.failures[a] for a in agents if a in case.failures)
    if cause == "error" or seen:
        return "; ".join(list(seen)[:2])
    gone = [(round, agent, after) for round, agent, why, after in case.removed if agent in agents]
    if not gone:
        return _last_ballots(case, agents)
    told = [
        f"{people.name(agent)} in round {round}" + (f" after its {after}" if after else "")
        for round, agent, after in gone[:NUMBERS_SHOWN]
    ]
    more = f" and {len(gone) - len(told):,} more" if len(gone) > len(told) else ""
    return ", ".join(told) + more


def _last_ballots(case: CaseFile, agents: Sequence[int]) -> str:
    """Say since when agents have not voted on this question."""
    if not case.attempts:
        return ""
    rounds = sorted({case.last_ballots.get(agent, 0) for agent in agents})
    if rounds == [0]:
        return "no ballot in any attempt before"
    if len(rounds) == 1:
        return f"last ballots in round {rounds[0]}"
    return f"last ballots in rounds {rounds[0]} to {rounds[-1]} (0: none)"


def dissent_of(facts: Evidence, count: Count | None) -> tuple[Dissent, ...]:
    """Return who voted otherwise, by option and reason, the largest groups first."""
    if count is None:
        return ()
    case, people, voted = facts.case, facts.people, facts.case.voting[-1]
    options, agents = voted.tally.options, case.agents.tolist()
    seats: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    for seat, choice in enumerate(voted.tally.choices.tolist()):
        if choice < len(options) and options[choice] != count.supported:
            seats[choice, voted.texts[seat] if voted.texts else ""].append(seat)
    groups = sorted(seats.items(), key=lambda group: (-len(group[1]), group[0]))
    measure = _measure(facts.directory) if voted.numbers.size else ""
    return tuple(
        Dissent(
            options[choice],
            reason or None,
            tuple(agents[seat] for seat in members),
            people.names(agents[seat] for seat in members),
            _largest(voted, members, [people.name(agents[seat]) for seat in members]),
            measure,
        )
        for (choice, reason), members in groups
    )


def _measure(directory: RunDirectory) -> str:
    """Return what the scenario says a numeric reason is; a user's own file is not executed."""
    name = str((directory.read_json("config.json") or {}).get("scenario", ""))
    if name not in scenario_names():
        return ""
    return str(getattr(find_scenario(name), "reason_measure", ""))


def _largest(
    voted: VotingRound, seats: Sequence[int], names: Sequence[str]
) -> tuple[tuple[str, float], ...]:
    """Return the largest numeric reasons of some seats, and whose they are."""
    if not voted.numbers.size:
        return ()
    numbers = voted.numbers[list(seats)]
    order = [i for i in np.argsort(-numbers, kind="stable").tolist() if not np.isnan(numbers[i])]
    return tuple((names[i], float(numbers[i])) for i in order[:NUMBERS_SHOWN])


def pivots_of(facts: Evidence) -> tuple[Pivot, ...] | None:
    """Return who alone could have changed the outcome; None under an unknown rule."""
    if facts.election is None:
        return None
    if facts.case.is_overruled:
        return ()
    options = facts.election.tally.options
    groups: defaultdict[tuple[int, tuple[tuple[int, Ending], ...]], list[int]] = defaultdict(list)
    for swing in pivotal_seats(facts.election):
        groups[swing.was, swing.turns].append(int(facts.case.agents[swing.seat]))
    chosen = facts.election.ending.chosen
    ordered = sorted(groups.items(), key=lambda group: _is_minor(group[0][1], chosen))
    return tuple(
        Pivot(
            choice_name(was, options),
            tuple((choice_name(to, options), ending_text(ending)) for to, ending in turns),
            tuple(agents),
            facts.people.names(agents),
        )
        for (was, turns), agents in ordered
    )


def _is_minor(turns: Iterable[tuple[int, Ending]], chosen: str | None) -> bool:
    """Sort what would have been accepted, or no longer so, before other ways of failing."""
    return all(ending.chosen == chosen for _, ending in turns)


def coalition_of(facts: Evidence) -> Coalition | None:
    """Return the fewest that together could have turned the outcome."""
    if facts.election is None or facts.case.is_overruled:
        return None
    does = "undo" if facts.election.ending.chosen else "carry"
    find = fewest_to_undo if does == "undo" else fewest_to_carry
    seats = find(facts.election)
    if seats is None:
        return None
    tally, agents = facts.election.tally, facts.case.agents[seats].tolist()
    weight = int(tally.weights[seats].sum())
    pool = np.isin(tally.choices, tally.choices[seats])
    is_even = len(set(tally.weights[pool].tolist())) == 1 and len(seats) > 1
    any_of = int(pool.sum()) if is_even and facts.election.ending.outcome != "vetoed" else None
    return Coalition(does, tuple(agents), facts.people.names(agents), weight, any_of)


def nearest_of(facts: Evidence) -> Nearest | None:
    """Return the nearest threshold that would have changed whether it was accepted."""
    case, election = facts.case, facts.election
    if election is None or case.is_overruled:
        return None
    tallies = [voted.tally for voted in case.voting]
    found = nearest_threshold(case.opened.rule, tallies, election.gate)
    if found is None:
        return None
    at = case.voting[found.voting_round].round
    return Nearest(found.percent, ending_text(found.ending), at)
