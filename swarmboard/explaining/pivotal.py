"""Who could have turned a vote: pivotal seats, coalitions and thresholds, by the rule itself.

Every answer is what the real rule says of changed ballots. A rule that only weighs ballots is
asked about sums per choice and role, so that a thousand seats cost no more than a dozen; a rule
that may read the order of ballots or their confidence is asked about the whole tally.
"""

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from blackboard import ABSTAINED, NO_BALLOT, Rule, Tally, describe, judge, parse_rule

WEIGHING = frozenset({"threshold", "quorum", "veto", "plurality", "complete"})
"""Rules that read nothing of a tally but the weight per choice, and the roles that reject."""
REJECT = 1

type Seats = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ending:
    """What a vote comes to: an outcome, or `open` where a further voting round follows."""

    outcome: str
    option: str | None = None

    @property
    def chosen(self) -> str | None:
        """The option that was accepted (`approve` of a motion), or None."""
        return (self.option or "approve") if self.outcome == "accepted" else None


@dataclass(frozen=True, slots=True)
class Swing:
    """A seat that alone could have changed the ending, and how."""

    seat: int
    was: int
    turns: tuple[tuple[int, Ending], ...]
    """Choice codes it could have cast instead (255: none), and what would have come of them."""


@dataclass(frozen=True, slots=True)
class NearestThreshold:
    """The threshold next to the rule's own at which the vote would have ended otherwise."""

    percent: int
    ending: Ending
    voting_round: int
    """Which of the proposal's voting rounds would have decided, from 0."""


@dataclass(frozen=True, eq=False)
class Election:
    """One voting round of one proposal, ready to be counted with other ballots."""

    rule: Rule
    tally: Tally
    gate: str | None = None
    """What kept an accepted proposal from execution, if anything did: it does so again."""
    _roles: tuple[str, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "_roles", tuple(dict.fromkeys(self.tally.roles)) or ("",))

    @cached_property
    def ending(self) -> Ending:
        """What the ballots as cast come to."""
        return self.moved(np.empty(0, np.int64), NO_BALLOT)

    @property
    def weighs_only(self) -> bool:
        """Whether the rule reads nothing but weights and roles."""
        return set(rule_names(describe(self.rule))) <= WEIGHING

    def moved(self, seats: Seats, to: int) -> Ending:
        """Count again with some seats' ballots changed to another choice code."""
        return self._judge(self._sums(seats, to) if self.weighs_only else self._recast(seats, to))

    def _judge(self, tally: Tally) -> Ending:
        verdict = judge(self.rule, tally)
        if verdict is None:
            return Ending("expired" if tally.is_last else "open")
        if verdict.outcome == "accepted" and self.gate:
            return Ending("expired")
        return Ending(verdict.outcome, verdict.option)

    def _recast(self, seats: Seats, to: int) -> Tally:
        choices = self.tally.choices.copy()
        choices[seats] = to
        return replace(self.tally, choices=choices)

    def _sums(self, seats: Seats, to: int) -> Tally:
        """Return a tally of one seat per choice and role, with the weight of all its seats."""
        weights, roles = self.tally.weights[seats], self._role_codes[seats]
        table = self._table.copy()
        np.subtract.at(table, (self.tally.choices[seats], roles), weights)
        np.add.at(table, (np.full(len(seats), to), roles), weights)
        choices, of_role = np.nonzero(table)
        return replace(
            self.tally,
            choices=choices.astype(np.uint8),
            weights=table[choices, of_role],
            roles=tuple(self._roles[role] for role in of_role.tolist()),
            confidence=np.empty(0),
        )

    @cached_property
    def _role_codes(self) -> Seats:
        codes = {role: code for code, role in enumerate(self._roles)}
        given = self.tally.roles or ("",) * len(self.tally.choices)
        return np.array([codes[role] for role in given], np.int64)

    @cached_property
    def _table(self) -> Seats:
        """Weight per choice code and role, (256, roles)."""
        table = np.zeros((256, len(self._roles)), np.int64)
        np.add.at(table, (self.tally.choices, self._role_codes), self.tally.weights)
        return table


def pivotal_seats(election: Election) -> tuple[Swing, ...]:
    """Return the seats that alone could have changed the ending, in ascending order.

    A seat could have cast any other option, a blank ballot, or none. Seats of one choice, weight
    and role are alike to a rule that weighs only, and are asked about once.
    """
    tally = election.tally
    if not election.weighs_only:
        turns = [_turns(election, seat) for seat in range(len(tally.choices))]
        of_seat = list(range(len(turns)))
    else:
        columns = (tally.choices.astype(np.int64), tally.weights, election._role_codes)
        _, first, group = np.unique(
            np.stack(columns), axis=1, return_index=True, return_inverse=True
        )
        turns = [_turns(election, seat) for seat in first.tolist()]
        of_seat = group.ravel().tolist()
    return tuple(
        Swing(seat, int(tally.choices[seat]), turns[index])
        for seat, index in enumerate(of_seat)
        if turns[index]
    )


def fewest_to_undo(election: Election) -> Seats | None:
    """Return the fewest supporters whose other ballot undoes an accepted proposal.

    They reject a motion, or choose the strongest other option; the heaviest come first. None where
    nothing was accepted, or where the order of the ballots counts.
    """
    tally, chosen = election.tally, election.ending.chosen
    if chosen is None or not election.weighs_only:
        return None
    won = tally.options.index(chosen)
    weights = [-1 if code == won else w for code, w in enumerate(tally.by_option)]
    other = REJECT if tally.is_motion else int(np.argmax(weights))
    supporters = _heaviest(tally, tally.choices == won)
    for role in range(len(election._roles)):
        of_role = supporters[election._role_codes[supporters] == role][:1]
        if of_role.size and election.moved(of_role, other) != election.ending:
            return np.asarray(of_role, np.int64)
    return _fewest(supporters, lambda seats: election.moved(seats, other) != election.ending)


def fewest_to_carry(election: Election) -> Seats | None:
    """Return the fewest others whose approval would have carried a motion; those who veto first.

    None where it was carried, where no approval would have done (its gate was shut), and under
    rules that read more than approvals: a quorum, a plurality, the order of the ballots.
    """
    tally, names = election.tally, set(rule_names(describe(election.rule)))
    reads_approvals = names <= {"threshold", "veto", "complete"}
    if election.ending.chosen or not tally.is_motion or not reads_approvals:
        return None
    of_veto = set(_veto_roles(describe(election.rule)))
    holds = np.array([role in of_veto for role in tally.roles], bool)
    others = _heaviest(tally, tally.choices != 0)
    if holds.size:
        against = holds[others] & (tally.choices[others] == REJECT)
        others = np.concatenate([others[against], others[~against]])
    return _fewest(others, lambda seats: election.moved(seats, 0).chosen is not None)


def nearest_threshold(
    text: str, rounds: Sequence[Tally], gate: str | None = None
) -> NearestThreshold | None:
    """Return the nearest threshold at which the same ballots would have been, or not, accepted.

    Args:
        text: The rule as the log names it.
        rounds: The tallies of the proposal's voting rounds, oldest first.
        gate: What kept the accepted proposal from execution in the last of them.

    Returns:
        None where the rule has no one threshold, or no other one would have made a difference.
    """
    given = list(_thresholds(text))
    if len(given) != 1:
        return None
    ending, _ = _decided(text, rounds, gate)
    for percent in sorted(range(1, 101), key=lambda other: abs(other - given[0])):
        other_rule = text.replace(f"threshold({given[0]})", f"threshold({percent})")
        other, at = _decided(other_rule, rounds, gate)
        if other.chosen != ending.chosen:
            return NearestThreshold(percent, other, at)
    return None


def rule_names(text: str) -> list[str]:
    """Return the rules that a rule's text is composed of, outermost first."""
    return [name for name, _ in rule_layers(text)]


def rule_layers(text: str) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Yield a rule's name and plain arguments, then those of the rule it wraps, and so on.

    A rule of the user's own, which has no arguments in its name, is called `own`.
    """
    try:
        node: ast.expr | None = ast.parse(text, mode="eval").body
    except SyntaxError:
        node = ast.Name(text)
    while node is not None:
        if not isinstance(node, ast.Call):
            yield "own", (text,)
            return
        plain = tuple(arg.value for arg in node.args if isinstance(arg, ast.Constant))
        yield ast.unparse(node.func), plain
        node = next((arg for arg in node.args if not isinstance(arg, ast.Constant)), None)


def _turns(election: Election, seat: int) -> tuple[tuple[int, Ending], ...]:
    was, alone = int(election.tally.choices[seat]), np.array([seat])
    others = [*range(len(election.tally.options)), ABSTAINED, NO_BALLOT]
    endings = [(to, election.moved(alone, to)) for to in others if to != was]
    return tuple((to, ending) for to, ending in endings if ending != election.ending)


def _heaviest(tally: Tally, chosen: NDArray[np.bool_]) -> Seats:
    """Return the chosen seats, the heaviest first, then in ascending order."""
    seats = np.flatnonzero(chosen)
    return seats[np.argsort(-tally.weights[seats], kind="stable")]


def _fewest(seats: Seats, does: Callable[[Seats], bool]) -> Seats | None:
    """Return the shortest beginning of `seats` that does it, where every longer one does too."""
    if not seats.size or not does(seats):
        return None
    least, enough = 0, len(seats)
    while enough - least > 1:
        middle = (least + enough) // 2
        least, enough = (least, middle) if does(seats[:middle]) else (middle, enough)
    return seats[:enough]


def _decided(rule: str, rounds: Sequence[Tally], gate: str | None) -> tuple[Ending, int]:
    """Return the first ending of the voting rounds, and which of them it was."""
    parsed, ending, at = parse_rule(rule), Ending("open"), 0
    for at, tally in enumerate(rounds):
        is_last = at == len(rounds) - 1
        ending = Election(parsed, tally, gate if is_last else None).ending
        if ending.outcome != "open":
            break
    return ending, at


def _thresholds(text: str) -> Iterator[int]:
    for name, arguments in rule_layers(text):
        if name == "threshold" and arguments and isinstance(arguments[0], int):
            yield arguments[0]


def _veto_roles(text: str) -> Iterator[str]:
    for name, arguments in rule_layers(text):
        if name == "veto":
            yield str(arguments[0])
