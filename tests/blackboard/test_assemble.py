"""What agents return is checked as it comes in; a wrong action leaves the draft as it was."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from blackboard import (
    ABSTAINED,
    NO_BALLOT,
    Abstain,
    Claim,
    Draft,
    InvalidAction,
    Leave,
    Link,
    Post,
    PostBlock,
    Proposal,
    Release,
    SetField,
    Vote,
    VoteBlock,
    threshold,
    veto,
)
from blackboard.bitmaps import members
from blackboard.records import (
    OUTCOME,
    Abstained,
    Ballots,
    Electorate,
    Entries,
    Joined,
    Left,
    Note,
    Opened,
    Posts,
    Requested,
    encode,
    indices,
    u4,
)
from blackboard.replica import Replica

AGENTS = 6
EVERYONE = np.arange(AGENTS, dtype=np.uint32)
VOTERS = [0, 2, 3, 5]


@pytest.fixture
def draft() -> Draft:
    """A draft while two proposals are open to four of six agents."""
    replica = Replica()
    replica.fold(Joined(OUTCOME, 1, 1, "node", 0, AGENTS))
    replica.fold(Electorate(OUTCOME, 1, 1, "e1", u4(VOTERS)))
    for name, options in (("p", ("approve", "reject")), ("q", ("a", "b", "c"))):
        replica.fold(Opened(OUTCOME, 1, 1, name, options, "e1", "threshold(80)", 9, True, {}))
    return Draft(replica, {"bid": ("x", "y"), "ask": ("z",)}, round=4, stage=2)


def bids(agents: Any = None, **columns: Any) -> PostBlock:
    size = AGENTS if agents is None else len(agents)
    given = {"x": np.arange(size) / 1.0, "y": np.ones(size)} | columns
    return PostBlock("bid", given, None if agents is None else np.array(agents, np.uint32))


def votes(choices: list[int], proposal: str | None = "p", **more: Any) -> VoteBlock:
    return VoteBlock(np.array(choices, np.uint8), proposal, **more)


def posts_of(draft: Draft) -> list[tuple[str, list[int], list[int], dict[str, list[float]]]]:
    found = []
    for record in draft.records():
        if isinstance(record, Posts):
            seqs = np.frombuffer(record.seqs, "<u2").tolist()
            columns = {n: np.frombuffer(c, "<f8").tolist() for n, c in record.columns.items()}
            found.append((record.kind, indices(record.agents).tolist(), seqs, columns))
    return found


def entries_of(draft: Draft) -> list[Any]:
    return [e for r in draft.records() if isinstance(r, Entries) for e in r.entries]


def test_an_empty_draft_has_no_records(draft: Draft) -> None:
    assert draft.records() == []
    assert draft.ballots() == ()
    assert draft.proposed() == {}


def test_rows_are_ordered_by_agent_whatever_order_they_came_in(draft: Draft) -> None:
    draft.add(EVERYONE, bids([5, 1]))
    draft.act(3, Post("bid", {"y": 9, "x": 8}))
    draft.add(EVERYONE, bids([4, 0]))

    [(kind, agents, seqs, columns)] = posts_of(draft)

    assert (kind, agents, seqs) == ("bid", [0, 1, 3, 4, 5], [])
    assert columns == {"x": [1.0, 1.0, 8.0, 0.0, 0.0], "y": [1.0, 1.0, 9.0, 1.0, 1.0]}


def test_several_rows_of_an_agent_are_numbered(draft: Draft) -> None:
    draft.add(EVERYONE, bids([1, 1, 4]))
    draft.act(1, Post("ask", {"z": 0}))
    draft.act(1, Post("note", {}))
    draft.act(4, Post("note", {}))

    ask, bid = posts_of(draft)

    assert (ask[1], ask[2]) == ([1], [])
    assert (bid[1], bid[2]) == ([1, 1, 4], [1, 2, 0])
    assert [(e.agent, e.seq) for e in entries_of(draft)] == [(1, 3), (4, 1)]


def test_records_can_be_asked_for_again(draft: Draft) -> None:
    draft.add(EVERYONE, bids())
    draft.act(2, Post("note", {}))
    draft.act(2, Proposal())

    first = [encode(record) for record in draft.records()]

    assert [encode(record) for record in draft.records()] == first
    assert list(draft.proposed()) == ["4.2.2.2"]


def test_layers_of_one_kind_stay_apart(draft: Draft) -> None:
    draft.act(1, Post("bid", {"x": 1, "y": 1}, layer="reasoning"))
    draft.act(2, Post("bid", {"x": 1, "y": 1}))

    assert [r.layer for r in draft.records() if isinstance(r, Posts)] == ["reasoning", "task"]


def test_an_entry_keeps_all_that_was_said(draft: Draft) -> None:
    link = Link("contradicts", "1.1.0.0")
    draft.act(1, Post("note", {"a": (1, 2)}, "coordination", ("because",), 1, (link,), 3))

    [entry] = entries_of(draft)

    assert entry.payload == {"a": [1, 2]}
    assert (entry.layer, entry.reasons, entry.links, entry.to) == (
        "coordination",
        ("because",),
        (link,),
        3,
    )
    assert isinstance(entry.confidence, float)


def test_what_an_agent_changes_afterwards_is_not_in_its_entry(draft: Draft) -> None:
    payload = {"list": [1]}
    draft.act(1, Post("note", payload))
    payload["list"].append(2)

    assert entries_of(draft)[0].payload == {"list": [1]}


def test_ballots_take_their_seats(draft: Draft) -> None:
    draft.add(EVERYONE, votes([1, NO_BALLOT, 0, ABSTAINED, NO_BALLOT, NO_BALLOT]))
    draft.act(5, Vote("c", "q", 0.25, "for the view"))

    first, second = (r for r in draft.records() if isinstance(r, Ballots))

    assert list(first.choices) == [1, 0, ABSTAINED, NO_BALLOT]
    assert (first.confidence, first.numbers, first.texts) == (b"", b"", ())
    assert list(second.choices) == [NO_BALLOT, NO_BALLOT, NO_BALLOT, 2]
    assert np.frombuffer(second.confidence).tolist() == [1.0, 1.0, 1.0, 0.25]
    assert second.texts == ("", "", "", "for the view")
    assert [(name, members(bits)) for name, bits in draft.ballots()] == [
        ("p", (0, 2, 3)),
        ("q", (5,)),
    ]


@pytest.mark.parametrize("reason", [3, 3.0, np.float32(3)], ids=type)
def test_a_numeric_reason_of_any_type_is_kept(draft: Draft, reason: Any) -> None:
    draft.act(2, Vote("approve", "p", reason=reason))

    [record] = draft.records()

    assert isinstance(record, Ballots)
    np.testing.assert_array_equal(np.frombuffer(record.numbers), [np.nan, 3.0, np.nan, np.nan])


def test_of_ballots_that_give_way_only_a_note_is_left(draft: Draft) -> None:
    draft.add(
        EVERYONE,
        votes([0, 0], agents=EVERYONE[[0, 2]], confidence=np.full(2, 0.5), reasons=np.ones(2)),
    )
    draft.act(3, Vote("reject", "p", 0.1, "words"))

    draft.drop_ballots("p", (0, 3))

    record, note = draft.records()
    assert isinstance(record, Ballots)
    assert isinstance(note, Note)
    assert note.detail == {"ballots": [["p", 0], ["p", 3]]}
    assert list(record.choices) == [NO_BALLOT, 0, NO_BALLOT, NO_BALLOT]
    assert np.frombuffer(record.confidence).tolist() == [1.0, 0.5, 1.0, 1.0]
    assert record.texts == ()
    draft.drop_ballots("p", (2,))
    assert [type(record) for record in draft.records()] == [Note]
    assert draft.ballots() == ()


def test_contended_acts_stand_in_order_of_agents(draft: Draft) -> None:
    draft.act(4, Claim("t", lease_rounds=2))
    draft.act(1, SetField("k", (1, 2), expected=0))
    draft.act(4, Release("t"))
    draft.act(0, Leave())

    found = [(r.agent, r.seq, r.act) for r in draft.records() if isinstance(r, Requested)]

    assert found == [(0, 0, "leave"), (1, 0, "set"), (4, 0, "claim"), (4, 1, "release")]


def test_abstentions_are_grouped_by_cause(draft: Draft) -> None:
    draft.abstain(EVERYONE[[5, 1]], "late")
    draft.add(EVERYONE[:1], Abstain("error"))
    draft.act(0, Abstain("late"))

    found = [
        (r.cause, indices(r.agents).tolist()) for r in draft.records() if isinstance(r, Abstained)
    ]

    assert found == [("error", [0]), ("late", [0, 1, 5])]


WRONG_ACTIONS: list[tuple[Any, str]] = [
    (Post("bid", {"x": 1.0}), r"has the columns \['x'\]; the scenario declares \['x', 'y'\]"),
    (Post("bid", {"x": 1.0, "y": "many"}), "that is no number: could not convert"),
    (Post("bid", {"x": 1.0, "y": None}), "that is no number"),
    (Post("bid", {"x": 1.0, "y": float("nan")}), "agent 2 posted a 'bid' with 'y' not finite"),
    (Post("bid", {"x": 1.0, "y": 1.0}, to=1), "are columns and carry no reasons"),
    (Post("bid", {"x": 1.0, "y": 1.0}, confidence=0.5), "are columns and carry no reasons"),
    (Post("bid", {"x": 1.0, "y": 1.0}, layer="gossip"), "layer 'gossip' of 'bid' is none of"),  # type: ignore[arg-type]
    (Post("note", {}, layer="gossip"), "layer 'gossip' is none of"),  # type: ignore[arg-type]
    (Post("note", {}, confidence=-0.1), "confidence -0.1 is outside 0-1"),
    (Post("note", {}, confidence=float("nan")), "confidence nan is outside 0-1"),
    (Post("note", {}, to=AGENTS), "wrote to agent 6, who has not joined"),
    (Post("note", {"x": np.ones((2, 2))}), r"cannot be stored: .*shape \(2, 2\)"),
    (
        Post("note", {}, links=(Link("likes", "1.1.0.0"),)),
        "links are derived-from, supports, contr",
    ),
    (Post("proposal", {}), "return a Proposal instead"),
    (Vote("approve"), "names no proposal while 2 are open"),
    (Vote("approve", "r"), "proposal r is not open; open are"),
    (Vote("a", "p"), "voted 'a' .* options are approve, reject or abstain"),
    (Vote("approve", "p", 2.0), "confidence 2.0"),
    (Claim("t", lease_rounds=0), "claimed 't' for 0 rounds"),
    (Claim(7), "a name must be a string, got 7"),  # type: ignore[arg-type]
    (SetField("k", object()), "cannot be stored"),
    (Abstain("bored"), "abstain for one of error, invalid, .* got 'bored'"),  # type: ignore[arg-type]
    (Proposal(options=("a",)), "needs 2 to 253 different options"),
    (Proposal(payload={"terms": 1}), "cannot have the key 'terms'"),
    (Proposal(payload={"options": 1}), "cannot have the key 'options'"),
    (Proposal(electorate=(99,)), "agent 99 of the electorate has not joined"),
    (Proposal(electorate=[0.5, 1]), "the agents of an electorate are a sequence of whole numbers"),  # type: ignore[list-item]
    (Proposal(electorate=[0, 1], weights=[1.5, 2]), "weights are a sequence of whole numbers"),  # type: ignore[list-item]
    (Proposal(electorate=[0, 1], weights=[2**61, 2**61]), r"weights sum to less than 2\*\*62"),
    (Proposal(electorate=[0, 1], weights=[2**62, 2**62]), r"weights are below 2\*\*62"),
    (Proposal(electorate=[0, 1], weights=[2**70, 1]), "weights are a sequence of whole numbers"),
    (Proposal(electorate=[0, 1], weights=[1, 0]), "as many positive weights, got 2, the smallest"),
    (Proposal(impact=float("nan")), "the impact of a proposal is finite or None, got nan"),
    (Proposal(rule=0), "the rule of a proposal is 0; give a function"),  # type: ignore[arg-type]
    (Proposal(rule="threshold(80)"), "the rule of a proposal is 'threshold"),  # type: ignore[arg-type]
    (Proposal(rule=lambda _: 1 / 0), "cannot decide on no ballots: ZeroDivisionError"),  # type: ignore[arg-type, return-value]
    (Proposal(rule=lambda t: 7 if t.yes else None), "on 'approve' from every seat: InvalidVerdict"),
    (Proposal(rule=veto("safety", threshold(1))), "gives a veto to 'safety', a role that nobody"),
    (Post("", {}), "posted an entry whose kind is ''"),
    (Post("note", {"x": float("nan")}), "'x' has a number that is not finite"),
    (Post("note", {"x": {"y": [1.0, {"z": -np.inf}]}}), "'x' has a number that is not finite"),
    (Post("note", {"x": np.array([1.0, np.nan])}), "'x' has a number that is not finite"),
    (SetField("k", float("inf")), "'k' has a number that is not finite"),
    (Proposal(payload={"x": np.nan}), "'x' has a number that is not finite"),
    ("approve", "agent 2 returned a str; agents return Post, Vote"),
    (None, "returned a NoneType"),
]


@pytest.mark.parametrize(("action", "message"), WRONG_ACTIONS)
def test_a_wrong_action_is_refused_and_changes_nothing(
    draft: Draft, action: Any, message: str
) -> None:
    with pytest.raises(InvalidAction, match=message):
        draft.act(2, action)

    assert draft.records() == []


WRONG_BLOCKS: list[tuple[Any, str]] = [
    (PostBlock("other", {}), "declares no columns for that kind"),
    (bids(z=np.ones(AGENTS)), r"has the columns \['x', 'y', 'z'\]"),
    (bids(y=np.ones(3)), r"column 'y' of 'bid' has the shape \(3,\) for 6 agents"),
    (bids(y=np.array([1, 1, 1, np.inf, 1, 1])), "agent 3 posted a 'bid' with 'y' not finite"),
    (votes([0] * AGENTS), "agent 1 is not in the electorate and cannot vote"),
    (votes([0, 2], agents=EVERYONE[[0, 2]]), "each an option below 2"),
    (votes([0]), "6 agents need as many choices"),
    (votes([0, 0], agents=EVERYONE[[2, 2]]), "stands twice"),
    (
        votes([0, 0], agents=EVERYONE[[0, 2]], confidence=np.array([0.5, np.nan])),
        "a confidence is outside 0-1",
    ),
    (votes([0, 0], agents=EVERYONE[[0, 2]], confidence=np.ones(3)), r"confidence of shape \(3,\)"),
    (votes([0, 0], agents=EVERYONE[[0, 2]], reasons=np.ones(1)), r"reasons of shape \(1,\)"),
    (Post("note", {}), "a cohort returned a Post; cohorts return"),
    (Abstain("bored"), "got 'bored'"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("block", "message"), WRONG_BLOCKS)
def test_a_wrong_block_is_refused_and_changes_nothing(
    draft: Draft, block: Any, message: str
) -> None:

    with pytest.raises(InvalidAction, match=message):
        draft.add(EVERYONE, block)

    assert draft.records() == []


def test_a_second_ballot_in_one_stage_is_refused(draft: Draft) -> None:
    draft.act(2, Vote("approve", "p"))

    with pytest.raises(InvalidAction, match="casts a second ballot on p in this stage"):
        draft.add(EVERYONE, votes([1, 1], agents=EVERYONE[[0, 2]]))

    [record] = draft.records()
    assert isinstance(record, Ballots)
    assert list(record.choices) == [NO_BALLOT, 0, NO_BALLOT, NO_BALLOT]


def alike(draft: Draft, agents: Any, results: list[Any]) -> tuple[bool, list[bytes]]:
    done = draft.act_alike(agents, results)
    return done, [encode(record) for record in draft.records()]


@pytest.mark.parametrize(
    "make",
    [
        lambda agent: Vote("approve" if agent % 2 else "abstain", "p"),
        lambda agent: Vote("reject", "p", agent / 10, agent / 2),
        lambda agent: Vote("reject", "p", reason=agent),
        lambda agent: Vote("reject", "p", agent / 10, f"agent {agent} says so"),
        lambda agent: None if agent == 2 else Vote("c", "q"),
        lambda agent: Post("bid", {"x": agent, "y": 0.5}),
        lambda agent: Post("ask", {"z": agent}, layer="coordination"),
        lambda agent: None,
    ],
)
def test_alike_actions_come_to_the_same_as_one_by_one(
    draft: Draft, make: Callable[[int], Any]
) -> None:
    results = [make(agent) for agent in VOTERS]
    done, together = alike(draft, np.array(VOTERS, np.uint32), results)
    assert done

    single = Draft(draft._replica, draft._kinds, round=4, stage=2)
    for agent, result in zip(VOTERS, results, strict=True):
        if result is not None:
            single.act(agent, result)
    assert [encode(record) for record in single.records()] == together


@pytest.mark.parametrize(
    "results",
    [
        [Vote("approve", "p"), Post("bid", {"x": 1, "y": 1})],
        [Vote("approve", "p"), Vote("a", "q")],
        [Vote("approve", "p"), Vote("maybe", "p")],
        [Vote("approve", "p", reason="words"), Vote("approve", "p")],
        [Vote("approve", "p", 7.0), Vote("approve", "p")],
        [Post("bid", {"x": 1, "y": 1}), Post("ask", {"z": 1})],
        [Post("bid", {"x": 1, "y": 1}), Post("bid", {"x": 1, "y": 1}, layer="reasoning")],
        [Post("bid", {"x": 1, "y": 1}), Post("bid", {"x": 1})],
        [Post("bid", {"x": 1, "y": 1}), Post("bid", {"x": 1, "w": 1})],
        [Post("note", {}), Post("note", {})],
        [Leave(), Leave()],
        [Proposal(rule=threshold(50)), Proposal()],
    ],
)
def test_actions_that_are_not_alike_are_left_to_be_taken_one_by_one(
    draft: Draft, results: list[Any]
) -> None:
    done, records = alike(draft, np.array([0, 2], np.uint32), results)

    assert not done
    assert records == []


@pytest.mark.parametrize("agent", [AGENTS, 999, -1, "bob"])
@pytest.mark.parametrize("action", [Post("note", {}), Vote("approve", "p"), Claim("t"), Leave()])
def test_an_agent_that_never_joined_cannot_act(draft: Draft, agent: Any, action: Any) -> None:
    with pytest.raises(InvalidAction, match=f"agent {agent} "):
        draft.act(agent, action)

    assert draft.records() == []


@pytest.mark.parametrize("stranger", [AGENTS, 999, -1])
@pytest.mark.parametrize(
    "block",
    [
        lambda agents: PostBlock("ask", {"z": np.ones(2)}, agents),
        lambda agents: votes([0, NO_BALLOT], agents=agents),
        lambda agents: Abstain("error", agents),
    ],
)
def test_a_block_names_no_agent_that_never_joined(draft: Draft, block: Any, stranger: int) -> None:
    with pytest.raises(InvalidAction, match=f"agent {stranger} has not joined; the 6 that have"):
        draft.add(EVERYONE, block(np.array([2, stranger])))

    assert draft.records() == []


@pytest.fixture
def thinned(draft: Draft) -> Draft:
    """The draft after agents 2 and 3 have left."""
    draft._replica.fold(Left(OUTCOME, 3, 1, u4([2]), "left"))
    draft._replica.fold(Left(OUTCOME, 3, 1, u4([3]), "quarantined"))
    return draft


@pytest.mark.parametrize("action", [Vote("approve", "p"), Post("note", {}), Proposal(), Leave()])
def test_an_agent_that_has_left_cannot_act(thinned: Draft, action: Any) -> None:
    with pytest.raises(InvalidAction, match=r"agent 3 has left the run \(quarantined\)"):
        thinned.act(3, action)

    assert thinned.records() == []


def test_rows_of_leavers_are_dropped_from_blocks(thinned: Draft) -> None:
    thinned.add(EVERYONE, bids(y=np.array([1, 1, np.nan, 1, 1, 1])))
    thinned.add(
        EVERYONE, votes([0, NO_BALLOT, 0, 1, NO_BALLOT, 1], confidence=np.arange(AGENTS) / 10)
    )
    thinned.add(EVERYONE[:4], Abstain("late"))

    posts, ballots, abstained = thinned.records()

    assert indices(posts.agents).tolist() == [0, 1, 4, 5]  # type: ignore[attr-defined]
    assert list(ballots.choices) == [0, NO_BALLOT, NO_BALLOT, 1]  # type: ignore[attr-defined]
    assert np.frombuffer(ballots.confidence).tolist() == [0.0, 1.0, 1.0, 0.5]  # type: ignore[attr-defined]
    assert indices(abstained.agents).tolist() == [0, 1]  # type: ignore[attr-defined]
    assert [members(bits) for _, bits in thinned.ballots()] == [(0, 5)]


@pytest.mark.parametrize("action", [Vote("approve", "p"), Post("ask", {"z": 1})])
def test_leavers_are_dropped_from_actions_that_are_alike(thinned: Draft, action: Any) -> None:
    assert thinned.act_alike(np.array(VOTERS, np.uint32), [action] * 4)

    single = Draft(thinned._replica, thinned._kinds, round=4, stage=2)
    for agent in (0, 5):
        single.act(agent, action)
    assert [encode(r) for r in thinned.records()] == [encode(r) for r in single.records()]


def test_leavers_that_abstain_leave_no_record(thinned: Draft) -> None:
    thinned.abstain(EVERYONE[[2, 3]], "invalid")

    assert thinned.records() == []


def acted() -> list[Any]:
    return [bids(), votes([0, 255, 1, 0, 255, 0]), Abstain("late", np.array([1, 4], np.uint32))]


@pytest.mark.parametrize(
    ("leave", "rows", "voters", "late"),
    [
        (lambda draft: draft.keep(range(2, 5)), [2, 3, 4], [2, 3], [4]),
        (lambda draft: draft.leave_out(np.array([1, 3, 4], np.uint32)), [0, 2, 5], [0, 2, 5], []),
        (lambda draft: draft.keep(range(6, 9)), [], [], []),
        (lambda draft: draft.keep(range(6)), [0, 1, 2, 3, 4, 5], [0, 2, 3, 5], [1, 4]),
    ],
)
def test_rows_of_others_can_be_left_out(
    draft: Draft, leave: Any, rows: list[int], voters: list[int], late: list[int]
) -> None:
    for block in acted():
        draft.add(EVERYONE, block)

    leave(draft)

    assert [(found[1], found[3]["x"]) for found in posts_of(draft)] == (
        [(rows, rows)] if rows else []
    )
    assert [list(members(bits)) for _, bits in draft.ballots()] == ([voters] if voters else [])
    abstained = [r.members.tolist() for r in draft.records() if isinstance(r, Abstained)]
    assert abstained == ([late] if late else [])


def test_posts_of_nobody_stay_a_record_for_every_writer(draft: Draft) -> None:
    draft.add(EVERYONE, bids(agents=[]))

    draft.keep(range(3))

    assert [found[:2] for found in posts_of(draft)] == [("bid", [])]
