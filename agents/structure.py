"""Coordination structures: who acts when, who sees what, who decides."""

from collections.abc import Generator, Mapping, Sequence
from typing import Any, ClassVar, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from blackboard import ClosedStage, Gate, Proposal, View

from .population import Sees


class Stage(msgspec.Struct, frozen=True, gc=False):
    """One step of a round: these roles act, all on the board as of its start."""

    name: str
    roles: tuple[str, ...]
    proposals: tuple[Proposal, ...] = ()
    """Opened as the stage begins."""
    votes: bool = False
    """Whether the stage's close ends a voting round and counts it."""
    brief: Mapping[str, Any] = {}
    """What the scenario derived from the board for everybody who acts."""
    removed: Mapping[str, NDArray[np.uint32]] = {}
    """Agents taken out of the run as the stage begins, by cause."""
    gate: Gate | None = None
    """Names what stands in the way of executing an accepted proposal."""
    agents: Sequence[int] | None = None
    """Who acts of these roles, ascending; None means all."""


type Stages = Generator[Stage, ClosedStage, None]
"""A round: yields its stages, and is sent what each came to."""


class Staged(Protocol):
    """What a structure asks of a scenario: the stages of its rounds."""

    def stages(self, board: View) -> Stages:
        """Yield the stages of one round."""


class Structure:
    """Who acts when, who sees what, and who decides; the base is everybody, all, and all."""

    name: ClassVar[str] = ""
    summary: ClassVar[str] = ""

    def size(self, agents: int) -> int:
        """Return how many agents work where `agents` were asked for."""
        return agents

    def stages(self, scenario: Staged, board: View) -> Stages:
        """Yield the stages of one round."""
        yield from scenario.stages(board)

    @property
    def sees(self) -> Sees | None:
        """Narrow an agent's view; None where everybody sees the whole board."""
        return None


class Swarm(Structure):
    """Everybody acts in every stage, reads the whole board, and votes."""

    name = "swarm"
    summary = "all agents read one board, contribute in every stage and vote"


class Solo(Structure):
    """One agent does the whole task and decides alone: the matched single-agent baseline."""

    name = "solo"
    summary = "one agent with the same task, seed and budget; the baseline `single`"

    def size(self, agents: int) -> int:
        """Return 1."""
        return 1


class Separate(Structure):
    """Everybody keeps a context of its own, and is sent everything that others say."""

    name = "separate"
    summary = "each by itself: a context of its own, messages to all; `--baseline separate`"


class Chorus(Structure):
    """One reply speaks for everybody."""

    name = "chorus"
    summary = "models: one call plays all roles; the baseline `chorus`"


class Hierarchy(Structure):
    """A router gives each task to one of several teams, whose members decide among themselves."""

    name = "hierarchy"
    summary = "a router gives each task to one of several teams, which votes among itself"


def structures() -> dict[str, Structure]:
    """Return the structures by name."""
    return {
        structure.name: structure
        for structure in (Swarm(), Solo(), Separate(), Chorus(), Hierarchy())
    }
