"""A run that goes on: its board followed from outside, without a word to the run."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blackboard import (
    CALLS,
    HELD,
    Board,
    Display,
    Note,
    OpenProposal,
    RunDirectory,
    SwarmboardError,
    decode,
)

from ..moment import Moment, RunFacts
from .asking import Asking, AskingNow
from .board_runs import spoken
from .curve import Curve
from .directory import end_status, is_led, read_or_nothing
from .hearing import Hearing
from .lines import said_of
from .pulse import Pulse
from .ring import Ring
from .shelf import Lines

INTERVAL_S, COST_SHARE = 0.07, 0.08
"""A look comes at the earliest so long after another, and looking takes about this share of the
time at the most."""
LONGEST_PAUSE_S = 2.0
"""A look comes at the latest so long after another: what a fast run writes has to be read once
anyway, and waiting only makes the next look longer."""
RETRY_S = 0.5
"""How soon a board that is gone is looked for again."""
SEALED_AFTER_S = 1.0
"""A sealed vote that lasts so long is shown in place of the one before; shorter ones would
flicker."""
SLICE_S = 0.05
"""How long the log is read at a time."""
IDLE_LOOK_S = 1.0
"""How often to see what is published while the board says nothing."""
RUNNING = ("new", "running", "paused")
"""What a board says of a run that goes on."""


class LiveRun:
    """Follows a run's board; whoever has a thread for it calls `poll` when it is due.

    What was before it looked is read from the log where there is a directory, so that counts and
    curve are whole; without one they begin at the board's checkpoint. A board that is gone is
    looked for again, where the run directory says that it is now.

    Args:
        url: Of the board.
        run_id: The run's name there.
        path: The run directory, if it can be read here.
        clock: Seconds that never go back.
        effort: Seconds that the calling thread has worked.
    """

    def __init__(
        self,
        url: str,
        run_id: str,
        *,
        path: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        effort: Callable[[], float] = time.thread_time,
    ) -> None:
        self.url, self.run_id, self.path = url, run_id, path
        self.latest: Moment | None = None
        """The newest moment; of a round that goes on, another with its number may follow."""
        self.status = "running"
        """running, paused, done, stopped, failed, or lost."""
        self.error: str | None = None
        """Why nothing comes, in words."""
        self.ends_as: str | None = None
        """How the run ended, as soon as that is known."""
        self._directory = RunDirectory(path, run_id) if path else None
        self._config = read_or_nothing(self._directory, "config.json")
        self._clock, self._effort, self._due_at = clock, effort, 0.0
        self._pulse = Pulse(url)
        self._board: Board | None = None
        self._looked_at, self._look_cost_s = -1e9, 0.0
        self._held: tuple[str, ...] = ()
        self._asking = AskingNow()
        self._voting: tuple[tuple[str, int], float] | None = None
        self._is_behind = self._was_new = False
        self._ring = Ring()
        self._begin_anew(self._ring)
        self._facts = self._hearing.teller.facts

    @property
    def facts(self) -> RunFacts:
        """What is known of the run; the same object until there is more."""
        if self._fresh is self._ring:
            self._facts = self._hearing.teller.facts
        return self._facts

    @property
    def asking(self) -> Asking | None:
        """Where questions to models stand now; None while the board is not seen."""
        return self._asking.as_of(self._clock())

    @property
    def has_ended(self) -> bool:
        """Whether the run is over, and all of it heard."""
        return self.status in ("done", "stopped", "failed")

    @property
    def is_whole(self) -> bool:
        """Whether all that was before has been read, and there is something to show."""
        return self.latest is not None and self._fresh is self._ring and self._board is not None

    @property
    def due_at(self) -> float:
        """When the next look is worth while, by the clock."""
        return self._due_at

    @property
    def moments(self) -> int:
        """How many closed moments are kept."""
        return len(self._ring.shelf)

    @property
    def numbers(self) -> NDArray[np.int64]:
        """The rounds or instants of the moments kept, ascending."""
        return self.curve().number

    def curve(self) -> Curve:
        """Return the closed moments that are kept as lines."""
        return self._ring.shelf.curve()

    def series(self, name: str) -> NDArray[np.float64]:
        """Return one of the moments' numbers, for all that are kept."""
        return self._ring.shelf.series(name)

    def lines(self, names: Sequence[str]) -> Lines:
        """Return some of the moments' numbers together with their places on the axis."""
        return self._ring.shelf.lines(names)

    def moment(self, number: int) -> Moment:
        """Return a closed moment, or the one before it; older ones have no frame any more.

        Raises:
            LookupError: no round has closed yet.
        """
        return self._ring.moment(number)

    def moments_since(self, number: int) -> list[Moment]:
        """Return the closed moments after a number, oldest first."""
        return self._ring.since(number)

    def moments_to(self, number: int, count: int) -> list[Moment]:
        """Return so many closed moments up to a number, oldest first, without their frames."""
        return self._ring.shelf.up_to(number, count)

    def words_of(self, proposal: str) -> str:
        """Return an open proposal's impact and content in words; empty where it is not open."""
        found = self._hearing.teller.replica.open.get(proposal)
        if found is None:
            return ""
        impact = found.opened.impact
        told = ["no impact declared" if impact is None else f"impact {impact:,.6g}"]
        return "; ".join([*told, *filter(None, [said_of(found.payload)])])

    def poll(self) -> bool:
        """Look once if it is time, and say whether there is anything new."""
        began = self._clock()
        if self.has_ended or began < self._due_at:
            return False
        before, worked = (self.latest, self.status, self.error), self._effort()
        try:
            pause_s = self._look()
        except (SwarmboardError, OSError) as error:
            self._lose(str(error))
            pause_s = RETRY_S
        work_s = self._effort() - worked
        if pause_s:
            pause_s = max(pause_s, min(work_s / COST_SHARE, LONGEST_PAUSE_S))
        self._due_at = began + pause_s
        after = (self.latest, self.status, self.error)
        return after[0] is not before[0] or after[1:] != before[1:]

    def close(self) -> None:
        """Let go of the board."""
        self._pulse.close()
        self._asking.forget()
        board, self._board = self._board, None
        if board:
            with suppress(SwarmboardError, OSError):
                board.close()

    def _look(self) -> float:
        """Look at the log, or at the board; return after how many seconds to look again."""
        hearing = self._hearing
        if hearing.is_reading:
            enough_at = self._clock() + SLICE_S
            hearing.read_log(is_enough=lambda: self._clock() > enough_at)
            self._keep_told()
            if self._ring is self._fresh:
                self.latest = self._ring.last or self.latest
            return 0.0
        self._ring = self._fresh
        if self.ends_as:
            self._finish(self.ends_as)
        elif not self._pulse.beats():
            self._lose("its server does not answer")
            return RETRY_S
        elif self._board is None:
            self._board = Board.open(self.url, run=self.run_id, name="watcher", replica=hearing.ear)
            return 0.0
        else:
            self._follow(self._board)
        return INTERVAL_S

    def _begin_anew(self, ring: Ring | None = None) -> None:
        """Hear all of the run again; what was known stays until that is done."""
        log = self._directory.log if self._directory else None
        self._hearing = Hearing(self.run_id, self._config, log)
        self._fresh = ring or (Ring() if log else self._ring)

    def _follow(self, board: Board) -> None:
        """Read what is new on the board."""
        meta = board.store.meta()
        has_lost_data, is_over = meta.rev < board.revision, meta.status not in RUNNING
        is_new = meta.rev > board.revision or is_over
        self._look_at_display(board, has_news=is_new or self._was_new)
        self._was_new = is_new  # a frame is published a little after its round was decided
        if not has_lost_data:
            board.refresh()
        if has_lost_data or self._hearing.is_void:
            self.close()
            self._begin_anew()
            return
        has_news = self._hearing.take_news()
        self._held = tuple(p for p in self._held if p in self._hearing.teller.replica.open)
        if is_over:
            self._finish(meta.status)
        else:
            self._go_on("paused" if meta.status == "paused" else "running", has_news=has_news)

    def _go_on(self, status: str, *, has_news: bool) -> None:
        """Put the newest moment forward: one that has closed, else the round that goes on."""
        is_known = (status, self.error) == (self.status, None)
        self.status, self.error = status, None
        has_closed, voting = self._keep_told(), self._voting_now()
        is_same = is_known and self.latest is not None and self._held == self.latest.waiting
        if has_closed and is_same and voting is None:
            self.latest, self._is_behind = self._ring.last, True
        elif has_news or self._is_behind or voting or not is_same:
            is_same, self._is_behind = is_same and not self._is_behind, False
            cast = self._cast(voting) if voting else 0
            now = self._hearing.teller.now(
                status=status, waiting=self._held, looks_at=voting, cast=cast
            )
            if now.number and (has_news or not is_same or _cast(now) != _cast(self.latest)):
                self.latest = now

    def _voting_now(self) -> OpenProposal | None:
        """Return the vote that goes on, where people want to see how many have voted."""
        teller, last = self._hearing.teller, self._ring.last
        if (proposal := teller.voting()) is None:
            return None
        is_first = last is None or last.vote is None or last.vote.is_sealed
        if is_first or proposal.id in self._held:
            return proposal
        if teller.replica.now_s is not None:
            return None
        key = (proposal.id, teller.round)
        if self._voting is None or self._voting[0] != key:
            self._voting = (key, self._clock())
        return proposal if self._clock() - self._voting[1] >= SEALED_AFTER_S else None

    def _cast(self, proposal: OpenProposal) -> int:
        """Return how many the server knows to have voted."""
        if self._board is None or self._hearing.teller.replica.now_s is not None:
            return 0
        voted = self._board.store.voted(proposal.id, self._hearing.teller.round)
        return int.from_bytes(voted).bit_count()

    def _look_at_display(self, board: Board, *, has_news: bool) -> None:
        """Read what is published, if that may be new and reading it is no burden."""
        now, teller = self._clock(), self._hearing.teller
        pause_s = max(INTERVAL_S if has_news else IDLE_LOOK_S, self._look_cost_s / COST_SHARE)
        if now - self._looked_at >= pause_s:
            self._looked_at, calls = now, None
            for packed in board.store.published().values():
                record = decode(packed)
                if isinstance(record, Display):
                    teller.show(record)
                elif isinstance(record, Note) and record.name == HELD:
                    self._held = tuple(record.detail.get("proposals", ()))
                elif isinstance(record, Note) and record.name == CALLS:
                    calls = record
            self._asking.take(calls, now)
            self._look_cost_s = self._clock() - now

    def _finish(self, status: str) -> None:
        """Know that the run is over."""
        self._keep_told()
        if last := self._hearing.teller.finish(status):
            self._ring.add(last)
        self.ends_as = self.status = status
        self.error = None
        if last := self._ring.last or self.latest:
            self.latest = replace(last, status=status, waiting=())
        self.close()

    def _lose(self, why: str) -> None:
        """Know that the board is gone: with the run, or for now."""
        self.close()
        if self._directory:
            has_runner = is_led(self._directory)
            if not has_runner and (status := end_status(self._directory)):
                self.ends_as = status
                self._begin_anew()
                return
            address = read_or_nothing(self._directory, "board.json")
            if has_runner and not address:
                return  # it ends, or has a new board soon
            if not has_runner:
                why = "the process that ran it has died; `swarmboard resume` goes on"
            self.url = str(address.get("url") or self.url)
            self._pulse = Pulse(self.url)
        self._begin_anew()
        self.status = "lost"
        self.error = f"the board at {spoken(self.url)} is gone: {why}"
        if self.latest and self.latest.status != "lost":
            self.latest = replace(self.latest, status="lost")

    def _keep_told(self) -> bool:
        """Keep the moments that have closed since; say whether there were any."""
        told = self._hearing.take_told()
        for moment in told:
            self._fresh.add(moment)
        return bool(told)


def _cast(moment: Moment | None) -> int | None:
    return moment.vote.cast if moment and moment.vote else None
