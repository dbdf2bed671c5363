"""A scenario of the user's own file is the file as it is now, executed once for all its runs."""

import os
import pickle
from pathlib import Path

from swarmboard.catalog import find_scenario

FILE = """
from pathlib import Path
from swarmboard import Scenario

with Path(__file__).with_suffix(".log").open("a") as log:
    log.write("executed ")

class Own(Scenario):
    name = "own"
    summary = "{summary}"

    def populate(self, model):
        return []

    def stages(self, board):
        yield from ()
"""


def write(path: Path, summary: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(FILE.format(summary=summary))


def test_a_file_is_executed_once_for_many_runs(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    write(path, "one")

    found = {find_scenario(str(path)) for _ in range(3)}

    assert len(found) == 1
    assert path.with_suffix(".log").read_text().split() == ["executed"]


def test_a_file_that_was_changed_is_executed_again(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    write(path, "one")
    before = find_scenario(str(path)).summary
    write(path, "two")
    later = path.stat().st_mtime_ns + 1
    os.utime(path, ns=(later, later))

    assert (before, find_scenario(str(path)).summary) == ("one", "two")


def test_files_of_one_name_in_two_folders_are_two_scenarios(tmp_path: Path) -> None:
    paths = [tmp_path / folder / "own.py" for folder in ("a", "b")]
    for path in paths:
        write(path, path.parent.name)

    found = [find_scenario(str(path)) for path in (*paths, *paths)]

    assert [kind.summary for kind in found] == ["a", "b", "a", "b"]
    first = find_scenario(str(paths[0]))
    assert pickle.loads(pickle.dumps(first)) is first
