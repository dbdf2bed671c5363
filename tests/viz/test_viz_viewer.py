"""What a visit draws: each panel for itself, so that one that fails keeps no other back."""

from types import SimpleNamespace
from typing import Any

import pytest

from viz.pages.viewer import Viewer


def test_a_panel_that_fails_is_told_once_and_the_others_are_drawn() -> None:
    feed: Any = SimpleNamespace(version=0, latest="moment", facts="facts")
    viewer, drawn = Viewer(feed), list[int]()

    def fail(*_: Any) -> None:
        raise LookupError("no such chart")

    viewer.add(fail)
    viewer.add(lambda *_: drawn.append(feed.version))
    with pytest.raises(LookupError, match="no such chart"):
        viewer.look()
    feed.version = 1
    was_anything_new = viewer.look()

    assert drawn == [0, 1]
    assert was_anything_new


def test_each_panel_that_fails_is_told() -> None:
    feed: Any = SimpleNamespace(version=0, latest="moment", facts="facts")
    viewer = Viewer(feed)

    def failing(words: str) -> Any:
        def draw(*_: Any) -> None:
            raise ValueError(words)

        return draw

    viewer.add(failing("one"))
    viewer.add(failing("two"))

    with pytest.raises(ValueError, match="one"):
        viewer.look()
    feed.version = 1
    with pytest.raises(ValueError, match="two"):
        viewer.look()
