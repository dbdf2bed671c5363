"""Going on with a run: what the log holds is gone through again, then the board is written anew."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blackboard import (
    Board,
    Claim,
    Diverged,
    EventLog,
    Leader,
    LeaseLost,
    Post,
    PostBlock,
    Proposal,
    SetField,
    Vote,
    VoteBlock,
    read_log,
)
from blackboard.memory_store import MemoryStore
from blackboard.store import Floor, Store

KINDS = {"bid": ("price",)}
NODES = np.arange(7, dtype=np.uint32)
type Lead = Callable[..., Leader]
type Outside = Callable[[Board, int], None]


def play(leader: Leader, *, rounds: int, outside: Outside = lambda board, stage: None) -> None:
    """Take a run of seven nodes to the end of a round; outsiders act while a stage is open."""
    if not leader.replica.agents:
        leader.welcome("node", len(NODES))
    while leader.round < rounds:
        leader.begin_round()
        for stage in (1, 2):
            number, is_vote = leader.round, stage == 2
            draft = leader.begin([Proposal(deadline_rounds=2)] if is_vote else [])
            if not leader.is_rehearsing:
                leader.announce()
                outside(Board(leader._channel.store, kinds=KINDS), number * 10 + stage)  # type: ignore[union-attr],
            if is_vote:
                choices = ((NODES + number) % 3 == 0).astype(np.uint8)
                draft.add(NODES, VoteBlock(choices, f"{number}.2.7.0"))
            else:
                draft.add(NODES, PostBlock("bid", {"price": NODES / number}))
                draft.act(number % 7, Post("note", {"round": number}, reasons=("why",)))
                draft.act(2, Claim("item", lease_rounds=2))
                draft.act(3, SetField("best", number))
            leader.commit(draft)
            leader.close(counts=is_vote)
        leader.record("round", {"cost": leader.round / 3})
        leader.end_round()


def note_in(first: int, last: int = 99) -> Outside:
    """Have an outsider write a note in some stages, under agent 5's name."""

    def outside(board: Board, stage: int) -> None:
        if first <= stage <= last:
            board.post(5, Post("note", {"stage": stage}))

    return outside


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, bytes]:
    """The digest and the log of six rounds that nothing disturbed."""
    log = tmp_path_factory.mktemp("whole") / "events.log"
    with EventLog(log) as events:
        leader = Board(MemoryStore(), kinds=KINDS).lead(log=events)
        play(leader, rounds=6)
    return leader.digest.hex, log.read_bytes()


@pytest.mark.parametrize("killed_after", [1, 3, 5])
def test_a_run_goes_on_to_the_same_digest_on_a_server_that_knows_nothing_of_it(
    lead: Lead,
    new_store: Callable[[], Store],
    tmp_path: Path,
    whole: tuple[str, bytes],
    killed_after: int,
) -> None:
    first = lead(new_store(), tmp_path / "log")
    play(first, rounds=killed_after)

    second = lead(new_store(), tmp_path / "log", floor=Floor(first.epoch), takes_over=True)
    play(second, rounds=6)

    assert second.digest.hex == whole[0]
    assert second.epoch > first.epoch


def test_a_run_goes_on_from_a_state_and_the_log_behind_it(
    lead: Lead, store: Store, tmp_path: Path, whole: tuple[str, bytes]
) -> None:
    first = lead(store, tmp_path / "log")
    play(first, rounds=2)
    state, start = first.state(), first.history.log.position  # type: ignore[union-attr]
    play(first, rounds=4)

    second = lead(store, tmp_path / "log", state=state, start=start, takes_over=True)
    play(second, rounds=6)

    assert second.digest.hex == whole[0]


def test_the_logs_old_bytes_are_not_touched(lead: Lead, tmp_path: Path) -> None:
    first = lead(MemoryStore(), tmp_path / "log")
    play(first, rounds=3)
    before = (tmp_path / "log").read_bytes()

    second = lead(MemoryStore(), tmp_path / "log", takes_over=True)
    play(second, rounds=6)

    assert (tmp_path / "log").read_bytes().startswith(before)


def test_a_torn_segment_is_cut_and_written_again(
    lead: Lead, tmp_path: Path, whole: tuple[str, bytes]
) -> None:
    log = tmp_path / "log"
    log.write_bytes(whole[1][:-20])

    leader = lead(MemoryStore(), log)
    play(leader, rounds=6)

    assert leader.digest.hex == whole[0]


def test_what_came_from_outside_comes_from_the_log_again(
    lead: Lead, store: Store, tmp_path: Path
) -> None:
    first = lead(store, tmp_path / "log")
    play(first, rounds=5, outside=note_in(0))

    second = lead(MemoryStore(), tmp_path / "log")
    play(second, rounds=5)

    assert second.digest.hex == first.digest.hex
    assert second.has_inputs


def test_a_ballot_in_an_agents_name_stands_in_the_rehearsal_too(
    lead: Lead, store: Store, tmp_path: Path
) -> None:
    def outside(board: Board, stage: int) -> None:
        if stage % 10 == 2:
            board.vote(6, Vote("reject", f"{stage // 10}.2.7.0"))

    first = lead(store, tmp_path / "log")
    play(first, rounds=4, outside=outside)

    second = lead(MemoryStore(), tmp_path / "log")
    play(second, rounds=4)

    assert second.digest.hex == first.digest.hex


def test_what_was_received_and_not_recorded_takes_effect_where_the_server_still_has_it(
    lead: Lead, store: Store, tmp_path: Path
) -> None:
    first = lead(store, tmp_path / "log")
    play(first, rounds=3)
    first.begin_round()
    first.begin()
    first.announce()
    Board(store, kinds=KINDS).post(5, Post("note", {"received": True}))

    second = lead(store, tmp_path / "log", takes_over=True)
    play(second, rounds=4)

    notes = [entry for entry in second.view().entries("note") if entry.agent == 5]
    assert [note.payload for note in notes if note.id.startswith("4.")] == [{"received": True}]


def test_a_run_goes_on_in_the_middle_of_a_round(lead: Lead, tmp_path: Path) -> None:
    store = MemoryStore()
    first = lead(store, tmp_path / "log")
    play(first, rounds=2)
    first.begin_round()
    draft = first.begin()
    first.announce()
    Board(store, kinds=KINDS).post(5, Post("note", {"stage": 31}))
    draft.add(NODES, PostBlock("bid", {"price": NODES / 3}))
    draft.act(3, Post("note", {"round": 3}, reasons=("why",)))
    draft.act(2, Claim("item", lease_rounds=2))
    draft.act(3, SetField("best", 3))
    first.commit(draft)
    first.close()

    second = lead(MemoryStore(), tmp_path / "log")
    play(second, rounds=4)

    undisturbed = lead(MemoryStore(), tmp_path / "other")
    play(
        undisturbed,
        rounds=4,
        outside=lambda b, stage: note_in(31)(b, stage) if stage == 31 else None,
    )
    assert second.digest.hex == undisturbed.digest.hex
    last = [record.round for record in read_log(tmp_path / "log")]
    assert last == sorted(last)


def test_a_run_that_goes_differently_now_is_told_by_the_first_record(
    lead: Lead, tmp_path: Path
) -> None:
    first = lead(MemoryStore(), tmp_path / "log")
    play(first, rounds=2)
    second = lead(MemoryStore(), tmp_path / "log")
    second.welcome("node", 7)
    second.begin_round()
    draft = second.begin()
    draft.add(NODES, PostBlock("bid", {"price": NODES * 2.0}))
    second.commit(draft)
    second.close()
    second.begin()
    second.close()

    with pytest.raises(Diverged, match="posts differs in columns in round 1, stage 1"):
        second.end_round()


def test_a_run_whose_last_round_is_in_the_log_ends_on_the_board_too(
    lead: Lead, store: Store, tmp_path: Path
) -> None:
    first = lead(store, tmp_path / "log")
    play(first, rounds=3)
    second = lead(store, tmp_path / "log", takes_over=True)
    play(second, rounds=3)

    second.finish("done")

    assert store.meta().status == "done"
    assert store.lease("another", ttl_ms=1000)[0] == "another"


def test_the_runner_before_is_fenced_off_even_on_a_server_that_lost_its_data(
    lead: Lead,
    tmp_path: Path,
) -> None:
    before = lead(MemoryStore(), tmp_path / "log")
    play(before, rounds=2)
    store = MemoryStore()
    after = lead(store, tmp_path / "log", floor=Floor(before.epoch), takes_over=True)
    play(after, rounds=3)

    before._channel.store = store  # type: ignore[union-attr]  # it wakes, and finds the new server

    with pytest.raises(LeaseLost):
        before.finish("done")


def test_a_reader_who_comes_after_a_checkpoint_sees_the_same_board(
    lead: Lead, store: Store, beside: Callable[[Store], Store], state: Any, tmp_path: Path
) -> None:
    leader = lead(store, tmp_path / "log")
    play(leader, rounds=4)
    leader.checkpoint()
    board = Board(beside(store), kinds=KINDS)

    board.refresh()

    assert state(board.replica) == state(leader.replica)


def test_the_stream_is_trimmed_to_the_checkpoint_before(
    lead: Lead, store: Store, tmp_path: Path
) -> None:
    leader = lead(store, tmp_path / "log")
    play(leader, rounds=2)
    leader.checkpoint()
    before = leader.revision
    play(leader, rounds=4)

    leader.checkpoint()

    assert store.read(0)[0].rev == before + 1


def test_a_reader_who_fell_behind_a_checkpoint_begins_there(
    lead: Lead, store: Store, beside: Callable[[Store], Store], state: Any, tmp_path: Path
) -> None:
    leader = lead(store, tmp_path / "log")
    play(leader, rounds=1)
    board = Board(beside(store), kinds=KINDS)
    board.refresh()
    play(leader, rounds=2)
    leader.checkpoint()
    play(leader, rounds=3)
    leader.checkpoint()
    play(leader, rounds=4)
    leader.announce()

    board.refresh()

    assert state(board.replica) == state(leader.replica)


def test_a_reader_forgets_what_a_resumed_run_has_taken_back(
    lead: Lead, store: Store, beside: Callable[[Store], Store], state: Any, tmp_path: Path
) -> None:
    first = lead(store, tmp_path / "log")
    play(first, rounds=2)
    first.begin_round()
    draft = first.begin()
    draft.act(1, Post("note", {"in": "vain"}))
    first.commit(draft)
    first.close()
    first.announce()
    board = Board(beside(store), kinds=KINDS)
    board.refresh()

    second = lead(store, tmp_path / "log", takes_over=True)
    play(second, rounds=3)
    second.announce()
    board.refresh()

    assert state(board.replica) == state(second.replica)
    assert {"in": "vain"} not in [entry.payload for entry in board.view().entries("note")]
