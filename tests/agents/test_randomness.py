"""A draw has an address: it is the same whoever asks, how many ask, and when."""

import hashlib
from typing import Any

import numpy as np
import pytest

from agents import Randomness

RANDOM = Randomness(7)


@pytest.mark.parametrize("agents", [1, 2, 3, 5, 1000, 1003])
def test_an_agents_draw_does_not_depend_on_how_many_there_are(agents: int) -> None:
    whole = RANDOM.everyone("vote", round=4, stage=2).random(1003)

    assert (RANDOM.everyone("vote", round=4, stage=2).random(agents) == whole[:agents]).all()


@pytest.mark.parametrize("shards", [1, 2, 3, 5, 7])
def test_shards_that_take_their_part_of_the_whole_draw_make_up_the_whole(shards: int) -> None:
    whole = RANDOM.everyone("vote", round=1).normal(size=1003)

    parts = [
        RANDOM.everyone("vote", round=1).normal(size=1003)[part]
        for part in np.array_split(np.arange(1003), shards)
    ]

    assert (np.concatenate(parts) == whole).all()


def test_asking_for_something_else_in_between_changes_nothing() -> None:
    before = RANDOM.agent(3, "mood", round=2).random(5)
    RANDOM.everyone("mood", round=2).random(100)
    RANDOM.agent(4, "mood", round=2).random(100)

    assert (RANDOM.agent(3, "mood", round=2).random(5) == before).all()


OTHER_ADDRESSES: dict[str, Any] = {
    "seed": lambda: Randomness(8).everyone("vote", round=1, stage=1),
    "purpose": lambda: RANDOM.everyone("bid", round=1, stage=1),
    "round": lambda: RANDOM.everyone("vote", round=2, stage=1),
    "stage": lambda: RANDOM.everyone("vote", round=1, stage=2),
    "agent": lambda: RANDOM.agent(0, "vote", round=1, stage=1),
    "rounds and stages swapped": lambda: RANDOM.everyone("vote", round=1, stage=0),
}


@pytest.mark.parametrize("other", OTHER_ADDRESSES.values(), ids=OTHER_ADDRESSES.keys())
def test_every_part_of_the_address_matters(other: Any) -> None:
    here = RANDOM.everyone("vote", round=1, stage=1).random(8)

    assert not (other().random(8) == here).any()


def test_the_address_is_the_one_that_is_documented() -> None:
    purpose = int.from_bytes(hashlib.sha256(b"vote").digest()[:8], "big")
    key = np.array([7, purpose], np.uint64)
    shared = np.random.Philox(key=key, counter=np.array([0, 0, 2, 4], np.uint64))
    own = np.random.Philox(key=key, counter=np.array([0, 6, 2, 4], np.uint64))

    ours = RANDOM.everyone("vote", round=4, stage=2).random(4)
    mine = RANDOM.agent(5, "vote", round=4, stage=2).random(4)

    assert (ours == np.random.Generator(shared).random(4)).all()
    assert (mine == np.random.Generator(own).random(4)).all()


def test_the_largest_seed_is_taken() -> None:
    assert 0 <= Randomness(2**63 - 1).everyone("vote").random() < 1
