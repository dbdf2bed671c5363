"""The colours of both themes; the canvases' JavaScript gets the same values from here.

Words meet WCAG AA (4.5 to 1) against `paper` and `panel`, marks 3 to 1 against `paper`; colours
that stand for different things stay apart for deuteranopes and protanopes. A shape or hatch goes
with each colour that stands for a choice.
"""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one theme, as `#rrggbb`."""

    paper: str
    """Behind a canvas."""
    panel: str
    """Behind a tooltip or a notice."""
    ink: str
    faint: str
    """Words of less weight: axes, units, legends."""
    line: str
    """Grid lines and frames, which carry no meaning."""
    approve: str
    reject: str
    abstain: str
    none: str
    """An agent without a ballot."""
    accepted: str
    alarm: str
    second: str
    """The second line of a chart, the cast share."""
    third: str
    """The third line of a chart, the entropy."""
    focus: str
    factions: tuple[str, ...]
    """One for each option; they start again where there are more options."""
    heat: tuple[str, ...]
    """From low to high, of evenly growing contrast to the paper."""
    strain: tuple[str, ...]
    """Of edges, from no value to a high one."""


PALETTES = {
    "light": Palette(
        paper="#ffffff",
        panel="#f6f8fa",
        ink="#1f2328",
        faint="#59636e",
        line="#d1d9e0",
        approve="#1f6fc4",
        reject="#bd4f00",
        abstain="#59636e",
        none="#818b98",
        accepted="#1a7f37",
        alarm="#cf222e",
        second="#8250df",
        third="#0f7a6c",
        focus="#0550ae",
        factions=("#1f6fc4", "#bd4f00", "#4b1058", "#c7699f", "#148a63", "#4d2c00"),
        heat=("#c9820a", "#d0562b", "#b02a5c", "#6f1d84", "#1d1257"),
        strain=("#c5ced8", "#9aa4af", "#59636e", "#cf222e"),
    ),
    "dark": Palette(
        paper="#0d1117",
        panel="#161b22",
        ink="#f0f6fc",
        faint="#9198a1",
        line="#3d444d",
        approve="#4493f8",
        reject="#ffa657",
        abstain="#9198a1",
        none="#6e7681",
        accepted="#3fb950",
        alarm="#ff7b72",
        second="#c297ff",
        third="#4fd6b0",
        focus="#79c0ff",
        factions=("#4493f8", "#ffa657", "#fff59a", "#c9407f", "#4fd6b0", "#7d5cff"),
        heat=("#6a5fd0", "#a85bc8", "#e0609a", "#f8935b", "#fbe36a"),
        strain=("#3d444d", "#5a636e", "#9198a1", "#ff7b72"),
    ),
}


def as_plain() -> dict[str, dict[str, object]]:
    """Return the palettes as JSON has them."""
    return {theme: asdict(palette) for theme, palette in PALETTES.items()}
