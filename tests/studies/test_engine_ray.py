"""Ray's actors on two nodes: the same tables, and no waiting for a processor that never frees."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from blackboard import StudyDirectory, SwarmboardError
from swarmboard.studies import study
from swarmboard.studies.engines import RayEngine, ray_engine
from swarmboard.studies.job import Finished, Job

pytestmark = pytest.mark.slow

GRID: dict[str, Any] = {
    "scenario": "jury",
    "fixed": {"trials": 5},
    "vary": {"agents": [4, 8], "threshold": [60, 80]},
    "replicates": 3,
}
UNTIL: dict[str, Any] = {**GRID, "until": "ci95 of metrics.correct < 20 points"}
HALVING: dict[str, Any] = {
    **{name: GRID[name] for name in ("scenario", "fixed", "vary")},
    "halving": {"by": "metrics.correct", "best": "high", "first": 2},
}


class Quick:
    """Carries a job out by naming it; travels by its value, because workers lack this file."""

    def __reduce__(self) -> Any:
        return eval, ("lambda job: __import__('swarmboard.studies.job').studies.job.Finished("
                      "job, {'status': 'done'})",)  # fmt: skip

    def __call__(self, job: Job) -> Finished:
        raise NotImplementedError


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A cluster of two nodes with one processor each."""
    settings = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        pytest.importorskip("ray")
        from ray.cluster_utils import Cluster

        cluster = Cluster()
        try:
            try:
                for _ in range(2):
                    cluster.add_node(num_cpus=1)
            except Exception as error:  # Ray raises just that where a node is slow to start
                pytest.skip(f"no cluster comes up here: {error}")
            yield cluster.address
        finally:
            cluster.shutdown()


@pytest.fixture
def ray(address: str) -> Iterator[Any]:
    """A connection that is not the engine's."""
    import ray

    ray.init(address, log_to_driver=False, logging_level="ERROR")
    yield ray
    ray.shutdown()


@contextmanager
def held(ray: Any, processors: int) -> Iterator[None]:
    """Take processors of the cluster away."""

    class Holder:
        def pid(self) -> int:
            return os.getpid()

    holders = [ray.remote(num_cpus=1)(Holder).remote() for _ in range(processors)]
    ray.get([holder.pid.remote() for holder in holders])
    yield
    for holder in holders:
        ray.kill(holder)


def swept(engine: RayEngine, folder: Path) -> list[int]:
    jobs = [Job(f"{number:016x}", number, 0, number, {}, {}) for number in range(9)]
    return sorted(done.job.point for done in engine.run(Quick(), jobs, folder=folder))


def compared(content: dict[str, Any], path: Path, engine: str) -> pd.DataFrame:
    """Return a study's table without what no two sweeps have in common."""
    study(**content, engine=engine, out=path)
    table: pd.DataFrame = StudyDirectory(path).table().to_pandas()
    own = [name for name in table.columns if name == "run_id" or name.startswith("timing.")]
    return table.drop(columns=own)


@pytest.mark.parametrize("content", [GRID, UNTIL, HALVING], ids=["grid", "until", "halving"])
def test_two_nodes_make_the_table_that_one_process_makes(
    content: dict[str, Any], address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", address)

    one, two = (compared(content, tmp_path / engine, engine) for engine in ("serial", "ray"))

    pd.testing.assert_frame_equal(one, two)


def test_a_sweep_on_a_cluster_answers_to_sigterm_as_before(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", address)
    answers = list[Any]()

    def jobs() -> Iterator[Job]:
        answers.append(signal.getsignal(signal.SIGTERM))
        yield Job("0" * 16, 0, 0, 0, {}, {})

    before = signal.signal(signal.SIGTERM, lambda number, frame: None)
    try:
        ours = signal.getsignal(signal.SIGTERM)
        list(RayEngine(1).run(Quick(), jobs(), folder=tmp_path))
    finally:
        signal.signal(signal.SIGTERM, before)

    assert answers == [ours]


def test_actors_end_their_servers_before_they_are_ended(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Closing(Quick):
        def __reduce__(self) -> Any:
            close = f"lambda self: __import__('pathlib').Path({str(tmp_path / 'ended')!r}).touch()"
            _, (call,) = super().__reduce__()
            call = call.replace("lambda job", "lambda self, job")
            return eval, (f"type('Closing', (), {{'__call__': {call}, 'close': {close}}})()",)

    monkeypatch.setenv("RAY_ADDRESS", address)

    list(RayEngine(1).run(Closing(), [Job("0" * 16, 0, 0, 0, {}, {})], folder=tmp_path))

    assert (tmp_path / "ended").exists()


@pytest.mark.usefixtures("ray")
def test_more_workers_than_processors_are_not_waited_for(tmp_path: Path) -> None:
    assert swept(RayEngine(4), tmp_path) == list(range(9))


def test_an_actor_takes_the_job_of_one_that_finds_no_processor(ray: Any, tmp_path: Path) -> None:
    with held(ray, 1):
        assert swept(RayEngine(2), tmp_path) == list(range(9))


def test_actors_that_never_start_are_told_of(
    ray: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_engine, "START_S", 0.5)

    with (
        held(ray, 2),
        pytest.raises(SwarmboardError, match=r"cannot start: no processor is free within 0\.5 s"),
    ):
        swept(RayEngine(2), tmp_path)
