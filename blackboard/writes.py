"""What an agent may do: the actions it returns, one by one or as columns for thousands.

Actions are wishes until the stage is committed; entries, ballots and decisions are what the board
made of them (`records`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from .rules import Rule

type Layer = Literal["task", "reasoning", "coordination"]
type Cause = Literal["error", "invalid", "late", "budget", "silent", "left", "quarantined"]

LAYERS: tuple[Layer, ...] = ("task", "reasoning", "coordination")
CAUSES: tuple[Cause, ...] = (
    "error",
    "invalid",
    "late",
    "budget",
    "silent",
    "left",
    "quarantined",
)
RELATIONS = ("derived-from", "supports", "contradicts")


class Link(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How an entry relates to another: derived-from, supports or contradicts."""

    relation: str
    entry: str


class Post(msgspec.Struct, frozen=True, gc=False):
    """Contribute an entry.

    A kind that the scenario declares as columns takes exactly those numbers as payload and
    nothing else; any other payload is a mapping of names to plain values or float arrays.
    """

    kind: str
    payload: Mapping[str, Any]
    layer: Layer = "task"
    reasons: tuple[str, ...] = ()
    confidence: float = 1.0
    links: tuple[Link, ...] = ()
    to: int | None = None
    """The agent this entry is addressed to: a direct message that only it sees."""


class Vote(msgspec.Struct, frozen=True, gc=False):
    """Cast a ballot: `approve`, `reject`, `abstain`, or the name of an option."""

    choice: str
    proposal: str | None = None
    """The proposal's id; None means the only one that is open."""
    confidence: float = 1.0
    reason: str | float | None = None
    """A sentence, or the number that decided it (grid dispatch: the regret in $/h)."""


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """Something the electorate can decide; all of it is fixed when it opens."""

    options: tuple[str, ...] = ("approve", "reject")
    electorate: Sequence[int] | NDArray[np.uint32] | None = None
    """Agent indices that may vote, ascending; None means every voter of the run."""
    weights: Sequence[int] | NDArray[np.int64] | None = None
    """One positive integer per member of the electorate; None means 1 each."""
    rule: Rule | None = None
    """None means the run's rule."""
    deadline_rounds: int = 1
    """Voting rounds, this one included, before the proposal expires."""
    sealed: bool | None = None
    """None means as the run is configured (sealed by default)."""
    payload: Mapping[str, Any] = {}
    id: str | None = None
    """The id of the entry that is put to the vote; None numbers a new one."""
    impact: float | None = None
    """What executing it would move, in the scenario's unit (MW, money, tickets)."""
    panel: int | None = None
    """In event-driven runs: so many seats in place of an electorate, for those first who claim
    the proposal."""
    barred: tuple[int, ...] = ()
    """Agents that may have no seat of the panel, ascending."""


class Claim(msgspec.Struct, frozen=True, gc=False):
    """Ask for an item of work; granted at the stage's close to the first in canonical order."""

    item: str
    """A name of the scenario's own, or the id of a proposal with a panel: then a seat of it."""
    lease_rounds: int = 1
    lease_s: float | None = None
    """In event-driven runs: how many simulated seconds it lasts, above 0; None until released."""


class Release(msgspec.Struct, frozen=True, gc=False):
    """Give a claimed item back."""

    item: str


class SetField(msgspec.Struct, frozen=True, gc=False):
    """Ask to write a shared field, if it still has the revision the agent saw (0: not yet set)."""

    key: str
    value: Any
    expected: int | None = None
    """None writes whatever stands there."""


class Leave(msgspec.Struct, frozen=True, gc=False):
    """Leave the run. Open proposals keep the leaver in their electorate."""


class PostBlock(msgspec.Struct, frozen=True, gc=False):
    """Entries of one columnar kind, one row an agent, in ascending agent order."""

    kind: str
    columns: Mapping[str, NDArray[np.float64]]
    agents: NDArray[np.uint32] | None = None
    """None means all members of the cohort."""
    layer: Layer = "task"


class VoteBlock(msgspec.Struct, frozen=True, gc=False):
    """Ballots of many agents on one proposal.

    `choices` holds option indices, `ABSTAINED` or `NO_BALLOT`, one per member (or per entry of
    `agents`). Members outside the electorate must hold `NO_BALLOT` or be left out.
    """

    choices: NDArray[np.uint8]
    proposal: str | None = None
    agents: NDArray[np.uint32] | None = None
    confidence: NDArray[np.float64] | None = None
    reasons: NDArray[np.float64] | None = None


class Abstain(msgspec.Struct, frozen=True, gc=False):
    """Abstain by cause: what could not be answered, never a vote (a cast one is a `Vote`)."""

    cause: Cause
    agents: NDArray[np.uint32] | None = None
    detail: str = ""


type Action = Post | Vote | Proposal | Claim | Release | SetField | Leave | Abstain
type Block = PostBlock | VoteBlock | Abstain
