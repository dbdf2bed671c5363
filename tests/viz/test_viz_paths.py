"""The addresses of pages lead to the run whose name they hold, whatever its characters."""

import pytest

from swarmboard.watching import page_address
from viz.pages.layout import names_in, path_of

NAMES = ["plain", "two words", "50% #1?", "größer", "a&b=c+d", "\udcff"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_comes_back_from_its_path(name: str) -> None:
    path = path_of(name, "board")

    parts = path.strip("/").split("/")

    assert path.isascii()
    assert not set(path) & set(" #?&")
    assert (parts[0], names_in(parts[1:2]), parts[2]) == ("run", [name], "board")


@pytest.mark.parametrize(
    ("served", "shown"),
    [
        ("http://127.0.0.1:8765/", "http://127.0.0.1:8765/run/a%20%231/consensus"),
        (
            "http://127.0.0.1:8765/?token=t%2Fu",
            "http://127.0.0.1:8765/run/a%20%231/consensus?token=t%2Fu",
        ),
    ],
)
def test_a_watched_run_is_shown_with_the_token_behind_its_path(served: str, shown: str) -> None:
    assert page_address(served, "a #1") == shown
