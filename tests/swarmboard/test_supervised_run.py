"""Agents that fail are restarted by their strategy, and the work they had claimed gets done."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import mesa
import numpy as np
import pytest

from agents import (
    Agent,
    Beginnings,
    Cohort,
    Population,
    Randomness,
    Supervision,
    SupervisionConfig,
)
from blackboard import Board, Claim, Granted, Leave, Post, PostBlock, Release, SetField, View

LEASE_ROUNDS = 3
WORK_ROUNDS = 2
ITEMS_A_ROUND = 9
ROUNDS = 100


class Worker(Agent):
    """Claims an item nobody holds, works on it, marks it done and gives it back."""

    def __init__(self, model: Any, breaks: Callable[["Worker", View], None]) -> None:
        super().__init__(model)
        self._breaks = breaks
        self.item: str | None = None
        self.worked = 0
        self.lives = 1
        self.is_dead = False

    def act(self, view: View) -> Any:
        self._breaks(self, view)
        if self.is_dead:
            raise RuntimeError("dead until it is restarted")
        if self.item is None or view.holder(self.item) != self.index:
            free = view.brief["free"]
            self.item, self.worked = (free[self.index % len(free)], 0) if free else (None, 0)
            return Claim(self.item, LEASE_ROUNDS) if self.item else None
        self.worked += 1
        if self.worked < WORK_ROUNDS:
            return None
        done, self.item, self.worked = self.item, None, 0
        return [SetField(f"done {done}", view.field(f"done {done}", 0) + 1), Release(done)]

    def state(self) -> Any:
        return None

    def restore(self, state: Any) -> None:
        self.item, self.worked, self.lives, self.is_dead = None, 0, self.lives + 1, False


class Swarm:
    """A run of workers under supervision, round by round, as the model of a run takes them."""

    def __init__(
        self,
        board: Board,
        members: Any,
        config: SupervisionConfig,
        *,
        items: int = 0,
        capabilities: Any = (),
    ) -> None:
        self.leader, self.items = board.lead(), items
        self.population = Population("worker", members, capabilities=capabilities)
        self.population.seat(self.leader.welcome("worker", self.population.size))
        self.supervision = Supervision.over(
            [self.population],
            config,
            restart=Beginnings([self.population]).restart,
        )
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.records: list[Any] = []
        self.failures: list[list[int]] = []

    def round(self) -> None:
        leader, supervision = self.leader, self.supervision
        leader.begin_round()
        self._note(supervision.begin_round(leader.round, leader.replica.left))
        draft = leader.begin()
        supervision.act(
            Population.act,
            self.population,
            leader.view("work", {"free": self.free()}),
            draft,
            sees=None,
            report=lambda agents, why: self.failures.append(agents.tolist()),
            left=leader.replica.left,
        )
        leader.commit(draft)
        closed = leader.close()
        self.records += closed.records
        self._note(supervision.observe(closed, leader.replica.left))
        leader.end_round()

    def rounds(self, count: int) -> None:
        for _ in range(count):
            self.round()

    def named(self, name: str) -> list[dict[str, Any]]:
        return [detail for found, detail in self.events if found == name]

    def free(self) -> list[str]:
        view = self.leader.view()
        there = map(str, range(min(self.items, ITEMS_A_ROUND * view.round)))
        return [i for i in there if view.holder(i) is None and not view.field(f"done {i}")]

    def done(self) -> list[int]:
        return [self.leader.view().field(f"done {item}", 0) for item in range(self.items)]

    def _note(self, events: Any) -> None:
        self.events += events
        for name, detail in events:
            self.leader.note(name, detail)


@pytest.fixture
def board() -> Any:
    with Board.open("memory://", kinds={"offer": ("price",)}) as board:
        yield board


@pytest.fixture
def model() -> mesa.Model:
    return mesa.Model(rng=1)


def never(worker: Worker, view: View) -> None:
    """Let a worker live."""


def killed(worker: Worker, view: View, *, at: dict[int, int]) -> None:
    """Kill workers once, in a round each."""
    if view.round >= at.get(worker.index, view.round + 1):
        del at[worker.index]
        worker.is_dead = True


def victims(agents: int, *, percent: int, seed: int) -> dict[int, int]:
    """Draw who is killed, and in which round."""
    random = Randomness(seed).everyone("killed")
    chosen = random.choice(agents, agents * percent // 100, replace=False)
    rounds = random.integers(1, ROUNDS, endpoint=True, size=len(chosen))
    return dict(zip(chosen.tolist(), rounds.tolist(), strict=True))


def team_of(agent: int, size: int = 8) -> list[int]:
    first = agent // size * size
    return list(range(first, first + size))


TIED: dict[str, Callable[[int], list[int]]] = {
    "one-for-one": lambda agent: [agent],
    "one-for-all": team_of,
    "rest-for-one": lambda agent: [other for other in team_of(agent) if other >= agent],
}


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("strategy", TIED)
def test_a_swarm_that_loses_30_percent_over_100_rounds_does_all_its_work(
    board: Board, model: mesa.Model, strategy: Any, seed: int
) -> None:
    items, at = ROUNDS * ITEMS_A_ROUND, victims(40, percent=30, seed=seed)
    members = [Worker(model, partial(killed, at=at)) for _ in range(40)]
    swarm = Swarm(board, members, SupervisionConfig(strategy=strategy), items=items)

    swarm.rounds(ROUNDS + 10)

    claimed = {r.key for r in swarm.records if isinstance(r, Granted) and r.act == "claim"}
    summary = swarm.supervision.summary()
    assert at == {}
    assert sorted(map(int, claimed)) == list(range(items))
    assert min(swarm.done()) >= 1
    assert summary["items_left"] == []
    assert summary["stay_down"] == summary["persons_asked"] == 0
    assert summary["recovered"] == summary["failures"] > 0
    assert summary["handovers"] == len(swarm.named("handover")) > 0


@pytest.mark.parametrize("strategy", TIED)
def test_restarts_follow_the_strategy(board: Board, model: mesa.Model, strategy: Any) -> None:
    at = {3: 5, 12: 5, 17: 40, 22: 70, 18: 95}
    members = [Worker(model, partial(killed, at=dict(at))) for _ in range(24)]
    swarm = Swarm(board, members, SupervisionConfig(strategy=strategy))

    swarm.rounds(ROUNDS)

    restarts = [(e["round"], e["failed"], e["agents"]) for e in swarm.named("restart")]
    lives = Counter(agent for _, _, agents in restarts for agent in agents)
    assert restarts == [(at[a] + 1, f"agent {a}", TIED[strategy](a)) for a in at]
    assert [member.lives for member in members] == [1 + lives[agent] for agent in range(24)]


def test_a_claim_of_a_failed_agent_is_granted_to_others_once_its_lease_has_ended(
    board: Board, model: mesa.Model
) -> None:
    members = [Worker(model, partial(killed, at={0: 2})) for _ in range(3)]
    swarm = Swarm(board, members, SupervisionConfig(backoff_rounds=(9,), max_restarts=1), items=2)

    swarm.rounds(8)

    granted = [
        (r.round, r.agent, r.until_round)
        for r in swarm.records
        if isinstance(r, Granted) and r.act == "claim" and r.key == "0" and r.granted
    ]
    assert granted == [(1, 0, 4), (5, 1, 8)]
    assert swarm.named("returned") == [{"item": "0", "from": 0, "round": 5}]
    assert swarm.named("handover") == [{"item": "0", "from": 0, "to": 1, "round": 5}]
    assert swarm.done() == [1, 1]


class Leaver(Worker):
    """Claims the first item and leaves."""

    def act(self, view: View) -> Any:
        return Leave() if view.round == 2 else Claim("0", LEASE_ROUNDS)


def test_a_leavers_claim_is_handed_over_just_so(board: Board, model: mesa.Model) -> None:
    members = [Leaver(model, never), Worker(model, never), Worker(model, never)]
    swarm = Swarm(board, members, SupervisionConfig(), items=2, capabilities={"weld": [0]})

    swarm.rounds(8)

    [lost] = swarm.named("lost")
    [asked] = swarm.named("ask-person")
    assert swarm.named("handover") == [{"item": "0", "from": 0, "to": 1, "round": 5}]
    assert (lost["capability"], lost["agents"], lost["round"]) == ("weld", [0], 2)
    assert asked["question"] == "nobody is left who can 'weld'; who takes that over?"


def broken(worker: Worker, view: View) -> None:
    """Break one worker for ever."""
    if worker.index == 2:
        raise RuntimeError("broken")


def test_an_agent_that_always_fails_stays_down_and_a_person_is_asked(
    board: Board, model: mesa.Model
) -> None:
    members = [Worker(model, broken) for _ in range(16)]
    can = {"weld": [2], "cut": [2, 3]}
    swarm = Swarm(board, members, SupervisionConfig(), items=200, capabilities=can)

    swarm.rounds(60)

    questions = [asked["question"] for asked in swarm.named("ask-person")]
    assert swarm.supervision.down == {2: "error"}
    assert questions == [
        "agent 2 stays down; start again, or go on without?",
        "nobody is left who can 'weld'; who takes that over?",
    ]
    assert swarm.supervision.summary()["lost"] == ["weld"]
    assert swarm.done() == [1] * 200


def test_a_person_starts_an_agent_again_and_what_it_can_do_is_back(
    board: Board, model: mesa.Model
) -> None:
    members = [Worker(model, broken) for _ in range(16)]
    swarm = Swarm(board, members, SupervisionConfig(), capabilities={"weld": [2]})
    swarm.rounds(60)
    members[2]._breaks = never

    board.post(board.join("anna", votes=False), Post("restart", {"agents": [2]}))
    swarm.rounds(2)

    assert swarm.named("restart")[-1] == {
        "by": "person",
        "strategy": "person",
        "failed": "agent 2",
        "why": "4 failures within 40, the last by error",
        "agents": [2],
        "round": 62,
    }
    assert swarm.named("regained") == [{"capability": "weld", "agents": [2], "round": 61}]
    assert swarm.supervision.down == {}


@pytest.mark.parametrize(
    "agents",
    [[[2], [3, 4]], [[2]], "2", ["2"], [2.0], [True], [None], None, {"2": 2}, [], 2, [2, -1]],
)
def test_a_restart_that_names_no_agents_is_noted_and_nothing_comes_of_it(
    board: Board, model: mesa.Model, agents: Any
) -> None:
    members = [Worker(model, broken) for _ in range(16)]
    swarm = Swarm(board, members, SupervisionConfig())
    swarm.rounds(60)
    members[2]._breaks = never

    anna = board.join("anna", votes=False)
    board.post(anna, Post("restart", {"agents": agents}))
    swarm.rounds(2)

    [refused] = swarm.named("refused")
    assert (refused["entry"].split(".")[2], refused["round"]) == (str(anna), 61)
    assert refused["why"].startswith("agents")
    assert swarm.supervision.down == {2: "error"}


@pytest.mark.parametrize("agents", [[2**63], [2**64 - 1], [2**32]])
def test_a_restart_of_an_agent_with_an_impossible_number_is_noted(
    board: Board, model: mesa.Model, agents: list[int]
) -> None:
    swarm = Swarm(board, [Worker(model, never)], SupervisionConfig())

    board.post(board.join("anna", votes=False), Post("restart", {"agents": agents}))
    swarm.rounds(2)

    [refused] = swarm.named("refused")
    assert refused["why"] == f"agents has {agents[0]}, which is no agent's number"


class Offers(Cohort):
    """Offers a price for each member, and fails as a whole in one round."""

    def act(self, view: View) -> Any:
        if view.round == 3:
            raise RuntimeError("all at once")
        return PostBlock("offer", {"price": np.arange(float(self.size))})


def test_a_cohort_that_fails_is_restarted_once_as_a_whole(board: Board, model: mesa.Model) -> None:
    swarm = Swarm(board, Offers(model, 20), SupervisionConfig())

    swarm.rounds(5)

    [restart] = swarm.named("restart")
    assert (restart["round"], restart["failed"], len(restart["agents"])) == (4, "root", 20)
    assert swarm.failures == [list(range(20))]
    assert swarm.supervision.summary()["persons_asked"] == 0


def test_rows_of_members_that_are_down_do_not_reach_the_board(
    board: Board, model: mesa.Model
) -> None:
    swarm = Swarm(board, Offers(model, 4), SupervisionConfig())
    swarm.supervision.down = {1: "late", 2: "error"}

    swarm.round()

    rows = swarm.leader.view().rows("offer")
    abstained = [(r.cause, r.members.tolist()) for r in swarm.records if hasattr(r, "members")]
    assert rows is not None
    assert rows.agents.tolist() == [0, 3]
    assert rows.columns["price"].tolist() == [0.0, 3.0]
    assert abstained == [("error", [2]), ("late", [1])]


def test_a_restored_supervision_goes_on_as_the_one_it_was_taken_from(model: mesa.Model) -> None:
    def events(*, restored_after: int | None) -> Any:
        with Board.open("memory://") as board:
            at = victims(16, percent=50, seed=5)
            members = [Worker(model, partial(killed, at=at)) for _ in range(16)]
            swarm = Swarm(board, members, SupervisionConfig(strategy="rest-for-one"), items=400)
            for round in range(ROUNDS):
                if round == restored_after:
                    swarm.supervision = afresh(swarm)
                swarm.round()
            return swarm.events, swarm.supervision.summary()

    assert events(restored_after=47) == events(restored_after=None)


def afresh(swarm: Swarm) -> Supervision:
    """Return a new supervision over the same agents, restored from the old one's state."""
    config = SupervisionConfig(strategy="rest-for-one")
    restart = Beginnings([swarm.population]).restart
    other = Supervision.over([swarm.population], config, restart=restart)
    other.restore(swarm.supervision.state())
    return other
