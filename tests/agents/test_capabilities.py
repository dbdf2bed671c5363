"""What only some agents can do is named when the last of them is gone."""

import pytest

from agents import holders_of
from agents.capabilities import Capabilities, Change


def test_a_capability_is_lost_with_its_last_holder_and_said_once() -> None:
    capabilities = Capabilities({"weld": [3, 5], "cut": [5, 6]})

    first, last, again = (capabilities.without(gone) for gone in ({5}, {3, 5}, {3, 5, 7}))

    assert (first, again) == ([], [])
    assert last == [Change("weld", True, (3, 5))]
    assert capabilities.lost == ["weld"]


def test_a_capability_is_there_again_with_its_first_holder() -> None:
    capabilities = Capabilities({"weld": [3, 5]})
    capabilities.without({3, 5})

    changes = capabilities.without({3})

    assert changes == [Change("weld", False, (5,))]
    assert capabilities.lost == []


def test_what_was_lost_is_not_said_again_after_a_restore() -> None:
    capabilities, other = Capabilities({"weld": [3]}), Capabilities({"weld": [3]})
    capabilities.without({3})

    other.restore(capabilities.state())

    assert other.without({3}) == []


def test_a_population_declares_for_all_its_members_or_for_some() -> None:
    agents = [10, 11, 12]

    for_all = holders_of(agents, ["read", "write"])
    for_some = holders_of(agents, {"write": [0, 2]})

    assert for_all == {"read": [10, 11, 12], "write": [10, 11, 12]}
    assert for_some == {"write": [10, 12]}


def test_a_declaration_for_a_member_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="'write' is declared for member 3; there are 3, counted"):
        holders_of([10, 11, 12], {"write": [1, 3]})
