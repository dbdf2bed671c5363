"""The board as it was some stages ago, for agents that read a stale copy of it."""

from collections import deque
from collections.abc import Mapping
from typing import Any

from blackboard import View, keep_view, restore_view, view_state


class Memory:
    """Keeps past views, by the name of their stage, as long as somebody may still read them."""

    def __init__(self, stages: int) -> None:
        self._stages = stages
        self._now = 0
        self._views: dict[str, deque[tuple[int, View]]] = {}

    def remember(self, view: View, *, is_read: bool) -> None:
        """Take in the view of a stage that begins.

        Args:
            view: What the stage's agents see.
            is_read: Whether anybody acts in it who may come to see an old board.
        """
        self._now += 1
        if not is_read:
            return
        views = self._views.setdefault(view.stage_name, deque())
        views.append((self._now, keep_view(view)))
        while len(views) > 1 and views[1][0] <= self._now - self._stages:
            views.popleft()

    def recall(self, stage_name: str, stages_ago: int) -> View:
        """Return the newest view of stages of a name that is so old, or the oldest of them.

        What a scenario tells those who act differs from stage to stage, so that an agent that
        is behind remembers the last time it was asked the same.
        """
        views = self._views[stage_name]
        old = [view for number, view in views if number <= self._now - stages_ago]
        return old[-1] if old else views[0][1]

    def state(self) -> dict[str, Any]:
        """Return what is remembered as plain values, so far as the scenario's briefs are plain."""
        views = [(at, view_state(view)) for held in self._views.values() for at, view in held]
        return {"now": self._now, "views": views}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` left it."""
        self._now, self._views = state["now"], {}
        for at, held in state["views"]:
            view = restore_view(held)
            self._views.setdefault(view.stage_name, deque()).append((at, view))
