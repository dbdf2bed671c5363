"""A swarm that bids and votes round by round, as a cohort or as objects, with faults."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import mesa
import numpy as np
import pytest

from agents import Cohort, Population, Randomness, RuleAgent
from blackboard import (
    NO_BALLOT,
    Board,
    ClosedStage,
    Leader,
    Post,
    PostBlock,
    Posts,
    Proposal,
    View,
    Vote,
    VoteBlock,
    indices,
)
from swarmboard.faults import read_faults
from swarmboard.injection import Injector

AGENTS = 20


class Trader(RuleAgent):
    """Bids what the round is worth to it, and approves."""

    asked = 0

    def bid(self, view: View) -> Post:
        self.asked += 1
        return Post("bid", {"price": view.brief["price"] + self.index})

    def vote(self, view: View) -> Vote:
        return Vote("approve", view.proposal.id)


class Traders(Cohort):
    """The same agents at once; remembers how often it was asked."""

    asked = 0

    def bid(self, view: View) -> PostBlock:
        self.asked += 1
        return PostBlock("bid", {"price": view.brief["price"] + self.indices.astype(float)})

    def vote(self, view: View) -> VoteBlock:
        return VoteBlock(np.zeros(self.size, np.uint8), view.proposal.id)


class Shown:
    """What a closed stage shows."""

    def __init__(self, closed: ClosedStage) -> None:
        self.closed = closed

    def causes(self) -> dict[str, list[int]]:
        """Return who abstained, by cause."""
        return {record.cause: record.members.tolist() for record in self.closed.abstained}

    def bids(self) -> dict[int, list[float]]:
        """Return the prices each agent bid."""
        found: dict[int, list[float]] = {}
        for record in self.closed.records:
            if isinstance(record, Posts):
                prices = np.frombuffer(record.columns["price"])
                for agent, price in zip(indices(record.agents).tolist(), prices, strict=True):
                    found.setdefault(agent, []).append(float(price))
        return found

    def choices(self) -> list[int]:
        """Return what each agent voted."""
        [record] = self.closed.ballots
        return np.frombuffer(record.choices, np.uint8).tolist()

    def voters(self) -> list[int]:
        """Return who cast a ballot."""
        return [agent for agent, code in enumerate(self.choices()) if code != NO_BALLOT]


@dataclass
class Game:
    """A swarm that bids and votes, round by round, with its faults."""

    leader: Leader
    population: Population
    injector: Injector
    notes: list[dict[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    digest: str = ""

    def play(self, rounds: int = 1) -> dict[str, Shown]:
        """Play rounds and return the stages of the last."""
        stages: dict[str, Shown] = {}
        for _ in range(rounds):
            self.leader.begin_round()
            self.notes += self.injector.begin_round(self.leader.round)
            stages = {name: self.stage(name) for name in ("bid", "vote")}
            self.digest = self.leader.end_round()
        return stages

    def stage(self, name: str) -> Shown:
        leader, votes = self.leader, name == "vote"
        draft = leader.begin([Proposal()] if votes else [])
        view = leader.view(name, {"price": 100.0 * leader.round})
        self.injector.begin_stage(view, ["trader"])
        self.injector.act(
            self.population,
            view,
            draft,
            sees=None,
            report=lambda agents, why: self.failures.append(why),
            left=leader.replica.left,
        )
        leader.commit(draft)
        closed = leader.close(counts=votes)
        self.injector.observe(closed, roles=("trader",), left=leader.replica.left)
        return Shown(closed)

    def row(self) -> dict[str, Any]:
        """Return the one row of the account."""
        [row] = self.injector.summary()
        return row


@pytest.fixture
def game() -> Iterator[Callable[..., Game]]:
    """Make a game with some faults."""
    boards: list[Board] = []

    def game(*faults: Any, cohort: bool = False, agents: int = AGENTS, **more: Any) -> Game:
        board = Board.open("memory://", kinds={"bid": ("price",)})
        boards.append(board)
        leader, model = board.lead(), mesa.Model(rng=1)
        members = Traders(model, agents) if cohort else [Trader(model) for _ in range(agents)]
        population = Population("trader", members)
        population.seat(leader.welcome("trader", agents))
        injector = Injector(read_faults(list(faults)), Randomness(7), [population], **more)
        return Game(leader, population, injector)

    yield game
    for board in boards:
        board.close()
