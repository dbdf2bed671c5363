"""Studies beside the runs: how far they are, their rows as they come in, and what is drawn."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from blackboard import StudyDirectory
from viz.canvas import CanvasView, StudyView
from viz.feed import Studies, StudyTable, choices_of, find_study, lines_of
from viz.feed.studies import IDLE_S, StudyRow, study_row
from viz.pages.study_rows import failure_rows, stop_rows, study_figures, study_table_row

PROGRESS: dict[str, Any] = {
    "status": "running",
    "planned": 40,
    "done": 9,
    "failed": 1,
    "running": 2,
    "retried": 0,
    "started": 1_795_000_000.0,
    "eta_s": 200.0,
}
VARIED = ["agents", "structure"]


def row_of(number: int, **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"key": f"{number:016}", "point": number % 4, "replicate": number // 4}
    row |= {"agents": 4 * (1 + number % 2), "structure": ("swarm", "solo")[number % 4 // 2]}
    return row | {"status": "done", "error": None, "rounds": number, **more}


def study_in(folder: Path, *, rows: int = 0, **more: Any) -> StudyDirectory:
    directory = StudyDirectory.create(folder)
    description = {"study": {"scenario": "jury", "vary": {}}, "varied": VARIED, "runs": 40}
    directory.write_description(description | more)
    for number in range(rows):
        directory.write_part(row_of(number))
    return directory


def test_studies_are_found_below_the_runs_and_in_the_folder_beside_them(tmp_path: Path) -> None:
    study_in(tmp_path / "runs" / "one")
    study_in(tmp_path / "studies" / "two")
    (tmp_path / "runs" / "a-run").mkdir()

    rows = Studies().rows(tmp_path / "runs")

    assert sorted(row.key for row in rows) == ["one", "two"]
    assert find_study(tmp_path / "runs", "two") == tmp_path / "studies" / "two"
    assert find_study(tmp_path / "runs", "a-run") is None


def test_a_study_whose_process_has_gone_is_broken_off(tmp_path: Path) -> None:
    directory = study_in(tmp_path / "study")
    directory.write_progress(PROGRESS)

    with directory.lock as lock:
        lock.take()
        held = study_row(directory.path)
    left = study_row(directory.path)

    assert (held.status, left.status) == ("running", "broken off")


def test_a_study_without_progress_has_not_begun(tmp_path: Path) -> None:
    row = study_row(study_in(tmp_path / "study").path)

    assert (row.status, row.planned, row.done) == ("not begun", 40, 0)


def test_what_cannot_be_read_is_said_and_hides_no_other_study(tmp_path: Path) -> None:
    study_in(tmp_path / "good")
    study_in(tmp_path / "bad").path.joinpath("study.json").write_text("{")

    rows = {row.key: row for row in Studies().rows(tmp_path)}

    assert "cannot be read" in str(rows["bad"].error)
    assert rows["good"].error is None


def test_only_parts_that_are_new_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = study_in(tmp_path / "study", rows=5)
    studies, row = Studies(), study_row(directory.path)
    read: list[int] = []
    news = StudyDirectory.news

    def counted(own: StudyDirectory, seen: Any) -> Any:
        found, stamps = news(own, seen)
        read.append(len(found))
        return found, stamps

    monkeypatch.setattr(StudyDirectory, "news", counted)
    studies.look(row, lambda table: None)
    studies.look(row, lambda table: None)
    directory.write_part(row_of(5))
    _newer(directory.parts)

    count = studies.look(row, lambda table: table.count)

    assert (read, count) == ([5, 1], 6)


def test_merged_parts_double_no_run_and_one_done_again_takes_its_place(tmp_path: Path) -> None:
    directory = study_in(tmp_path / "study", rows=3)
    studies, row = Studies(), study_row(directory.path)
    studies.look(row, lambda table: None)
    directory.merge_parts(is_whole=True)
    directory.write_part(row_of(1, rounds=100))
    _newer(directory.parts)

    rounds = studies.look(row, lambda table: list(table.numbers["rounds"]))

    assert rounds == [0.0, 100.0, 2.0]


def test_rows_that_nobody_looks_at_are_let_go_of(tmp_path: Path) -> None:
    now = [0.0]
    one, other = (study_in(tmp_path / name, rows=1) for name in ("one", "other"))
    studies = Studies(clock=lambda: now[0])
    studies.look(study_row(one.path), lambda table: None)

    now[0] = IDLE_S + 1
    studies.look(study_row(other.path), lambda table: None)

    assert list(studies._followed) == [other.path]


def _newer(folder: Path) -> None:
    """Let a folder's time be another, also where clocks are coarse."""
    stat = folder.stat()
    os.utime(folder, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000))


def table_of(rows: list[dict[str, Any]]) -> StudyTable:
    table = StudyTable(tuple(VARIED))
    for row in rows:
        table.take(row)
    return table


def test_the_place_of_a_run_that_left_is_taken_again() -> None:
    rows = [row_of(number, won=float(number)) for number in range(4)]
    table = table_of([*rows, {**rows[1], "point": None}, {**rows[2], "status": "failed"}])

    after_leaving = table.count
    table.take(row_of(4))
    table.take(rows[1])
    table.take(row_of(5))

    assert (after_leaving, table.count, len(table.settings)) == (2, 5, 5)
    known = [value for value in table.numbers["won"] if value == value]
    assert sorted(known) == [0.0, 1.0, 3.0]


def test_a_line_has_means_with_students_interval() -> None:
    table = table_of([row_of(number) for number in range(16)])

    (solo, swarm) = lines_of(table, "rounds", "agents", "structure")

    values = [0.0, 4.0, 8.0, 12.0]
    low, high = stats.t.interval(0.95, 3, 6.0, stats.sem(values))
    first = swarm.points[0]
    assert (solo.name, swarm.name) == ("structure = solo", "structure = swarm")
    assert (first.place, first.mean, first.runs) == (4, 6.0, 4)
    assert (first.low, first.high) == pytest.approx((low, high))


def test_a_share_has_wilsons_interval() -> None:
    table = table_of([row_of(4 * number, won=number < 3) for number in range(10)])

    ((point,),) = (line.points for line in lines_of(table, "won", "agents", None))

    ends = stats.binomtest(3, 10).proportion_ci(0.95, "wilson")
    assert (point.low, point.high) == pytest.approx((ends.low, ends.high))


def test_a_single_run_is_drawn_without_an_interval() -> None:
    (line,) = lines_of(table_of([row_of(0)]), "rounds", "agents", None)

    assert (line.points[0].low, line.points[0].high, line.points[0].runs) == (None, None, 1)


def test_what_a_study_names_itself_is_shown_first() -> None:
    table = table_of([row_of(n, other=n, **{"yardstick.gap_percent": n}) for n in range(8)])

    responses, places, by = choices_of(table, asked=["rounds", "missing"])

    assert responses[:2] == ["rounds", "yardstick.gap_percent"]
    assert (places, by) == (["agents", "structure"], "structure")


def test_failed_runs_stand_in_no_line_and_leave_when_done_again() -> None:
    failed = row_of(1, status="failed", error="ValueError: no\nmore")
    table = table_of([row_of(0), failed])

    told = failure_rows(table.failures, VARIED)
    table.take(row_of(1))

    assert told == [[f"{1:016}", "agents=8, structure=swarm", "ValueError: no"]]
    assert (table.failures, list(table.numbers["rounds"])) == ({}, [0.0, 1.0])


def test_a_run_that_left_the_study_leaves_its_lines() -> None:
    table = table_of([row_of(0), row_of(4)])

    table.take(row_of(4, point=None))

    ((point,),) = (line.points for line in lines_of(table, "rounds", "agents", None))
    assert point.runs == 1


def test_a_running_study_says_how_long_it_may_take() -> None:
    row = StudyRow("k", Path("k"), "jury", ("agents",), "running", 40, 9, 1, 2, eta_s=200.0)

    told = {name: (value, note) for name, value, note, _ in study_figures(row)}

    assert told["To go"] == ("3 min", "at its pace so far")
    assert told["Runs done"] == ("9", "of 40")
    assert study_table_row(row)["runs"] == "9 of 40"


def test_an_adaptive_study_may_come_to_more_runs_than_are_planned() -> None:
    stop = {"point": 0, "varied": {"agents": 4}, "replicates": 12, "why": "narrow enough"}
    row = StudyRow("k", Path("k"), "jury", ("agents",), "running", 40, 9, 1, 2, stops=(stop,))

    assert stop_rows(row) == [["agents=4", "12", "narrow enough"]]


def test_results_that_an_adaptive_study_looks_at_are_what_its_page_shows(tmp_path: Path) -> None:
    study = {"scenario": "jury", "find": {"where": "deadlock = 50 %"}}
    found = {"agents": 8, "said": "from threshold = 80 on"}
    directory = study_in(tmp_path / "s", study=study, adaptive={"stops": [], "found": [found]})

    row = study_row(directory.path)

    assert row.responses == ("deadlock",)
    assert row.found == ("agents=8: from threshold = 80 on",)
    assert row.is_adaptive


type Listen = Callable[[CanvasView], Any]


def drawn(places: list[Any], **more: Any) -> StudyView:
    view = StudyView()
    points = [(place, float(at), None, None, 1) for at, place in enumerate(places)]
    view.draw([("", points)], x="agents", response="rounds", notice="nothing yet", **more)
    return view


@pytest.mark.parametrize(
    ("places", "is_log", "words"),
    [
        ([4, 8, 16, 64], True, []),
        ([50, 60, 70], False, []),
        ([0, 10, 100], False, []),
        (["solo", "swarm"], False, ["solo", "swarm"]),
        ([False, True], False, ["False", "True"]),
    ],
)
def test_an_axis_is_of_numbers_of_their_logarithms_or_of_words(
    places: list[Any], is_log: bool, words: list[str]
) -> None:
    view = drawn(places)

    assert (view.axis["is_log"], view.axis["words"]) == (is_log, words)
    assert view.notice == ""


def test_a_study_without_runs_says_so() -> None:
    view = StudyView()

    view.draw([], x="agents", response="rounds", notice="nothing yet")

    assert (view.notice, view.table().rows) == ("nothing yet", ())


def test_all_lines_stand_in_the_table_and_the_first_are_drawn() -> None:
    view = StudyView()
    lines = [(f"k = {number}", [(4, 1.0, 0.5, 1.5, 9)]) for number in range(8)]

    view.draw(lines, x="agents", response="rounds", notice="")

    assert len(view.lines) == 6
    assert len(view.table().rows) == 8
    assert view.table().rows[7] == ("k = 7", 4, 1.0, 0.5, 1.5, 9)
    assert "2 lines stand in the table only." in view.label
