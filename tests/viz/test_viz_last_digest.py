"""The digest of a run that goes on is that of the last round in its log."""

from pathlib import Path

import pytest

import swarmboard
from blackboard import Ended, EventLog, encode, read_log
from tests.viz.gated import gated_run
from viz.feed import LastDigest


class Clock:
    """Seconds that a test moves on."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_each_round_that_closes_is_told_with_its_digest(tmp_path: Path) -> None:
    clock = Clock()
    last = LastDigest(tmp_path / "run" / "events.log", clock=clock)

    with gated_run(tmp_path / "run", agents=5, rounds=6) as gate:
        gate.let(3)
        early = last.read()
        gate.let(5)
        too_soon = last.read()
        clock.now += 2
        later = last.read()
    clock.now += 2
    final = last.read()

    digests = {
        record.round: record.digest.hex()
        for record in read_log(tmp_path / "run" / "events.log")
        if isinstance(record, Ended)
    }
    assert early is not None
    assert later is not None
    assert too_soon == early
    assert early[0] < later[0] < 6
    assert [digests[early[0]], digests[later[0]]] == [early[1], later[1]]
    assert final == (6, digests[6])


@pytest.mark.parametrize("content", [None, b"", b"no log at all, whatever its name says"])
def test_without_a_log_nothing_is_told(tmp_path: Path, content: bytes | None) -> None:
    log = tmp_path / "events.log"
    if content is not None:
        log.write_bytes(content)

    assert LastDigest(log).read() is None


def test_a_run_that_ended_has_the_digest_of_its_summary(tmp_path: Path) -> None:
    done = swarmboard.run("jury", agents=5, trials=4, board="memory://", out=tmp_path / "jury")

    found = LastDigest(tmp_path / "jury" / "events.log").read()

    assert found == (done.summary["rounds"], done.summary["digest"])


def test_a_log_that_was_cut_and_has_grown_past_that_is_read_anew(tmp_path: Path) -> None:
    log, clock = tmp_path / "events.log", Clock()
    log.write_bytes(told(tmp_path / "a", rounds=5, digest=b"old"))
    last = LastDigest(log, clock=clock)
    before = last.read()

    log.write_bytes(told(tmp_path / "b", rounds=60, digest=b"another one"))
    clock.now += 2
    after = last.read()

    assert before == (5, b"old".hex())
    assert after == (60, b"another one".hex())


def test_of_a_damaged_log_the_last_digest_before_stays(tmp_path: Path) -> None:
    log, clock = tmp_path / "events.log", Clock()
    whole = told(tmp_path / "a", rounds=5, digest=b"old")
    log.write_bytes(whole)
    last = LastDigest(log, clock=clock)
    last.read()

    log.write_bytes(whole + b"\xff" * 64)
    clock.now += 2
    damaged = last.read()
    log.write_bytes(told(tmp_path / "b", rounds=6, digest=b"new"))
    clock.now += 2

    assert damaged == (5, b"old".hex())
    assert last.read() == (6, b"new".hex())


def told(folder: Path, *, rounds: int, digest: bytes) -> bytes:
    """Return a log of rounds in which nothing happened."""
    folder.mkdir()
    with EventLog(folder / "events.log") as log:
        for number in range(1, rounds + 1):
            log.append([encode(Ended("operational", number, 1, digest))])
    return (folder / "events.log").read_bytes()


def test_the_approval_of_the_latest_decision_is_known_from_the_end_of_a_log(
    tmp_path: Path,
) -> None:
    run = swarmboard.run("jury", agents=9, trials=4, board="memory://", out=tmp_path / "jury")
    last = LastDigest(tmp_path / "jury" / "events.log")

    before = last.approval_percent
    last.read()

    decision = run.summary["decisions"][-1]
    assert before is None
    assert last.approval_percent == pytest.approx(decision["percent"], abs=1e-3)
