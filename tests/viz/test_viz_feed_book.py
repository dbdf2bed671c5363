"""What agents wrote is found again: by kind, layer, agent and text, with its links and ballots."""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

import swarmboard
from blackboard import Ended, Entries, Entry, EventLog, encode, segment_ends
from tests.viz.debate import Debate
from viz.feed import Book, Query

ALL = 1 << 30
UNKNOWN = msgspec.msgpack.encode(["later", "outcome", 4, 1])
"""A record of a type that this version has not."""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("book") / "debate"
    swarmboard.run(Debate, board="memory://", out=path)
    return path / "events.log"


@pytest.fixture
def book(log: Path) -> Book:
    found = Book(log)
    assert found.read_on(ALL)
    return found


def ids(book: Book, query: Query, *, up_to: int = ALL, most: int = 100) -> list[str]:
    return [line.id for line in book.latest(query, up_to=up_to, most=most)[0]]


def test_entries_are_counted_by_layer_and_kind(book: Book) -> None:
    assert book.totals() == {
        ("task", "note"): 21,
        ("reasoning", "argument"): 6,
        ("task", "draft"): 3,
    }


def test_the_newest_entries_come_first_and_no_more_than_wanted(book: Book) -> None:
    assert ids(book, Query(), most=3) == ["3.3.0.0", "3.2.2.0", "3.2.1.0"]
    assert ids(book, Query(), up_to=2, most=1) == ["2.3.0.0"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (Query(kind="draft"), ["3.3.0.0", "2.3.0.0", "1.3.0.0"]),
        (Query(layer="reasoning", agent=2), ["3.2.2.0", "2.2.2.0", "1.2.2.0"]),
        (Query(text="SAW ROUND 2", agent=6), ["2.1.6.0"]),
        (Query(text="it was so", agent=1), ["3.2.1.0", "2.2.1.0", "1.2.1.0"]),
        (Query(kind="nothing like that"), []),
    ],
)
def test_entries_are_searched(book: Book, query: Query, found: list[str]) -> None:
    assert ids(book, query) == found


def test_an_entry_is_found_by_its_id_with_what_it_says(book: Book) -> None:
    line = book.entry("2.2.2.0")

    assert line is not None
    assert (line.kind, line.layer, line.text) == ("argument", "reasoning", "contradicts")
    assert (line.reasons, line.confidence) == (("it was so",), 0.5)
    assert line.links == (("contradicts", "2.1.0.0"),)
    assert book.entry("9.9.9.9") is book.entry("no id") is None


def test_who_refers_to_an_entry_is_known_as_of_a_round(book: Book) -> None:
    named = [("supports", "2.2.1.0"), ("contradicts", "2.2.2.0")]

    assert book.referring("2.1.0.0", up_to=2) == named
    assert book.referring("2.1.0.0", up_to=1) == []


def test_ballots_have_their_reasons(book: Book) -> None:
    cast = book.ballots("2.3.0.0", up_to=2)

    assert [one.choice for one in cast] == ["approve"] * 2 + ["reject"] * 5
    assert [one.text for one in cast][1:6] == ["well argued", *["too early"] * 3, "too vague"]
    assert book.ballots("2.3.0.0", up_to=1) == []
    assert (book.outcome("2.3.0.0", up_to=2), book.outcome("2.3.0.0", up_to=1)) == (
        "rejected",
        None,
    )


def test_an_agent_has_a_history(book: Book) -> None:
    entries, cast, back = book.history(5, up_to=2)

    assert [line.id for line in entries] == ["2.1.5.0", "1.1.5.0"]
    assert [(one.proposal, one.text) for one in cast] == [
        ("2.3.0.0", "too vague"),
        ("1.3.0.0", "too vague"),
    ]
    assert back == 0


def test_a_log_is_read_as_it_grows_and_anew_where_it_was_cut(log: Path, tmp_path: Path) -> None:
    whole, grown = log.read_bytes(), tmp_path / "events.log"
    book = Book(grown)
    nothing = book.read_on(ALL), dict(book.totals())

    grown.write_bytes(whole)
    book.read_on(ALL)
    total = sum(book.totals().values())
    ends = segment_ends(log)
    os.truncate(grown, ends[len(ends) // 2])
    book.read_on(ALL)

    assert nothing == (True, {})
    assert total == 30
    assert 0 < sum(book.totals().values()) < 30


def test_a_log_that_was_cut_and_has_grown_past_that_is_read_anew(tmp_path: Path) -> None:
    early, late = (logged(tmp_path / name, times) for name, times in (("a", 9), ("b", 40)))
    path = tmp_path / "events.log"
    path.write_bytes(early)
    book = Book(path)
    book.read_on(ALL)
    before = book.totals()

    path.write_bytes(late)
    is_read = book.read_on(ALL)

    assert before == {("task", "note"): 9}
    assert (is_read, book.damage) == (True, None)
    assert book.totals() == {("task", "note"): 40}


def test_damage_is_told_and_what_stands_before_it_is_there(log: Path, tmp_path: Path) -> None:
    ends, broken = segment_ends(log), bytearray(log.read_bytes())
    broken[ends[-2]] ^= 0xFF
    path = tmp_path / "events.log"
    path.write_bytes(log.read_bytes()[: ends[-2]])
    book = Book(path)
    book.read_on(ALL)
    known = book.totals()

    path.write_bytes(broken)
    readings = [book.read_on(ALL) for _ in range(3)]

    assert readings == [True] * 3
    assert book.totals() == known
    assert f"damaged at byte {ends[-2]}" in str(book.damage)


def test_a_record_of_a_later_version_is_damage(log: Path, tmp_path: Path) -> None:
    path = tmp_path / "events.log"
    path.write_bytes(log.read_bytes())
    with EventLog(path, at=path.stat().st_size) as more:
        more.append([UNKNOWN])
    book = Book(path)

    readings = [book.read_on(ALL) for _ in range(2)]

    assert readings == [True, True]
    assert sum(book.totals().values()) == 30
    assert "does not know" in str(book.damage)


def test_a_search_goes_on_where_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "events.log"
    path.write_bytes(logged(tmp_path / "long", 60))
    clock = Ticks()
    book, query = Book(path, clock=clock), Query(text="note 1.")
    book.read_on(ALL)
    clock.step_s = 0.1

    searched = [book.latest(query, up_to=ALL) for _ in range(60)]

    backs = [back for _, back in searched]
    assert searched[0][0] == []
    assert backs[0] > backs[1] > backs[2] > 0 == backs[-1]
    assert [line.round for line in searched[-1][0]] == [1]
    assert book.latest(query, up_to=0) == ([], 0)


def test_a_search_that_went_far_back_still_finds_what_is_new(tmp_path: Path) -> None:
    path = tmp_path / "events.log"
    whole = logged(tmp_path / "long", 20)
    ends = segment_ends(tmp_path / "long" / "events.log")
    path.write_bytes(whole[: ends[9]])
    book, query = Book(path), Query(text="note")
    book.read_on(ALL)
    first = [line.round for line in book.latest(query, up_to=ALL)[0]]

    path.write_bytes(whole)
    book.read_on(ALL)
    then = [line.round for line in book.latest(query, up_to=ALL)[0]]

    assert first
    assert then == list(range(20, first[0], -1)) + first


def test_reading_is_done_bit_by_bit(log: Path) -> None:
    book = Book(log, clock=ticking())

    first = book.read_on(0.0)
    while not book.read_on(0.0):
        pass

    assert not first
    assert sum(book.totals().values()) == 30


def test_panels_of_simulated_time_have_the_ballots_of_decided_proposals(tmp_path: Path) -> None:
    swarmboard.run("customer-service", tickets=40, board="memory://", out=tmp_path / "cs")
    book = Book(tmp_path / "cs" / "events.log")
    book.read_on(ALL)
    last = book.latest(Query(), up_to=ALL, most=1)[0][0]

    cast = book.ballots(last.id, up_to=ALL)

    assert book.outcome(last.id, up_to=ALL)
    assert 3 <= len({one.agent for one in cast}) == len(cast) <= 5
    assert book.ballots(last.id, up_to=last.round) == []


def logged(folder: Path, rounds: int) -> bytes:
    """Return a log with a note in each round."""
    folder.mkdir()
    with EventLog(folder / "events.log") as log:
        for number in range(1, rounds + 1):
            entry = Entry(0, 0, "note", "task", {"text": f"note {number}." + "x" * rounds})
            written = Entries("outcome", number, 1, (entry,))
            log.append([encode(written), encode(Ended("operational", number, 1, b"d"))])
    return (folder / "events.log").read_bytes()


class Ticks:
    """Seconds that go on by a step each time somebody asks."""

    step_s = now_s = 0.0

    def __call__(self) -> float:
        self.now_s += self.step_s
        return self.now_s


def ticking() -> Callable[[], float]:
    ticks = iter(range(1 << 20))
    return lambda: float(next(ticks))
