"""What a sweep costs beside its runs, what it keeps in memory, and what kills leave of it.

`python -m benchmarks sweep speed [RUNS]` carries out the same jury runs in three ways by turns,
each with two processes: bare runs back to back on one server a process, a study on the local
engine, and Mesa's `batch_run`. `sweep memory [RUNS]` follows the resident memory of the sweep's
process over tiny runs. `sweep kills [KILLS]` kills a sweep at random moments and goes on; its
table has to be that of an undisturbed sweep, and no run is done twice. `--json` prints rows as
JSON (Linux).
"""

import json
import multiprocessing
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import mesa

from blackboard import EmbeddedServer, StudyDirectory
from swarmboard.config import make_config
from swarmboard.execution import execute
from swarmboard.plan import prepare
from swarmboard.studies.engines import LocalEngine
from swarmboard.studies.job import Job
from swarmboard.studies.jobs import StudyPlan
from swarmboard.studies.planning import plan_study
from swarmboard.studies.study_file import make_study
from swarmboard.studies.sweeping import sweep
from swarmboard.studies.taking_up import take_up

from .memory import resident_mb
from .table import print_table

RUNS, TINY_RUNS, KILLS = 1_000, 10_000, 20
TURNS = 4
"""So often each way gets its turn, so that a machine that slows down slows all of them."""
PROCESSES = 2
RUNS_A_KILL = 40
EARLY, LATEST_S, POLL_S = 0.2, 1.0, 0.01
"""How often a kill does not wait until a run has ended, and how long it waits behind that."""
STEADY_SHARE = 0.1
"""The part of the runs after which memory is to be flat."""
SEED = 7


def planned(replicates: int, **fixed: Any) -> StudyPlan:
    """Return a study of jury runs with 16 agents."""
    content = {"scenario": "jury", "seed": SEED, "replicates": replicates}
    return plan_study(
        make_study({**content, "fixed": fixed, "vary": {"agents": [16]}}), folder=Path()
    )


def speed(runs: int, folder: Path) -> list[dict[str, Any]]:
    """Carry out the same runs in each way by turns, and hold the ways against each other."""
    ways: dict[str, Callable[[Sequence[Job], Path], list[str]]] = {
        "bare runs": in_bare_processes,
        "study, local engine": as_study,
        "Mesa's batch_run": in_batch,
    }
    taken_s, found = dict.fromkeys(ways, 0.0), {name: list[str]() for name in ways}
    jobs = list(planned(runs).jobs())
    for turn in range(TURNS):
        part = jobs[turn::TURNS]
        for name, way in ways.items():
            place = folder / f"{name}-{turn}"
            place.mkdir()
            began = time.perf_counter()
            found[name] += way(part, place)
            taken_s[name] += time.perf_counter() - began
    wanted = sorted(found["bare runs"])
    assert all(sorted(digests) == wanted for digests in found.values()), "digests differ"
    return [
        {
            "way": name,
            "runs": runs,
            "seconds": seconds,
            "ms_per_run": 1e3 * seconds / runs,
            "percent_of_bare_speed": 100 * taken_s["bare runs"] / seconds,
        }
        for name, seconds in taken_s.items()
    ]


def in_bare_processes(jobs: Sequence[Job], folder: Path) -> list[str]:
    """Carry jobs out back to back in processes that do nothing else."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(PROCESSES) as pool:
        shares = [(jobs[at::PROCESSES], folder) for at in range(PROCESSES)]
        return [digest for part in pool.starmap(back_to_back, shares, 1) for digest in part]


def back_to_back(jobs: Sequence[Job], folder: Path) -> list[str]:
    """Carry jobs out in this process, on one server."""
    with EmbeddedServer.start(None) as server:
        return [bare_run(job.values, folder / job.key, server.url) for job in jobs]


def bare_run(values: Mapping[str, Any], out: Path, board: str) -> str:
    """Carry one run out, and return its digest."""
    config = make_config({**values, "out": out, "board": board})
    return str(execute(prepare(config)).summary["digest"])


class OneStudy:
    """A plan whose jobs are given."""

    policy = None

    def __init__(self, plan: StudyPlan, jobs: Sequence[Job]) -> None:
        self.config, self.count, self._jobs = plan.config, len(jobs), jobs

    def jobs(self) -> Iterator[Job]:
        """Yield the jobs."""
        return iter(self._jobs)


def as_study(jobs: Sequence[Job], folder: Path) -> list[str]:
    """Carry jobs out as a study, table included."""
    directory = StudyDirectory.create(folder / "study")
    plan = OneStudy(planned(1), jobs)
    sweep(plan, directory, LocalEngine(PROCESSES, timeout_s=600.0))  # type: ignore[arg-type]
    return [str(digest) for digest in directory.table().column("digest").to_pylist()]


class BatchedRun(mesa.Model):  # type: ignore[misc]
    """A run as a model of Mesa's: one step carries it out."""

    server: EmbeddedServer | None = None

    def __init__(self, values: str, folder: str, rng: Any = None) -> None:
        super().__init__(rng=rng)
        self._values, self._folder = json.loads(values), Path(folder)
        self.digest = ""
        self.datacollector = mesa.DataCollector({"digest": "digest"})

    def step(self) -> None:
        """Carry the run out on this process's server."""
        kind = type(self)
        kind.server = kind.server or EmbeddedServer.start(None)
        out = self._folder / str(self._values["seed"])
        self.digest = bare_run(self._values, out, kind.server.url)
        self.datacollector.collect(self)
        self.running = False


def in_batch(jobs: Sequence[Job], folder: Path) -> list[str]:
    """Carry jobs out with Mesa's `batch_run`."""
    rows = mesa.batch_run(
        BatchedRun,
        {"values": [json.dumps(dict(job.values)) for job in jobs], "folder": str(folder)},
        number_processes=PROCESSES,
        rng=[SEED],
        max_steps=1,
        display_progress=False,
    )
    return [row["digest"] for row in rows]


def memory(runs: int, folder: Path) -> list[dict[str, Any]]:
    """Sweep tiny runs, and note the memory of this process ten times."""
    plan, rows = planned(runs, trials=1), list[dict[str, Any]]()
    directory = StudyDirectory.create(folder / "study")
    take_up(plan, directory)

    def note(progress: Mapping[str, Any]) -> None:
        done = progress["done"]
        if done and done % max(1, runs // 10) == 0 and (not rows or rows[-1]["runs"] != done):
            rows.append({"runs": done, "sweep_mb": resident_mb()})
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)

    sweep(plan, directory, LocalEngine(PROCESSES, timeout_s=600.0), watch=note)
    steady = next(row for row in rows if row["runs"] >= STEADY_SHARE * runs)["sweep_mb"]
    return [{**row, "percent_of_steady": 100 * row["sweep_mb"] / steady} for row in rows]


def kills(count: int, folder: Path) -> list[dict[str, Any]]:
    """Kill a sweep so often at random moments, and hold its table against an undisturbed one.

    Raises:
        AssertionError: a run was lost, doubled or done twice, or came out otherwise.
    """
    rng, whole, killed = random.Random(SEED), folder / "whole", folder / "killed"
    study = folder / "study.toml"
    runs = RUNS_A_KILL * count
    study.write_text(
        f'scenario = "jury"\nseed = {SEED}\nreplicates = {runs // 2}\n'
        "[fixed]\ntrials = 100\n[vary]\nagents = [8, 16]\n"
    )
    with swept(study, whole) as process:
        assert process.wait() == 0
    began, before, struck = time.perf_counter(), dict[str, str](), 0
    while struck < count:
        with swept(study, killed) as process:
            is_early = rng.random() < EARLY
            while not is_early and process.poll() is None and len(kept(killed)) <= len(before):
                _wait(process, POLL_S)
            _wait(process, rng.uniform(0.0, LATEST_S))
            if process.poll() is None:
                process.kill()
                struck += 1
        after = kept(killed)
        assert before.items() <= after.items(), "a run that was done is gone, or was done again"
        assert len(after) < runs, f"over after {struck} kills: more runs are needed"
        before = after
    with swept(study, killed) as process:
        assert process.wait() == 0
    assert before.items() <= kept(killed).items()
    one, other = (compared(path) for path in (whole, killed))
    assert one.equals(other), "the tables differ"
    assert {path.name for path in (killed / "runs").iterdir()} == set(kept(killed))
    took_s = time.perf_counter() - began
    return [{"kills": struck, "runs": runs, "done before the last life": len(before), "s": took_s}]


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


@contextmanager
def swept(study: Path, out: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a sweep of its own, and wait for its end."""
    command = [sys.executable, "-m", "swarmboard", "sweep", str(study), "--out", str(out)]
    process = subprocess.Popen(
        [*command, "--jobs", str(PROCESSES), "--no-progress"],
        stdout=subprocess.DEVNULL,
    )
    yield process
    process.wait()


def kept(path: Path) -> dict[str, str]:
    """Return the run id of each finished run by its key."""
    directory = StudyDirectory.open(path)
    return {row["key"]: row["run_id"] for row in directory.rows()} if directory else {}


def compared(path: Path) -> Any:
    """Return a study's table without what no two sweeps have in common."""
    table = StudyDirectory(path).table()
    own = [name for name in table.column_names if name == "run_id" or name.startswith("timing.")]
    return table.drop_columns(own)


def main(argv: list[str]) -> None:
    """Run one of the measurements and print its rows."""
    kinds = {"speed": (speed, RUNS), "memory": (memory, TINY_RUNS), "kills": (kills, KILLS)}
    words = [word for word in argv if word != "--json"]
    name = words[0] if words else "speed"
    if name not in kinds:
        raise SystemExit(f"usage: python -m benchmarks sweep {{{','.join(kinds)}}} [N] [--json]")
    measure, usual = kinds[name]
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(int(words[1]) if len(words) > 1 else usual, Path(folder))
    if "--json" in argv:
        print(json.dumps(rows, indent=1))
    else:
        print_table(rows)
