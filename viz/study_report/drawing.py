"""Draws a figure at the width of a journal's column, as SVG and PNG."""

import io
from typing import Any

from .curves_drawn import draw_curves, draw_plane, front_labels, legend_rows
from .described import Curves, Drawing, Forest, Heat, Plane
from .rows_drawn import draw_forest, draw_heat, most_lines
from .themes import themed

WIDTH_MM = 85.0
"""Of a column; no letter is smaller than 7 points at this width."""
HEIGHT_MM = 64.0
LEGEND_ROW_MM = 4.0
FOREST_LINE_MM = 3.6
DPI = 300
LETTERS_PT = 7.5
SMALL_PT = 7.0
MM_PER_INCH = 25.4


def draw(drawing: Drawing, *, salt: str) -> tuple[str, bytes]:
    """Return a figure as SVG text, in the colours of the light theme, and as PNG.

    Args:
        drawing: What is drawn.
        salt: Makes the names inside of the SVG its own; the same salt gives the same bytes.
    """
    import matplotlib as mpl

    with mpl.rc_context(_style(salt)):
        figure = composed(drawing)
        svg, png = io.StringIO(), io.BytesIO()
        figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": "Swarmboard"})
        figure.savefig(png, format="png", dpi=DPI, metadata={"Software": "Swarmboard"})
    return svg.getvalue(), png.getvalue()


def composed(drawing: Drawing) -> Any:
    """Return a figure of matplotlib's, at its final size."""
    figure = _figure(drawing)
    match drawing:
        case Curves():
            draw_curves(figure, drawing)
        case Heat():
            draw_heat(figure, drawing)
        case Forest():
            draw_forest(figure, drawing)
        case Plane():
            draw_plane(figure, drawing)
    return figure


def inlined(svg: str, *, prefix: str, label: str) -> str:
    """Return a figure to stand in a page: colours by name, ids its own, and what it shows."""
    from html import escape

    body = svg[svg.index("<svg") :]
    head, _, rest = body.partition(">")
    box = head.partition('viewBox="')[2].partition('"')[0]
    rest = rest.partition("</metadata>")[2] or rest
    for old, new in ((' id="', f' id="{prefix}-'), ('href="#', f'href="#{prefix}-')):
        rest = rest.replace(old, new)
    rest = rest.replace("url(#", f"url(#{prefix}-")
    return (
        f'<svg role="img" aria-label="{escape(label)}" viewBox="{box}" '
        'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
        + themed(rest)
    )


def _figure(drawing: Drawing) -> Any:
    from matplotlib.figure import Figure

    height = HEIGHT_MM
    match drawing:
        case Forest(bars=bars):
            height = 22 + FOREST_LINE_MM * len(bars) * (0.6 + most_lines(bars))
        case Curves(series=series):
            height += LEGEND_ROW_MM * max(0, legend_rows([s.label for s in series]) - 2)
        case Plane():
            height += LEGEND_ROW_MM * max(0, legend_rows(front_labels(drawing)) - 2)
    size = (WIDTH_MM / MM_PER_INCH, height / MM_PER_INCH)
    return Figure(figsize=size, layout="constrained")


def _style(salt: str) -> dict[Any, Any]:
    from ..canvas.palette import PALETTES

    light = PALETTES["light"]
    return {
        "svg.hashsalt": salt,
        "svg.fonttype": "path",
        "text.parse_math": False,
        "font.family": "DejaVu Sans",
        "font.size": LETTERS_PT,
        "axes.labelsize": LETTERS_PT,
        "xtick.labelsize": SMALL_PT,
        "ytick.labelsize": SMALL_PT,
        "legend.fontsize": SMALL_PT,
        "legend.frameon": False,
        "legend.handlelength": 2.4,
        "legend.columnspacing": 1.2,
        "figure.facecolor": light.paper,
        "axes.facecolor": light.paper,
        "savefig.facecolor": light.paper,
        "axes.edgecolor": light.faint,
        "axes.labelcolor": light.ink,
        "text.color": light.ink,
        "xtick.color": light.faint,
        "ytick.color": light.faint,
        "xtick.labelcolor": light.ink,
        "ytick.labelcolor": light.ink,
        "grid.color": light.line,
        "grid.linewidth": 0.5,
        "axes.linewidth": 0.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "lines.linewidth": 1.1,
        "lines.markersize": 3.8,
        "hatch.linewidth": 0.5,
    }
