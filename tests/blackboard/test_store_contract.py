"""What every store promises: the reference in memory and each server at hand alike."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from blackboard import (
    BallotRefused,
    FieldConflict,
    LeaseLost,
    Moved,
    NotOpen,
    OutOfOrder,
    WrongStage,
)
from blackboard.bitmaps import bitmap, members
from blackboard.records import Joined, unframe
from blackboard.store import INLINE_BYTES, Commit, Store, Turn

type Beside = Callable[[Store], Store]

MINUTE_MS = 60_000


def turn(seq: int = 1, **changes: Any) -> Turn:
    """A move of the leader to round 1, stage 1, that hangs on nothing."""
    plain = Turn("leader", seq, 1, None, 1, 1, "running", 0, b"")
    return replace(plain, **changes)


def commit(seq: int = 1, *, writer: str = "worker", **changes: Any) -> Commit:
    """A commit of a worker to round 1, stage 1, with nothing in it."""
    return replace(Commit(writer, seq, 1, 1, 1, b""), **changes)


def outside(seq: int = 1, *, writer: str = "outsider", **changes: Any) -> Commit:
    """An outsider's write in round 1."""
    return replace(Commit(writer, seq, None, 1, 0, b""), **changes)


def voters(*agents: int) -> bytes:
    return bitmap(np.array(agents, np.uint32))


@pytest.fixture
def led(store: Store) -> Store:
    """A store whose run is at round 1, stage 1, with the proposals `p` and `q` open."""
    store.lease("runner", ttl_ms=MINUTE_MS)
    store.submit(turn(opened=("p", "q")))
    return store


def test_a_new_run_is_at_nothing(store: Store) -> None:
    meta = store.meta()

    assert (meta.rev, meta.epoch, meta.round, meta.stage, meta.agents) == (0, 0, 0, 0, 0)
    assert meta.status == "new"
    assert list(store.read(0)) == []


def test_a_commit_is_one_event_with_its_bytes_and_place(led: Store) -> None:
    [rev] = led.submit(commit(body=b"\x00\xffbytes"))

    [event] = led.read(rev - 1)
    assert (event.rev, event.writer, event.round, event.stage) == (rev, "worker", 1, 1)
    assert event.body == b"\x00\xffbytes"
    assert not event.is_outside
    assert not event.is_turn


def test_turns_and_outsiders_writes_can_be_told_apart(led: Store) -> None:
    led.submit(outside(body=b"o"))

    first, second = led.read(0)
    assert (first.is_turn, first.is_outside) == (True, False)
    assert (second.is_turn, second.is_outside) == (False, True)


def test_a_turn_moves_the_run(led: Store) -> None:
    led.submit(turn(2, round=3, stage=2, status="done", agents=40))

    meta = led.meta()
    assert (meta.round, meta.stage, meta.status, meta.agents) == (3, 2, "done", 40)
    assert (meta.rev, meta.epoch) == (2, 1)


def test_revisions_count_all_writes_without_gaps(led: Store) -> None:
    revs = led.submit(turn(2), commit(1), commit(1, writer="other"), outside())

    assert revs == (2, 3, 4, 5)
    assert [event.rev for event in led.read(0)] == [1, 2, 3, 4, 5]


def test_a_repeated_write_is_answered_and_not_applied_again(led: Store) -> None:
    [first] = led.submit(commit(body=b"once", ballots=(("p", voters(1)),)))
    [again] = led.submit(commit(body=b"once", ballots=(("p", voters(1)),)))

    assert again == first
    assert led.meta().rev == first


def test_a_turn_and_a_commit_sent_together_can_be_repeated_together(led: Store) -> None:
    acts = (turn(2, writer="one"), commit(3, writer="one", body=b"x"))
    first = led.submit(*acts)

    assert led.submit(*acts) == first
    assert led.meta().rev == first[-1]


def test_a_repeated_write_is_answered_even_when_its_writer_is_fenced_now(led: Store) -> None:
    [rev] = led.submit(commit())
    led.release("runner")
    led.lease("next", ttl_ms=MINUTE_MS)

    assert led.submit(commit()) == (rev,)


def test_the_same_number_of_another_writer_is_another_write(led: Store) -> None:
    [first] = led.submit(commit(7))
    [second] = led.submit(commit(7, writer="other"))

    assert second == first + 1


def test_a_write_older_than_the_last_is_out_of_order(led: Store) -> None:
    led.submit(commit(5))

    with pytest.raises(OutOfOrder, match="worker sent write 4 after write 5") as error:
        led.submit(commit(4))
    assert (error.value.seq, error.value.last) == (4, 5)


def test_the_first_leader_is_epoch_one_and_may_renew(store: Store) -> None:
    assert store.lease("a", ttl_ms=MINUTE_MS) == ("a", 1)
    assert store.lease("a", ttl_ms=MINUTE_MS) == ("a", 1)


def test_a_second_leader_learns_who_leads(store: Store) -> None:
    store.lease("a", ttl_ms=MINUTE_MS)

    assert store.lease("b", ttl_ms=MINUTE_MS) == ("a", 1)


def test_a_released_lease_goes_to_the_next_in_a_new_epoch(store: Store) -> None:
    store.lease("a", ttl_ms=MINUTE_MS)
    store.release("b")
    assert store.lease("b", ttl_ms=MINUTE_MS) == ("a", 1)

    store.release("a")

    assert store.lease("b", ttl_ms=MINUTE_MS) == ("b", 2)


def test_an_expired_lease_is_taken_over(store: Store) -> None:
    store.lease("a", ttl_ms=1)

    store.wait(0, timeout_s=0.02)

    assert store.lease("b", ttl_ms=MINUTE_MS) == ("b", 2)


@pytest.mark.parametrize("act", [commit(), turn(2)], ids=["commit", "turn"])
def test_what_an_older_epoch_writes_is_refused(led: Store, act: Commit | Turn) -> None:
    led.release("runner")
    led.lease("next", ttl_ms=MINUTE_MS)

    with pytest.raises(LeaseLost, match="epoch 1 was followed by 2") as error:
        led.submit(act)
    assert (error.value.epoch, error.value.current) == (1, 2)
    assert led.meta().rev == 1


@pytest.mark.parametrize("where", [(1, 2), (2, 1), (0, 0)])
def test_a_worker_writes_into_the_current_stage_only(led: Store, where: tuple[int, int]) -> None:
    with pytest.raises(WrongStage, match="board is at round 1, stage 1") as error:
        led.submit(commit(round=where[0], stage=where[1]))

    assert error.value.wanted == where
    assert error.value.current == (1, 1)


def test_an_outsider_writes_into_any_stage_of_the_current_round(led: Store) -> None:
    led.submit(outside(stage=9))

    with pytest.raises(WrongStage):
        led.submit(outside(2, round=2))


def test_an_outsider_may_write_before_the_run_begins(store: Store) -> None:
    [rev] = store.submit(outside(round=0, body=b"early"))

    assert [(e.rev, e.round, e.stage, e.body) for e in store.read(0)] == [(rev, 0, 0, b"early")]


def test_who_voted_is_kept_by_proposal_and_round(led: Store) -> None:
    led.submit(commit(ballots=(("p", voters(0, 9)), ("q", voters(3)))))

    assert members(led.voted("p", 1)) == (0, 9)
    assert members(led.voted("q", 1)) == (3,)
    assert led.voted("p", 2) == b""


def test_voters_of_several_commits_add_up(led: Store) -> None:
    led.submit(commit(ballots=(("p", voters(1)),)))
    led.submit(commit(writer="other", ballots=(("p", voters(2, 70)),)))
    led.submit(outside(ballots=(("p", voters(5)),)))

    assert members(led.voted("p", 1)) == (1, 2, 5, 70)


def test_a_second_ballot_in_a_round_is_refused_and_its_agents_are_named(led: Store) -> None:
    led.submit(commit(ballots=(("p", voters(1, 2, 3)),)))

    with pytest.raises(BallotRefused, match="proposal p: agent 2, 3 voted already") as error:
        led.submit(commit(2, ballots=(("q", voters(2)), ("p", voters(2, 3, 4)))))
    assert error.value.proposal == "p"
    assert error.value.agents == (2, 3)


def test_of_a_refused_commit_nothing_is_applied(led: Store) -> None:
    led.submit(commit(ballots=(("p", voters(1)),)))

    with pytest.raises(BallotRefused):
        led.submit(commit(2, body=b"lost", ballots=(("q", voters(8)), ("p", voters(1)))))
    assert led.voted("q", 1) == b""
    assert members(led.voted("p", 1)) == (1,)
    assert led.meta().rev == 2
    assert led.submit(commit(2)) == (3,)


def test_a_new_round_takes_fresh_ballots(led: Store) -> None:
    led.submit(commit(ballots=(("p", voters(1)),)))
    led.submit(turn(2, round=2))

    led.submit(commit(2, round=2, ballots=(("p", voters(1)),)))

    assert members(led.voted("p", 2)) == (1,)


@pytest.mark.parametrize("name", ["never", "p"])
def test_a_ballot_on_what_is_not_open_is_refused(led: Store, name: str) -> None:
    led.submit(turn(2, closed=("p",)))

    with pytest.raises(NotOpen, match=f"proposal {name} is not open") as error:
        led.submit(commit(ballots=(("q", voters(1)), (name, voters(1)))))
    assert error.value.proposal == name
    assert led.voted("q", 1) == b""


def test_a_close_at_the_counted_revision_is_taken_once(led: Store) -> None:
    [rev] = led.submit(turn(2, seen=1, closed=("p",)))

    assert rev == 2
    with pytest.raises(NotOpen) as error:
        led.submit(turn(3, seen=2, closed=("p",)))
    assert error.value.proposal == "p"


def test_a_close_counted_before_another_write_is_refused(led: Store) -> None:
    led.submit(outside(ballots=(("p", voters(1)),)))

    with pytest.raises(Moved, match="counted at revision 1, but the board is at 2") as error:
        led.submit(turn(2, seen=1, closed=("p",)))
    assert (error.value.seen, error.value.current) == (1, 2)
    assert led.submit(turn(2, seen=2, closed=("p",))) == (3,)


def test_a_repeated_close_is_answered(led: Store) -> None:
    [rev] = led.submit(turn(2, seen=1, closed=("p",)))

    assert led.submit(turn(2, seen=1, closed=("p",))) == (rev,)


def test_a_turn_closes_and_opens_at_once(led: Store) -> None:
    led.submit(turn(2, closed=("p",), opened=("r",)))

    led.submit(commit(ballots=(("r", voters(1)), ("q", voters(1)))))

    assert members(led.voted("r", 1)) == (1,)


def test_voting_rounds_can_be_forgotten(led: Store) -> None:
    led.submit(commit(ballots=(("p", voters(1)), ("q", voters(2)))))

    led.submit(turn(2, forget=(("p", 1), ("q", 9))))

    assert led.voted("p", 1) == b""
    assert members(led.voted("q", 1)) == (2,)


def test_a_turn_and_a_commit_travel_together(led: Store) -> None:
    revs = led.submit(
        turn(2, round=2, stage=1, opened=("n",)),
        commit(round=2, stage=1, ballots=(("n", voters(4)),)),
    )

    assert revs == (2, 3)
    assert members(led.voted("n", 2)) == (4,)


def test_what_came_before_a_refused_act_stays(led: Store) -> None:
    with pytest.raises(NotOpen):
        led.submit(turn(2, stage=2), commit(stage=2, ballots=(("gone", voters(1)),)))

    assert led.meta().stage == 2


def test_joining_gives_the_next_free_index(led: Store) -> None:
    led.submit(turn(2, agents=10))

    first = led.join("ann", 1, role="guest", name="Ann")
    second = led.join("bob", 1, role="guest", name="Bob ÄÖ")

    assert (first, second, led.meta().agents) == (10, 11, 12)
    [joined] = unframe(led.read(3)[0].body)
    assert joined == Joined("input", 1, 1, "guest", 11, 1, ("Bob ÄÖ",))


def test_a_long_name_joins_unharmed(store: Store) -> None:
    store.join("ann", 1, role="r" * 300, name="ü" * 50_000)

    [joined] = unframe(store.read(0)[0].body)
    assert isinstance(joined, Joined)
    assert joined.names == ("ü" * 50_000,)


def test_a_repeated_join_gives_the_same_index(store: Store) -> None:
    first = store.join("ann", 1, role="guest", name="Ann")

    assert store.join("ann", 1, role="guest", name="Ann") == first
    assert store.meta().agents == 1
    assert store.join("ann", 2, role="guest", name="Ann's other") == first + 1


def test_agents_of_the_leader_do_not_take_joined_indices_back(store: Store) -> None:
    store.join("ann", 1, role="guest", name="Ann")
    store.lease("runner", ttl_ms=MINUTE_MS)

    store.submit(turn(agents=0))

    assert store.meta().agents == 1


def test_a_field_is_written_when_it_has_the_expected_revision(store: Store) -> None:
    first = store.set_field("w", 1, key="k", expected=0, body=b"one")
    second = store.set_field("w", 2, key="k", expected=1, body=b"two")
    third = store.set_field("w", 3, key="k", expected=None, body=b"three")

    assert (first, second, third) == (1, 2, 3)
    assert [event.body for event in store.read(0)] == [b"one", b"two", b"three"]


def test_a_compare_and_set_that_lost_names_the_revision(store: Store) -> None:
    store.set_field("w", 1, key="k", expected=0, body=b"one")

    with pytest.raises(FieldConflict, match="field 'k' is at revision 1, not 0") as error:
        store.set_field("other", 1, key="k", expected=0, body=b"late")
    assert error.value.current == 1
    assert store.meta().rev == 1


def test_a_repeated_set_is_answered(store: Store) -> None:
    store.set_field("w", 1, key="k", expected=0, body=b"one")

    assert store.set_field("w", 1, key="k", expected=0, body=b"one") == 1
    with pytest.raises(OutOfOrder):
        store.set_field("w", 0, key="k", expected=None, body=b"old")


def test_fields_that_a_turn_writes_count_for_later_writers(led: Store) -> None:
    led.submit(turn(2, fields=(("k", 4), ("m", 1))))

    assert led.set_field("w", 1, key="k", expected=4, body=b"") == 5
    with pytest.raises(FieldConflict):
        led.set_field("w", 2, key="m", expected=0, body=b"")


def test_reading_goes_on_after_a_revision_and_stops_at_the_limit(led: Store) -> None:
    for seq in range(1, 6):
        led.submit(commit(seq, body=str(seq).encode()))

    assert [event.body for event in led.read(2, limit=2)] == [b"2", b"3"]
    assert [event.rev for event in led.read(4)] == [5, 6]
    assert list(led.read(6)) == []


def test_waiting_returns_at_once_what_is_there(led: Store) -> None:
    led.submit(commit(body=b"x"))

    assert [event.body for event in led.wait(1, timeout_s=60)] == [b"x"]


def test_waiting_ends_empty_when_nothing_comes(led: Store) -> None:
    assert list(led.wait(1, timeout_s=0.01)) == []


def test_waiting_ends_with_a_write_from_elsewhere(led: Store, beside: Beside) -> None:
    other = beside(led)
    writer = threading.Timer(0.02, lambda: other.submit(commit(body=b"news")))
    writer.start()

    events = led.wait(1, timeout_s=30)

    writer.join()
    assert [event.body for event in events] == [b"news"]


@pytest.mark.parametrize("size", [0, INLINE_BYTES, INLINE_BYTES + 1, 3_000_000])
def test_a_body_of_any_size_comes_back_whole(led: Store, size: int) -> None:
    body = np.random.default_rng(size).bytes(size)

    [first] = led.submit(commit(body=body))
    [second] = led.submit(turn(2, body=body))

    assert [event.body for event in led.read(first - 1)] == [body, body]
    assert led.submit(commit(body=body)) == (first,)
    assert second == first + 1


def test_a_large_body_survives_the_repetition_of_its_write(led: Store) -> None:
    body = bytes(INLINE_BYTES * 2)
    led.submit(commit(body=body), outside(body=body))
    led.submit(commit(body=body), outside(body=body))

    assert [len(event.body) for event in led.read(1)] == [len(body), len(body)]


def test_what_is_to_be_drawn_is_the_latest_of_each_name(store: Store) -> None:
    store.publish("map", b"old")
    store.publish("map", b"\x00new")
    store.publish("series", b"")

    assert store.published() == {"map": b"\x00new", "series": b""}
    assert store.meta().rev == 0


def test_more_than_eight_thousand_agents_vote_at_once(led: Store) -> None:
    everyone = np.arange(20_011, dtype=np.uint32)
    led.submit(commit(ballots=(("p", bitmap(everyone[::2])),)))
    led.submit(commit(writer="other", ballots=(("p", bitmap(everyone[1::2])),)))

    assert len(members(led.voted("p", 1))) == 20_011
    with pytest.raises(BallotRefused) as error:
        led.submit(outside(ballots=(("p", voters(20_010)),)))
    assert error.value.agents == (20_010,)


def test_a_commit_votes_on_a_thousand_proposals(led: Store) -> None:
    names = tuple(f"many.{number}" for number in range(1000))
    led.submit(turn(2, opened=names))

    led.submit(commit(ballots=tuple((name, voters(3)) for name in names)))

    assert {members(led.voted(name, 1)) for name in names} == {(3,)}
    with pytest.raises(BallotRefused, match=r"many\.999"):
        led.submit(outside(ballots=((names[-1], voters(3)),)))
    led.submit(turn(3, closed=names, forget=tuple((name, 1) for name in names)))
    assert led.voted(names[0], 1) == b""


def test_two_runs_on_one_server_know_nothing_of_each_other(
    new_store: Callable[[], Store],
) -> None:
    one, two = new_store(), new_store()
    one.lease("runner", ttl_ms=MINUTE_MS)
    one.submit(turn(opened=("p",)))

    assert two.meta().rev == 0
    assert two.lease("other", ttl_ms=MINUTE_MS) == ("other", 1)
    one.close()
    two.close()


def test_another_process_sees_the_same_run(led: Store, beside: Beside) -> None:
    led.submit(commit(body=b"x"))

    other = beside(led)

    assert other.meta() == led.meta()
    assert list(other.read(0)) == list(led.read(0))
