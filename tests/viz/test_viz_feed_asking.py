"""What a run asks its models now is read from its board, and is gone with it."""

from collections.abc import Iterator

import pytest

from blackboard import CALLS, HELD, OPERATIONAL, Board, Leader, Note, Proposal
from tests.viz.gated import until
from viz.feed import Asking, LiveRun
from viz.feed.asking import AskingNow
from viz.pages.model_rows import asking_rows, asking_words

DETAIL = {"in_flight": 4, "answered": 3, "left": 5, "tokens": 1200, "reply_age_s": 2.0}


class Clock:
    """Time that goes on by less than half a second a look."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 0.4
        return self.now_s


@pytest.fixture
def board() -> Iterator[Board]:
    """A board of its own."""
    with Board.open() as board:
        yield board


@pytest.fixture
def leader(board: Board) -> Leader:
    """The leader of a run that waits in its first stage, in which a proposal is open."""
    leader = board.lead("r1")
    leader.welcome("citizen", 3)
    leader.begin_round()
    leader.begin([Proposal(id="p")])
    leader.announce()
    return leader


@pytest.fixture
def live(board: Board, leader: Leader) -> Iterator[LiveRun]:
    """One who follows that run."""
    live = LiveRun(board.url, "run", clock=Clock())
    until(lambda: live.asking is not None, live.poll)
    yield live
    live.close()


def note(**changes: object) -> Note:
    return Note(OPERATIONAL, 2, 1, CALLS, DETAIL | changes)


def asking(live: LiveRun) -> Asking:
    found = live.asking
    assert found is not None
    return found


def test_calls_in_flight_are_followed_until_there_are_none(leader: Leader, live: LiveRun) -> None:
    before = asking(live)

    leader.show_now(CALLS, DETAIL)
    until(lambda: asking(live).in_flight == 4, live.poll)
    during = asking(live)
    leader.show_now(CALLS, DETAIL | {"in_flight": 0, "answered": 8, "left": 0})
    until(lambda: asking(live).in_flight == 0, live.poll)
    after = asking(live)

    assert before == Asking()
    assert (during.at, during.answered, during.asked, during.tokens) == ((1, 1), 3, 8, 1200)
    assert (after.answered, after.left, after.silent_s) == (8, 0, 0.0)


def test_what_waits_for_a_person_is_not_taken_for_calls_nor_calls_for_it(
    leader: Leader, live: LiveRun
) -> None:
    leader.show_now(HELD, {"proposals": ["p"]})
    leader.show_now(CALLS, DETAIL)

    until(lambda: asking(live).in_flight == 4, live.poll)
    until(lambda: live.latest is not None and live.latest.waiting, live.poll)
    leader.show_now(CALLS, DETAIL | {"in_flight": 2})
    until(lambda: asking(live).in_flight == 2, live.poll)

    assert live.latest is not None
    assert live.latest.waiting == ("p",)


def test_of_a_run_that_ended_nothing_is_in_flight(leader: Leader, live: LiveRun) -> None:
    leader.show_now(CALLS, DETAIL)
    until(lambda: asking(live).in_flight == 4, live.poll)

    leader.finish("stopped")
    until(lambda: live.has_ended, live.poll)

    assert live.asking is None


def test_of_a_board_that_is_gone_nothing_is_known(leader: Leader, live: LiveRun) -> None:
    leader.show_now(CALLS, DETAIL)
    until(lambda: asking(live).in_flight == 4, live.poll)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live._pulse, "beats", lambda: False)
        until(lambda: live.status == "lost", live.poll)
        lost = live.asking
    until(lambda: live.asking is not None, live.poll)

    assert lost is None
    assert (live.status, asking(live).in_flight) == ("running", 4)


def test_ages_grow_while_nothing_new_is_said_and_a_silent_run_is_not_believed() -> None:
    now = AskingNow()
    now.take(note(), 10.0)
    now.take(note(), 16.0)
    silent = now.as_of(17.0)
    now.take(note(in_flight=3), 18.0)
    speaking = now.as_of(18.5)

    assert silent is not None
    assert speaking is not None
    assert (silent.silent_s, silent.reply_age_s) == (7.0, 9.0)
    assert asking_rows(silent) == [
        ("Calls in flight", "not known: the run has said nothing for 7 s")
    ]
    assert (asking_words(silent), asking_words(None), asking_words(Asking())) == ("", "", "")
    assert asking_rows(speaking) == [
        ("Calls in flight", "3"),
        ("Answered in round 2, stage 1", "3 of 8"),
        ("Tokens spent by now", "1,200"),
        ("Latest reply", "2 s ago"),
    ]
    assert "3 calls in flight, 3 of 8 questions answered" in asking_words(speaking)


def test_a_note_that_another_version_wrote_is_no_error() -> None:
    now = AskingNow()
    now.take(note(in_flight="many", left=None, reply_age_s="long ago"), 1.0)

    found = now.as_of(1.0)

    assert found == Asking((2, 1), answered=3, tokens=1200)
