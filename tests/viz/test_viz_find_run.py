"""The run that an address names is found, or the page can say why not."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from blackboard import BadInput
from viz.pages.run_page import find_run
from viz.serve.place import Place, place, settle


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Path]:
    """The folder that the pages show, with one run in it."""
    before = place()
    settle(Place(tmp_path))
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "config.json").write_text('{"run_id": "r1", "scenario": "jury"}')
    yield tmp_path
    settle(before)


@pytest.mark.parametrize("key", ["one", "r1"])
def test_a_run_is_found_by_its_folders_name_and_by_its_id(runs: Path, key: str) -> None:
    assert find_run(key) == runs / "one"


@pytest.mark.parametrize(
    ("key", "said"), [("two", "no run named 'two'"), ("x" * 400, "cannot be read")]
)
def test_what_is_no_run_is_said_in_a_line(runs: Path, key: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        find_run(key)


@pytest.mark.parametrize("way", ["relative", "absolute", "above", "below"])
def test_a_run_elsewhere_is_none_of_the_folder(
    runs: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    inner = runs / "one" / "inner"
    inner.mkdir()
    (inner / "config.json").write_text('{"run_id": "r2"}')
    settle(Place(runs / "one"))
    other = runs / "other"
    other.mkdir()
    (other / "config.json").write_text('{"run_id": "r3"}')
    monkeypatch.chdir(runs)
    keys = {
        "relative": "other",
        "absolute": str(other),
        "above": "..",
        "below": "inner/../inner",
    }
    (runs / "config.json").write_text('{"run_id": "r4"}')

    with pytest.raises(BadInput, match="no run named"):
        find_run(keys[way])


def test_of_two_runs_with_one_id_none_is_guessed(runs: Path) -> None:
    (runs / "copy").mkdir()
    (runs / "copy" / "config.json").write_text('{"run_id": "r1"}')

    with pytest.raises(BadInput, match="2 runs named 'r1'"):
        find_run("r1")
    assert find_run("copy") == runs / "copy"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_run_that_may_not_be_read_is_said_to_be_so(runs: Path) -> None:
    (runs / "one").chmod(0)
    try:
        with pytest.raises(BadInput, match="ask its owner for permission"):
            find_run("one")
    finally:
        (runs / "one").chmod(0o700)
