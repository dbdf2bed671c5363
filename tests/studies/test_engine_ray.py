"""Ray's actors where processors are few: no sweep waits for one that never becomes free."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from blackboard import SwarmboardError
from swarmboard.studies.engines import RayEngine, ray_engine
from swarmboard.studies.job import Finished, Job

pytestmark = pytest.mark.slow


class Quick:
    """Carries a job out by naming it; travels by its value, because workers lack this file."""

    def __reduce__(self) -> Any:
        return eval, ("lambda job: __import__('swarmboard.studies.job').studies.job.Finished("
                      "job, {'status': 'done'})",)  # fmt: skip

    def __call__(self, job: Job) -> Finished:
        raise NotImplementedError


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A cluster of two processors that is not the engine's."""
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    found = pytest.importorskip("ray")
    found.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield found
    found.shutdown()


def hold(ray: Any, processors: int) -> Any:
    """Take processors of the cluster away."""

    class Holder:
        def pid(self) -> int:
            return os.getpid()

    holder = ray.remote(num_cpus=processors)(Holder).remote()
    ray.get(holder.pid.remote())
    return holder


def swept(engine: RayEngine, folder: Path) -> list[int]:
    jobs = [Job(f"{number:016x}", number, 0, number, {}, {}) for number in range(9)]
    return sorted(done.job.point for done in engine.run(Quick(), jobs, folder=folder))


@pytest.mark.usefixtures("ray")
def test_more_workers_than_processors_are_not_waited_for(tmp_path: Path) -> None:
    assert swept(RayEngine(4), tmp_path) == list(range(9))


def test_an_actor_takes_the_job_of_one_that_finds_no_processor(ray: Any, tmp_path: Path) -> None:
    holder = hold(ray, 1)

    assert swept(RayEngine(2), tmp_path) == list(range(9))
    ray.kill(holder)


def test_actors_that_never_start_are_told_of(
    ray: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = hold(ray, 2)
    monkeypatch.setattr(ray_engine, "START_S", 0.5)

    with pytest.raises(SwarmboardError, match=r"cannot start: no processor is free within 0\.5 s"):
        swept(RayEngine(2), tmp_path)
    ray.kill(holder)
