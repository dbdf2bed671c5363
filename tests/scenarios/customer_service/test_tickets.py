"""Users' tickets: what is read, and row and column of each thing that can be wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from blackboard import BadInput
from scenarios import DataError
from scenarios.customer_service.files import tickets
from scenarios.customer_service.files.tickets import TicketFile, read_tickets

type Read = Callable[[str], TicketFile]

HEADER = "id,arrival,skill,text,outcome\n"
GOOD = "T1,0,inquiry,hello,right\n"
LONG = "x" * 41


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read tickets from a file of this text."""

    def read(text: str) -> TicketFile:
        path = tmp_path / "tickets.csv"
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        return read_tickets(path)

    return read


def test_tickets_come_by_arrival_and_are_numbered_so(read: Read) -> None:
    file = read("arrival,skill,id\n9,b,last\n0.5,a+b,first\n9,c,very last\n")

    assert [tuple(getattr(t, f) for f in t.__struct_fields__) for t in file.tickets] == [
        (0, 0.5, (0, 1), "first", "", ""),
        (1, 9.0, (1,), "last", "", ""),
        (2, 9.0, (2,), "very last", "", ""),
    ]
    assert file.skills == ("a", "b", "c")
    assert file.observed == {}
    assert file.clock == (None, 0.0)


def test_the_order_of_rows_makes_no_difference(read: Read) -> None:
    rows = [f"{100 - n},skill {n % 3}\n" for n in range(20)]

    assert read("arrival,skill\n" + "".join(rows)) == read("arrival,skill\n" + "".join(rows[::-1]))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_spreadsheets_write_it_their_way(read: Read, separator: str, end: str) -> None:
    lines = [
        separator.join(["\ufeff Arrival ", "SKILL", " Text "]),
        "",
        separator.join([" 1 ", " inquiry", f'"two lines{end}, ; \t ""and quotes"""']),
        separator.join(["", " ", ""]),
        separator.join(["2", '"inquiry"', 'a 3" pipe']),
    ]

    file = read(end.join(lines))

    assert [ticket.arrival_s for ticket in file.tickets] == [1.0, 2.0]
    assert file.skills == ("inquiry",)
    assert [ticket.text for ticket in file.tickets] == [
        f'two lines{end}, ; \t "and quotes"',
        'a 3" pipe',
    ]


def test_timestamps_count_from_the_earliest(read: Read) -> None:
    file = read("arrival,skill\n2026-03-02 00:00:01.5,a\n2026-03-01T23:59:59,a\n")

    assert [ticket.arrival_s for ticket in file.tickets] == [0.0, 2.5]
    assert file.clock.began is not None
    assert file.clock.began.isoformat() == "2026-03-01T23:59:59"
    assert file.clock.second_of_day == 86_399


def test_offsets_may_differ_and_are_taken_into_account(read: Read) -> None:
    file = read(
        "arrival,skill\n2026-03-29T03:00:00+02:00,c\n2026-03-29T00:30:00Z,a\n"
        "2026-03-29T01:59:59.9+01:00,b\n"
    )

    assert [ticket.arrival_s for ticket in file.tickets] == [0.0, 1799.9, 1800.0]
    assert file.clock.second_of_day == 1800


def test_capitals_and_blanks_make_no_other_skill(read: Read) -> None:
    file = read("arrival,skill\n1,After-Sales\n2, after-sales + Inquiry\n3,INQUIRY\n")

    assert file.skills == ("After-Sales", "Inquiry")
    assert [ticket.skills for ticket in file.tickets] == [(0,), (0, 1), (1,)]


def test_observed_outcomes_are_shares_of_those_known(read: Read) -> None:
    file = read("arrival_s,skill,outcome\n1,a,right\n2,a,\n3,a,Right\n4,a,wrong\n5,a,escalated\n")

    assert file.observed == {"right": 0.5, "wrong": 0.25, "escalated": 0.25, "abandoned": 0.0}
    assert [ticket.outcome for ticket in file.tickets[:3]] == ["right", "", "right"]


def test_columns_of_no_meaning_are_ignored_and_named(read: Read) -> None:
    file = read("priority,arrival,skill,outcomes,,\nhigh,1,a,right,,\n")

    assert file.ignored == ("priority", "outcomes (did you mean outcome?)")


# The text, where it is wrong, what was seen, and what is expected.
WRONG = {
    "no rows": (HEADER, "row 1", "no row follows", "one at least"),
    "blank rows alone": (f"\n{HEADER}\n,,,,\n", "row 2", "no row follows", "one at least"),
    "a column is missing": (
        "id,skill\n1,a\n",
        "row 1, column arrival",
        "missing",
        "arrival, skill",
    ),
    "a near miss": ("arival,skill\n1,a\n", "row 1, column arrival", "missing", "by 'arival'?"),
    "a column twice": ("arrival,skill,Skill\n1,a,b\n", "row 1, column skill", "once", "once"),
    "two names of one column": ("arrival,arrival_s,skill\n", "row 1, column arrival", "once", ""),
    "no time": (HEADER + GOOD + "T2,soon,a,,\n", "row 3, column arrival", "'soon'", "seconds"),
    "no time at all": (HEADER + ",,a,,\n", "row 2, column arrival", "an empty field", "seconds"),
    "negative": (HEADER + GOOD + ",-3,a,,\n", "row 3, column arrival", "'-3' is neg", ">= 0"),
    "nan": (HEADER + ",nan,a,,\n", "row 2, column arrival", "'nan' is not finite", "seconds"),
    "infinite": (HEADER + ",inf,a,,\n", "row 2, column arrival", "'inf' is not finite", "seconds"),
    "beyond all numbers": (HEADER + ",1e999,a,,\n", "row 2, column arrival", "not finite", ""),
    "since 1970": (HEADER + ",1772000000,a,,\n", "row 2, column arrival", "since 1970", "2026-"),
    "milliseconds since 1970": (
        *(HEADER + ",1772000000123,a,,\n", "row 2, column arrival"),
        *("milliseconds since 1970: write timestamps, or subtract the first and divide", "2026-"),
    ),
    "no time since anything": (HEADER + ",1e20,a,,\n", "row 2, column arrival", "too large", ""),
    "digits of Python": (HEADER + ",1_000,a,,\n", "row 2, column arrival", "no time", "seconds"),
    "a day without a time": (HEADER + ",2026-03-01,a,,\n", "row 2, column arrival", "day", "T09"),
    "no such day": (HEADER + ",2026-02-30T09:00,a,,\n", "row 2, column arrival", "no time", "T09"),
    "seconds and timestamps": (
        *(HEADER + GOOD + ",2026-03-01T09:30,a,,\n", "row 3, column arrival"),
        *("a timestamp", "a number of seconds as in row 2"),
    ),
    "with and without an offset": (
        *("arrival,skill\n2026-03-01T09:30,a\n2026-03-01T09:30Z,a\n", "row 3, column arrival"),
        *("with an offset", "without an offset as in row 2"),
    ),
    "a year mistyped": (
        *("arrival,skill\n2062-03-01T09:30,a\n2026-03-01T09:30,a\n", "row 2, column arrival"),
        *("after the first", "a year as"),
    ),
    "a decimal comma": (
        "arrival;skill\n1,5;a\n",
        "row 2, column arrival",
        "'1,5'",
        "a decimal point: 1.5",
    ),
    "no skill": (HEADER + GOOD + "T2,1,,,\n", "row 3, column skill", "no skill", "1 to 40"),
    "a skill without a name": (HEADER + ",1,a+,,\n", "row 2, column skill", "'a+'", "joined by +"),
    "a skill twice": (HEADER + ",1,a+A,,\n", "row 2, column skill", "twice", "joined by +"),
    "a long skill": (HEADER + f",1,{LONG},,\n", "row 2, column skill", "41 characters", "1 to 40"),
    "a skill unseen": (HEADER + ",1,a\u200bb,,\n", "row 2, column skill", "'a\\u200bb'", "1 to 40"),
    "too few fields": (HEADER + "T1,1,a\n", "row 2, column text", "after 3 of 5", "5 fields"),
    "too many fields": (HEADER + "T1,1,a,b,c,d\n", "row 2, column 6", "'d' is beyond", "5 fields"),
    "an id twice": (HEADER + GOOD + GOOD, "row 3, column id", "'T1' stands in row 2", "its own"),
    "an outcome unheard of": (
        HEADER + ",1,a,,solved\n",
        "row 2, column outcome",
        "'solved'",
        "right",
    ),
    "an outcome misspelt": (HEADER + ",1,a,,worng\n", "row 2, column outcome", "", "mean wrong?"),
    "a quote left open": (
        HEADER + GOOD + 'T2,1,a,"oh\nT3,2,a,,\n',
        "row 3, column text",
        "quote",
        "",
    ),
    "a quote closed by another": (
        *(HEADER + GOOD + 'T2,1,a,"oh,right\nT3,2,a,"ah",\n', "row 3, column text"),
        *("a quote", "a closing quote right before"),
    ),
    "a quote within a row": (HEADER + 'T2,1,"a"b,,\n', "row 2, column skill", "quote", "doubled"),
    "a field without end": (
        *(HEADER + GOOD + f'T2,1,a,"{"long " * 30_000}",\n', "row 3, column text"),
        *("131,072 characters", "a closing quote"),
    ),
    "not UTF-8": (HEADER + "T1,1,a,M\udcfcller,\n", "row 2, column text", "byte 0xfc", "UTF-8"),
    "a header not UTF-8": ("arrival,skill,Gr\udcfc\udcdfe\n", "row 1", "byte 0xfc", "UTF-8"),
}


@pytest.mark.parametrize(("text", "where", "seen", "expected"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named_with_row_and_column(
    read: Read, tmp_path: Path, text: str, where: str, seen: str, expected: str
) -> None:
    with pytest.raises(DataError) as refused:
        read(text)

    message = str(refused.value)
    assert message.startswith(f"{tmp_path / 'tickets.csv'}, {where}: ")
    assert "\n" not in message
    said, _, wanted = str(refused.value.problems[0]).partition("; expected ")
    assert seen in said
    assert expected in wanted
    assert message.endswith(f"; `swarmboard doctor --data {tmp_path / 'tickets.csv'}` lists all")
    assert refused.value.problems[0].where == where


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ("03/14/2026 9:30 PM", "2026-03-14T21:30:00 for 03/14/2026 9:30 PM"),
        ("3/14/26 12:05 am", "2026-03-14T00:05:00 for 3/14/26 12:05 am"),
        ("14/3/2026 09:30:15", "2026-03-14T09:30:15 for 14/3/2026 09:30:15"),
        ("3/1/2026 9:30", "2026-03-01T09:30:00 for 3/1/2026 9:30 (or 2026-01-03T09:30:00, if the"),
        ("3/3/2026", "2026-03-03THH:MM:SS for 3/3/2026"),
        ("1.3.2026 14:00", "2026-03-01T14:00:00 for 1.3.2026 14:00"),
        ("13/13/2026 9:30", None),
        ("2/30/2026 9:30", None),
        ("3/14/2026 25:30", None),
        ("3/14/2026 13:30 PM", None),
        ("3/14-2026", None),
        ("3/1/2026 9:30\u0661", None),
    ],
)
def test_a_date_as_written_by_hand_gets_a_hint(read: Read, cell: str, hint: str | None) -> None:
    with pytest.raises(DataError) as refused:
        read(f"{HEADER},{cell},a,,\n")

    expected = refused.value.problems[0].expected
    assert f", {hint}" in expected if hint else expected.endswith("2026-03-01T09:30:00")


def test_rows_are_counted_as_an_editor_does(read: Read) -> None:
    text = "\n" + HEADER + '\nT1,1,a,"three\nlines\nlong",right\n\nT2,soon,a,,\n'

    with pytest.raises(DataError, match=r"row 8, column arrival: 'soon' is no time"):
        read(text)


def test_every_problem_is_kept_and_good_rows_are_none(read: Read) -> None:
    with pytest.raises(DataError) as refused:
        read(HEADER + ",soon,,,solved\n" + GOOD + "x\n")

    assert [problem.where for problem in refused.value.problems] == [
        "row 2, column arrival",
        "row 2, column skill",
        "row 2, column outcome",
        "row 4, column arrival",
    ]


def test_a_file_that_is_wrong_all_over_is_left_early(read: Read) -> None:
    with pytest.raises(DataError) as refused:
        read(HEADER + ",soon,a,,\n" * 1000)

    assert len(refused.value.problems) == 20
    assert refused.value.lines()[-1].endswith("there may be more")


def test_more_skills_than_any_team_has_are_refused(read: Read) -> None:
    with pytest.raises(DataError, match=r"row 66, column skill: 's64' brings .* 65; .* at most 64"):
        read("arrival,skill\n" + "".join(f"1,s{n}\n" for n in range(65)))


def test_more_rows_than_fit_are_refused(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets, "MOST_TICKETS", 2)

    with pytest.raises(DataError, match="row 4: one row too many; expected at most 2"):
        read("arrival,skill\n1,a\n2,a\n3,a\n4,a\n")


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("nowhere.csv", "no such file"),
        (".", "a directory"),
        ("empty.csv", "the file is empty"),
        ("blank.csv", "the file is empty"),
        ("book.xlsx", "a packed file"),
    ],
)
def test_what_is_no_such_file_is_said_in_one_line(tmp_path: Path, name: str, seen: str) -> None:
    (tmp_path / "empty.csv").touch()
    (tmp_path / "blank.csv").write_text("\ufeff\n \n", "utf-8")
    (tmp_path / "book.xlsx").write_bytes(b"PK\x03\x04\xff\xfe")

    with pytest.raises(BadInput) as refused:
        read_tickets(tmp_path / name)

    message = str(refused.value)
    assert message.startswith(f"{tmp_path / name}: {seen}")
    assert "expected a CSV file with the columns arrival, skill" in message
    assert "\n" not in message
