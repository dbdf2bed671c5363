"""What agents remember is taken as plain values, and given back to agents built alike."""

import enum
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import mesa
import msgspec
import numpy as np
import pytest
from mesa.agent import AgentSet
from pydantic import BaseModel, ConfigDict

from agents import (
    Agent,
    Cohort,
    Competence,
    Population,
    Randomness,
    RuleAgent,
    restore_to,
    state_of,
)
from blackboard import NotPlain, SwarmboardError, pack, unpack


@pytest.fixture
def model() -> mesa.Model:
    return mesa.Model(rng=1)


class Walker(RuleAgent):
    """Remembers what it is told to."""

    def __init__(self, model: Any, **memory: Any) -> None:
        super().__init__(model)
        vars(self).update(memory)


class Bare(Agent):
    """Remembers nothing."""


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Loose(BaseModel):
    pass


class Terms(msgspec.Struct, frozen=True):
    price: float = 1.0


@dataclass
class Stock:
    pieces: int = 0


class Mood(enum.Enum):
    CALM = 1


def round_trip(agent: Any, fresh: Any) -> Any:
    restore_to(fresh, unpack(pack(state_of(agent))))
    return fresh


def test_an_agent_with_nothing_of_its_own_has_no_state(model: mesa.Model) -> None:
    agent = Bare(model)
    agent.index = 7

    assert agent.state() is None


def test_plain_attributes_are_the_state(model: mesa.Model) -> None:
    walker = Walker(model, steps=3, seen=[1, {"a": (2,)}], place=np.array([1.0, np.nan]), to=None)

    fresh = round_trip(walker, Walker(model, steps=0, seen=[], place=None, to="home"))

    assert (fresh.steps, fresh.seen, fresh.to) == (3, [1, {"a": (2,)}], None)
    assert fresh.place.tobytes() == walker.place.tobytes()


def test_who_it_is_belongs_to_the_new_one(model: mesa.Model) -> None:
    walker, fresh = Walker(model, steps=1), Walker(model, steps=0)
    fresh.index = 5

    round_trip(walker, fresh)

    assert (fresh.index, fresh.unique_id, fresh.model) == (5, walker.unique_id + 1, model)


def test_a_state_shares_nothing_with_the_agent(model: mesa.Model) -> None:
    walker = Walker(model, seen=[1])
    state = walker.state()

    walker.seen.append(2)
    fresh = Walker(model, seen=[])
    fresh.restore(state)
    fresh.seen.append(3)

    assert state == {"seen": [1]}


def test_an_agent_that_starts_over_forgets_what_it_has_learnt(model: mesa.Model) -> None:
    walker, bare = Walker(model, steps=0), Bare(model)
    at_first, nothing = walker.state(), bare.state()

    walker.steps, walker.friend = 9, "Ada"
    bare.found = [1]  # type: ignore[attr-defined]
    walker.restore(at_first)
    bare.restore(nothing)

    assert walker.state() == {"steps": 0}
    assert not hasattr(walker, "friend")
    assert bare.state() is None


@pytest.mark.parametrize(
    "value",
    [
        *(Frozen(), Terms(), Competence(0.8), Randomness(1), Stock, len, np, np.sin),
        *(partial(max, 1), Path("map.csv"), re.compile("a"), (1, len), (Terms(), "x")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_cannot_change_stays_as_it_was_built(model: mesa.Model, value: Any) -> None:
    walker = Walker(model, tool=value, steps=1)

    fresh = round_trip(walker, Walker(model, tool=value, steps=0))

    assert (fresh.tool is value, fresh.steps) == (True, 1)


def set_of(agents: list[Any]) -> Any:
    return AgentSet(agents, random=agents[0].model.random)


def dict_of(agents: list[Any]) -> Any:
    return dict(enumerate(agents))


@pytest.mark.parametrize("group", [list, tuple, set, dict_of, set_of])
def test_other_agents_stay_as_they_were_built(model: mesa.Model, group: Any) -> None:
    others: list[Any] = [Bare(model), mesa.Agent(model)]
    friends = group(others)

    fresh = round_trip(
        Walker(model, world=model, leader=others[0], friends=group(others[:1])),
        Walker(model, world=model, leader=others[1], friends=friends),
    )

    assert (fresh.leader, fresh.friends is friends) == (others[1], True)


@pytest.mark.parametrize(
    ("value", "where", "kind"),
    [
        (Stock(), "Walker.tool", "Stock"),
        (Loose(), "Walker.tool", "Loose"),
        (Mood.CALM, "Walker.tool", "Mood"),
        ([Terms()], "Walker.tool[0]", "Terms"),
        ({"a": [Stock()]}, "Walker.tool.a[0]", "Stock"),
        (np.random.default_rng(1), "Walker.tool", "Generator"),
        ((1, [len]), "Walker.tool[1][0]", "builtin_function_or_method"),
    ],
)
def test_anything_else_is_named(model: mesa.Model, value: Any, where: str, kind: str) -> None:
    with pytest.raises(NotPlain) as refused:
        Walker(model, steps=1, tool=value).state()

    assert (refused.value.where, refused.value.kind) == (where, kind)


def test_other_agents_beside_values_are_named(model: mesa.Model) -> None:
    with pytest.raises(NotPlain, match=re.escape("Walker.friends[1]: Bare cannot be kept")):
        Walker(model, friends=[1, Bare(model)]).state()


def test_what_was_left_out_but_is_needed_is_named(model: mesa.Model) -> None:
    walker = Walker(model, terms=Terms())

    with pytest.raises(SwarmboardError, match=r"Walker\.terms holds a NoneType when it is built"):
        round_trip(walker, Walker(model, terms=None))


def test_slots_are_attributes_too(model: mesa.Model) -> None:
    class Slim(Agent):
        __slots__ = ("steps",)

    agent, fresh = Slim(model), Slim(model)
    agent.steps = 4  # type: ignore[attr-defined]

    round_trip(agent, fresh)

    assert fresh.steps == 4  # type: ignore[attr-defined]


def test_an_attribute_called_state_is_an_attribute(model: mesa.Model) -> None:
    class Patient(RuleAgent):
        state = "healthy"  # type: ignore[assignment]
        restore = 0  # type: ignore[assignment]

    ill, fresh = Patient(model), Patient(model)
    ill.state = "ill"  # type: ignore[assignment,method-assign]
    population = Population("patient", [ill])
    population.seat(0)

    assert population.state() == [{"state": "ill"}]
    assert round_trip(ill, fresh).state == "ill"
    assert Patient.state == "healthy"  # type: ignore[comparison-overlap]


class Remembering(RuleAgent):
    """Keeps something that is not plain, and says how."""

    def __init__(self, model: Any) -> None:
        super().__init__(model)
        self.stock = Stock()

    def state(self) -> int:
        return self.stock.pieces

    def restore(self, state: int) -> None:
        self.stock = Stock(state)


def test_a_class_may_say_what_its_state_is(model: mesa.Model) -> None:
    agent = Remembering(model)
    agent.stock.pieces = 3

    assert agent.state() == 3
    assert round_trip(agent, Remembering(model)).stock == Stock(3)


def test_saying_it_in_one_direction_only_is_named(model: mesa.Model) -> None:
    class Half(RuleAgent):
        def state(self) -> int:
            return 3

    with pytest.raises(SwarmboardError, match=r"Half\.restore was given a int .* define restore"):
        round_trip(Half(model), Half(model))


def test_who_says_that_it_has_no_state_keeps_all_it_has(model: mesa.Model) -> None:
    class Told(RuleAgent):
        def state(self) -> None:
            return None

    fresh = Told(model)
    fresh.number = 3  # type: ignore[attr-defined]

    assert round_trip(Told(model), fresh).number == 3


def seated(members: Any, first: int = 10) -> Population:
    population = Population("walker", members)
    population.seat(first)
    return population


def test_a_populations_state_is_its_members_in_order(model: mesa.Model) -> None:
    walkers = seated([Walker(model, steps=n) for n in range(4)])
    fresh = seated([Walker(model, steps=0) for _ in range(4)])

    fresh.restore(unpack(pack(walkers.state())))

    assert [walker.steps for walker in fresh.members] == [0, 1, 2, 3]  # type: ignore[union-attr]


def test_a_population_with_nothing_to_remember_says_so_once(model: mesa.Model) -> None:
    population = seated([Bare(model) for _ in range(3)])

    state = population.state()
    population.restore(state)

    assert state is None


def test_workers_take_and_give_their_own_share(model: mesa.Model) -> None:
    walkers = seated([Walker(model, steps=n) for n in range(7)])
    fresh = seated([Walker(model, steps=-1) for _ in range(7)])
    spans = [range(12), range(12, 13), range(13, 40)]

    states = [walkers.state(span) for span in spans]
    for span, state in zip(spans, states, strict=True):
        fresh.restore(state, span)

    assert list(map(len, states)) == [2, 1, 4]
    assert fresh.state() == walkers.state()


def test_a_span_elsewhere_has_no_state(model: mesa.Model) -> None:
    walkers = seated([Walker(model, steps=1)])

    assert (walkers.state(range(10)), walkers.state(range(11, 20))) == (None, None)


def test_the_state_of_others_is_refused(model: mesa.Model) -> None:
    walkers = seated([Walker(model, steps=1) for _ in range(3)])

    with pytest.raises(SwarmboardError, match=r"the state of 3 agents of role 'walker' .* to 2"):
        walkers.restore(walkers.state(), range(11, 13))


class Herd(Cohort):
    """Remembers a number a member."""

    def __init__(self, model: Any, size: int) -> None:
        super().__init__(model, size)
        self.steps = np.zeros(size)


def test_a_cohort_remembers_as_a_whole(model: mesa.Model) -> None:
    herd, fresh = seated(Herd(model, 3)), seated(Herd(model, 3), first=20)
    herd.members.steps[:] = [1, 2, 3]  # type: ignore[union-attr]

    fresh.restore(unpack(pack(herd.state(range(11, 12)))), range(21, 22))

    assert fresh.members.steps.tolist() == [1, 2, 3]  # type: ignore[union-attr]
    assert fresh.members.indices.tolist() == [20, 21, 22]  # type: ignore[union-attr]
