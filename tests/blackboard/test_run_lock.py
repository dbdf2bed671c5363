"""The lock that keeps two runners of one run apart."""

import os
from pathlib import Path

import pytest

from blackboard import RunLock, run_lock


def test_a_lock_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    with RunLock(tmp_path / "lock") as first, RunLock(tmp_path / "lock") as second:
        assert first.take()

        assert not second.take()
        assert not second.is_free()


def test_a_lock_that_was_released_is_free(tmp_path: Path) -> None:
    with RunLock(tmp_path / "lock") as first:
        first.take()

    with RunLock(tmp_path / "lock") as second:
        assert second.is_free()
        assert second.take()


def test_a_lock_can_be_replaced_under_its_holder_who_can_tell(tmp_path: Path) -> None:
    with RunLock(tmp_path / "lock") as hung, RunLock(tmp_path / "lock") as other:
        hung.take()

        is_taken = other.replace(os.getpid())

        assert is_taken
        assert other.is_held
        assert not hung.is_held


def test_a_lock_names_the_process_that_holds_it(tmp_path: Path) -> None:
    with RunLock(tmp_path / "lock") as held, RunLock(tmp_path / "lock") as other:
        before = other.holder
        held.take()
        during = other.holder
        held.release()

        assert (before, during, other.holder) == (None, os.getpid(), None)


def test_a_process_that_was_killed_holds_no_lock_though_its_name_stands_there(
    tmp_path: Path,
) -> None:
    with RunLock(tmp_path / "lock") as held:
        held.take()
        (tmp_path / "lock").write_text(f"{os.getpid()} 1")

        assert held.holder is None


@pytest.mark.parametrize("content", ["", "x", "1 2 3", "-1", "12 \n\n"])
def test_a_lock_whose_holder_has_not_named_itself_has_none_yet(
    tmp_path: Path, content: str
) -> None:
    with RunLock(tmp_path / "lock") as held:
        held.take()
        (tmp_path / "lock").write_text(content)

        assert held.holder is None


def test_of_two_who_replace_a_lock_one_gets_it(tmp_path: Path) -> None:
    with RunLock(tmp_path / "lock") as hung, RunLock(tmp_path / "lock") as late:
        hung.take()

        is_taken = late.replace(os.getpid() + 1)

        assert not is_taken
        assert hung.is_held


def test_a_system_without_locks_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = RunLock(tmp_path / "lock")
    assert lock.keeps_apart

    monkeypatch.setattr(run_lock, "fcntl", None)

    assert not lock.keeps_apart
    assert lock.take()
    assert lock.holder is None
