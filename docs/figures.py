"""Draws the picture of the README from a real run: `python docs/figures.py [RUN_DIRECTORY]`.

Without an argument it first runs `swarmboard run grid-dispatch --agents 1024`.
"""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from blackboard import read_log
from swarmboard import run

IMAGES = Path(__file__).parent / "images"
SIZE_INCHES, DPI = (10.0, 5.2), 150
THRESHOLD_PERCENT, CERTIFICATE_PERCENT = 80, 1


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one theme."""

    paper: str
    ink: str
    faint: str
    edge: str
    price: tuple[str, ...]
    """From the cheapest node to the dearest."""
    alarm: str
    accepted: str


PALETTES = {
    "light": Palette(
        "#ffffff",
        "#1f2328",
        "#59636e",
        "#d1d9e0",
        ("#1f6fc4", "#7db3de", "#c2c8cf", "#f0ab5c", "#c4560c"),
        "#cf222e",
        "#1a7f37",
    ),
    "dark": Palette(
        "#0d1117",
        "#f0f6fc",
        "#9198a1",
        "#3d444d",
        ("#4493f8", "#5b8fc4", "#767f8a", "#d99a4e", "#ffa657"),
        "#ff7b72",
        "#3fb950",
    ),
}


def main() -> None:
    """Draw a run, once for each theme."""
    if len(sys.argv) > 1:
        draw_themes(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        draw_themes(run("grid-dispatch", agents=1024, out=Path(folder) / "run").path)


def draw_themes(path: Path) -> None:
    """Write `images/run-light.png` and `images/run-dark.png`."""
    for theme, palette in PALETTES.items():
        target = IMAGES / f"run-{theme}.png"
        figure = draw(path, palette)
        figure.savefig(target, dpi=DPI, facecolor=palette.paper)
        plt.close(figure)
        print(f"{target.name}: {target.stat().st_size // 1024} kB")


def draw(path: Path, palette: Palette) -> Figure:
    """Return the figure: the network on the left, the rounds of the negotiation on the right."""
    mpl.rcParams |= {
        "font.size": 11,
        "text.color": palette.ink,
        "axes.facecolor": palette.paper,
        "axes.labelcolor": palette.faint,
        "axes.edgecolor": palette.faint,
        "xtick.color": palette.faint,
        "ytick.color": palette.faint,
    }
    figure = plt.figure(figsize=SIZE_INCHES)
    left, scale = (
        figure.add_axes((0.01, 0.15, 0.57, 0.75)),
        figure.add_axes((0.04, 0.085, 0.19, 0.02)),
    )
    upper = figure.add_axes((0.66, 0.555, 0.31, 0.33))
    lower = figure.add_axes((0.66, 0.115, 0.31, 0.33), sharex=upper)
    scene, frame = last_frame(path)
    draw_network(left, scale, scene, frame, palette)
    draw_rounds(upper, lower, pd.read_parquet(path / "rounds.parquet"), palette)
    title = f"{len(frame['price']):,} nodes agree on a dispatch"
    figure.text(0.02, 0.935, title, size=14, weight="bold")
    return figure


def last_frame(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the scenario published to be drawn: the scene, and its last values."""
    shown: dict[str, Any] = {}
    for record in read_log(path / "events.log"):
        if type(record).__name__ == "Display":
            shown[record.name] = record.payload  # type: ignore[union-attr]
    return shown["scene"], shown["frame"]


def draw_network(
    axes: Axes, scale: Axes, scene: dict[str, Any], frame: dict[str, Any], palette: Palette
) -> None:
    """Draw nodes by price and MW, and the full lines that critics objected to."""
    places = scene["positions"].reshape(-1, 2)
    segments = places[scene["edges"].reshape(-1, 2)]
    full = (frame["edge:objection"] > 0) & (frame["edge:loading"] >= 99.5)
    axes.add_collection(LineCollection(segments[~full], colors=palette.edge, linewidths=0.8))
    axes.add_collection(
        LineCollection(segments[full], colors=palette.alarm, linewidths=3.5, zorder=4)
    )
    price, megawatts = frame["price"], np.abs(frame["output"])
    large_first = np.argsort(-megawatts)
    low, high = np.percentile(price, [1, 99])
    nodes = axes.scatter(
        *places[large_first].T,
        s=_marker(megawatts[large_first]),
        c=price[large_first],
        cmap=LinearSegmentedColormap.from_list("price", palette.price),
        vmin=low,
        vmax=high,
        edgecolors=palette.paper,
        linewidths=0.4,
        zorder=3,
    )
    axes.margins(0.02)
    axes.axis("off")
    axes.figure.colorbar(nodes, cax=scale, orientation="horizontal").outline.set_visible(False)
    scale.set_xticks([])
    text = {"color": palette.faint, "size": 10, "ha": "center", "y": 0.035}
    axes.figure.text(s=f"price {low:.1f} to {high:.1f} $/MWh", x=0.135, **text)
    for size, x in ((50, 0.31), (500, 0.38)):
        axes.figure.text(s=f"{size} MW", x=x, **text)
        dot = Line2D([x], [0.095], marker="o", color=palette.faint, markersize=_marker(size) ** 0.5)
        axes.figure.add_artist(dot)
    axes.figure.text(s=f"{full.sum()} congested lines", x=0.5, **text)
    axes.figure.add_artist(Line2D([0.475, 0.525], [0.095] * 2, color=palette.alarm, linewidth=3.5))


def _marker(megawatts: Any) -> Any:
    """Return a node's area in square points."""
    return 2 + 0.4 * megawatts


def draw_rounds(upper: Axes, lower: Axes, rounds: pd.DataFrame, palette: Palette) -> None:
    """Draw the approval and the certificate of each round against what they have to reach."""
    at, passed = rounds["round"], rounds["accepted"] > 0
    approval, certificate = rounds["approval_percent"], rounds["certificate_of_revealed_percent"]
    for axes, values, goal in (
        (upper, approval, THRESHOLD_PERCENT),
        (lower, certificate, CERTIFICATE_PERCENT),
    ):
        axes.axhline(goal, color=palette.accepted, linewidth=1.2, linestyle=(0, (4, 3)))
        axes.plot(at, values, "o-", color=palette.faint, markersize=5, linewidth=1.5)
        axes.plot(
            at[passed], values[passed], "o", color=palette.accepted, markersize=11, clip_on=False
        )
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color=palette.edge, linewidth=0.5)
        axes.set_axisbelow(True)
    upper.set_title(f"approval in percent ({THRESHOLD_PERCENT} needed)", size=11, loc="left")
    upper.set_ylim(-5, 109)
    upper.set_yticks([0, 20, 40, 60, 80, 100])
    upper.tick_params(labelbottom=False)
    lower.set_title(
        f"certified gap in percent ({CERTIFICATE_PERCENT} allowed)", size=11, loc="left"
    )
    lower.set_yscale("log")
    lower.set_yticks([1, 10, 100, 1000], labels=["1", "10", "100", "1,000"])
    lower.minorticks_off()
    lower.set_xticks(at)
    lower.set_xlabel("round")
    first, last = at[approval >= THRESHOLD_PERCENT].iloc[0], at[passed].iloc[-1]
    note = {"size": 10, "color": palette.ink}
    upper.annotate(
        "the vote passes,\nthe certificate does not",
        (first, approval[at == first].iloc[0]),
        xytext=(first + 0.25, 22),
        arrowprops={"arrowstyle": "-", "color": palette.faint, "shrinkB": 5},
        **note,
    )
    lower.annotate(
        "accepted",
        (last, certificate[at == last].iloc[0]),
        xytext=(last + 0.15, 20),
        ha="right",
        arrowprops={"arrowstyle": "-", "color": palette.accepted, "shrinkB": 6},
        size=10,
        color=palette.accepted,
        weight="bold",
    )


if __name__ == "__main__":
    main()
