"""What is written into a prompt is read from it again, whatever texts it holds."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agents.llm.replies import clean
from agents.llm.wording import (
    Header,
    Shown,
    entry_line,
    header_line,
    quoted,
    read_entries,
    read_header,
    read_task,
    read_votes,
    section,
)

TRICKY = st.text(alphabet='a"\\ {}:[]()\n,1.', max_size=30) | st.text(max_size=60)
TEXTS = TRICKY.map(clean)
ENTRIES = st.builds(
    Shown,
    id=st.tuples(*[st.integers(0, 99)] * 4).map(lambda place: ".".join(map(str, place))),
    agent=st.integers(0, 2000),
    role=st.sampled_from(["planner", "critic", "outsider"]),
    confidence=st.integers(0, 100).map(lambda percent: percent / 100),
    text=TEXTS,
    findings=st.dictionaries(TEXTS, TEXTS, max_size=3),
)


@example([Shown("1.1.0.0", 0, "planner", 0.5, 'a" {b', {"s": "v"})], 0)
@given(entries=st.lists(ENTRIES, max_size=6), others=st.integers(0, 3))
def test_entries_are_read_as_they_were_written_one_a_line(
    entries: list[Shown], others: int
) -> None:
    more = f" (and {others} others)" if others else ""
    board = section("REASONING", [entry_line(entry) + more for entry in entries])

    assert read_entries(board) == entries
    assert board.count("\n") == (len(entries) + 2 if entries else 0)


@given(TEXTS)
def test_a_quoted_text_is_one_line(text: str) -> None:
    assert len(quoted(text).splitlines()) == 1


@pytest.mark.parametrize(
    "header",
    [
        Header("agent", 7, None, "planner", 3, "vote"),
        Header("voice", 2, 8, "critic", 1, "critique"),
    ],
)
def test_a_header_is_read_as_it_was_written(header: Header) -> None:
    assert read_header(f"YOU\n{header_line(header)}\nmore") == header


def test_a_prompt_without_a_header_is_refused() -> None:
    with pytest.raises(ValueError, match="no line `agent N, role R, round N, stage S`"):
        read_header("YOU\nhello")


def test_the_task_ends_where_the_next_section_begins() -> None:
    board = "TASK\nWhere?\nIn two lines.\nOptions: a | b\n\nREASONING\nx\n\n"

    assert read_task(board) == ("Where?\nIn two lines.", ("a", "b"))
    assert read_task("") == ("", ())


def test_votes_are_those_that_the_own_part_offers() -> None:
    assert read_votes("YOU\nx\nVotes: approve | reject") == ("approve", "reject")
    assert read_votes("YOU\nx") == ()
