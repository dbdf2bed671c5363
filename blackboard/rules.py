"""Rules turn the ballots of a closed voting round into a verdict: pure functions, yours included.

A rule is any function from a `Tally` to a `Verdict`, or to None while nothing is decided. Rules
compose by wrapping one another: `veto("safety", quorum(50, threshold(80)))`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

ABSTAINED = 254
"""The choice code of a cast abstention."""
NO_BALLOT = 255
"""The choice code of a seat that cast nothing."""
MOTION = ("approve", "reject")
"""The options of a proposal that is approved or rejected as a whole."""

type Outcome = Literal["accepted", "rejected", "expired", "vetoed", "escalated"]

OUTCOMES: tuple[Outcome, ...] = ("accepted", "rejected", "expired", "vetoed", "escalated")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of a tally: an outcome, and the option where one was chosen."""

    outcome: Outcome
    option: str | None = None


type Rule = Callable[["Tally"], Verdict | None]


@dataclass(frozen=True, eq=False)
class Tally:
    """The ballots of one proposal in one voting round, in canonical (seat) order.

    Weights are integers, so that 4 of 5 is exactly 80 %. `choices` holds, per seat of the
    electorate, the index of an option, `ABSTAINED` or `NO_BALLOT`.
    """

    options: tuple[str, ...]
    choices: NDArray[np.uint8]
    weights: NDArray[np.int64]
    roles: tuple[str, ...] = ()
    """The role of each seat, or empty where no rule asks."""
    is_last: bool = True
    """Whether no further voting round follows."""
    pending: int = 0
    """Weight that may still be cast in this voting round (nonzero in event-driven runs only)."""
    confidence: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    @property
    def is_motion(self) -> bool:
        """Whether the proposal is approved or rejected as a whole."""
        return self.options == MOTION

    @cached_property
    def _by_code(self) -> NDArray[np.int64]:
        """Weight cast under each choice code, (256,)."""
        if self._even_weight:
            counts = np.bincount(self.choices, minlength=256)
            return np.asarray(counts, np.int64) * self._even_weight
        weights = np.zeros(256, np.int64)
        np.add.at(weights, self.choices, self.weights)
        return weights

    @cached_property
    def by_option(self) -> tuple[int, ...]:
        """Weight cast for each option, in the order of `options`."""
        return tuple(self._by_code[: len(self.options)].tolist())

    @cached_property
    def eligible(self) -> int:
        """Weight of the whole electorate, whether or not it voted."""
        return int(self.weights.sum())

    @cached_property
    def abstained(self) -> int:
        """Weight of the cast abstentions."""
        return int(self._by_code[ABSTAINED])

    @property
    def cast(self) -> int:
        """Weight of all ballots received, cast abstentions included."""
        return sum(self.by_option) + self.abstained

    @property
    def yes(self) -> int:
        """Weight that approves (of a motion) or chose the first option."""
        return self.by_option[0]

    @property
    def no(self) -> int:
        """Weight that rejects (of a motion) or chose the second option."""
        return self.by_option[1]

    @cached_property
    def _even_weight(self) -> int:
        """The weight of every seat where all are equal, else 0."""
        first = int(self.weights[0]) if self.weights.size else 1
        return first if bool((self.weights == first).all()) else 0


class PanelTally(Tally):
    """The ballots of a panel: one vote a seat, few enough to be counted as bytes."""

    @cached_property
    def _cast(self) -> bytes:
        return self.choices.tobytes()

    @cached_property
    def by_option(self) -> tuple[int, ...]:
        """Seats that chose each option, in the order of `options`."""
        return tuple(map(self._cast.count, range(len(self.options))))

    @cached_property
    def eligible(self) -> int:
        """The seats of the panel, taken or not."""
        return len(self._cast)

    @cached_property
    def abstained(self) -> int:
        """Seats that cast an abstention."""
        return self._cast.count(ABSTAINED)

    @cached_property
    def waiting(self) -> int:
        """Seats that have cast nothing yet."""
        return self._cast.count(NO_BALLOT)


def passes(yes: int, eligible: int, *, percent: int) -> bool:
    """Say whether `yes` of `eligible` weight reaches `percent`, inclusive.

    Integers keep 4 of 5 equal to 80 %. Abstentions count in `eligible`.

    Raises:
        ValueError: `eligible` is not positive, or `percent` is outside 1-100.
    """
    if eligible < 1:
        raise ValueError(f"eligible must be at least 1, got {eligible}")
    _check_percent(percent)
    return 100 * yes >= percent * eligible


def threshold(percent: int) -> Rule:
    """Accept what `percent` of the electorate's weight agrees on.

    A motion is rejected as soon as cast rejections alone forbid acceptance. With options, the
    one that reaches the threshold is accepted; two that reach it (possible up to 50 %) are a tie,
    which decides nothing.
    """
    _check_percent(percent)
    return _Threshold(percent)


def quorum(percent: int, rule: Rule) -> Rule:
    """Let `rule` accept or reject only when at least `percent` of the weight cast a ballot.

    Cast abstentions take part; an abstention by cause (silent, error, late ...) does not.
    Vetoes alone pass through: no participation could undo them.
    """
    _check_percent(percent)
    _check_inner("quorum", rule)
    return _Quorum(percent, rule)


def veto(role: str, rule: Rule) -> Rule:
    """Let any seat of `role` that rejects a motion veto it; otherwise `rule` decides.

    A tally that names no roles has no vetoes.
    """
    if not isinstance(role, str) or not role:
        raise ValueError(f"veto needs the name of a role, got {role!r}")
    _check_inner("veto", rule)
    return _Veto(role, rule)


def complete(rule: Rule) -> Rule:
    """Let `rule` decide only when every seat has cast a ballot, or no further ones can come.

    Vetoes alone pass through. In event-driven runs rules decide as soon as the outcome is certain;
    so wrapped they wait for all.
    """
    _check_inner("complete", rule)
    return _Complete(rule)


def plurality() -> Rule:
    """Accept the option with the most weight once no other can catch up; a tie decides nothing."""
    return _Plurality()


def first_to_k(k: int) -> Rule:
    """Accept the first option to collect `k` ballots, read one by one in canonical order."""
    _check_count("first_to_k", k)
    return _FirstToK(k)


def ahead_by_k(k: int) -> Rule:
    """Accept the first option to lead all others by `k` ballots, read in canonical order."""
    _check_count("ahead_by_k", k)
    return _AheadByK(k)


@dataclass(frozen=True, repr=False)
class _Threshold:
    percent: int

    def __call__(self, tally: Tally) -> Verdict | None:
        eligible = tally.eligible
        if eligible < 1:
            return None
        if tally.is_motion:
            if passes(tally.yes, eligible, percent=self.percent):
                return Verdict("accepted")
            beyond = 100 * (eligible - tally.no) < self.percent * eligible
            return Verdict("rejected") if beyond else None
        reached = [passes(w, eligible, percent=self.percent) for w in tally.by_option]
        reachable = [
            passes(w + tally.pending, eligible, percent=self.percent) for w in tally.by_option
        ]
        if sum(reached) == 1 and sum(reachable) == 1:
            return Verdict("accepted", tally.options[reached.index(True)])
        return None

    def __repr__(self) -> str:
        return f"threshold({self.percent})"


@dataclass(frozen=True, repr=False)
class _Quorum:
    percent: int
    rule: Rule

    def __call__(self, tally: Tally) -> Verdict | None:
        verdict = self.rule(tally)
        if not isinstance(verdict, Verdict) or verdict.outcome == "vetoed":
            return verdict  # what is no verdict at all is refused by those who count
        return verdict if passes(tally.cast, tally.eligible, percent=self.percent) else None

    def __repr__(self) -> str:
        return f"quorum({self.percent}, {describe(self.rule)})"


@dataclass(frozen=True, repr=False)
class _Veto:
    role: str
    rule: Rule

    def __call__(self, tally: Tally) -> Verdict | None:
        is_held = tally.is_motion and tally.roles
        against = np.flatnonzero(tally.choices == 1) if is_held else ()
        if any(tally.roles[seat] == self.role for seat in against):
            return Verdict("vetoed")
        return self.rule(tally)

    def __repr__(self) -> str:
        return f"veto({self.role!r}, {describe(self.rule)})"


@dataclass(frozen=True, repr=False)
class _Complete:
    rule: Rule

    def __call__(self, tally: Tally) -> Verdict | None:
        verdict = self.rule(tally)
        if not isinstance(verdict, Verdict) or verdict.outcome == "vetoed":
            return verdict
        is_complete = tally.is_last or not bool((tally.choices == NO_BALLOT).any())
        return verdict if is_complete else None

    def __repr__(self) -> str:
        return f"complete({describe(self.rule)})"


@dataclass(frozen=True, repr=False)
class _Plurality:
    def __call__(self, tally: Tally) -> Verdict | None:
        ranked = sorted(tally.by_option, reverse=True)
        if ranked[0] - ranked[1] <= tally.pending:
            return None
        winner = tally.options[tally.by_option.index(ranked[0])]
        if tally.is_motion:
            return Verdict("accepted" if winner == "approve" else "rejected")
        return Verdict("accepted", winner)

    def __repr__(self) -> str:
        return "plurality()"


@dataclass(frozen=True, repr=False)
class _FirstToK:
    k: int

    def __call__(self, tally: Tally) -> Verdict | None:
        running = _running(tally)
        return _first_passage(tally, running >= self.k)

    def __repr__(self) -> str:
        return f"first_to_k({self.k})"


@dataclass(frozen=True, repr=False)
class _AheadByK:
    k: int

    def __call__(self, tally: Tally) -> Verdict | None:
        running = _running(tally)
        rivals = np.array(
            [np.delete(running, option, axis=0).max(axis=0) for option in range(len(running))]
        )
        return _first_passage(tally, running - rivals >= self.k)

    def __repr__(self) -> str:
        return f"ahead_by_k({self.k})"


def describe(rule: Rule) -> str:
    """Name a rule as it is written in the log: `threshold(80)`, or a function's own name."""
    text = repr(rule)
    return getattr(rule, "__qualname__", text) if text.startswith("<") else text


def veto_roles(rule: Rule) -> Iterator[str]:
    """Yield the roles to which a rule gives a veto, the outermost first."""
    while isinstance(rule, _Quorum | _Veto | _Complete):
        if isinstance(rule, _Veto):
            yield rule.role
        rule = rule.rule


def _running(tally: Tally) -> NDArray[np.int64]:
    """Count ballots seat by seat: (options, seats)."""
    codes = np.arange(len(tally.options))[:, None]
    return np.cumsum(tally.choices[None, :] == codes, axis=1, dtype=np.int64)


def _first_passage(tally: Tally, passed: NDArray[np.bool_]) -> Verdict | None:
    """Accept the option whose condition holds at the earliest seat, if any does."""
    seats = np.flatnonzero(passed.any(axis=0))
    if not seats.size:
        return None
    winner = int(np.argmax(passed[:, seats[0]]))
    if tally.is_motion:
        return Verdict("accepted" if winner == 0 else "rejected")
    return Verdict("accepted", tally.options[winner])


def _check_percent(percent: int) -> None:
    if isinstance(percent, float) and 0 < percent < 1:
        hint = f"; did you mean {round(percent * 100)}?"
    else:
        hint = ""
    if isinstance(percent, bool) or not isinstance(percent, int) or not 1 <= percent <= 100:
        raise ValueError(f"percent must be a whole number from 1 to 100, got {percent!r}{hint}")


def _check_count(rule: str, k: int) -> None:
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise ValueError(f"{rule} needs a whole k of at least 1, got {k!r}")


def _check_inner(rule: str, inner: Rule) -> None:
    if not callable(inner):
        raise ValueError(
            f"{rule} wraps another rule, such as threshold(80), got {inner!r:.80} in its place"
        )
