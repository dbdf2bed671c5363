"""What pages draw: the facts of a run, said once, and its moments, one after each close."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

NO_CHOICE = 255
"""The code of an agent without a ballot, as on the board; 254 is a cast abstention."""


@dataclass(frozen=True, slots=True, eq=False)
class ChartFacts:
    """A table beside the map, and how it is read: `stack`, `bars`, `parts` or `course`."""

    kind: str
    columns: Mapping[str, str]
    """Names and units."""
    rows: tuple[str, ...] = ()
    fixed: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    """The columns that do not change; a moment's frame has the others, as `chart:column`."""
    marks: tuple[str, ...] = ()
    """Series that are lines through a `stack`: at so much width, and at such a height."""
    over: str = ""
    """The series that a `course` runs along."""
    note: str = ""
    """What a reader of a `stack` should know of its rows."""


@dataclass(frozen=True, slots=True, eq=False)
class SceneFacts:
    """How a scenario wants its agents drawn; published once."""

    title: str
    positions: NDArray[np.float32]
    """(agents, 2), any scale."""
    edges: NDArray[np.int64]
    """(edges, 2) agent indices."""
    fields: Mapping[str, str]
    """Names and units of values per agent, with `edge:` in front per edge."""
    series: Mapping[str, str]
    """Names and units of the numbers of each moment."""
    sizes: NDArray[np.float32] | None = None
    widths: NDArray[np.float32] | None = None
    charts: Mapping[str, ChartFacts] = field(default_factory=dict)
    """What is drawn beside the map, by its title."""
    is_one_question: bool = False
    """Whether votes on proposals that follow each other can be compared."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """What people call numbers whose names do not say it; empty where one is not drawn."""
    reason: tuple[str, str] = ("", "")
    """What the number beside a ballot is, and its unit."""


@dataclass(frozen=True, slots=True, eq=False)
class RunFacts:
    """What does not change while a run goes on."""

    run_id: str
    scenario: str
    structure: str
    agents: int
    """How many joined before the first round, the chair left out."""
    seed: int
    rule: str
    threshold_percent: int | None
    is_event_driven: bool
    roles: tuple[tuple[str, int, int], ...]
    """Role, first agent, how many; in the order of the agents."""
    names: tuple[str, ...] = ()
    """What people call the agents; empty for no names."""
    scene: SceneFacts | None = None
    others: int = 0
    """How many of those who joined are not among the agents that were asked for: planners."""


@dataclass(frozen=True, slots=True, eq=False)
class Vote:
    """How a proposal stands, or how it ended."""

    proposal: str
    options: tuple[str, ...]
    rule: str
    threshold_percent: int | None
    agents: NDArray[np.uint32]
    """The seats of the electorate, by agent; of a panel those that are taken."""
    choices: NDArray[np.uint8]
    """Of each seat: an option's index, 254 abstention, 255 none. All 255 while it is sealed."""
    confidence: NDArray[np.float32]
    """Of each seat, 0-1; empty where all are 1."""
    weights: Mapping[str, int]
    """Cast for each option; zero while sealed."""
    abstained: int
    eligible: int
    """Weight of the electorate."""
    cast: int
    """Seats that have voted, known while sealed too."""
    is_sealed: bool
    """Whether the choices are still hidden."""
    outcome: str | None = None
    option: str | None = None
    gate: str | None = None
    by: str | None = None

    @property
    def approval_percent(self) -> float | None:
        """The share of the leading option, or of approval; None while sealed."""
        if self.is_sealed or not self.eligible:
            return None
        leading = self.weights.get("approve", max(self.weights.values(), default=0))
        return 100 * leading / self.eligible

    @property
    def still_needed(self) -> int | None:
        """Weight that is missing to the threshold; None where there is none, or while sealed."""
        if self.threshold_percent is None or self.approval_percent is None:
            return None
        needed = -(-self.threshold_percent * self.eligible // 100)
        return max(0, needed - self.weights.get("approve", max(self.weights.values(), default=0)))


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """A run as of the close of a round, or of some instants of an event-driven one."""

    number: int
    """The round or instant."""
    now_s: float | None
    """Simulated seconds; None in runs that count rounds."""
    status: str
    """running, paused, done, stopped, failed, or `lost` where the board is gone."""
    vote: Vote | None
    """The proposal that people look at: the latest that was counted, else the latest opened."""
    waiting: tuple[str, ...] = ()
    """Proposals that wait for a person."""
    frame: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    """Values of the scene's fields, per agent or edge."""
    series: Mapping[str, float] = field(default_factory=dict)
    """The moment's numbers: the scene's series, and the world's own row."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """So far: entries, ballots, accepted, rejected, expired, vetoed, escalated, and abstentions."""
    flips: NDArray[np.int64] | None = None
    """(options + 2, options + 2): how many seats went from one choice to another since the voting
    round before; the last two are abstention and no ballot. None before a second one."""
