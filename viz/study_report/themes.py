"""Colours of figures: drawn in those of the light theme, which a page then exchanges for either."""

import re

import numpy as np

from ..canvas.palette import PALETTES, Palette

SHADES = 24
"""Steps of a heat map."""
PLAIN = ("paper", "ink", "faint", "line", "alarm", "accepted")
_ON_SHADES = {
    ("w", "w"): "#fffffe",
    ("w", "k"): "#fffffd",
    ("k", "w"): "#000001",
    ("k", "k"): "#000002",
}
"""Letters on a shade, by their colour in the light and in the dark theme."""
_LETTERS = {"w": "#ffffff", "k": "#16181c"}


def ramp(palette: Palette) -> list[str]:
    """Return the shades of a heat map from low to high."""
    stops = np.array([_parts(colour) for colour in palette.heat], float)
    places = np.linspace(0, len(stops) - 1, SHADES)
    mixed = [np.interp(places, range(len(stops)), stops[:, part]) for part in range(3)]
    return [_written(*parts) for parts in zip(*mixed, strict=True)]


def letters(shade: int) -> str:
    """Return the colour of letters on a shade, which stands for one in each theme."""
    pair = tuple(_readable(ramp(PALETTES[theme])[shade]) for theme in ("light", "dark"))
    return _ON_SHADES[pair[0], pair[1]]


def style(theme: str) -> str:
    """Return a theme's colours as CSS declarations."""
    return "".join(f"--{name}:{colour};" for name, colour in _named(theme).items())


def themed(svg: str) -> str:
    """Return a figure with names of colours in place of the light theme's own."""
    names = {colour: name for name, colour in reversed(_named("light").items())}
    names |= {colour: f"on-{''.join(pair)}" for pair, colour in _ON_SHADES.items()}
    return re.sub(
        r"#[0-9a-f]{6}\b",
        lambda found: f"var(--{names[found[0]]})" if found[0] in names else found[0],
        svg,
    )


def _named(theme: str) -> dict[str, str]:
    palette = PALETTES[theme]
    found = {name: getattr(palette, name) for name in PLAIN}
    found |= {f"s{i}": colour for i, colour in enumerate(palette.factions)}
    found |= {f"h{i}": colour for i, colour in enumerate(ramp(palette))}
    place = 0 if theme == "light" else 1
    return found | {f"on-{''.join(pair)}": _LETTERS[pair[place]] for pair in _ON_SHADES}


def _readable(colour: str) -> str:
    """Return the letters of higher contrast on a colour."""
    below = _luminance(colour) + 0.05
    return "w" if 1.05 / below > below / (_luminance(_LETTERS["k"]) + 0.05) else "k"


def _luminance(colour: str) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (part / 255 for part in _parts(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _written(*parts: float) -> str:
    return "#" + "".join(f"{round(part):02x}" for part in parts)
