"""What models did is read from the run's recording, up to the round that is looked at."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from swarmboard import run
from tests.viz.gated import until
from viz.feed import CLASSES, Hub, read_calls
from viz.moment import Moment, RunFacts
from viz.pages.model_rows import ModelBook, drift_rows
from viz.pages.tables import abstention_rows
from viz.pages.viewer import Viewer


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    """A run with a simulated model, under a cap."""
    options = {"agents": 8, "rounds": 2, "budget_tokens": 500_000, "consensus_threshold": 1.0}
    run("open-task", board="memory://", out=tmp_path / "run", **options)
    return tmp_path / "run"


def test_calls_tokens_and_cost_are_those_of_the_recording(asked: Path) -> None:
    with closing(sqlite3.connect(asked / "llm.sqlite")) as recording:
        [(many, input, output)] = recording.execute(
            "SELECT count(*), sum(input), sum(output) FROM calls"
        )
        rounds = [number for (number,) in recording.execute("SELECT DISTINCT round FROM calls")]

    calls = read_calls(asked, up_to=100)

    assert calls is not None
    assert (calls.calls, calls.tokens["input"], calls.tokens["output"]) == (many, input, output)
    assert sum(calls.tokens[name] for name in CLASSES) == input + output
    assert sum(one.calls for one in calls.tiers) == many
    assert sum(calls.outcomes.values()) >= many - calls.wasted
    assert calls.stage is not None
    assert calls.stage[0] == max(rounds)
    assert 0 < calls.stage_calls <= many
    assert all(one.p95_s is not None and one.p95_s >= (one.median_s or 0) for one in calls.tiers)


def test_before_the_first_call_and_without_a_recording_there_is_nothing(
    asked: Path, tmp_path: Path
) -> None:
    assert read_calls(asked, up_to=0) is None
    assert read_calls(tmp_path, up_to=100) is None


def test_a_recording_that_cannot_be_read_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "llm.sqlite").write_text("this is no database" * 100)

    assert read_calls(tmp_path, up_to=100) is None


def test_failures_are_told_by_cause_with_what_was_said(asked: Path) -> None:
    with closing(sqlite3.connect(asked / "llm.sqlite")) as recording:
        recording.execute(
            "UPDATE outcomes SET cause = 'late', detail = 'no answer within 60 s' WHERE agent = 1"
        )
        recording.commit()
        [(late,)] = recording.execute("SELECT count(*) FROM outcomes WHERE agent = 1")

    calls = read_calls(asked, up_to=100)

    assert calls is not None
    assert calls.outcomes["late"] == late
    assert next(iter(calls.outcomes)) == "answered"
    assert calls.details == {"late": "no answer within 60 s"}


@pytest.mark.unrepeatable
def test_the_page_holds_tokens_against_their_caps(asked: Path) -> None:
    hub = Hub()
    viewer = Viewer(hub.follow(asked))
    until(lambda: viewer.feed.status == "done" and not viewer.feed.is_live)
    facts, moment = viewer.feed.facts, viewer.moment()
    assert facts is not None
    assert moment is not None
    book = ModelBook(viewer)

    rows = book.token_rows(facts, moment, {})
    drift = drift_rows(facts, moment, {"metrics": {"drift_alarms": 3}})
    others = [rows_of(facts, moment, {}) for rows_of in (book.outcome_rows, book.tier_rows)]
    many = len(book.call_rows(facts, moment, {}))
    hub.close()

    calls = read_calls(asked, up_to=100)
    assert calls is not None
    spent = sum(calls.tokens[name] for name in CLASSES)
    assert rows[-1] == ("All", f"{spent:,}", "100 %", f"{500_000 - spent:,} of 500,000")
    assert ("Alarms on words", "3") in drift
    assert many == 4
    assert [rows[0][0] for rows in others] == ["Answered", "default: planted"]


def test_what_a_forks_parent_was_answered_is_not_told_as_the_forks(asked: Path) -> None:
    with closing(sqlite3.connect(asked / "llm.sqlite")) as recording:
        recording.execute("UPDATE calls SET is_inherited = 1 WHERE round = 1")
        recording.commit()
        [(own,)] = recording.execute("SELECT count(*) FROM outcomes WHERE round > 1")
        [(all_of_them,)] = recording.execute("SELECT count(*) FROM outcomes")

    first, both = read_calls(asked, up_to=1), read_calls(asked, up_to=100)

    assert first is None
    assert both is not None
    assert 0 < sum(both.outcomes.values()) == own < all_of_them


def test_abstentions_are_those_up_to_the_moment_that_is_looked_at() -> None:
    facts = RunFacts("r", "jury", "swarm", 7, 0, "threshold(80)", 80, False, ())
    counts = {"abstentions": 2, "abstained_cast": 2, "accepted": 1}
    moment = Moment(3, None, "done", None, counts=counts)

    rows = abstention_rows(facts, moment, {"abstentions": {"cast": 9, "late": 4}})

    assert rows == [("abstentions", "2"), ("abstained cast", "2")]
