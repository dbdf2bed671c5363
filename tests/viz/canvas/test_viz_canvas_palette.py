"""Colours that can be read, and told apart by those who see fewer of them."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from viz.canvas.palette import PALETTES, Palette, as_plain

WORDS = (
    "ink",
    "faint",
    "approve",
    "reject",
    "abstain",
    "accepted",
    "alarm",
    "second",
    "third",
    "focus",
)
VISIONS = {
    "trichromat": np.eye(3),
    "deuteranope": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "protanope": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
}
"""Of linear light, by Machado, Oliveira and Fernandes (2009), severity 1."""
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)

type Vector = NDArray[np.float64]


@pytest.fixture(params=PALETTES)
def palette(request: pytest.FixtureRequest) -> Palette:
    return PALETTES[request.param]


@pytest.mark.parametrize("behind", ["paper", "panel"])
@pytest.mark.parametrize("name", WORDS)
def test_words_are_four_and_a_half_times_as_light_or_dark_as_what_is_behind(
    palette: Palette, name: str, behind: str
) -> None:
    assert contrast(getattr(palette, name), getattr(palette, behind)) >= 4.5


def test_marks_are_three_times_as_light_or_dark_as_the_paper(palette: Palette) -> None:
    marks = [palette.none, *palette.factions, *palette.heat, palette.strain[-1]]

    assert min(contrast(mark, palette.paper) for mark in marks) >= 3


@pytest.mark.parametrize("vision", VISIONS)
def test_factions_stay_apart(palette: Palette, vision: str) -> None:
    seen = [lab(colour, VISIONS[vision]) for colour in palette.factions]

    apart = [float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2)]

    assert min(apart) >= 18


@pytest.mark.parametrize("vision", VISIONS)
def test_votes_stay_apart(palette: Palette, vision: str) -> None:
    votes = (palette.approve, palette.reject, palette.abstain, palette.none)
    seen = [lab(colour, VISIONS[vision]) for colour in votes]

    apart = [float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2)]

    assert min(apart) >= 10
    assert apart[0] >= 60


@pytest.mark.parametrize("vision", VISIONS)
def test_the_scale_gets_lighter_or_darker_all_the_way(palette: Palette, vision: str) -> None:
    lightness = [lab(colour, VISIONS[vision])[0] for colour in palette.heat]

    steps = np.diff(lightness)

    assert (steps > 1).all() or (steps < -1).all()


def test_the_scale_ends_where_the_contrast_is_highest(palette: Palette) -> None:
    contrasts = [contrast(colour, palette.paper) for colour in palette.heat]

    assert contrasts == sorted(contrasts)


def test_both_themes_name_the_same_colours() -> None:
    light, dark = (palette.keys() for palette in as_plain().values())

    assert light == dark


def linear(colour: str) -> Vector:
    share = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """Return the contrast as WCAG 2 defines it."""
    darker, lighter = sorted(float(linear(c) @ TO_XYZ[1]) for c in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def lab(colour: str, vision: Vector) -> Vector:
    """Return CIELAB of a colour as somebody sees it."""
    xyz = TO_XYZ @ np.clip(vision @ linear(colour), 0, 1) / (0.95047, 1, 1.08883)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])
