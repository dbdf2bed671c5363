"""A study directory keeps every row once, whatever moment its process is killed at."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from blackboard import BadInput, StudyDirectory, SwarmboardError, study_directory


class KilledError(BaseException):
    """Stands for a SIGKILL: nothing behind it is done."""


def row(number: int, **values: Any) -> dict[str, Any]:
    known = {"key": f"{number:016x}", "point": number, "replicate": 0, "status": "done"}
    return known | {"rounds": number} | values


def fill(directory: StudyDirectory, count: int) -> None:
    for number in range(count):
        directory.write_part(row(number))


def read(directory: StudyDirectory) -> list[dict[str, Any]]:
    """Read as another process would."""
    rows: list[dict[str, Any]] = StudyDirectory(directory.path).table().to_pylist()
    return rows


@pytest.fixture
def directory(tmp_path: Path) -> StudyDirectory:
    return StudyDirectory.create(tmp_path / "study")


def test_rows_are_read_in_the_order_of_points_and_replicates(directory: StudyDirectory) -> None:
    for number, (point, replicate) in enumerate([(1, 1), (0, 1), (1, 0), (0, 0)]):
        directory.write_part(row(number, point=point, replicate=replicate))

    found = directory.table().to_pylist()

    places = [(r["point"], r["replicate"]) for r in found]
    assert places == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_parts_are_merged_as_they_become_many(
    directory: StudyDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study_directory, "PARTS_A_PACK", 8)

    fill(directory, 30)

    assert len(list(directory.parts.iterdir())) == 3 + 6
    assert [r["rounds"] for r in read(directory)] == list(range(30))
    assert len(directory.finished()) == 30


@pytest.mark.parametrize("deleted", range(0, 24, 5))
@pytest.mark.parametrize("is_whole", [False, True])
def test_a_merge_that_is_killed_loses_no_row_and_doubles_none(
    directory: StudyDirectory, monkeypatch: pytest.MonkeyPatch, deleted: int, is_whole: bool
) -> None:
    fill(directory, 12)
    directory.merge_parts()
    directory.write_part(row(3, rounds=33))
    for number in range(12, 40):
        directory.write_part(row(number))
    before = read(directory)
    unlink, left = Path.unlink, [deleted]

    def killed(path: Path, **options: bool) -> None:
        if not left[0]:
            raise KilledError
        left[0] -= 1
        unlink(path, **options)

    with monkeypatch.context() as during:
        during.setattr(Path, "unlink", killed)
        with pytest.raises(KilledError):
            directory.merge_parts(is_whole=is_whole)

    assert read(directory) == before
    StudyDirectory(directory.path).merge_parts(is_whole=True)
    assert read(directory) == before
    assert before[3]["rounds"] == 33


def test_a_part_that_is_killed_half_way_was_never_there(
    directory: StudyDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(directory, 2)

    def killed(path: Path, target: Path) -> Path:
        raise KilledError

    with monkeypatch.context() as during:
        during.setattr(Path, "replace", killed)
        with pytest.raises(KilledError):
            directory.write_part(row(2))

    assert sorted(directory.finished()) == [row(0)["key"], row(1)["key"]]
    directory.remove_unfinished()
    assert len(list(directory.parts.iterdir())) == 2


def test_a_part_that_a_power_cut_emptied_is_a_run_to_do_again(directory: StudyDirectory) -> None:
    fill(directory, 3)
    (directory.parts / f"{row(1)['key']}.parquet").write_bytes(b"")

    assert sorted(directory.finished()) == [row(0)["key"], row(2)["key"]]


def test_a_damaged_pack_is_named(directory: StudyDirectory) -> None:
    fill(directory, 3)
    directory.merge_parts()
    (pack,) = directory.parts.iterdir()
    pack.write_bytes(b"PAR1")

    with pytest.raises(SwarmboardError, match=f"{pack.name} is damaged"):
        directory.finished()


def test_a_reader_sees_all_rows_while_parts_are_merged(
    directory: StudyDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(directory, 5)
    listed = StudyDirectory._part_files
    merges = iter([True])

    def merged_behind(found: StudyDirectory, *, with_packs: bool = False) -> list[Path]:
        paths = listed(found, with_packs=with_packs)
        if next(merges, False):
            directory.merge_parts()
        return paths

    monkeypatch.setattr(StudyDirectory, "_part_files", merged_behind)

    assert [r["rounds"] for r in read(directory)] == list(range(5))


def test_a_row_that_takes_the_place_of_a_failed_one_is_the_one_that_counts(
    directory: StudyDirectory,
) -> None:
    directory.write_part(row(0, status="failed", rounds=None))
    directory.write_failure(row(0)["key"], "Traceback")
    directory.merge_parts(is_whole=True)

    directory.write_part(row(0))
    directory.forget_failure(row(0)["key"])

    assert directory.finished() == {row(0)["key"]: "done"}
    assert directory.failures() == {}


def test_failures_are_told_by_key(directory: StudyDirectory) -> None:
    directory.write_failure(row(0)["key"], "why")
    directory.write_part(row(0, status="failed"))
    directory.write_failure(row(1)["key"], "a try before the one that went well")
    directory.write_part(row(1))

    assert directory.failures() == {row(0)["key"]: "why"}


def test_what_has_no_row_is_removed_and_what_has_one_stays(directory: StudyDirectory) -> None:
    fill(directory, 1)
    for number in (0, 1):
        directory.run_path(row(number)["key"]).mkdir()

    assert directory.remove_unfinished() == 1

    assert [path.name for path in directory.runs.iterdir()] == [row(0)["key"]]


def test_rows_outside_of_a_changed_study_wait_on_disk(directory: StudyDirectory) -> None:
    fill(directory, 3)

    left_out = directory.renumber({row(2)["key"]: {"point": 0}, row(0)["key"]: {"point": 1}})

    assert left_out == 1
    assert [(r["point"], r["rounds"]) for r in read(directory)] == [(0, 2), (1, 0)]
    assert directory.renumber({row(1)["key"]: {"point": 2}}, leaves_others=True) == 0
    assert [(r["point"], r["rounds"]) for r in read(directory)] == [(0, 2), (1, 0), (2, 1)]
    assert directory.renumber({row(n)["key"]: {"point": n} for n in range(3)}) == 0
    assert [r["rounds"] for r in read(directory)] == [0, 1, 2]


def test_columns_have_one_type_and_stand_where_the_runs_have_them(
    directory: StudyDirectory,
) -> None:
    directory.write_part({**row(0, status="failed"), "error": "it broke"})
    directory.write_part({**row(1), "error": None, "a": 1, "is_b": True, "d": None, "e": 1})
    directory.write_part({**row(2), "error": None, "a": 1.5, "c": "x", "is_b": False, "e": 2})

    table = directory.table()

    names = ["key", "point", "replicate", "status", "rounds", "error", "a", "c", "is_b", "d", "e"]
    assert table.column_names == names
    kinds = {name: str(table.schema.field(name).type) for name in names[5:]}
    assert kinds == {
        "error": "string",
        "a": "double",
        "c": "string",
        "is_b": "bool",
        "d": "double",
        "e": "int64",
    }


def test_the_table_is_written_for_others_to_read(directory: StudyDirectory) -> None:
    fill(directory, 3)

    table = directory.write_table()

    assert pq.read_table(directory.path / "table.parquet").equals(table)
    assert (directory.path / "table.csv").read_text().count("\n") == 4


@pytest.mark.parametrize("replaced", [0, 1])
def test_a_study_that_is_killed_as_it_is_described_can_begin_again(
    directory: StudyDirectory, monkeypatch: pytest.MonkeyPatch, replaced: int
) -> None:
    replace, left = Path.replace, [replaced]

    def killed(path: Path, target: Path) -> Path:
        if not left[0]:
            raise KilledError
        left[0] -= 1
        return replace(path, target)

    with monkeypatch.context() as during:
        during.setattr(Path, "replace", killed)
        with pytest.raises(KilledError):
            directory.write_description({"study": {}}, text="seed = 7")

    again = StudyDirectory.create(directory.path)
    again.write_description({"study": {}}, text="seed = 7")
    assert (directory.path / "study.toml").read_text() == "seed = 7"


def test_a_folder_that_holds_only_a_study_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "study.toml").touch()

    with pytest.raises(BadInput, match="holds no study"):
        StudyDirectory.create(tmp_path)


def test_a_directory_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()

    with pytest.raises(BadInput, match=r"is not empty, and holds no study"):
        StudyDirectory.create(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("unlinked", range(4))
def test_a_renumbering_that_is_killed_leaves_all_places_as_they_were_or_as_they_are_to_be(
    directory: StudyDirectory, monkeypatch: pytest.MonkeyPatch, unlinked: int
) -> None:
    fill(directory, 3)
    unlink, left = Path.unlink, [unlinked]

    def killed(path: Path, **options: bool) -> None:
        if not left[0]:
            raise KilledError
        left[0] -= 1
        unlink(path, **options)

    with monkeypatch.context() as during:
        during.setattr(Path, "unlink", killed)
        with suppress(KilledError):
            directory.renumber({row(n)["key"]: {"point": n + 1} for n in range(3)})

    assert [found["point"] for found in read(directory)] in ([0, 1, 2], [1, 2, 3])


@pytest.mark.parametrize("place", range(4, 800, 40))
def test_a_part_with_a_hole_is_a_run_to_do_again(directory: StudyDirectory, place: int) -> None:
    fill(directory, 2)
    spoilt = directory.parts / f"{row(1)['key']}.parquet"
    content = bytearray(spoilt.read_bytes())
    content[place : place + 40] = bytes(40)
    spoilt.write_bytes(content)

    assert directory.finished() in (
        {row(0)["key"]: "done"},
        {row(0)["key"]: "done", row(1)["key"]: "done"},
    )


def test_a_part_that_cannot_be_read_now_is_not_taken_for_spoilt(
    directory: StudyDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(directory, 2)

    def refuse(*given: Any, **named: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("blackboard.study_directory.pq.ParquetFile", refuse)

    with pytest.raises(PermissionError):
        directory.finished()
