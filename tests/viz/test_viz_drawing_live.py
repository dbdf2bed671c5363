"""What a page draws of a run that goes on, however seldom it looks."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest

from viz.canvas import CurveView, FlowsView
from viz.canvas.samples import course, facts_of, moment_of, vote_of
from viz.feed import Curve
from viz.feed.ring import Ring
from viz.moment import Moment
from viz.pages.consensus_page import draws_curve, draws_flows
from viz.pages.viewer import Viewer

FACTS = facts_of(40)


class Going:
    """A feed whose rounds are closed by hand."""

    def __init__(self) -> None:
        self.ring = Ring()
        self.latest: Moment | None = None
        self.is_live, self.facts = True, FACTS
        self.moments_since, self.moments_to = self.ring.since, self.ring.shelf.up_to

    @property
    def numbers(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        return self.curve().number

    def curve(self) -> Curve:
        return self.ring.shelf.curve()

    def close(self, moment: Moment) -> None:
        self.ring.add(moment)
        self.latest = moment


def decided() -> list[Moment]:
    """Return forty rounds, each of which decides a proposal of its own."""
    moments = course(FACTS, 40)
    votes = [one.vote for one in moments if one.vote is not None]
    return [
        replace(one, vote=replace(vote, proposal=f"{one.number}.1.0.0", outcome="accepted"))
        for one, vote in zip(moments, votes, strict=True)
    ]


@pytest.fixture
def feed() -> Going:
    return Going()


def looked(feed: Going, stride: int, look: Callable[[], None]) -> None:
    """Close all rounds, and look after every so many, each time in the middle of the next."""
    for moment in decided():
        feed.close(moment)
        if moment.number % stride == 0:
            sealed = vote_of(40, (0.6, 0.2), is_sealed=True)
            feed.latest = moment_of(FACTS, sealed, number=moment.number + 1)
            look()
    feed.latest = feed.ring.last
    look()


@pytest.mark.parametrize("stride", [1, 7, 40])
def test_the_course_of_a_run_that_goes_on_has_every_round_that_its_replay_has(
    feed: Going, stride: int
) -> None:
    view, viewer = CurveView(), Viewer(cast(Any, feed))
    draw = draws_curve(view, viewer)

    looked(feed, stride, lambda: draw(FACTS, cast(Moment, viewer.moment())))

    live, feed.is_live = view.table(), False
    replayed = CurveView()
    draws_curve(replayed, viewer)(FACTS, cast(Moment, viewer.moment()))
    assert live == replayed.table()
    assert [row[5] for row in live.rows] == ["accepted"] * 40


@pytest.mark.parametrize("stride", [1, 7, 40])
def test_who_changed_sides_is_told_of_each_round_that_closed_between_two_looks(
    feed: Going, stride: int
) -> None:
    view, viewer = FlowsView(), Viewer(cast(Any, feed))
    draw = draws_flows(view, viewer)

    looked(feed, stride, lambda: draw(FACTS, cast(Moment, viewer.moment())))

    live, feed.is_live = view.table(), False
    replayed = FlowsView()
    draws_flows(replayed, viewer)(FACTS, cast(Moment, viewer.moment()))
    assert live == replayed.table()
    assert {row[0] for row in live.rows} == set(range(29, 41))
