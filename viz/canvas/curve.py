"""How approval went, moment by moment, against what is needed."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray

from ..moment import Moment, RunFacts, Vote
from .joining import joined
from .view import CanvasView, Table
from .words import entropy_bits, leading_option, outcome_words, vote_words, when

COLUMNS = 6
"""Of a point: number, place on the axis, approval and cast share in percent, bits, outcome. In runs
of instants the share of the latest decisions that were accepted stands for the cast share."""
OUTCOMES = ("", "accepted", "rejected", "expired", "vetoed", "escalated")
WINDOW = 50
"""Over so many of the latest decisions a share is taken where decisions follow each other."""
SHARE = f"accepted of the last {WINDOW} decisions"


class CurveView(CanvasView):
    """Approval over rounds or simulated time, with the threshold, decisions and what is missing.

    Where a run counts instants, many short votes follow each other: each decision is a mark at
    the approval that it closed with, and a line says how many of the latest were accepted.

    A point that is new travels alone; all of them are sent when a browser says that it lacks some.
    """

    _esm = joined("curve.js")

    axes = traitlets.Dict().tag(sync=True)
    """Axis, threshold, and which lines there are."""
    points = traitlets.Bytes(b"").tag(sync=True)
    """All points, float32; current on this side, in the browser as of the last whole sending."""
    added = traitlets.Bytes(b"").tag(sync=True)
    start = traitlets.Int(0).tag(sync=True)
    """How many points there were before `added`."""
    needed = traitlets.Unicode("").tag(sync=True)
    cursor = traitlets.Int(-1, allow_none=False).tag(sync=True)
    """The number of the moment that is looked at; -1 follows the latest."""

    def __init__(self, **traits: Any) -> None:
        self._is_quiet = False
        super().__init__(**traits)
        self._rows: NDArray[np.float32] = np.zeros((0, COLUMNS), np.float32)
        self._count = 0
        self._decided = ""
        self._is_open = False
        """Whether the last point is of a round that goes on."""
        self._made: list[tuple[int, int]] = [(0, 0)]
        self.on_msg(self._asked)

    @property
    def last_number(self) -> int:
        """The number of the newest closed moment that is drawn; -1 before the first."""
        closed = self._count - self._is_open
        return int(self._rows[closed - 1, 0]) if closed else -1

    def show(self, facts: RunFacts, moment: Moment) -> None:
        """Add a moment at the end; one that is there already changes the words only."""
        self.show_all(facts, [moment])

    def show_all(
        self,
        facts: RunFacts,
        moments: Sequence[Moment],
        *,
        now: Moment | None = None,
        about: Moment | None = None,
    ) -> None:
        """Add moments at the end, oldest first, and send them together.

        Args:
            facts: The run.
            moments: Those that have closed.
            now: The one that goes on; its point makes room for that of its close.
            about: The one that the words are about; None means the newest.
        """
        fresh = not self._is_same_run(facts)
        if fresh:
            self._restart(facts)
        before = self._count
        self._count -= self._is_open
        start = self._count
        for moment in moments:
            if moment.number > self._newest():
                self._add(facts, moment)
        self._is_open = now is not None and now.number > self._newest()
        if now is not None and self._is_open:
            decided = self._decided
            self._add(facts, now)
            self._decided = decided
        if (newest := about or now or (moments[-1] if moments else None)) is None:
            return
        words = self._words(facts, newest)
        if fresh:
            self._publish_all(words)
        elif self._count > start or self._count != before:
            self._is_quiet = True
            self.points = self._rows[: self._count].tobytes()
            self._is_quiet = False
            self._publish(added=self._rows[start : self._count].tobytes(), start=start, **words)
        else:
            self._publish(**words)

    def load(
        self,
        facts: RunFacts,
        moment: Moment,
        *,
        numbers: ArrayLike,
        approval_percent: ArrayLike,
        cast_percent: ArrayLike | None = None,
        entropy_bits: ArrayLike | None = None,
        outcomes: ArrayLike | None = None,
        now_s: ArrayLike | None = None,
        made: tuple[ArrayLike, ArrayLike] | None = None,
        decided: str = "",
    ) -> None:
        """Draw a whole course at once, as for a run that has ended.

        Args:
            facts: the run.
            moment: the one that the words are about.
            numbers: of the moments, rising.
            approval_percent: NaN where it was sealed or nothing was open.
            cast_percent: how many of the seats had voted.
            entropy_bits: how divided the voters were.
            outcomes: an index into `OUTCOMES` for each moment; 0 where nothing was decided.
            now_s: simulated seconds, for runs that do not count rounds.
            made: how many decisions were made up to each moment, and how many accepted; for runs
                that do not count rounds.
            decided: the proposal that was decided last, so that it is not marked again.
        """
        self._restart(facts)
        self._decided = decided
        count = np.asarray(numbers).size
        rows = np.full((count, COLUMNS), np.nan, np.float32)
        places = now_s if facts.is_event_driven and now_s is not None else numbers
        columns = (numbers, places, approval_percent, cast_percent, entropy_bits, outcomes)
        for column, values in enumerate(columns):
            if values is not None:
                rows[:, column] = np.asarray(values, np.float32)
        rows[:, 5] = np.nan_to_num(rows[:, 5])
        if facts.is_event_driven:
            self._keep_decisions(rows, made)
        self._rows, self._count = rows, count
        self._publish_all(self._words(facts, moment))

    def table(self) -> Table:
        """Return a row for each moment."""
        is_event_driven = self._facts is not None and self._facts.is_event_driven
        unit, second = ("s", SHARE) if is_event_driven else ("round", "cast share")
        columns = ("moment", unit, "approval (%)", f"{second} (%)", "entropy (bits)", "decision")
        rows = tuple(
            (int(row[0]), _plain(row[1]), *(_plain(v) for v in row[2:5]), OUTCOMES[int(row[5])])
            for row in self._rows[: self._count]
        )
        return Table(columns, rows)

    def _newest(self) -> float:
        return float(self._rows[self._count - 1, 0]) if self._count else -1.0

    def _restart(self, facts: RunFacts) -> None:
        self._facts, self._count, self._decided, self._is_open = facts, 0, "", False
        self._made = [(0, 0)]

    def _add(self, facts: RunFacts, moment: Moment) -> None:
        self._append(_row(facts, moment, self._decided))
        if facts.is_event_driven:
            self._count_decisions(moment)
        if moment.vote is not None and moment.vote.outcome is not None:
            self._decided = moment.vote.proposal

    def _count_decisions(self, moment: Moment) -> None:
        """Put the approval of a decision, and the share of the latest, into the newest row."""
        made = sum(moment.counts.get(name, 0) for name in OUTCOMES if name)
        accepted = moment.counts.get("accepted", 0)
        if made > self._made[-1][0]:
            self._made.append((made, accepted))
        row = self._rows[self._count - 1]
        if not row[5]:
            row[2] = np.nan
        row[3], row[4] = _share_of_latest(self._made), np.nan

    def _keep_decisions(
        self, rows: NDArray[np.float32], made: tuple[ArrayLike, ArrayLike] | None
    ) -> None:
        """Do so for a whole course."""
        decided, accepted = (np.asarray(one) for one in made or (np.zeros(len(rows)),) * 2)
        rows[rows[:, 5] == 0, 2] = np.nan
        rows[:, 4] = np.nan
        for row, pair in zip(
            rows, zip(decided.tolist(), accepted.tolist(), strict=True), strict=True
        ):
            if pair[0] > self._made[-1][0]:
                self._made.append(pair)
            row[3] = _share_of_latest(self._made)

    def _append(self, row: NDArray[np.float32]) -> None:
        if self._count == len(self._rows):
            more = np.zeros((max(64, 2 * len(self._rows)), COLUMNS), np.float32)
            more[: self._count] = self._rows
            self._rows = more
        self._rows[self._count] = row
        self._count += 1

    def _publish_all(self, words: dict[str, Any]) -> None:
        points = self._rows[: self._count].tobytes()
        self._publish(points=points, added=b"", start=self._count, **words)

    def _words(self, facts: RunFacts, moment: Moment) -> dict[str, Any]:
        vote = moment.vote
        percent = vote.threshold_percent if vote else facts.threshold_percent
        leading = leading_option(vote) if vote else "approve"
        said = vote_words(vote) if vote else "nothing to vote on yet"
        decided = int((self._rows[: self._count, 5] > 0).sum())
        made = sum(moment.counts.get(name, 0) for name in OUTCOMES if name)
        label = f"Approval over {self._count:,} moments, {decided:,} decisions. "
        return {
            "axes": {
                "unit": "s" if facts.is_event_driven else "round",
                "threshold": percent,
                "line": "approval" if leading == "approve" else f"leading option, {leading}",
                "second": SHARE if facts.is_event_driven else "cast share",
                "is_dotted": facts.is_event_driven,
                "of_all": made if made > decided and not facts.is_event_driven else 0,
            },
            "needed": _needed(vote),
            "label": f"{label}{when(facts, moment).capitalize()}: {said}.",
            "notice": "" if self._count else "No round has closed yet; each one adds a point.",
        }

    def _should_send_property(self, key: str, value: Any) -> bool:
        if self._is_quiet and key == "points":
            return False
        return bool(super()._should_send_property(key, value))

    def _asked(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """Send all points to a browser that lacks some."""
        if isinstance(content, dict) and content.get("kind") == "again":
            with self.hold_sync():
                self.send_state("points")
                self.added, self.start = b"", self._count
                self.sequence += 1


def _share_of_latest(made: list[tuple[int, int]]) -> float:
    """Return the percentage of the latest decisions that were accepted, NaN before the first.

    Args:
        made: how many decisions there were, and how many accepted, rising.
    """
    now = made[-1]
    if not now[0]:
        return float("nan")
    begin = bisect_right(made, now[0] - WINDOW, key=lambda one: one[0])
    before = made[max(0, begin - 1)]
    return 100 * (now[1] - before[1]) / (now[0] - before[0])


def _row(facts: RunFacts, moment: Moment, decided: str) -> NDArray[np.float32]:
    vote = moment.vote
    at = moment.now_s if facts.is_event_driven and moment.now_s is not None else moment.number
    row = np.array([moment.number, at, np.nan, np.nan, np.nan, 0], np.float32)
    if vote is None:
        return row
    percent = vote.approval_percent
    row[2] = np.nan if percent is None else percent
    row[3] = 100 * vote.cast / vote.agents.size if vote.agents.size else np.nan
    row[4] = entropy_bits(vote)
    if vote.outcome in OUTCOMES and vote.proposal != decided:
        row[5] = OUTCOMES.index(vote.outcome)
    return row


def _needed(vote: Vote | None) -> str:
    """Say in a few words what is missing to the threshold."""
    if vote is None:
        return ""
    if vote.outcome is not None:
        return outcome_words(vote)
    if vote.is_sealed:
        return f"sealed, {vote.cast:,} of {vote.agents.size:,} voted"
    if vote.still_needed is None:
        return ""
    return f"{vote.still_needed:,} more needed" if vote.still_needed else "threshold reached"


def _plain(value: np.float32) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None
