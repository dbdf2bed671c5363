"""A view that was kept shows what it showed, whatever happens on the board afterwards."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from blackboard import (
    Board,
    Claim,
    Leader,
    Post,
    Proposal,
    SetField,
    View,
    Vote,
    keep_view,
    pack,
    restore_view,
    unpack,
    view_state,
)


@pytest.fixture
def leader() -> Iterator[Leader]:
    with Board.open("memory://", kinds={"bid": ("price",)}) as board:
        leader = board.lead()
        leader.welcome("node", 3)
        play(leader, 1.0)
        yield leader


def play(leader: Leader, price: float) -> None:
    """Play a round in which everything on the board changes."""
    leader.begin_round()
    draft = leader.begin([Proposal(sealed=False, deadline_rounds=9, payload={"at": price})])
    for agent in range(3):
        draft.act(agent, Post("bid", {"price": price + agent}))
        draft.act(agent, Post("word", {"price": price}))
    draft.act(0, Claim(f"item {price}"))
    draft.act(0, SetField("price", price))
    first = next(iter(leader.replica.open))
    draft.act(1, Vote("approve" if price > 1 else "reject", first))
    leader.commit(draft)
    leader.close(counts=True)
    leader.end_round()


def shown(view: View) -> dict[str, Any]:
    ballots = [proposal.ballots for proposal in view.proposals]
    return {
        "at": (view.round, view.stage, view.stage_name, dict(view.brief)),
        "column": view.column("bid", "price").tolist(),
        "entries": view.entries(),
        "field": (view.field("price"), view.revision("price")),
        "holders": (view.holder("item 1.0"), view.holder("item 2.0")),
        "ballots": [None if b is None else np.array(b).tolist() for b in ballots],
    }


def test_a_kept_view_does_not_change(leader: Leader) -> None:
    view = leader.view("vote", {"price": 1.0})
    kept, before = keep_view(view), shown(view)

    play(leader, 2.0)

    assert shown(kept) == before
    assert shown(leader.view("vote", {"price": 1.0})) != before


def test_a_kept_view_comes_back_from_its_state(leader: Leader) -> None:
    kept = keep_view(leader.view("vote", {"price": 1.0}))

    again = restore_view(unpack(pack(view_state(kept))))

    assert shown(again) == shown(kept)
