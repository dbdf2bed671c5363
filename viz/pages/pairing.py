"""Two runs on one slider: which moment of each belongs to a place on the common axis."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..feed import Feed
from .viewer import LATEST, Viewer

BY_ROUND, BY_TIME, BY_SHARE = "round", "simulated time", "share of the run"


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """The moments of one run: their rounds or instants, and in simulated time their seconds."""

    numbers: NDArray[np.int64]
    now_s: NDArray[np.float64]
    is_event_driven: bool


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """The places of a slider, and what each of two runs shows there."""

    way: str
    tracks: tuple[Track, Track]
    places: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    """Rising: rounds, simulated seconds, or shares of the run from 0 to 1."""

    def number_at(self, position: int, side: int) -> int:
        """Return the round or instant that a run shows: its last one once it has ended."""
        numbers = self.tracks[side].numbers
        if not numbers.size or not self.places.size:
            return LATEST
        place = self.places[min(position, self.places.size - 1)]
        own = self._own_places(side)
        at = int(np.searchsorted(own, place + 1e-9, side="right")) - 1
        return int(numbers[max(0, at)])

    def position_of(self, side: int, number: int) -> int:
        """Return the first place at which a run shows a round or instant."""
        numbers = self.tracks[side].numbers
        if not numbers.size:
            return 0
        at = min(int(np.searchsorted(numbers, number)), numbers.size - 1)
        return self.nearest(float(self._own_places(side)[at]))

    def nearest(self, place: float) -> int:
        """Return the first position that is not before a place."""
        return max(0, min(int(np.searchsorted(self.places, place - 1e-9)), self.places.size - 1))

    def is_beyond(self, position: int, side: int) -> bool:
        """Say whether a run has no more moments there, while the other one goes on."""
        own = self._own_places(side)
        is_known = own.size and position < self.places.size
        return bool(is_known and self.places[position] > own[-1] + 1e-9)

    def said(self, position: int) -> str:
        """Return a place in words, without its unit."""
        if not self.places.size:
            return "-"
        place = self.places[min(position, self.places.size - 1)]
        if self.way == BY_SHARE:
            return f"{100 * place:.0f} %"
        return f"{place:,.1f} s" if self.way == BY_TIME else f"{place:,.0f}"

    def _own_places(self, side: int) -> NDArray[np.float64]:
        track = self.tracks[side]
        if self.way == BY_SHARE:
            return np.linspace(0, 1, track.numbers.size)
        return track.now_s if self.way == BY_TIME else track.numbers.astype(float)


def ways_of(one: Track, two: Track) -> tuple[str, ...]:
    """Return how two runs can be put on one axis."""
    if one.is_event_driven != two.is_event_driven:
        return (BY_SHARE,)
    return (BY_TIME if one.is_event_driven else BY_ROUND, BY_SHARE)


def axis_of(one: Track, two: Track, way: str) -> Axis:
    """Put two runs on one axis.

    Args:
        one: A run.
        two: The other.
        way: One of `ways_of`. By share both begin and end together, whatever their lengths.
    """
    bare = Axis(way, (one, two))
    if way == BY_SHARE:
        return Axis(way, (one, two), np.linspace(0, 1, max(one.numbers.size, two.numbers.size)))
    both = np.concatenate([bare._own_places(0), bare._own_places(1)])
    return Axis(way, (one, two), np.unique(both))


def track_of(feed: Feed) -> Track:
    """Return the moments of a run that are known by now."""
    curve, facts = feed.curve(), feed.facts
    if curve is None:
        return Track(np.empty(0, np.int64), np.empty(0), is_event_driven=False)
    return Track(curve.number, curve.now_s, facts is not None and facts.is_event_driven)


class Pair:
    """What a visit sees of two runs: the same place of both, or the latest of each.

    Args:
        one: A run as the visit sees it.
        two: The other.
    """

    def __init__(self, one: Viewer, two: Viewer) -> None:
        self.viewers = (one, two)
        self.news = one.news = two.news
        self.way = ""
        self.position = LATEST
        """Where on the axis; `LATEST` follows both runs."""
        self.axis = axis_of(track_of(one.feed), track_of(two.feed), BY_SHARE)
        self._seen: tuple[object, ...] = ()

    @property
    def ways(self) -> tuple[str, ...]:
        """How the runs can be put on one axis."""
        return ways_of(*self.axis.tracks)

    @property
    def count(self) -> int:
        """How many places there are."""
        return int(self.axis.places.size)

    @property
    def place(self) -> int:
        """The position on the axis; of the latest the last."""
        return self.count - 1 if self.position == LATEST else self.position

    def line_up(self, way: str) -> None:
        """Put the runs on one axis in another way; what is looked at stays near."""
        self.way = way
        self._seen = ()
        self.renew()

    def renew(self) -> bool:
        """Take in moments that are new; say whether there were any."""
        now = (self.way, *(_state_of(viewer.feed) for viewer in self.viewers))
        if now == self._seen:
            return False
        self._seen = now
        one, two = (track_of(viewer.feed) for viewer in self.viewers)
        ways = ways_of(one, two)
        way = self.way if self.way in ways else ways[0]
        before, self.axis = self.axis, axis_of(one, two, way)
        if self.position != LATEST and before.places.size:
            is_same = before.way == way
            side = int(before.is_beyond(self.position, 0))
            number = before.number_at(self.position, side)
            place = before.places[min(self.position, before.places.size - 1)]
            self.go(self.axis.nearest(place) if is_same else self.axis.position_of(side, number))
        return True

    def go(self, position: int) -> None:
        """Look at a place of both runs; at the last one the latest is followed."""
        is_last = position == LATEST or position >= self.count - 1
        self.position = LATEST if is_last else max(0, position)
        for side, viewer in enumerate(self.viewers):
            viewer.go(LATEST if is_last else self.axis.number_at(self.position, side))
        self.news.set()

    def go_to(self, side: int, number: int) -> None:
        """Look at the place where one of the runs shows a round or instant."""
        moment = self.viewers[side].moment()
        if moment is not None and number != moment.number:
            self.go(LATEST if number == LATEST else self.axis.position_of(side, number))


def _state_of(feed: Feed) -> tuple[object, ...]:
    """Return what is another as soon as there are more moments."""
    if not feed.is_live:
        return (feed.version,)
    latest = feed.latest
    return (feed.status, latest and latest.number)
