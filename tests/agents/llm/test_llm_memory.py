"""What runs learned is found by likeness, once, and reading leaves no trace."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agents.llm.memory import Lesson, Memory
from blackboard import BadInput

PAGE = "Reorder the recommendation page so that readers find their book"
GRID = "Dispatch the units of the northern grid at least cost"


def lesson(task: str = PAGE, text: str = "Ask for click data first", **more: object) -> Lesson:
    values = {"outcome": "accepted", "score": 0.8, "run": "r1", "scenario": "open-task"} | more
    return Lesson(task, text, **values)  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.sqlite"


@pytest.fixture
def memory(path: Path) -> Iterator[Memory]:
    with Memory.open(path, is_writable=True) as memory:
        yield memory


def test_a_lesson_is_recalled_for_a_task_like_its_own(memory: Memory) -> None:
    memory.learn([lesson(), lesson(GRID, "Check the line limits")])

    found = memory.recall("How should we reorder the page of recommendations for readers?")

    assert found == [lesson()]


def test_a_task_unlike_all_others_recalls_nothing(memory: Memory) -> None:
    memory.learn([lesson()])

    assert memory.recall("Write a poem about rain") == []


def test_the_likest_come_first_and_no_more_than_wanted(memory: Memory) -> None:
    memory.learn([lesson(f"{PAGE} {'and more ' * i}", f"lesson {i}") for i in range(8)])

    assert [found.text for found in memory.recall(PAGE, k=3)] == [
        "lesson 0",
        "lesson 1",
        "lesson 2",
    ]


def test_of_equally_like_ones_the_better_comes_first(memory: Memory) -> None:
    memory.learn([lesson(text="poor", score=0.1), lesson(text="good", score=0.9)])

    assert [found.text for found in memory.recall(PAGE)] == ["good", "poor"]


def test_the_same_lesson_is_kept_once(memory: Memory) -> None:
    assert memory.learn([lesson(score=0.4)]) == 1

    assert memory.learn([lesson(text=" ask for CLICK data first", run="r2", score=0.6)]) == 0

    [found] = memory.recall(PAGE)
    assert (found.score, found.run, found.runs, len(memory)) == (0.5, "r2", 2, 1)


def test_a_run_that_goes_on_after_a_kill_learns_nothing_twice(memory: Memory) -> None:
    memory.learn([lesson()])
    memory.learn([lesson()])

    assert memory.recall(PAGE) == [lesson()]


def test_hidden_characters_and_long_texts_are_cut(memory: Memory) -> None:
    memory.learn([lesson(text="a\u202eb" + "x" * 900)])

    [found] = memory.recall(PAGE)

    assert found.text.startswith("abx")
    assert len(found.text) == 400


def test_reading_leaves_no_trace(path: Path, memory: Memory) -> None:
    memory.learn([lesson()])
    memory.close()
    before = (path.read_bytes(), path.stat().st_mtime_ns)

    with Memory.open(path) as reader:
        assert reader.recall(PAGE)

    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_must_not_be_written_can_be_read(path: Path, memory: Memory) -> None:
    memory.learn([lesson()])
    memory.close()
    path.chmod(0o444)

    with Memory.open(path) as reader:
        assert len(reader) == 1


def test_a_reader_does_not_learn(path: Path, memory: Memory) -> None:
    with Memory.open(path) as reader, pytest.raises(BadInput, match="read only; learn=true"):
        reader.learn([lesson()])


def test_a_missing_memory_is_no_memory_to_read(path: Path) -> None:
    with pytest.raises(BadInput, match="begin one with learn=true"):
        Memory.open(path)

    assert not path.exists()


def test_a_missing_folder_is_named(path: Path) -> None:
    with pytest.raises(BadInput, match=r"no folder .*; make it first"):
        Memory.open(path.parent / "nowhere" / "m.sqlite", is_writable=True)


@pytest.mark.parametrize("is_writable", [False, True])
def test_another_programs_file_is_left_alone(path: Path, *, is_writable: bool) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs(x)")
    connection.close()
    before = path.read_bytes()

    with pytest.raises(BadInput, match="is no memory"):
        Memory.open(path, is_writable=is_writable)

    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_one_line(path: Path) -> None:
    path.write_text("not a database, but long enough to look at" * 40)

    with pytest.raises(BadInput, match="cannot be used: file is not a database") as caught:
        Memory.open(path)

    assert "\n" not in str(caught.value)


def test_a_newer_memory_is_not_touched(path: Path, memory: Memory) -> None:
    memory.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 2")
    connection.close()

    with pytest.raises(BadInput, match="a newer memory"):
        Memory.open(path, is_writable=True)


CUT_OFF = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 2")
connection.execute("BEGIN")
connection.execute("UPDATE lessons SET text = text || ?", ("x" * 90_000,))
os._exit(0)
"""


def test_what_a_killed_run_left_is_repaired_by_the_next_that_learns(
    path: Path, memory: Memory
) -> None:
    memory.learn([lesson(), lesson(text="another")])
    memory.close()
    subprocess.run([sys.executable, "-c", CUT_OFF, str(path)], check=True)

    with pytest.raises(BadInput, match="the next run with learn=true repairs it"):
        Memory.open(path)

    with Memory.open(path, is_writable=True) as again:
        assert [found.text for found in again.recall(PAGE)] == ["another", lesson().text]


LEARN = """
import sys
from agents.llm.memory import Lesson, Memory
with Memory.open(sys.argv[1], is_writable=True) as memory:
    for i in range(20):
        memory.learn([Lesson("a task", f"lesson {i}", "accepted", 1.0, sys.argv[2], "s")])
"""


def test_runs_learn_and_read_at_the_same_time(path: Path) -> None:
    def learn(run: int) -> int:
        return subprocess.run(
            [sys.executable, "-c", LEARN, str(path), f"r{run}"], check=False
        ).returncode

    with ThreadPoolExecutor(3) as pool:
        ended = list(pool.map(learn, range(3)))

    assert ended == [0, 0, 0]
    with Memory.open(path) as reader:
        found = reader.recall("a task", k=99)
    assert {(lesson.text, lesson.runs) for lesson in found} == {
        (f"lesson {i}", 3) for i in range(20)
    }
