"""Writes all views, fed with made-up runs, to one page: `python -m viz.canvas.gallery OUT.html`."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from . import samples
from .blocks import BlocksView
from .course import CourseView
from .curve import CurveView
from .field import FieldView
from .flows import FlowsView
from .palette import PALETTES
from .parts import PartsView
from .series import SeriesView
from .stack import Bar, BarsView
from .static_page import page
from .view import CanvasView

FACTIONS = ("north", "south", "east", "west", "harbour", "nowhere", "later")
SHARES = (0.3, 0.2, 0.15, 0.1, 0.1, 0.05, 0.03)


def main() -> None:
    """Write the page that the command line names."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m viz.canvas.gallery OUT.html")
    target = Path(sys.argv[1])
    target.write_text(gallery(), "utf-8")
    print(f"{target}: {target.stat().st_size // 1024:,} kB")


def gallery() -> str:
    """Return the page: each view in each theme."""
    shown: list[CanvasView] = []
    for make in _MAKERS:
        for theme in PALETTES:
            view = make()
            view.theme = theme
            shown.append(view)
    return page(shown, title="Canvases of the dashboard, with made-up runs")


def _field(
    title: str,
    agents: int,
    mode: str = "vote",
    *,
    has_map: bool = False,
    is_sealed: bool = False,
    is_empty: bool = False,
    options: tuple[str, ...] = samples.YES_NO,
) -> Callable[[], CanvasView]:
    def make() -> CanvasView:
        facts = samples.facts_of(agents, has_map=has_map)
        shares = (0.7, 0.16) if options == samples.YES_NO else SHARES
        vote = samples.vote_of(agents, shares, options=options, is_sealed=is_sealed)
        view = FieldView(title=title, height_px=400)
        moment = samples.moment_of(facts, None if is_empty else vote, number=7)
        view.show(facts, moment, mode=mode)
        return view

    return make


def _curve(rounds: int) -> Callable[[], CanvasView]:
    def make() -> CanvasView:
        facts = samples.facts_of(1024, is_event_driven=rounds > 1000)
        numbers = np.arange(1, rounds + 1)
        rng = np.random.default_rng(1)
        rise = 92 / (1 + np.exp(-(numbers - rounds / 2) * 9 / rounds))
        approval = np.clip(rise + rng.normal(0, 1 + 3 * (rounds > 1000), rounds), 0, 100)
        outcomes = np.where(numbers % max(1, rounds // 9) == 0, 3, 0)
        outcomes[-1] = 1
        view = CurveView(title=f"Approval, {rounds:,} moments", height_px=260)
        vote = samples.vote_of(1024, (0.92, 0.05), outcome="accepted")
        view.load(
            facts,
            samples.moment_of(facts, vote, number=rounds),
            numbers=numbers,
            approval_percent=approval,
            cast_percent=np.clip(60 + 40 * numbers / rounds + rng.normal(0, 2, rounds), 0, 100),
            entropy_bits=1.4 * np.sin(np.pi * numbers / rounds) + 0.1,
            outcomes=outcomes,
            now_s=numbers * 0.8,
            made=(numbers // 3, numbers // 4),
        )
        return view

    return make


def _live_curve() -> CanvasView:
    facts = samples.facts_of(1024)
    view = CurveView(title="Approval, round by round", height_px=260)
    for moment in samples.course(facts, 13)[:9]:
        view.show(facts, moment)
    return view


def _flows(rounds: int) -> Callable[[], CanvasView]:
    def make() -> CanvasView:
        facts = samples.facts_of(1024)
        view = FlowsView(title="Factions and flips", height_px=320)
        view.load(facts, samples.course(facts, rounds))
        return view

    return make


def _tally() -> CanvasView:
    facts = samples.facts_of(1024)
    view = BarsView(title="Tally")
    view.show(facts, samples.moment_of(facts, samples.vote_of(1024, (0.7, 0.16))))
    return view


def _reasons() -> CanvasView:
    view = BarsView(title="Reasons for rejection")
    said = {"overloaded line": 61, "price too high": 44, "no margin left": 17, "other": 3}
    bars = [Bar(name, count, colour="reject", shape="cross") for name, count in said.items()]
    view.draw(bars, unit="ballots", label="61 overloaded line, 44 price too high")
    return view


def _queues() -> CanvasView:
    view = BarsView(title="Longest wait by queue")
    waits = {"billing": 41.5, "delivery": 128.25, "returns and complaints": 12.0}
    shapes = ("disc", "square", "triangle")
    bars = [
        Bar(name, wait, 60.0, f"factions.{i}", shapes[i])
        for i, (name, wait) in enumerate(waits.items())
    ]
    view.draw(bars, unit="s", label="delivery 128 s, allowed 60 s", threshold_word="s allowed")
    return view


def _series() -> CanvasView:
    facts = samples.facts_of(1024)
    view = SeriesView(title="Numbers of the world")
    places = np.arange(1.0, 241.0)
    numbers = {
        "price": 38 + 4 * np.sin(places / 17),
        "load_mw": 900 + 3 * places,
        "gap_percent": 40 / places,
        "quarantined": np.zeros(240),
        "waiting": np.where(places > 60, np.abs(np.sin(places / 9)) * 40, np.nan).round(),
    }
    now = {name: float(values[120]) for name, values in numbers.items()}
    moment = replace(samples.moment_of(facts, None, number=121), series=now)
    view.show(facts, moment, places=places, series=numbers)
    return view


def _work() -> CanvasView:
    facts = samples.facts_of(128, has_map=True)
    assert facts.scene is not None
    fields = {"work": "0 waits, 1 drafts, 2 reviews"}
    scene = replace(facts.scene, fields=fields, positions=facts.scene.positions[:120])
    scene = replace(scene, edges=scene.edges[:0], widths=None, sizes=None)
    view = FieldView(title="What 120 of 128 agents do", height_px=400)
    moment = samples.moment_of(facts, samples.vote_of(128, (0.7, 0.16)))
    doing = (np.arange(128) * 7 % 5 % 3).astype(np.float32)
    view.show(replace(facts, scene=scene), replace(moment, frame={"work": doing}), mode="work")
    return view


def _merit(blocks: int) -> Callable[[], CanvasView]:
    def make() -> CanvasView:
        view = BlocksView("merit", title=f"Merit order of {blocks:,} units")
        view.show(*samples.charted(blocks))
        return view

    return make


def _parts(name: str) -> Callable[[], CanvasView]:
    def make() -> CanvasView:
        view = PartsView(name, title=f"A published table: {name}")
        view.show(*samples.charted())
        return view

    return make


def _day() -> CanvasView:
    view = CourseView("day", title="A day of intervals")
    interval = np.repeat(np.arange(1.0, 25.0), 3)
    price, rounds = 30 + np.sin(interval / 4), np.tile([1.0, 2.0, 3.0], 24)
    told = {"interval": interval, "price": price, "rounds": rounds}
    view.show_course(*samples.charted(), told)
    return view


_MAKERS: tuple[Callable[[], CanvasView], ...] = (
    _field("1,024 agents by vote", 1024),
    _field("Network by vote", 1024, has_map=True),
    _field("Network by price", 1024, "price", has_map=True),
    _field("1,024 agents by confidence", 1024, "confidence"),
    _field("Factions", 600, "faction", options=FACTIONS),
    _field("A jury of twelve", 12),
    _field("100,000 agents by vote", 100_000),
    _field("100,000 agents by faction", 100_000, "faction", options=FACTIONS),
    _field("A map of 100,000 agents by price", 100_000, "price", has_map=True),
    _field("Sealed ballots", 1024, is_sealed=True),
    _field("Before the first proposal", 300, is_empty=True),
    _live_curve,
    _curve(100),
    _curve(20_000),
    _flows(6),
    _flows(16),
    _tally,
    _reasons,
    _queues,
    _series,
    _work,
    _merit(40),
    _merit(1024),
    _parts("queues"),
    _parts("ends"),
    _day,
)

if __name__ == "__main__":
    main()
