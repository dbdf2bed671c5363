"""Elements of pages: what makes one another element."""

import pytest
import solara

from viz.pages.parts import box


@solara.component
def changing(tag: str) -> None:
    """One element, of a tag that is chosen."""
    return box(tag, "said")


@pytest.mark.parametrize("fast", ["0", "1"])
def test_an_element_whose_tag_changes_is_another_in_the_browser(
    fast: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REACTON_FAST", fast)
    shown, context = solara.render(changing("div"), handle_error=False)
    (before,) = shown.children

    context.render(changing("section"))
    (after,) = shown.children

    assert (before.tag, after.tag, after is before) == ("div", "section", False)
