"""A run in this process is given up wherever its time is over, and whatever its code keeps."""

import itertools
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from swarmboard.studies import study
from swarmboard.studies.engines import SerialEngine, time_limits
from swarmboard.studies.job import Finished, Job

SLEEPY = """
import time
from swarmboard import Population, Proposal, RuleAgent, Scenario, Stage, Vote

class Sleeper(RuleAgent):
    def vote(self, view):
        time.sleep(30)
        return Vote("approve")

class Sleepy(Scenario):
    name = "sleepy"
    summary = "its agents are slow"
    default_agents = 1
    default_rounds = 2

    def populate(self, model):
        return [Population("sleeper", [Sleeper(model) for _ in range(self.agents)])]

    def stages(self, board):
        yield Stage("vote", ("sleeper",), (Proposal(),), votes=True)
"""

type Carry = Callable[[Job], Finished]


def never_ends() -> None:
    for _ in itertools.count():
        pass


def in_vain(job: Job) -> Finished:
    with suppress(Exception):
        never_ends()
    return Finished(job, {"status": "done"})


def kept_once(job: Job) -> Finished:
    with suppress(BaseException):
        never_ends()
    never_ends()
    return Finished(job, {"status": "done"})


def late_in_its_end(job: Job) -> Finished:
    try:
        return Finished(job, {"status": "done"})
    finally:
        never_ends()


@pytest.fixture
def _no_alarm_is_left() -> Iterator[None]:
    before = signal.getsignal(signal.SIGALRM)
    yield
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) == before


@pytest.mark.usefixtures("_no_alarm_is_left")
@pytest.mark.parametrize("carry_out", [in_vain, kept_once, late_in_its_end])
def test_no_code_of_a_run_keeps_that_its_time_is_over(
    carry_out: Carry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_limits, "AGAIN_S", 0.05)
    jobs = [Job(f"{number:016x}", number, 0, number, {}, {}) for number in range(2)]

    found = list(SerialEngine(timeout_s=0.1).run(carry_out, jobs, folder=tmp_path))

    assert [finished.row["error"] for finished in found] == ["no end within 0.1 s"] * 2
    assert all(finished.may_retry for finished in found)
    assert "in never_ends" in str(found[0].traceback)


@pytest.mark.unrepeatable  # a run that is to fail
@pytest.mark.usefixtures("_no_alarm_is_left")
def test_an_agent_that_sleeps_too_long_fails_its_run_and_does_not_abstain(tmp_path: Path) -> None:
    (tmp_path / "sleepy.py").write_text(SLEEPY)

    done = study(
        str(tmp_path / "sleepy.py"),
        vary={"threshold": [60]},
        engine="serial",
        timeout_s=1.0,
        retries=0,
        out=tmp_path / "out",
    )

    assert done.table[["status", "error"]].to_numpy().tolist() == [["failed", "no end within 1 s"]]
    assert "in vote" in next(iter(done.failures.values()))
