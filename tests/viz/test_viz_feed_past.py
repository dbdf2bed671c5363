"""A run's directory gives every moment again: whole, soon, and within bounds of memory."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

import swarmboard
from blackboard import Display, EventLog, encode, read_log, segment_ends
from tests.viz.gated import assert_equal
from tests.viz.opinions import Opinions
from viz.feed import PastRun, Teller

ROUNDS = 24


@pytest.fixture
def run(tmp_path: Path) -> Path:
    out = tmp_path / "run"
    swarmboard.run(
        Opinions, agents=300, rounds=ROUNDS, out=out, consensus_threshold=1.0, confident=True
    )
    return out


def read(path: Path, **terms: int) -> PastRun:
    past = PastRun(path, **terms)
    assert past.wait(20)
    return past


def test_any_moment_of_a_log_is_as_it_was_told(run: Path) -> None:
    past = read(run)
    teller = Teller("run")

    told = [moment for record in read_log(run / "events.log") if (moment := teller.take(record))]

    assert past.moments == ROUNDS
    assert past.numbers.tolist() == list(range(1, ROUNDS + 1))
    for moment in reversed(told):
        assert_equal(past.moment(moment.number), moment)
    assert past.moment(1).status == "running"
    assert past.moment(10_000).number == ROUNDS
    assert past.latest is not None
    assert (past.latest.status, past.status, past.error) == ("done", "done", None)


def test_the_curve_has_a_row_a_moment(run: Path) -> None:
    past = read(run)

    curve = past.curve()

    assert curve.number.tolist() == past.numbers.tolist()
    votes = [past.moment(number).vote for number in range(1, ROUNDS + 1)]
    assert curve.approval_percent.tolist() == [vote and vote.approval_percent for vote in votes]
    assert curve.decisions.tolist() == list(range(1, ROUNDS + 1))
    assert np.isnan(curve.now_s).all()
    assert (curve.cast_percent == 100).all()
    assert (curve.entropy_bits >= 0).all()
    assert past.series("mean_leaning")[3] == past.moment(4).series["mean_leaning"]
    assert np.isnan(past.series("nothing")).all()


def test_moments_come_in_stretches_without_their_frames(run: Path) -> None:
    past = read(run)

    assert [m.number for m in past.moments_to(10, 4)] == [7, 8, 9, 10]
    assert [m.number for m in past.moments_to(2, 4)] == [1, 2]
    assert [m.number for m in past.moments_since(ROUNDS - 2)] == [ROUNDS - 1, ROUNDS]
    assert not past.moments_since(0)[0].frame


def test_too_many_moments_are_thinned_evenly(run: Path) -> None:
    past = read(run, most=10)

    assert past.numbers.tolist() == [4, 8, 12, 16, 20, 24]
    assert past.moment(11).number == 8
    assert past.moment(1).number == 4


def test_memory_stays_within_its_bound(run: Path) -> None:
    free = read(run)
    past = read(run, most_bytes=free.size // 2)

    assert past.size <= free.size // 2
    assert 3 <= past.moments < ROUNDS
    assert past.latest is not None
    assert_equal(past.moment(16), free.moment(16))


def test_an_event_driven_run_has_at_most_two_thousand_moments(tmp_path: Path) -> None:
    out = tmp_path / "run"
    swarmboard.run("customer-service", agents=64, tickets=400, board="memory://", out=out)

    past = read(out)

    assert 0 < past.moments <= 2001
    assert past.facts.is_event_driven
    assert past.latest is not None
    curve = past.curve()
    assert (np.diff(curve.now_s) > 0).all()
    assert past.latest.frame["work"].shape == (64,)
    places = past.numbers[[0, past.moments // 2]].tolist()
    assert [past.moment(number).number for number in places] == places


def test_a_log_that_was_cut_off_gives_what_is_whole(run: Path) -> None:
    log = run / "events.log"
    log.write_bytes(log.read_bytes()[:-20])
    (run / "summary.json").unlink()

    past = read(run)

    assert past.moments == ROUNDS - 1
    assert (past.status, past.error) == ("lost", None)
    assert past.latest is not None
    assert past.latest.status == "lost"


def test_a_damaged_log_says_where(run: Path) -> None:
    log = run / "events.log"
    data, end = bytearray(log.read_bytes()), segment_ends(log)[4]
    data[end + 20] ^= 255
    log.write_bytes(data)

    past = read(run)

    assert past.moments == 4
    assert past.error is not None
    assert f"byte {end}" in past.error


def test_what_a_log_gets_later_is_read_on(run: Path) -> None:
    log = run / "events.log"
    data, end = log.read_bytes(), segment_ends(log)[9]
    log.write_bytes(data[:end])
    past = read(run)
    known = past.moments

    log.write_bytes(data)

    assert known == 9
    assert past.catch_up()
    assert past.moments == ROUNDS
    assert not past.catch_up()


def test_a_directory_without_a_log_has_no_moments(tmp_path: Path) -> None:
    past = read(tmp_path)

    assert (past.moments, past.latest, past.curve().number.size) == (0, None, 0)
    with pytest.raises(LookupError, match="first round"):
        past.moment(1)


def test_a_record_of_a_later_version_ends_the_reading_with_words(run: Path) -> None:
    log = run / "events.log"
    with EventLog(log, at=log.stat().st_size) as more:
        more.append([msgspec.msgpack.encode(["later", "outcome", ROUNDS + 1, 1])])

    past = read(run)
    past.catch_up()

    assert past.moments == ROUNDS
    assert past.status == "done"
    assert "holds a record that this version does not know" in str(past.error)
    assert not past.is_void


def test_whatever_goes_wrong_while_a_log_is_read_is_told(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("colour")

    monkeypatch.setattr(Teller, "take", fail)

    past = read(run)

    assert (past.is_complete, past.status) == (True, "done")
    assert "KeyError: 'colour'" in str(past.error)


def test_a_log_that_was_cut_is_void_also_once_it_has_grown_again(run: Path) -> None:
    log = run / "events.log"
    whole, ends = log.read_bytes(), segment_ends(log)
    cut, grown = read(run), read(run)

    log.write_bytes(whole[: ends[-3]])
    cut.catch_up()
    with EventLog(log, at=ends[-3]) as more:
        for number in range(ROUNDS - 1, ROUNDS + 9):
            more.append(
                [encode(Display("operational", number, 0, "notes", {"seen": list(range(900))}))]
            )
    grown.catch_up()

    assert log.stat().st_size > len(whole)
    assert (cut.is_void, grown.is_void) == (True, True)
    assert cut.moments == grown.moments == ROUNDS


def test_damage_behind_what_was_read_is_told_and_not_taken_for_another_log(run: Path) -> None:
    log = run / "events.log"
    past = read(run)

    with log.open("ab") as file:
        file.write(b"\xff" * 64)
    anew = read(run)
    anew.catch_up()
    past.catch_up()

    assert "is damaged at byte" in str(anew.error)
    assert (anew.is_void, past.is_void) == (False, True)
