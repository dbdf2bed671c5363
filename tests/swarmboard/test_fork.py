"""A fork shares its parent's history up to a round, and goes its own way from there."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from blackboard import BadInput, RunDirectory, RunLock, Snapshots, segment_ends
from swarmboard import run
from swarmboard.execution import take_new
from swarmboard.forking import fork
from swarmboard.resuming import resume


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """A dispatch of 57 nodes, with a snapshot every second round."""
    out = tmp_path_factory.mktemp("fork") / "parent"
    # Settings of the run itself go through the configuration, as the command line has them.
    (out.parent / "run.toml").write_text(
        'scenario = "grid-dispatch"\nboard = "memory://"\nsnapshot_every = 2\n'
        '[options]\ncase = "ieee57"\ncertificate_percent = 0.01\n'
    )
    from swarmboard.config import make_config, read_config
    from swarmboard.runner import execute, prepare

    execute(prepare(make_config(read_config(out.parent / "run.toml") | {"out": out})))
    return RunDirectory.find(str(out))


def summary_of(directory: RunDirectory) -> dict[str, Any]:
    summary = directory.read_json("summary.json")
    assert summary
    return summary


@pytest.mark.parametrize("at_round", [0, 1, 3, 4])
def test_a_fork_that_changes_nothing_comes_to_its_parents_digest(
    parent: RunDirectory, tmp_path: Path, at_round: int
) -> None:
    child = fork(parent, at_round=at_round, changes={}, out=tmp_path / "child")

    assert child.summary["digest"] == summary_of(parent)["digest"]
    assert child.summary["parent"]["run_id"] == parent.run_id
    assert child.summary["parent"]["round"] == at_round


def test_a_fork_computes_only_what_comes_behind_the_last_snapshot_before_it(
    parent: RunDirectory, tmp_path: Path
) -> None:
    kept = [r for r in Snapshots(parent.path / "snapshots").rounds() if r <= 5]

    child = fork(parent, at_round=5, changes={}, out=tmp_path / "child")

    rounds = child.summary["rounds"]
    from_round = max(kept, default=0)
    assert child.summary["resumed"] == {
        "from_round": from_round,
        "rehearsed_rounds": 5 - from_round,
        "computed_rounds": rounds - 5,
    }


def test_a_forks_log_begins_with_its_parents(parent: RunDirectory, tmp_path: Path) -> None:
    child = fork(parent, at_round=3, changes={"certificate_percent": "5"}, out=tmp_path / "child")

    common = segment_ends(parent.log)[3]
    assert (
        child.path.joinpath("events.log").read_bytes()[:common] == parent.log.read_bytes()[:common]
    )


def test_a_changed_option_holds_from_the_next_round_on(
    parent: RunDirectory, tmp_path: Path
) -> None:
    whole = summary_of(parent)["rounds"]

    child = fork(parent, at_round=3, changes={"certificate_percent": "5"}, out=tmp_path / "child")

    assert child.summary["status"] == "done"
    assert child.summary["rounds"] < whole
    assert child.summary["digest"] != summary_of(parent)["digest"]


def test_a_fork_of_a_fork_keeps_both_changes(parent: RunDirectory, tmp_path: Path) -> None:
    first = fork(parent, at_round=2, changes={"regret_percent": "5"}, out=tmp_path / "first")
    directory = RunDirectory.find(str(first.path))

    second = fork(
        directory, at_round=4, changes={"certificate_percent": "5"}, out=tmp_path / "second"
    )

    config = json.loads((second.path / "config.json").read_text())
    assert [point["options"] for point in config["forks"]] == [
        {"regret_percent": 5.0},
        {"certificate_percent": 5.0},
    ]
    assert second.summary["parent"]["run_id"] == directory.run_id


def test_a_fork_can_be_given_more_rounds_than_its_parent_had(tmp_path: Path) -> None:
    short = run(
        "jury", trials=50, trials_per_round=10, rounds=2, board="memory://", out=tmp_path / "a"
    )
    directory = RunDirectory.find(str(short.path))

    child = fork(directory, at_round=2, changes={"rounds": "9"}, out=tmp_path / "b")

    assert (short.summary["rounds"], child.summary["rounds"]) == (2, 5)


def test_a_fork_is_resumed_like_any_run(parent: RunDirectory, tmp_path: Path) -> None:
    changes = {"certificate_percent": "1"}
    whole = fork(parent, at_round=3, changes=changes, out=tmp_path / "whole")
    part = fork(parent, at_round=3, changes=changes | {"rounds": "4"}, out=tmp_path / "part")
    config = json.loads((part.path / "config.json").read_text())
    (part.path / "config.json").write_text(json.dumps(config | {"rounds": 80}))
    (part.path / "summary.json").unlink()

    result = resume(RunDirectory.find(str(part.path)))

    assert result.summary["digest"] == whole.summary["digest"]


def test_a_snapshot_that_its_parent_thins_out_meanwhile_is_not_missed(
    parent: RunDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy2 = shutil.copy2

    def copy_late(source: Path, target: Path) -> Any:
        if source.name.startswith("00000004."):
            raise FileNotFoundError(source)
        return copy2(source, target)

    monkeypatch.setattr("swarmboard.forking.shutil.copy2", copy_late)

    child = fork(parent, at_round=5, changes={}, out=tmp_path / "child")

    assert child.summary["resumed"]["from_round"] < 4
    assert child.summary["digest"] == summary_of(parent)["digest"]


def test_a_snapshot_without_the_parts_of_all_its_workers_is_left_behind(
    parent: RunDirectory, tmp_path: Path
) -> None:
    snapshots = Snapshots(parent.path / "snapshots")
    folder = Snapshots(tmp_path / "parent" / "snapshots")
    shutil.copytree(parent.path, tmp_path / "parent")
    folder.write(3, {**snapshots.read(2), "spans": [(0, 8), (8, 57)]})
    folder.write_part(3, range(8), {"populations": []})

    child = fork(
        RunDirectory.find(str(tmp_path / "parent")),
        at_round=4,
        changes={},
        out=tmp_path / "child",
    )

    assert not list((child.path / "snapshots").glob("00000003.*"))
    assert child.summary["digest"] == summary_of(parent)["digest"]


def test_a_directory_in_which_another_run_begins_at_the_same_moment_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = RunDirectory.create(tmp_path / "run")
    monkeypatch.setattr("swarmboard.execution.AT_MOST_LOOKED_AT_S", 0.0)

    with RunLock(directory.lock) as first, RunLock(directory.lock) as second:
        take_new(directory, first)
        with pytest.raises(BadInput, match=r"another run has just begun in .*: name another"):
            take_new(directory, second)

        assert first.is_held


@pytest.mark.parametrize(
    ("at_round", "changes", "says"),
    [
        (9999, {}, "--at-round 9999: .* ends with round"),
        (2, {"case": "ieee30"}, "--set case: a fork of grid-dispatch can change regret_percent"),
        (2, {"certificate_percent": "-1"}, "certificate_percent='-1' is wrong"),
        (2, {"ballots": "open"}, "--set ballots"),
        (3, {"rounds": "2"}, "--set rounds=2: the fork has 3 rounds already"),
    ],
)
def test_what_cannot_be_forked_is_one_line_and_leaves_nothing(
    parent: RunDirectory, tmp_path: Path, at_round: int, changes: dict[str, str], says: str
) -> None:
    with pytest.raises(BadInput, match=says):
        fork(parent, at_round=at_round, changes=changes, out=tmp_path / "child")

    assert list(tmp_path.iterdir()) == []


def test_the_command_prints_the_childs_card(cli: Any, parent: RunDirectory) -> None:
    said = cli("fork", parent.path, "--at-round", 3, "--set", "certificate_percent=5", "--out", "c")

    assert said.code == 0
    assert "grid-dispatch" in said.out
    assert Path("c/summary.json").is_file()
