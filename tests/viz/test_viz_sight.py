"""Who could see an entry, from which stage on, and which models were shown it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from blackboard import Closed, Joined, Left, u4
from swarmboard import run
from tests.viz.debate import Debate
from viz.feed import Book, Line, PastRun, Prompts, Query, Sight
from viz.feed.prompts import KEPT, NO_MODELS, NOT_KEPT, UNREADABLE
from viz.pages.seeing import agent_sight, entry_sight


def sight_of(*stages: tuple[int, int], agents: int = 5) -> Sight:
    """Return what is known where these stages have closed."""
    sight = Sight()
    sight.take(Joined("outcome", 0, 0, "node", 0, agents))
    sight.take(Joined("outcome", 0, 0, "chair", agents, 1))
    for round, stage in stages:
        sight.take(Closed("operational", round, stage, counts=False))
    return sight


def line(name: str, *, to: int | None = None) -> Line:
    round, _, agent, _ = map(int, name.split("."))
    return Line(name, round, agent, "task", "note", "words", to=to)


def test_an_entry_is_visible_from_the_stage_after_its_own() -> None:
    sight = sight_of((1, 1), (1, 2), (2, 1))

    first = sight.of(line("1.1.3.0"), up_to=2)
    last_of_round = sight.of(line("1.2.3.0"), up_to=2)

    assert (first.since, first.others, first.until) == ((1, 2), 4, 8)
    assert (last_of_round.since, last_of_round.others) == ((2, 1), 4)


def test_nobody_has_seen_what_was_written_last() -> None:
    sight = sight_of((1, 1), (1, 2), (2, 1))

    assert sight.of(line("2.1.3.0"), up_to=2).since is None
    assert sight.of(line("1.2.3.0"), up_to=1).since is None
    assert sight.of(line("1.2.3.0"), up_to=1).others == 0


def test_what_the_chair_puts_to_the_vote_is_seen_in_its_own_stage() -> None:
    sight = sight_of((1, 1), (1, 2), (1, 3))
    put = Line("1.3.5.0", 1, 5, "", "proposal", "words")

    found = sight.of(put, up_to=1)

    assert (found.since, found.others) == ((1, 3), 5)
    assert sight.of(put, up_to=0).since is None
    assert sight.of(Line("1.4.5.0", 1, 5, "", "proposal", "words"), up_to=1).since is None
    assert sight.of(Line("1.3.2.0", 1, 2, "task", "proposal", "words"), up_to=1).since is None


def test_a_message_is_seen_by_one_alone() -> None:
    found = sight_of((1, 1), (1, 2)).of(line("1.1.3.0", to=4), up_to=1)

    assert (found.others, found.to) == (1, 4)


def test_who_came_later_or_left_before_is_not_counted() -> None:
    sight = sight_of((1, 1), (1, 2))
    sight.take(Joined("outcome", 1, 2, "outsider", 6, 2))
    sight.take(Left("outcome", 1, 2, u4([0]), "left"))
    sight.take(Closed("operational", 2, 1, counts=False))
    sight.take(Left("outcome", 3, 1, u4([1]), "left"))

    assert sight.present((1, 1)) == {0, 1, 2, 3, 4}
    assert sight.present((1, 2)) == {1, 2, 3, 4, 6, 7}
    assert sight.of(line("1.1.3.0"), up_to=2).others == 5


@pytest.fixture(scope="module")
def debate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of three rounds in which agents write."""
    out = tmp_path_factory.mktemp("sight") / "debate"
    run(Debate, board="memory://", out=out)
    return out


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose planted models were asked, and their questions kept."""
    out = tmp_path_factory.mktemp("sight") / "task"
    run("open-task", agents=8, board="memory://", out=out)
    return out


def read(path: Path) -> tuple[Book, PastRun]:
    book, past = Book(path / "events.log"), PastRun(path)
    assert past.wait(20)
    while not book.read_on():
        pass
    return book, past


def test_what_an_agent_could_see_leaves_out_its_own_and_the_latest(debate: Path) -> None:
    book, past = read(debate)
    seen = agent_sight(book, Prompts(debate), past.facts, 2, up_to=3)
    before = agent_sight(book, Prompts(debate), past.facts, 2, up_to=1)
    past.close()

    ids = [row[0] for row in seen.rows]
    assert ids
    assert not [one for one in ids if one.split(".")[2] == "2"]
    assert {one.split(".")[0] for one in ids} == {"1", "2", "3"}
    assert {row[0].split(".")[0] for row in before.rows} == {"1"}
    assert "Visible is not read" in seen.said
    assert "asked no model" in seen.said


def test_an_entry_tells_who_could_see_it_and_no_more(debate: Path) -> None:
    book, past = read(debate)
    [newest], _ = book.latest(Query(kind="argument"), up_to=3, most=1)
    told = entry_sight(book, Prompts(debate), past.facts, {}, newest, up_to=3)
    stale = entry_sight(
        book, Prompts(debate), past.facts, {"faults": [{"kind": "stale"}]}, newest, up_to=3
    )
    past.close()

    assert told[0].startswith("Visible to 6 agents besides its author, from 3.")
    assert "Visible is not read" in told[0]
    assert len(stale) == len(told) + 1


def test_a_proposal_that_all_voted_on_was_visible_to_all(task: Path) -> None:
    book, past = read(task)
    assert past.latest is not None
    assert past.latest.vote is not None
    put = book.entry(past.latest.vote.proposal)
    assert put is not None
    told = " ".join(entry_sight(book, Prompts(task), past.facts, {}, put, up_to=1))
    past.close()

    assert "Visible to 8 agents besides its author, from 1.3 on" in told
    assert "no model was shown it" not in told


def test_the_prompts_on_record_name_who_was_shown_an_entry(task: Path) -> None:
    book, past = read(task)
    prompts = Prompts(task)
    lines, _ = book.latest(Query(kind="reasoning"), up_to=1)
    told = {one.id: entry_sight(book, prompts, past.facts, {}, one, up_to=1) for one in lines}
    with closing(sqlite3.connect(task / "llm.sqlite")) as recording:
        texts = [text for (text,) in recording.execute("SELECT text FROM parts")]
    past.close()

    assert prompts.state() == KEPT
    shown = {name for name, words in told.items() if "Shown in the prompts of" in words[-1]}
    assert shown == {name for name in told if any(f"[{name}]" in text for text in texts)}
    assert shown


def test_an_agent_s_own_prompts_agree_with_those_of_the_entries(task: Path) -> None:
    book, past = read(task)
    prompts = Prompts(task)
    lines, _ = book.latest(Query(), up_to=1)
    readers = {one.id: prompts.readers(one.id, rounds=(1, 8), up_to=1) for one in lines}
    past.close()

    shown = prompts.shown_to(3, rounds=(1, 1))

    assert shown
    assert shown == {
        name: min(stage for stage, agent in found if agent == 3)
        for name, found in readers.items()
        if found and any(agent == 3 for _, agent in found)
    }


def test_without_prompts_on_record_nothing_is_made_up(tmp_path: Path, task: Path) -> None:
    whole, torn, unkept = tmp_path / "none", tmp_path / "torn", tmp_path / "unkept"
    for folder in (whole, torn, unkept):
        folder.mkdir()
    (torn / "llm.sqlite").write_bytes(b"no database" * 100)
    (unkept / "llm.sqlite").write_bytes((task / "llm.sqlite").read_bytes())
    with closing(sqlite3.connect(unkept / "llm.sqlite")) as recording:
        recording.execute("DELETE FROM replies")
        recording.commit()

    states = [Prompts(folder).state() for folder in (whole, torn, unkept)]

    assert states == [NO_MODELS, UNREADABLE, NOT_KEPT]
    assert Prompts(torn).readers("1.1.0.0", rounds=(1, 8), up_to=8) is None
    assert Prompts(torn).shown_to(0, rounds=(1, 8)) is None
