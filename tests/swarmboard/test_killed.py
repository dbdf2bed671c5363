"""Runs that are killed again and again come to the end that they would have had."""

import random
import sys
from pathlib import Path

import pytest

from benchmarks import soak
from benchmarks.killing import TARGETS, BrokenPromise, Kept, Killer, check_prefix, kept_in

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="finds a run's processes in /proc"
)
REMEMBERING = (*soak.REMEMBERING, "200")


def killer(folder: Path, *words: str, seed: int = 1) -> Killer:
    return Killer([*REMEMBERING, *words], folder, random.Random(seed), longest_s=0.6, early=0.1)


@pytest.mark.slow
def test_a_run_whose_runner_and_server_are_killed_comes_to_the_same_end(tmp_path: Path) -> None:
    victim = killer(tmp_path)
    victim.targets = ("runner", "server")

    victim.kill_until(5, victim.reference())

    assert victim.toll.kills.total() == 5
    assert victim.toll.exact == victim.toll.runs


@pytest.mark.slow
def test_a_run_in_simulated_time_that_is_killed_comes_to_the_same_end(tmp_path: Path) -> None:
    cluster = ("customer-service", "--set", "tickets=1500", "--set", "parts=0.2")
    victim = Killer(cluster, tmp_path, random.Random(1), longest_s=0.6, early=0.1)
    victim.targets = ("runner", "server")

    victim.kill_until(5, victim.reference())

    assert victim.toll.kills.total() == 5
    assert victim.toll.exact == victim.toll.runs


@pytest.mark.slow
def test_a_run_with_workers_that_are_killed_comes_to_the_same_end(tmp_path: Path) -> None:
    victim = killer(tmp_path, "--rounds", "100", "--workers", "3")

    victim.kill_until(4, victim.reference())

    assert set(victim.toll.kills) <= set(TARGETS)
    assert victim.toll.exact == victim.toll.runs


@pytest.mark.slow
def test_what_outsiders_wrote_and_was_recorded_outlives_kills(tmp_path: Path) -> None:
    victim = killer(tmp_path)
    victim.targets = ("runner", "server")

    with soak.Outsider(tmp_path) as outsider:
        victim.kill_until(3, None)

    assert 0 < victim.toll.entries <= outsider.received.total()


def test_the_soak_notices_a_log_that_was_changed(tmp_path: Path) -> None:
    log = tmp_path / "events.log"
    log.write_bytes(b"SBLOG 1\n")
    before = kept_in(log)
    log.write_bytes(b"SBLOG 2\n")

    with pytest.raises(BrokenPromise, match="the first 8 bytes have changed"):
        check_prefix(log, Kept(8, before.digest), Kept(8))
