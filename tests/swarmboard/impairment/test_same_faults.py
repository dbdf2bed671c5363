"""The same faults hit alike, whatever the population, its processes and interruptions."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from agents import Randomness
from blackboard import Abstained, Draft, Posts, indices, pack, unpack
from swarmboard.faults import AGENT_KINDS, read_faults
from swarmboard.injection import Injector

type NewGame = Callable[..., Any]
"""Makes a game with some faults."""

AGENTS = 20


def told(draft: Draft) -> list[tuple[object, ...]]:
    """Return what each agent did in a draft."""
    said: list[tuple[object, ...]] = []
    for record in draft.records():
        if isinstance(record, Posts):
            prices = np.frombuffer(record.columns["price"]).tolist()
            said += zip(indices(record.agents).tolist(), prices, strict=True)
        elif isinstance(record, Abstained):
            said += [(agent, record.cause) for agent in record.members.tolist()]
    return [tuple(map(str, words)) for words in said]


@pytest.mark.parametrize("kind", [kind for kind in AGENT_KINDS if kind != "slow"])
def test_a_cohort_and_its_agents_as_objects_fail_alike(game: NewGame, kind: str) -> None:
    fault = {"kind": kind, "rate": 0.3, "at_round": 2}
    together, apart = game(fault, cohort=True), game(fault)

    together.play(8)
    apart.play(8)

    assert together.digest == apart.digest
    assert together.notes == apart.notes
    assert together.row() == apart.row()
    assert together.digest != game().digest


@pytest.mark.parametrize("kind", AGENT_KINDS)
@pytest.mark.parametrize("cohort", [False, True])
def test_processes_that_share_the_agents_come_to_the_same(
    game: NewGame, kind: str, cohort: bool
) -> None:
    fault = {"kind": kind, "rate": 0.4}
    swarm = game(fault, cohort=cohort, sleep=lambda _: None)
    swarm.play(3)
    swarm.leader.begin_round()
    swarm.injector.begin_round(4)
    whole = swarm.leader.begin()
    where = {"round": 4, "stage": 1}
    parts = [Draft(swarm.leader.replica, {"bid": ("price",)}, **where) for _ in range(3)]
    view = swarm.leader.view("bid", {"price": 400.0})
    terms: dict[str, Any] = {"sees": None, "report": lambda agents, why: None}

    swarm.injector.begin_stage(view, ["trader"])
    swarm.injector.act(swarm.population, view, whole, **terms)
    for part, span in zip(parts, (range(7), range(7, 8), range(8, AGENTS)), strict=True):
        swarm.injector.act(swarm.population, view, part, span=span, **terms)

    joined = [said for part in parts for said in told(part)]
    assert sorted(joined) == sorted(told(whole))


def test_without_a_hit_nothing_differs(game: NewGame) -> None:
    later, none = game({"kind": "crash", "share": 0.5, "at_round": 9}), game()

    later.play(5)
    none.play(5)

    assert later.digest == none.digest
    assert later.row()["injected"] == 0
    assert later.row()["rounds_to_recovery_median"] is None


def test_a_leaver_is_hit_no_more_and_does_not_recover(game: NewGame) -> None:
    swarm = game({"kind": "random", "agents": [3], "for_rounds": 2}, {"kind": "loss", "rate": 1.0})
    swarm.play()
    swarm.leader.remove(np.array([3], np.uint32), "quarantined")
    swarm.play(3)

    random, _ = swarm.injector.summary()

    assert (random["detected"], random["recovered"]) == (1, 0)
    assert 3 not in swarm.notes[-1]["agents"]


@pytest.mark.parametrize("kind", AGENT_KINDS)
def test_an_injector_goes_on_where_its_state_was_taken(game: NewGame, kind: str) -> None:
    fault = {"kind": kind, "rate": 0.2, "for_rounds": 3}
    whole, broken = game(fault, sleep=lambda _: None), game(fault, sleep=lambda _: None)
    whole.play(9)
    broken.play(5)
    population = [broken.population]
    fresh = Injector(read_faults([fault]), Randomness(7), population, sleep=lambda _: None)

    fresh.restore(unpack(pack(broken.injector.state())))
    broken.injector = fresh
    broken.play(4)

    assert broken.digest == whole.digest
    assert broken.row() == whole.row()
