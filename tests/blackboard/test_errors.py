"""Errors say what was wrong, with their facts, in this process and the next."""

import pickle

import pytest

from blackboard import (
    BallotRefused,
    FieldConflict,
    InvalidVerdict,
    LeaseLost,
    Moved,
    NotOpen,
    OutOfOrder,
    SwarmboardError,
    WrongStage,
)


@pytest.mark.parametrize(
    "error",
    [
        BallotRefused("p", agents=(1, 2)),
        NotOpen("p"),
        WrongStage((1, 1), current=(2, 1)),
        LeaseLost("r", epoch=1, current=2),
        Moved(seen=1, current=2),
        OutOfOrder("w", seq=1, last=2),
        FieldConflict("k", expected=1, current=2),
        InvalidVerdict("mine", returned="7", allowed="None or a Verdict"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_refusal_keeps_its_facts_on_the_way_to_another_process(error: SwarmboardError) -> None:
    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)
