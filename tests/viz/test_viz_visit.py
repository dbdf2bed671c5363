"""What a page shows of a run is rendered again where more becomes known, and only there."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
import solara

from viz.feed import Feed
from viz.pages.parts import box
from viz.pages.viewer import Viewer
from viz.pages.visit import use_facts

rendered: list[Any] = []


@solara.component
def scenario(viewer: Viewer) -> Any:
    """The name of a run's scenario."""
    facts = use_facts(viewer)
    rendered.append(facts)
    return box("p", facts.scenario if facts else "not known")


@pytest.mark.parametrize("fast", ["0", "1"])
def test_a_component_is_rendered_again_with_each_thing_that_becomes_known(
    fast: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REACTON_FAST", fast)
    rendered.clear()
    feed = SimpleNamespace(version=0, latest=object(), facts=None)
    viewer = Viewer(cast(Feed, feed))
    shown, context = solara.render(scenario(viewer), handle_error=False)
    first, second = SimpleNamespace(scenario="jury"), SimpleNamespace(scenario="grid")

    for facts in (first, first, second):
        feed.version, feed.facts = feed.version + 1, facts
        viewer.look()

    assert rendered == [None, first, second]
    assert shown.children[0].children == ["grid"]
    context.close()
