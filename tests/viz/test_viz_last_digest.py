"""The digest of a run that goes on is that of the last round in its log."""

from pathlib import Path

import pytest

import swarmboard
from blackboard import Ended, read_log
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
