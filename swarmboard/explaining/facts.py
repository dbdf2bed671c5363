"""What an explanation holds: plain facts about one decision, ready for text or JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from blackboard import ABSTAINED, NO_BALLOT

from .pivotal import Ending


@dataclass(frozen=True, slots=True)
class Count:
    """The ballots of the deciding voting round, counted."""

    weights: Mapping[str, int]
    """Weight cast for each option."""
    abstained: int
    """Weight of the cast abstentions."""
    absent: int
    """Weight that cast no ballot."""
    eligible: int
    eligible_agents: int
    supported: str
    """The option that was chosen, or else was to be: `approve`, or the leading one."""
    percent: float
    """Share of the eligible weight for the supported option."""
    threshold_percent: int | None
    needed: int | None
    """Weight that the threshold asked for."""

    @property
    def support(self) -> int:
        """Weight cast for the supported option."""
        return self.weights[self.supported]

    @property
    def is_weighted(self) -> bool:
        """Whether seats carry other weights than 1."""
        return self.eligible != self.eligible_agents


@dataclass(frozen=True, slots=True)
class CountedRound:
    """One voting round of a proposal that stayed open."""

    round: int
    weights: Mapping[str, int]
    absent: int


@dataclass(frozen=True, slots=True)
class Seat:
    """One seat of a panel: who took it, and what was cast there; None for what has not happened."""

    agent: int | None
    name: str | None
    choice: str | None
    claimed_s: float | None
    """In simulated seconds."""
    cast_s: float | None


@dataclass(frozen=True, slots=True)
class Absence:
    """Who cast no ballot for one cause."""

    cause: str
    agents: tuple[int, ...]
    names: tuple[str, ...]
    detail: str = ""
    """What is known of the cause: since when, after what, with which error."""


@dataclass(frozen=True, slots=True)
class Dissent:
    """Who voted otherwise, for one option and one reason."""

    choice: str
    reason: str | None
    """In words, as given."""
    agents: tuple[int, ...]
    names: tuple[str, ...]
    numbers: tuple[tuple[str, float], ...] = ()
    """The largest numeric reasons, and whose they are."""
    measure: str = ""
    """What the numbers are, with their unit, where the scenario says so."""


@dataclass(frozen=True, slots=True)
class Pivot:
    """Agents of which each alone could have changed the outcome, all in the same way."""

    was: str
    turns: tuple[tuple[str, str], ...]
    """What it could have cast instead, and what would have come of it."""
    agents: tuple[int, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coalition:
    """The fewest agents that together would have turned the outcome."""

    does: str
    """`undo` an acceptance, or `carry` what failed."""
    agents: tuple[int, ...]
    names: tuple[str, ...]
    weight: int
    any_of: int | None
    """Of how many agents any so many would have done; None where it takes the heaviest."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest threshold at which the same ballots would have come to another outcome."""

    percent: int
    outcome: str
    round: int


@dataclass(frozen=True, slots=True)
class ChainEntry:
    """An entry behind the decision, and how it bears on it."""

    id: str
    relation: str
    kind: str
    agent: int
    name: str
    says: str
    """Its reasons, or what its payload holds, cut short."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What of one kind was posted in a stretch of the run."""

    kind: str
    entries: int
    agents: int
    shown: tuple[str, ...]
    """The entries themselves where they are few."""


@dataclass(frozen=True, slots=True)
class Removal:
    """An agent that was taken out of the run, and what it had done just before."""

    round: int
    agent: int
    name: str
    cause: str
    after: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """An earlier decision on the same question."""

    proposal: str
    round: int
    outcome: str
    percent: float
    gate: str | None


@dataclass(frozen=True, slots=True)
class Without:
    """What happens without some agents: counted again, and run again."""

    agents: tuple[int, ...]
    names: tuple[str, ...]
    recount: str | None
    """What the same ballots come to without theirs, which stay in the denominator."""
    recount_percent: float | None
    rerun: str
    """What came of it when the run was executed again with them silent from the first round."""
    rerun_outcome: str | None = None
    rerun_percent: float | None = None
    rerun_round: int | None = None
    first_difference: str | None = None
    """Where the others first acted differently."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a proposal was decided as it was, from the log alone."""

    run_id: str
    scenario: str
    is_finished: bool
    rounds_logged: int
    proposal: str
    rule: str
    opened_round: int
    """In event-driven runs all rounds are instants."""
    opened_s: float | None
    """In simulated seconds; None in runs that count rounds."""
    deadline_round: int | None
    """None where it stays open until its ballots decide it."""
    decided_round: int | None
    decided_s: float | None
    outcome: str
    """As in the log; `open` while undecided."""
    option: str | None
    gate: str | None
    by: str | None
    decision: str
    """The outcome in one sentence."""
    why: tuple[str, ...]
    """Its causes, in sentences, the weightiest first."""
    count: Count | None
    panel: tuple[Seat, ...]
    """Its seats in the order of the claims; empty for an electorate of another kind."""
    voting_rounds: tuple[CountedRound, ...]
    absent: tuple[Absence, ...]
    dissent: tuple[Dissent, ...]
    pivotal: tuple[Pivot, ...] | None
    """None where the rule cannot be asked again."""
    coalition: Coalition | None
    nearest_threshold: Nearest | None
    chain: tuple[ChainEntry, ...]
    board: tuple[Posted, ...]
    board_before: tuple[Posted, ...]
    removed: tuple[Removal, ...]
    attempts: tuple[Attempt, ...]
    switched: tuple[tuple[str, str, int], ...]
    """Ballots at the last attempt, ballots now, and how many agents changed so."""
    world: tuple[tuple[str, float | str | None, float | str | None], ...]
    """The world's own numbers: name, at the last attempt, now."""
    without: Without | None = None


def moment(round: int, at_s: float | None) -> str:
    """Name a round, or an instant and when it was in simulated seconds."""
    return f"round {round}" if at_s is None else f"instant {round} at {at_s:.6g} s"


def choice_name(code: int, options: Sequence[str]) -> str:
    """Return what a choice code stands for."""
    return {ABSTAINED: "abstain", NO_BALLOT: "no ballot"}.get(code) or options[code]


def ending_text(ending: Ending) -> str:
    """Return an ending in words: `accepted`, `accepted 'b'`, `expired`, `still open`."""
    if ending.outcome == "open":
        return "still open"
    return ending.outcome + (f" {ending.option!r}" if ending.option else "")
