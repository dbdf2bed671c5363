"""A folder's runs are listed cheaply, whatever else is in the folder."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import swarmboard
from tests.viz.gated import gated_run
from tests.viz.opinions import Opinions
from viz.feed import RunList, RunRow, list_runs
from viz.feed import runs as listing
from viz.pages.runs_page import in_two


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, seed in (("a", 1), ("b", 2)):
        swarmboard.run(Opinions, agents=20, rounds=20, seed=seed, out=tmp_path / name)
    return tmp_path


def test_a_run_that_ended_shows_what_came_of_it(folder: Path) -> None:
    summary = json.loads((folder / "a" / "summary.json").read_text())

    rows = {row.path.name: row for row in list_runs(folder)}

    row = rows["a"]
    assert (row.run_id, row.scenario, row.structure) == (summary["run_id"], "opinions", "swarm")
    assert (row.agents, row.seed, row.status, row.is_live) == (20, 1, "done", False)
    assert (row.progress, row.of_how_many) == (20, 20)
    assert row.digest == summary["digest"]
    assert row.approval_percent == summary["consensus"]["approval_percent"]
    assert row.decisions == 20
    assert row.wall_s == summary["timing"]["wall_s"]
    assert row.began.startswith(summary["run_id"][:4])


def test_a_run_that_was_killed_is_broken_off(folder: Path) -> None:
    (folder / "b" / "summary.json").unlink()

    rows = {row.path.name: row for row in list_runs(folder)}

    assert (rows["b"].status, rows["b"].agents, rows["b"].digest) == ("broken off", 20, None)


def test_foreign_and_half_written_folders_do_no_harm(folder: Path) -> None:
    contents = {"foreign": '{"name": "x"}', "half": '{"scenario": "jury", "ag', "list": "[1, 2]"}
    for name, content in contents.items():
        (folder / name).mkdir()
        (folder / name / "config.json").write_text(content)
    (folder / "a" / "summary.json").write_text('{"status": "done", "consensus": 7, "rounds": "x"}')
    (folder / "file").write_text("nothing")

    rows = {row.path.name: row for row in list_runs(folder)}

    assert set(rows) == {"a", "b", "half", "list"}
    assert rows["half"].error is not None
    assert rows["half"].status == "broken off"
    assert (rows["a"].status, rows["a"].progress, rows["a"].approval_percent) == ("done", 0, None)


def test_a_folder_that_is_not_there_has_no_runs(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "none") == []


def test_what_has_not_changed_is_not_read_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, read = RunList(folder), []
    first = runs.rows()
    row_of = listing._row_of

    def counted(directory: Any) -> Any:
        read.append(directory.path.name)
        return row_of(directory)

    monkeypatch.setattr(listing, "_row_of", counted)
    again = runs.rows()
    (folder / "b" / "summary.json").unlink()
    changed = runs.rows()
    runs.close()

    assert first == again
    assert read == ["b"]
    assert [row.path.name for row in changed if row.status == "broken off"] == ["b"]


def test_a_run_that_goes_on_is_live_as_far_as_its_board_says(tmp_path: Path) -> None:
    runs = RunList(tmp_path)

    with gated_run(tmp_path / "run", agents=5, rounds=7) as gate:
        [begun] = runs.rows()
        gate.let(4)
        [later] = runs.rows()
        [anew] = list_runs(tmp_path)
    [ended] = runs.rows()
    runs.close()

    assert (begun.status, later.status, ended.status) == ("live", "live", "done")
    assert begun.progress < later.progress <= 5
    assert (ended.progress, later.of_how_many) == (7, 7)
    assert later.wall_s is not None
    assert anew.approval_percent is not None


def test_a_run_whose_board_nobody_else_can_reach_is_live_all_the_same(tmp_path: Path) -> None:
    with gated_run(tmp_path / "run", agents=5, rounds=3, board="memory://"):
        [row] = list_runs(tmp_path)

    assert (row.status, row.progress) == ("live", 0)


def test_a_run_that_ended_is_hardly_looked_at_until_its_folder_changes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, looked = RunList(folder), []
    for path in (folder, folder / "a", folder / "b"):
        os.utime(path, (1e9, 1e9))
    first, is_led = runs.rows(), listing.is_led

    def counted(directory: Any) -> bool:
        looked.append(directory.path.name)
        return is_led(directory)

    monkeypatch.setattr(listing, "is_led", counted)
    again = runs.rows()
    (folder / "b" / "summary.json").unlink()
    changed = {row.path.name: row.status for row in runs.rows()}
    runs.close()

    assert first == again
    assert looked == ["b"]
    assert changed == {"a": "done", "b": "broken off"}


def test_the_table_of_runs_is_sent_in_two_parts_of_which_the_ended_stay_the_same(
    tmp_path: Path,
) -> None:
    ended = RunRow("r1", tmp_path / "one", "jury", "swarm", 7, 0, "done")
    live = RunRow("r2", tmp_path / "two", "jury", "swarm", 7, 0, "live", progress=1)

    first = in_two([ended, live])
    later = in_two([ended, replace(live, progress=2)])

    assert [row["name"] for row in first[0]] == ["one"]
    assert [row["progress"] for part in (first[1], later[1]) for row in part] == [1, 2]
    assert first[0][0] is later[0][0]
    assert (first[1][0]["can_stop"], first[1][0]["oversight"]) == (True, "/run/two/oversight")
