"""A stage's records do not depend on how agents were cut into workers, or who came first."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from blackboard import ABSTAINED, Draft, Post, PostBlock, VoteBlock
from blackboard.canonical import merge
from blackboard.records import (
    OUTCOME,
    Ballots,
    Electorate,
    Joined,
    Opened,
    Record,
    decode,
    encode,
    u4,
)
from blackboard.replica import Replica
from blackboard.writes import CAUSES, Claim, SetField

AGENTS = 13
KINDS = {"bid": ("x", "y"), "ask": ("z",)}
PROPOSALS = ("2.1.0.0", "10.1.0.0")
UNIT = st.floats(0, 1)
VOTE = st.tuples(st.sampled_from([0, 1, 2, ABSTAINED]), UNIT | st.just(1.0), st.none() | UNIT)
AGENT = st.fixed_dictionaries(
    {
        "posts": st.lists(
            st.tuples(
                st.sampled_from(["bid", "ask", "note"]),
                UNIT,
                st.sampled_from(["task", "reasoning"]),
            ),
            max_size=4,
        ),
        "votes": st.dictionaries(st.sampled_from(PROPOSALS), VOTE),
        "cause": st.none() | st.sampled_from(CAUSES),
        "requests": st.lists(st.sampled_from(["claim", "set"]), max_size=2),
    }
)


def replica() -> Replica:
    made = Replica()
    at = (OUTCOME, 1, 1)
    made.fold(Joined(*at, "node", 0, AGENTS))
    made.fold(Electorate(*at, "e1", u4(range(AGENTS))))
    for name in PROPOSALS:
        made.fold(Opened(*at, name, ("a", "b", "c"), "e1", "threshold(80)", 9, True, {}))
    return made


def commit(board: Replica, agents: list[int], acts: list[dict[str, Any]]) -> list[Record]:
    """Return what a worker commits that acts for these agents."""
    draft = Draft(board, KINDS, round=1, stage=2)
    for agent in agents:
        one = np.array([agent], np.uint32)
        for kind, value, layer in acts[agent]["posts"]:
            if kind in KINDS:
                columns = {name: np.array([value]) for name in KINDS[kind]}
                draft.add(one, PostBlock(kind, columns, layer=layer))
            else:
                draft.act(agent, Post("note", {"v": value}, layer=layer))
        for name, (choice, confidence, reason) in acts[agent]["votes"].items():
            reasons = None if reason is None else np.array([reason])
            block = VoteBlock(
                np.array([choice], np.uint8), name, None, np.array([confidence]), reasons
            )
            draft.add(one, block)
        if acts[agent]["cause"]:
            draft.abstain(one, acts[agent]["cause"])
        for act in acts[agent]["requests"]:
            draft.act(agent, Claim("item") if act == "claim" else SetField("k", agent))
    return draft.records()


@given(
    st.lists(AGENT, min_size=AGENTS, max_size=AGENTS),
    st.lists(st.integers(0, 4), min_size=AGENTS, max_size=AGENTS),
    st.permutations(range(5)),
    st.booleans(),
)
def test_the_merge_does_not_depend_on_cut_order_or_transport(
    acts: list[dict[str, Any]], owner: list[int], order: list[int], travels: bool
) -> None:
    board = replica()
    together = merge([commit(board, list(range(AGENTS)), acts)])

    commits = [
        commit(board, [a for a in range(AGENTS) if owner[a] == worker], acts) for worker in order
    ]
    if travels:
        commits = [[decode(encode(record)) for record in records] for records in commits]

    assert [encode(r) for r in merge(commits)] == [encode(r) for r in together]


def test_proposals_sort_as_numbers_do() -> None:
    ballots = [Ballots(OUTCOME, 1, 1, name, b"\x00") for name in ("10.1.0.0", "9.1.0.0", "9.1.0.2")]

    merged = merge([ballots])

    assert [r.proposal for r in merged if isinstance(r, Ballots)] == [
        "9.1.0.0",
        "9.1.0.2",
        "10.1.0.0",
    ]


def test_nothing_committed_merges_to_nothing() -> None:
    assert merge([]) == []
    assert merge([[], []]) == []
