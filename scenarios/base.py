"""What a scenario is: a world with an objective, its options, its agents and its yardstick."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict

from agents import PlannedCalls, Population, Randomness, Stages, Stateful
from blackboard import Decided, Record, Rule, View

from .data_formats import DataFormat


class ScenarioOptions(BaseModel):
    """A scenario's parameters: frozen, checked, and each with its description and unit."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name_models: ClassVar[bool] = False
    """Whether they say which language models are asked."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a run gives its scenario."""

    options: Any
    """The scenario's own `Options`."""
    agents: int
    """How many agents the run was asked for, or the scenario's default."""
    seed: int
    structure: str
    rule: Rule
    threshold_percent: int | None
    """The threshold when the rule is a plain threshold, else None."""

    @property
    def random(self) -> Randomness:
        """The run's addressed randomness."""
        return Randomness(self.seed)


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What a run is held against: the best known or true value, and what was reached."""

    kind: str
    value: float | None
    """The best known value."""
    ours: float | None
    """The value reached."""
    gap_percent: float | None = None
    certificate_percent: float | None = None
    """What the run itself could prove about the gap, without knowing the best value."""
    certificate_assumes: str | None = None
    expected: Mapping[str, float] = field(default_factory=dict)
    """Closed forms by the name of the metric they predict."""
    evidence: str = "simulated"
    """proved, exact, simulated, calibrated or stubbed."""


@dataclass(frozen=True, slots=True)
class Dissent:
    """A vote against what was decided, and its reason."""

    agent: int
    role: str
    vote: str
    reason: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A table that a scenario publishes beside its map, and how it is read.

    `stack`: a row is a block, and its columns are width, height, and how much of the width is
    filled; blocks stand beside each other by rising height. `bars`: a row has a bar for each
    column. `parts`: a row is one bar of which the columns are parts. `course`: the columns are
    series of the scene, drawn over another one than the round.
    """

    kind: str
    columns: Mapping[str, str]
    """Names and units, in the order in which they are read."""
    rows: Sequence[str] = ()
    """What each row is called; none in a `course`."""
    fixed: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    """The columns that stay as they are; each round's `frame` has the others, as arrays under
    the names `chart:column`."""
    marks: Sequence[str] = ()
    """Series that are lines through a `stack`: at so much width, and at such a height."""
    over: str = ""
    """The series that a `course` runs along; each of its values shows its last round."""
    note: str = ""
    """What a reader of a `stack` should know of its rows."""

    def plain(self) -> dict[str, Any]:
        """Return what is published of it."""
        return {
            "kind": self.kind,
            "columns": dict(self.columns),
            "rows": list(self.rows),
            "fixed": dict(self.fixed),
            "marks": list(self.marks),
            **({"note": self.note} if self.note else {}),
            "over": self.over,
        }


@dataclass(frozen=True, slots=True)
class Scene:
    """What a scenario publishes once to be drawn, without the viewer knowing the scenario."""

    title: str
    positions: NDArray[np.float32]
    """(agents, 2), any scale."""
    edges: NDArray[np.int64]
    """(edges, 2) agent indices."""
    fields: Mapping[str, str]
    """Names and units of the per-agent and per-edge values of each round; `edge:` in front of a
    name marks one per edge."""
    series: Mapping[str, str]
    """Names and units of the numbers of each round."""
    sizes: NDArray[np.float32] | None = None
    """One per agent: how large to draw it."""
    widths: NDArray[np.float32] | None = None
    """One per edge: how wide to draw it."""
    charts: Mapping[str, Chart] = field(default_factory=dict)
    """What is drawn beside the map, by its title."""
    is_one_question: bool = False
    """Whether each proposal is another answer to the question of the one before it, so that
    it says something who votes otherwise."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """What people call numbers whose names do not say it; one with an empty title is not drawn
    by itself."""
    reason: tuple[str, str] = ("", "")
    """What the number beside a ballot is, and its unit."""


NO_LIMIT = 2**31 - 1
"""So many instants are as many as it takes."""


class Scenario(Stateful, ABC):
    """Base of all scenarios; a user's own is one class in one file.

    Everything a scenario knows of its agents it reads from the board. Its own state changes only
    between stages, in `stages`, so that a run can be repeated from its log, and taken up again
    from its `state` at the end of a round.
    """

    _given = frozenset({"setup", "options", "agents", "random"})

    name: ClassVar[str]
    summary: ClassVar[str]
    """One line for `swarmboard scenarios`."""
    Options: ClassVar[type[ScenarioOptions]] = ScenarioOptions
    kinds: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """The columns of each entry kind that is stored as columns of numbers."""
    changeable: ClassVar[tuple[str, ...]] = ()
    """The options that a fork may change in the middle of a run."""
    data_formats: ClassVar[Mapping[str, DataFormat]] = {}
    """The users' files that it reads, by the option that takes them; for `doctor --data`."""
    is_event_driven: ClassVar[bool] = False
    """Whether it runs in simulated time: every round is one instant at which something is due."""
    structures: ClassVar[tuple[str, ...]] = ("swarm", "solo")
    default_agents: ClassVar[int] = 100
    agents_from: ClassVar[str] = ""
    """What has the number of agents where nobody asks for one; empty for `default_agents`."""
    default_threshold: ClassVar[int] = 80
    default_rounds: ClassVar[int] = 1000
    """The most rounds a run takes unless told otherwise; in simulated time there is no limit that
    a class does not set itself."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.options = setup.options
        self.agents = setup.agents
        self.random = setup.random

    @classmethod
    def resolve(cls, options: Any, asked: int | None) -> tuple[Any, int]:
        """Return the options as they will be used, and how many agents the run has.

        Args:
            options: This scenario's `Options`.
            asked: The number of agents the user asked for, if any.

        Raises:
            BadInput: the options call for another number than was asked for.
        """
        return options, cls.default_agents if asked is None else asked

    @classmethod
    def asks_models(cls, options: Any) -> bool:
        """Say whether a run with these options asks language models.

        Only those can be asked that options name, as those derived from `ModelOptions` do.
        """
        return bool(getattr(options, "name_models", False))

    @classmethod
    def input_files(cls, options: Any) -> Mapping[str, Path]:
        """Return the users' files that options name, by option.

        `config.json` keeps what was in them, so that a run is not taken up with others.
        """
        named = {name: getattr(options, name, None) for name in cls.data_formats}
        return {name: Path(value) for name, value in named.items() if isinstance(value, str)}

    @classmethod
    def implied_structure(cls, structure: str, agents: int) -> str:
        """Return the structure that so many agents have where another was asked for."""
        return structure

    def matched_options(self, kind: str) -> Mapping[str, Any]:
        """Return the options in which the matched run of a baseline differs from this one.

        Args:
            kind: `single`, `separate` or `chorus`.
        """
        return {}

    @abstractmethod
    def populate(self, model: Any) -> Sequence[Population]:
        """Create the agents; the first population's first agent is agent 0."""

    def start(self, model: Any) -> None:
        """Ask for the first events, such as `model.call_at(0.0, None, "open_shop")`.

        Called once, before the first round of a run; one that is taken up again has its events.
        """

    @abstractmethod
    def stages(self, board: View) -> Stages:
        """Yield the stages of one round; each `yield` returns what the stage came to.

        In an event-driven scenario a round is an instant: what is due has been called, the agents
        among it are in `board.due`, and time stands still until the last stage has closed.
        """

    def change(self, options: Any) -> None:
        """Take other options from the next round on, because the run was forked here.

        Only those named in `changeable` differ; a scenario that has copied one elsewhere
        overrides this.
        """
        self.options = options
        self.setup = replace(self.setup, options=options)

    def observe(self, records: Sequence[Record]) -> None:
        """Look at a round's records before it ends, such as to see who has changed its ways.

        Called by the process that leads, in a run as in its repetition.
        """

    def round_limit(self) -> int:
        """Return the most rounds, or instants, that a run takes unless told otherwise.

        An event-driven one ends where nothing is to come, unless its class limits it.
        """
        is_limited = any("default_rounds" in vars(kind) for kind in _kinds_below(type(self)))
        return self.default_rounds if is_limited or not self.is_event_driven else NO_LIMIT

    def is_done(self) -> bool:
        """Say whether the objective is reached; asked after each round."""
        return False

    def left_undone(self) -> str | None:
        """Say what a run that has ended by itself did not come to the end of; None is as it should.

        Such a run has failed.
        """
        return None

    def row(self) -> Mapping[str, float | int | str | None]:
        """Return this round's numbers, for the log and `result.rounds`."""
        return {}

    def happenings(self) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """Return rows of what happened in this round, each with its name, for the log."""
        return ()

    def metrics(self) -> Mapping[str, float | int | None]:
        """Return the run's own figures for the summary."""
        return {}

    def yardstick(self) -> Yardstick | None:
        """Return what the run is held against; asked once, when it has ended."""
        return None

    def truths(self) -> Mapping[str, str]:
        """Return the right option of proposals, by their ids, as far as that is known."""
        return {}

    def tables(self) -> Mapping[str, Mapping[str, ArrayLike]]:
        """Return what the user came for: tables by name, columns by name, in the case's units."""
        return {}

    def voters_with_choice(self) -> int | None:
        """Return how many of the eligible had a choice; None means all."""
        return None

    def decisive(self) -> Decided | None:
        """Return the decision that the summary speaks of.

        None means the last that was accepted, else the last of all.
        """
        return None

    def effective_voters(self, eligible: int) -> float | None:
        """Return what the eligible are worth in independent voters.

        None leaves it to what the populations declare of their competence.
        """
        return None

    def answer_text(self) -> str | None:
        """Return what was decided in words, for people; None where words do not say it."""
        return None

    def votes_against(self) -> Sequence[Dissent]:
        """Return who voted against the answer, and why."""
        return ()

    def model_roles(self) -> Sequence[str] | None:
        """Return the roles that models can be chosen for; None where any name will do."""
        return None

    def planned_calls(self, rounds: int) -> Sequence[PlannedCalls] | None:
        """Return the calls to models that a run of so many rounds may make; None: not known.

        What is asked in different rounds has stages of different names, such as `2.reason`; what
        is not certain to be asked has `count_low=0`. Tiers are left out: roles choose them.
        """
        return None

    def scene(self) -> Scene | None:
        """Return what is drawn, asked once before the first round."""
        return None

    def frame(self) -> Mapping[str, Any]:
        """Return the values of the scene's fields and series as of this round."""
        return {}


def _kinds_below(kind: type) -> tuple[type, ...]:
    """Return a class and its bases, up to where scenarios begin."""
    return kind.__mro__[: kind.__mro__.index(Scenario)]
