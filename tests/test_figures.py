"""The pictures of the docs: the program that draws them still draws runs of today."""

import importlib.util
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest

from swarmboard import run

DOCS = Path(__file__).parent.parent / "docs"
LARGEST_BYTES = 400_000


@pytest.fixture(scope="module")
def figures() -> Any:
    spec = importlib.util.spec_from_file_location("figures", DOCS / "figures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_run_is_drawn_in_each_theme(figures: Any, theme: str, tmp_path: Path) -> None:
    result = run("grid-dispatch", case="ieee14", board="memory://", out=tmp_path / "run")
    picture = BytesIO()

    figure = figures.draw(result.path, figures.PALETTES[theme])
    figure.savefig(picture, format="png")
    plt.close(figure)

    assert picture.getvalue().startswith(b"\x89PNG")


def test_pictures_are_small_enough_for_a_page() -> None:
    sizes = {path.name: path.stat().st_size for path in (DOCS / "images").iterdir()}

    assert {name: size for name, size in sizes.items() if size > LARGEST_BYTES} == {}
