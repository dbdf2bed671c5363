"""Work that failed agents held is followed by the grants alone, and never taken from them."""

from typing import Any

from agents.custody import Custody, Handover
from blackboard import Granted


def grant(agent: int, item: str, *, act: str = "claim", until: int = 4, **terms: Any) -> Granted:
    return Granted("outcome", 1, 1, agent, act, item, until_round=until, **terms)


def holding(*grants: Granted) -> Custody:
    custody = Custody()
    custody.take(grants)
    return custody


def test_an_item_returns_when_the_lease_of_its_failed_holder_has_ended_and_once() -> None:
    custody = holding(grant(1, "a"), grant(2, "b"))
    custody.orphan({1}, 2)

    returned = [custody.returned(round) for round in (3, 4, 5, 6)]

    assert returned == [[], [], [("a", 1)], []]
    assert custody.free == ["a"]


def test_the_next_to_be_granted_it_takes_it_over() -> None:
    custody = holding(grant(1, "a"))
    custody.orphan({1}, 2)
    custody.returned(5)

    handovers = custody.take([grant(2, "a", granted=False), grant(3, "a", until=9)])

    assert handovers == [Handover("a", 1, 3)]
    assert custody.free == []


def test_a_holder_that_comes_back_keeps_what_it_holds() -> None:
    custody = holding(grant(1, "a"), grant(1, "b"))
    custody.orphan({1}, 2)

    again = custody.take([grant(1, "a", until=9), grant(1, "b", act="release")])

    assert again == []
    assert custody.returned(12) == []


def test_what_an_agent_held_before_its_lease_ended_is_no_claim_of_its_any_more() -> None:
    custody = holding(grant(1, "a"))

    custody.orphan({1}, 5)

    assert custody.returned(6) == []


def test_a_second_failure_on_the_way_names_the_last_holder() -> None:
    custody = holding(grant(1, "a"))
    custody.orphan({1}, 2)
    custody.take([grant(2, "a", until=9)])
    custody.orphan({2}, 6)

    assert custody.returned(10) == [("a", 2)]
    assert custody.take([grant(1, "a", until=13)]) == [Handover("a", 2, 1)]


def test_a_restored_custody_knows_what_is_out() -> None:
    custody, other = holding(grant(1, "a"), grant(1, "b", until=9)), Custody()
    custody.orphan({1}, 2)
    custody.returned(5)

    other.restore(custody.state())

    assert other.returned(10) == [("b", 1)]
    assert other.free == ["a", "b"]
