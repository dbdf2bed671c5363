import importlib
import os
import pickle
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.connection import wait
from pathlib import Path
from types import ModuleType

import pytest

from blackboard import BadInput, SwarmboardError
from swarmboard.studies.engines import LocalEngine, RayEngine, SerialEngine, engine_named
from swarmboard.studies.engines.local_process import LocalProcess
from swarmboard.studies.engines.waiting import Waiting, carried_out
from swarmboard.studies.job import Engine, Finished, Job

CHORES = """
import faulthandler, os, signal, sys, time
from pathlib import Path
from swarmboard.studies.job import Finished

def never_ends():
    while True:
        time.sleep(0.01)

def carry_out(job):
    chore = job.values["chore"]
    print("a run may print", flush=True)
    if chore == "is killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if chore == "leaves":
        os._exit(0)
    if chore == "hangs":
        never_ends()
    if chore == "hangs in a lock":
        import ctypes
        ctypes.PyDLL(None).sleep(600)
    if chore == "waits":
        Path("pid").write_text(str(os.getpid()))
        never_ends()
    if chore == "waits for it":
        while not (Path("pid").exists() and Path("pid").read_text()):
            time.sleep(0.01)
    return Finished(job, {"key": job.key, "status": "done", "pid": os.getpid()})
"""

type Run = Callable[..., list[Finished]]


@pytest.fixture(scope="module")
def chores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """A module that workers find where this process does."""
    folder = tmp_path_factory.mktemp("chores")
    (folder / "chores_of_workers.py").write_text(CHORES)
    before = os.environ.get("PYTHONPATH", "")
    sys.path.append(str(folder))
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [before, str(folder)]))
    yield importlib.import_module("chores_of_workers")
    sys.path.remove(str(folder))
    del sys.modules["chores_of_workers"]
    os.environ["PYTHONPATH"] = before


@pytest.fixture
def run(chores: ModuleType, tmp_path: Path) -> Run:
    def carry_out(engine: Engine, *kinds: str) -> list[Finished]:
        return list(engine.run(chores.carry_out, jobs(*kinds), folder=tmp_path))

    return carry_out


@pytest.fixture(params=["serial", "local"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Engines that hand jobs out by themselves; Ray's does so as the local one does."""
    return engine_named(request.param, workers=None if request.param == "serial" else 2)


def jobs(*kinds: str) -> list[Job]:
    return [
        Job(f"{number:016x}", number, 0, number, {"chore": kind}, {"chore": kind})
        for number, kind in enumerate(kinds)
    ]


def failures(found: list[Finished]) -> dict[int, str]:
    return {f.job.point: str(f.row["error"]) for f in found if f.has_failed}


def test_every_job_comes_back_once(engine: Engine, run: Run) -> None:
    found = run(engine, *["is done"] * 7)

    assert sorted(f.job.point for f in found) == list(range(7))
    assert {f.row["status"] for f in found} == {"done"}


@pytest.mark.slow
def test_every_job_comes_back_from_a_cluster_that_was_started_for_it(run: Run) -> None:
    pytest.importorskip("ray")

    try:
        found = run(RayEngine(2), *["is done"] * 7)
    except SwarmboardError as error:
        pytest.skip(f"Ray does not start here: {error}")

    assert sorted(f.job.point for f in found) == list(range(7))
    assert len({f.row["pid"] for f in found} - {os.getpid()}) > 0


def test_jobs_may_depend_on_those_that_came_back(
    engine: Engine, chores: ModuleType, tmp_path: Path
) -> None:
    came_back = list[int]()

    def one_after_another() -> Iterator[Job | None]:
        for number, job in enumerate(jobs(*["is done"] * 4)):
            while len(came_back) < number:
                yield None
            yield job

    for finished in engine.run(chores.carry_out, one_after_another(), folder=tmp_path):
        came_back.append(finished.job.point)

    assert came_back == [0, 1, 2, 3]


def test_a_job_that_depends_on_nothing_that_runs_is_an_error(
    engine: Engine, chores: ModuleType, tmp_path: Path
) -> None:
    with pytest.raises(SwarmboardError, match="depends on one that never began"):
        list(engine.run(chores.carry_out, iter([None]), folder=tmp_path))


def test_a_place_that_became_free_is_filled_before_it_is_told_what_came_of_it(
    chores: ModuleType, tmp_path: Path
) -> None:
    taken, at_first = list[int](), list[int]()

    def counted() -> Iterator[Job]:
        for job in jobs(*["is done"] * 3):
            taken.append(job.point)
            yield job

    for _ in LocalEngine(1).run(chores.carry_out, counted(), folder=tmp_path):
        at_first = at_first or list(taken)

    assert at_first == [0, 1]


def test_what_came_back_is_told_though_the_next_job_cannot_be_asked_for(
    chores: ModuleType, tmp_path: Path
) -> None:
    class Broken(BaseException):
        pass

    def broken() -> Iterator[Job]:
        yield from jobs("is done")
        raise Broken

    results = iter(LocalEngine(1).run(chores.carry_out, broken(), folder=tmp_path))

    assert next(results).job.point == 0
    with pytest.raises(Broken):
        next(results)


def test_what_came_back_is_told_though_others_cannot_be_heard() -> None:
    (done,) = jobs("is done")

    class Broken:
        has_room, is_at_work = False, True

        def give(self, job: Job) -> None:
            raise NotImplementedError

        def hear(self, waiting: Waiting) -> Iterator[Finished]:
            yield Finished(done, {"status": "done"})
            raise SwarmboardError("workers cannot start")

    results = carried_out([], Broken())

    assert next(results).job == done
    with pytest.raises(SwarmboardError, match="workers cannot start"):
        next(results)


def test_without_a_limit_a_job_has_all_time_once_its_process_has_started(
    chores: ModuleType,
) -> None:
    process = LocalProcess(pickle.dumps((chores.carry_out, None)), None)
    try:
        process.begin(jobs("hangs")[0])
        limits_start = process.deadline is not None
        wait([process.pipe], 60.0)
        has_more_to_say = process.hear() is None

        assert limits_start
        assert has_more_to_say
        assert process.deadline is None
    finally:
        process.kill()


def test_jobs_are_taken_only_as_places_become_free(chores: ModuleType, tmp_path: Path) -> None:
    taken = list[int]()

    def counted() -> Iterator[Job]:
        for job in jobs(*["is done"] * 9):
            taken.append(job.point)
            yield job

    engine, seen = LocalEngine(2), list[int]()
    for number, _ in enumerate(engine.run(chores.carry_out, counted(), folder=tmp_path)):
        seen.append(len(taken) - number)

    assert max(seen) <= 3, "the one that came back, and one for each worker"


@pytest.mark.parametrize(
    ("chore", "why"),
    [("is killed", "killed by signal 9"), ("leaves", "its process ended with exit code 0")],
)
def test_a_process_that_dies_fails_its_own_job_alone(run: Run, chore: str, why: str) -> None:
    found = run(LocalEngine(2), "is done", chore, *["is done"] * 5)

    assert failures(found) == {1: why}
    assert len(found) == 7
    assert next(f for f in found if f.has_failed).may_retry


@pytest.mark.parametrize("chore", ["hangs", "hangs in a lock"])
def test_a_job_that_hangs_is_given_up_alone(run: Run, chore: str) -> None:
    found = run(LocalEngine(2, timeout_s=1.0), "is done", chore, *["is done"] * 5)

    assert failures(found) == {1: "no end within 1 s"}
    assert len(found) == 7


def test_what_a_hanging_job_was_doing_is_told(run: Run) -> None:
    [finished] = run(LocalEngine(1, timeout_s=1.0), "hangs")

    assert "in never_ends" in str(finished.traceback)


def test_a_hanging_job_does_not_hold_up_a_serial_sweep_from_within(
    tmp_path: Path,
) -> None:
    def wait_for_ever(job: Job) -> Finished:
        try:
            while True:
                pass
        except Exception as error:
            return Finished(job, {"status": "failed", "error": str(error)}, str(error))

    found = list(SerialEngine(timeout_s=0.1).run(wait_for_ever, jobs("x", "y"), folder=tmp_path))

    assert failures(found) == {0: "no end within 0.1 s", 1: "no end within 0.1 s"}


def test_a_worker_does_many_jobs(run: Run) -> None:
    found = run(LocalEngine(2), *["is done"] * 40)

    by_process = Counter(f.row["pid"] for f in found)
    assert len(by_process) <= 2
    assert os.getpid() not in by_process


def test_workers_that_cannot_start_say_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone_meanwhile.py").write_text(CHORES)
    monkeypatch.syspath_prepend(str(tmp_path))
    module = importlib.import_module("gone_meanwhile")
    (tmp_path / "gone_meanwhile.py").unlink()

    with pytest.raises(SwarmboardError, match=r"cannot start.*No module named 'gone_meanwhile'"):
        list(LocalEngine(1).run(module.carry_out, jobs("is done"), folder=tmp_path))


def test_a_folder_of_the_users_hides_no_package_from_workers(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("agents", "scenarios", "swarmboard"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise ImportError('of the user')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])

    assert failures(run(LocalEngine(1), "is done")) == {}


def test_breaking_off_ends_the_workers(
    chores: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    results = LocalEngine(2, timeout_s=60.0).run(
        chores.carry_out, jobs("waits", "waits for it"), folder=tmp_path
    )
    next(results)

    results.close()  # type: ignore[attr-defined]

    assert not Path(f"/proc/{Path('pid').read_text()}").exists()


@pytest.mark.parametrize(
    ("name", "workers", "says"),
    [
        ("locl", None, "unknown engine 'locl': there are local, ray, serial"),
        ("serial", 2, "--jobs 2 with --engine serial: it does one run at a time"),
        ("local", 0, "--jobs 0: at least 1 is needed"),
    ],
)
def test_a_wrong_choice_of_engine_is_told(name: str, workers: int | None, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        engine_named(name, workers=workers)


def test_ray_that_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(BadInput, match=r"pip install 'swarmboard\[ray\]'"):
        engine_named("ray")
