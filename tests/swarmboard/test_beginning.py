"""A run goes on from snapshots that it wrote itself, and passes over what others put there."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blackboard import RunDirectory, Snapshots
from swarmboard import run
from swarmboard.beginning import find_beginning

State = dict[str, Any]


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    result = run(
        "grid-dispatch",
        seed=3,
        case="ieee14",
        board="memory://",
        snapshot_every=2,
        out=tmp_path_factory.mktemp("beginning") / "run",
    )
    return RunDirectory.find(str(result.path))


@pytest.fixture
def directory(parent: RunDirectory, tmp_path: Path) -> RunDirectory:
    """Copy the run, to be tampered with."""
    shutil.copytree(parent.path, tmp_path / "run")
    return RunDirectory.find(str(tmp_path / "run"))


def without(key: str) -> Callable[[State], Any]:
    return lambda state: {k: v for k, v in state.items() if k != key}


def with_in(key: str, **values: Any) -> Callable[[State], Any]:
    return lambda state: state | {key: state[key] | values}


FOREIGN: dict[str, Callable[[State], Any]] = {
    "a list": lambda state: list(state.items()),
    "nothing": lambda state: None,
    "a number": lambda state: 7,
    "empty": lambda state: {},
    "no position": without("position"),
    "no leader": without("leader"),
    "no model": without("model"),
    "no accounts": without("accounts"),
    "no spans": without("spans"),
    "no epoch": without("epoch"),
    "a position that is a list": lambda state: state | {"position": [1]},
    "a position that is true": lambda state: state | {"position": True},
    "a position elsewhere": lambda state: state | {"position": state["position"] - 1},
    "a leader that is a list": lambda state: state | {"leader": []},
    "a leader without a replica": with_in("leader", replica=None),
    "a round that is a text": with_in("leader", round="2"),
    "another round": with_in("leader", round=1),
    "another digest": with_in("leader", digest=bytes(32)),
    "a digest that is a text": with_in("leader", digest="00"),
    "populations that are a dict": with_in("model", populations={}),
    "accounts without a last": with_in("accounts", last=None),
    "accounts of texts": with_in("accounts", last=["x"]),
    "spans that are numbers": lambda state: state | {"spans": [1, 2]},
    "spans of texts": lambda state: state | {"spans": [("a", "b")]},
    "spans of three": lambda state: state | {"spans": [(0, 1, 2)]},
    "spans without parts": lambda state: state | {"spans": [(0, 8)]},
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_snapshot_of_another_shape_is_passed_over(directory: RunDirectory, name: str) -> None:
    snapshots = Snapshots(directory.path / "snapshots")
    older, newest = snapshots.rounds()[-2:]
    snapshots.write(newest, FOREIGN[name](snapshots.read(newest)))

    beginning = find_beginning(directory)

    assert beginning.round == older


@pytest.mark.parametrize("part", [None, [], {}, {"populations": {}}])
def test_a_part_of_another_shape_is_passed_over(directory: RunDirectory, part: Any) -> None:
    snapshots = Snapshots(directory.path / "snapshots")
    older, newest = snapshots.rounds()[-2:]
    snapshots.write_part(newest, range(8), part)

    beginning = find_beginning(directory)

    assert beginning.round == older


def test_a_snapshot_under_another_rounds_name_is_passed_over(directory: RunDirectory) -> None:
    snapshots = Snapshots(directory.path / "snapshots")
    older, newest = snapshots.rounds()[-2:]
    snapshots.write(newest, snapshots.read(older))

    beginning = find_beginning(directory)

    assert beginning.round == older


def test_what_a_run_wrote_itself_is_used(directory: RunDirectory) -> None:
    beginning = find_beginning(directory)

    assert beginning.round == Snapshots(directory.path / "snapshots").rounds()[-1]
    assert not beginning.damaged
