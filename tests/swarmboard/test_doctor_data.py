"""`doctor --data`: what a user's file is and holds, or every thing that is wrong with it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from blackboard import BadInput
from scenarios import DataError, DataFormat
from scenarios.customer_service.files.formats import DATA_FORMATS
from swarmboard import data_check
from swarmboard.data_check import examine_file, recognise

EXAMPLES = Path(__file__).parents[2] / "examples" / "customer_service"
SERVICE = "customer-service"
FORMATS: Mapping[tuple[str, str], DataFormat] = {
    (SERVICE, option): known for option, known in DATA_FORMATS.items()
} | {key: known for key, known in data_check.known_formats().items() if key[0] == "open-task"}


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command know these kinds of files and no others."""
    monkeypatch.setattr(data_check, "known_formats", lambda: FORMATS)


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_the_example_tickets_are_described(cli, service) -> None:
    said = cli("doctor", "--data", EXAMPLES / "tickets.csv")

    assert (said.code, said.err) == (0, "")
    first, *lines = said.out.splitlines()
    assert first.endswith(f"run customer-service --set tickets={EXAMPLES / 'tickets.csv'}`")
    found = {line[:13].strip(): line[13:] for line in lines}
    assert found["tickets"].startswith("223 over 14.0")
    assert found["second 0"].startswith("2026-03-02 06:")
    assert "inquiry 5" in found["skills"]
    assert found["outcomes"].startswith("right 7")
    begins, hours = found["by hour"].split(": ")
    assert begins == "from 06:00"
    assert list(map(int, hours.split()))[:3] == [3, 9, 20]
    assert sum(map(int, hours.split())) == 223
    assert found["rate"].endswith("; 26 from 10:00, the busiest")
    assert "ignored" not in found


def test_hours_of_several_days_have_their_date(tmp_path: Path) -> None:
    times = ["2026-03-01T23:40:00", "2026-03-02T00:10:00", "2026-03-02T00:50:00"]
    rows = "".join(f"{time}+05:30,a\n" for time in [*times, "2026-03-02T03:00:00"])
    path = written(tmp_path, "t.csv", f"arrival,skill\n{rows}")

    lines = examine_file(path, FORMATS)

    assert lines[3].endswith("; 2 from 2026-03-02 00:00, the busiest")
    assert lines[4] == "by hour      from 23:00: 1 2 0 0 1"


def test_hours_of_a_file_of_seconds_count_from_its_first_ticket(tmp_path: Path) -> None:
    rows = "".join(f"{at_s},a\n" for at_s in (25_000, 26_000, 29_000, 33_000))

    lines = examine_file(written(tmp_path, "t.csv", f"arrival,skill\n{rows}"), FORMATS)

    assert lines[4] == "by hour      2 1 1"


@pytest.mark.parametrize(
    ("first_s", "last_s", "said"),
    [
        (0, 100, "as in the file"),
        (5, 100, "as in the file"),
        (0.5, 0.5, "as in the file"),
        (25_200, 60_000, "as in the file, 7 h before the first ticket: hours of shifts and"),
        (9e8, 9e8, "as in the file, 10,417 days before the first ticket: hours"),
    ],
)
def test_a_first_ticket_far_from_second_0_is_said(
    tmp_path: Path, first_s: float, last_s: float, said: str
) -> None:
    path = written(tmp_path, "t.csv", f"arrival,skill\n{first_s},a\n{last_s},a\n")

    second_0 = examine_file(path, FORMATS)[2].removeprefix("second 0     ")

    assert second_0.startswith(said)
    assert ("figures from the first ticket" in second_0) == (said != "as in the file")


def test_the_example_profile_is_described() -> None:
    lines = examine_file(EXAMPLES / "arrivals.csv", FORMATS)[1:]

    assert [line.split(maxsplit=1)[0] for line in lines] == ["pieces", "mean", "peak", "expected"]
    assert lines[2].endswith("26 an hour (0.007222 a second)")
    assert "216 tickets each time" in lines[3]


def test_the_example_roster_is_described() -> None:
    lines = examine_file(EXAMPLES / "roster.csv", FORMATS)[1:]

    assert lines[0].endswith("16, on average 6 on duty")
    assert lines[1].endswith("inquiry 9, recommendation 3, after-sales 4")
    assert "06:00 2, 07:00 7," in lines[3]


def test_columns_that_mean_nothing_are_named(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", "arrival,skill,priority,outcomes\n1,a,high,right\n")

    assert "ignored      priority, outcomes (did you mean outcome?)" in examine_file(path, FORMATS)


@pytest.mark.parametrize(
    ("header", "option"),
    [
        ("arrival,skill", "tickets"),
        ("Skill;Arrival_S", "tickets"),
        ("arival,skil,text", "tickets"),
        ("skill,when", "tickets"),
        ("from_s,until_s,arrivals_per_s", "arrivals"),
        ("from,until,arrivals_per_s", "arrivals"),
        ("from_s\tuntil_s", "arrivals"),
        ("agents,skills,from_s,until_s", "roster"),
        ("agents,skill", "roster"),
    ],
)
def test_a_file_is_known_by_its_columns(tmp_path: Path, header: str, option: str) -> None:
    path = written(tmp_path, "file.csv", f"{header}\n")

    assert recognise(path, FORMATS) == (SERVICE, option)


def test_a_file_of_no_known_kind_is_told_which_there_are(tmp_path: Path) -> None:
    path = written(tmp_path, "file.csv", "name,price\nkettle,49\n")

    with pytest.raises(BadInput) as refused:
        examine_file(path, FORMATS)

    message = str(refused.value)
    assert message.startswith(f"{path} has 'name', 'price': no file of a known kind; there are ")
    assert "tickets of customer-service (arrival, skill)" in message
    assert "tasks of open-task (task)" in message
    assert "\n" not in message


def test_every_problem_has_a_line_of_its_own(cli, service, tmp_path: Path) -> None:
    written(tmp_path, "t.csv", "arrival,skill\nsoon,a\n1,\n2,a,b\n")

    said = cli("doctor", "--data", "t.csv")

    assert (said.code, said.out) == (2, "")
    assert [line.partition(";")[0] for line in said.err.splitlines()] == [
        "swarmboard: t.csv, row 2, column arrival: 'soon' is no time",
        "swarmboard: t.csv, row 3, column skill: no skill",
        "swarmboard: t.csv, row 4, column 3: 'b' is beyond the last column",
    ]


@pytest.mark.parametrize(
    ("name", "seen"), [("nowhere.csv", "no such file"), (".", "a directory"), ("e.csv", "empty")]
)
def test_what_cannot_be_opened_is_one_line(
    cli, service, tmp_path: Path, name: str, seen: str
) -> None:
    written(tmp_path, "e.csv", "")

    said = cli("doctor", "--data", name)

    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert said.err.startswith(f"swarmboard: {name}: ")
    assert seen in said.err


def test_tasks_are_described(cli, tmp_path: Path) -> None:
    written(
        *(tmp_path, "tasks.jsonl"),
        '\ufeff{"task": "Which way?", "choices": ["left", "right"], "answer": "left"}\n\n'
        '{"task": "Write\u2028a plan."}\n',
    )

    said = cli("doctor", "--data", "tasks.jsonl")
    ran = cli("run", "open-task", "--set", "tasks=tasks.jsonl", "--dry-run")

    assert (said.code, ran.code) == (0, 0)
    assert said.out.splitlines()[1:] == [
        "tasks        2",
        "with choices 1",
        "with answer  1",
    ]


def test_what_is_wrong_with_tasks_is_named(tmp_path: Path) -> None:
    path = written(
        *(tmp_path, "tasks.jsonl"),
        '{"task": "a"\n["b"]\n{"task": ""}\n{"task": "c", "choices": ["d"]}\n'
        '{"task": "e", "choices": ["f", "g"], "answer": "h"}\n{"question": "i"}\n',
    )

    with pytest.raises(DataError) as refused:
        examine_file(path, FORMATS)

    assert [problem.where for problem in refused.value.problems] == [
        "row 1",
        "row 2",
        "row 3, column task",
        "row 4, column choices",
        "row 5",
        "row 6, column task",
    ]


def test_a_file_without_tasks_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "tasks.jsonl", "\n\n")

    with pytest.raises(DataError, match=r"tasks\.jsonl: the file has no tasks; expected a line"):
        examine_file(path, FORMATS)


def test_a_path_with_blanks_is_quoted_for_the_shell(tmp_path: Path) -> None:
    path = written(tmp_path, "my tickets.csv", "arrival,skill\nsoon,a\n")

    with pytest.raises(DataError, match=r"`swarmboard doctor --data '.*/my tickets\.csv'` lists"):
        examine_file(path, FORMATS)
