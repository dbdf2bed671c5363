"""A visit: what goes on in the server for one open page, and only while somebody looks."""

import logging
import threading
from collections.abc import Callable
from operator import is_
from typing import cast

import solara
from solara.server.kernel_context import PageStatus, get_current_context

from ..moment import RunFacts
from .pacing import Pace
from .viewer import Viewer

AWAY_S = 0.5
"""How often a page that nobody is connected to is looked at again."""
log = logging.getLogger("swarmboard.dashboard")


def is_watched() -> bool:
    """Say whether a browser is connected to the page of this thread."""
    return PageStatus.CONNECTED in tuple(get_current_context().page_status.values())


def use_facts(viewer: Viewer) -> RunFacts | None:
    """Return what is known of a run, and render the component again once there is more."""
    return use_followed(viewer, lambda: viewer.feed.facts, eq=is_)


def use_followed[T](
    viewer: Viewer, read: Callable[[], T], *, eq: Callable[[T, T], bool] | None = None
) -> T:
    """Return something of a run that may change, and render the component again when it does.

    Args:
        viewer: Of the run.
        read: Returns it, from nothing but the viewer; called again with each moment that is drawn.
        eq: Says of two values whether they are the same.
    """
    now, set_now = solara.use_state(read(), eq=eq)
    solara.use_effect(lambda: viewer.add(lambda facts, moment: set_now(read())), [viewer])
    return cast(T, now)


def every(seconds: float, act: Callable[[], None]) -> None:
    """Do something now and again while the component is on a page that somebody looks at.

    Where there are many pages it is done less often.
    """
    pace = solara.use_memo(lambda: Pace(seconds), [])
    solara.use_effect(lambda: pace.end, [])

    def paced(ended: threading.Event) -> None:
        with pace.work():
            act()
        ended.wait(pace.rest_s() - seconds)

    beat(paced, seconds)


def beat(act: Callable[[threading.Event], None], seconds: float, on: object = None) -> None:
    """Repeat an act in a thread of its own until the component is gone.

    Args:
        act: Told by an event that it should come to its end.
        seconds: Between two times.
        on: Begins anew when this is another.
    """

    def begin() -> Callable[[], None]:
        ended, context = threading.Event(), get_current_context()

        def go_on() -> None:
            while not ended.is_set() and not context.closed_event.is_set():
                if PageStatus.CONNECTED not in tuple(context.page_status.values()):
                    ended.wait(AWAY_S)
                    continue
                try:
                    act(ended)
                except Exception:
                    if ended.is_set() or context.closed_event.is_set():
                        return  # the page went away under it
                    log.exception("a page could not be kept up to date")
                    ended.wait(1.0)
                ended.wait(seconds)

        threading.Thread(target=go_on, daemon=True, name="visit").start()
        return ended.set

    solara.use_effect(begin, [on])
