"""The lock that keeps two runners of one run apart."""

import os
from pathlib import Path

from blackboard import RunLock


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
