"""Two runs beside each other on one slider: their consensus views, and their numbers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import solara

from blackboard import BadInput

from ..canvas import BarsView, CurveView, FieldView
from ..canvas.colouring import modes
from ..feed import LastDigest, the_hub
from ..moment import Moment, RunFacts
from .comparison import Comparison, Differences
from .consensus_page import draws_curve, draws_field
from .figures import Readout, ReplayBar
from .judging import key_figures, swarm_words
from .layout import names_in, path_of
from .pairing import BY_SHARE, Pair
from .panels import CanvasPanel, shows
from .parts import ActButton, ChoiceBox, Notice, box, slot
from .rows import summary_of
from .run_page import find_run, missing
from .viewer import Draw, Viewer
from .visit import beat, use_facts

LOOK_S = 0.1


@solara.component
def ComparePage() -> Any:
    """Show two runs, or say why not."""
    router = solara.use_router()
    keys = names_in(router.parts[1:3])
    if len(keys) != 2:
        text = "Two runs are needed: tick them in the list of runs."
        return missing(text, router.push)
    try:
        one, two = map(find_run, keys)
    except BadInput as error:
        text = f"{error}. It may have been removed, or the dashboard shows another folder."
        return missing(text, router.push)
    return TwoRuns(one, two).key(f"{one} {two}")


@solara.component
def TwoRuns(one: Path, two: Path) -> Any:
    """Follow two runs for one visit."""
    pair = solara.use_memo(lambda: _pair_of(one, two), [one, two])
    bar = solara.use_memo(ReplayBar, [])
    own: list[int] = solara.use_memo(lambda: [-1], [])
    mode: list[str] = solara.use_memo(lambda: ["vote"], [])
    state, set_state = solara.use_state(((), (), "", ("vote",)))
    chosen, set_chosen = solara.use_state("vote")

    def let_go() -> None:
        for viewer in pair.viewers:
            viewer.feed.close()

    def scrub() -> Callable[[], None]:
        def moved(change: dict[str, Any]) -> None:
            if change["new"] != own[0]:
                pair.go(int(change["new"]))

        bar.observe(moved, "position")
        return lambda: bar.unobserve(moved, "position")

    def look(_: Any) -> None:
        pair.renew()
        feeds = [viewer.feed for viewer in pair.viewers]
        told = tuple((feed.status, feed.error or "", feed.is_ready) for feed in feeds)
        set_state((told, pair.ways, pair.axis.way, _modes(pair)))
        _show_place(bar, pair, own)
        for viewer in pair.viewers:
            viewer.look()
        pair.news.wait(LOOK_S)

    def colour(name: str) -> None:
        mode[0] = name
        set_chosen(name)
        for viewer in pair.viewers:
            viewer.again()

    solara.use_effect(lambda: let_go, [pair])
    solara.use_effect(scrub, [pair])
    beat(look, 0.0, on=pair)
    told, ways, way, colours = state
    lined = [ChoiceBox(label="Lined up by", value=way, choices=ways, event_choose=pair.line_up)]
    head = box(
        "div",
        box("h1", "Two runs"),
        box("span", of="db-space"),
        slot(*lined if len(ways) > 1 else ()),
        ChoiceBox(label="Agents by", value=chosen, choices=colours, event_choose=colour),
        of="db-row db-controls",
    )
    notices = _notices(told, (one, two))
    if not told or not all(is_ready for _, _, is_ready in told):
        notices.append(Notice(text="Reading what the runs have told so far …"))
        return box("div", head, slot(*notices), of="db-stack")
    slider = box("section", bar, of="db-panel db-sticky", **{"aria-label": "Common slider"})
    sides = [Side(pair, side, mode).key(str(side)) for side in (0, 1)]
    numbers = Differences(pair, [one.name, two.name])
    below = box("div", numbers, Comparison(one.name, two.name), of="db-two is-numbers")
    beside = box("div", *sides, of="db-two")
    return box("div", head, slot(*notices), slider, beside, below, of="db-stack")


@solara.component
def Side(pair: Pair, side: int, mode: list[str]) -> Any:
    """Show one of the two runs."""
    router = solara.use_router()
    viewer = pair.viewers[side]
    name = viewer.feed.path.name
    readout = solara.use_memo(lambda: Readout(label=f"Key figures of {name}"), [])
    field = solara.use_memo(lambda: FieldView(height_px=360), [])
    curve = solara.use_memo(lambda: CurveView(height_px=220), [])
    bars = solara.use_memo(lambda: BarsView(height_px=150), [])
    draws = solara.use_memo(
        lambda: (draws_field(field, mode), draws_curve(curve, viewer), shows(bars)), [viewer]
    )
    solara.use_effect(lambda: viewer.add(_figures(readout, pair, side)), [viewer])

    def jump() -> Callable[[], None]:
        def moved(change: dict[str, Any]) -> None:
            pair.go_to(side, int(change["new"]))

        curve.observe(moved, "cursor")
        return lambda: curve.unobserve(moved, "cursor")

    solara.use_effect(jump, [pair])
    facts = use_facts(viewer)
    about = f"{facts.scenario}, {swarm_words(facts)}, seed {facts.seed}" if facts else ""
    link = ActButton(
        label="Its pages", tone="is-small", event_press=lambda _: router.push(path_of(name))
    )
    head = box(
        "div",
        box("h2", name),
        box("span", about, of="db-muted db-small"),
        box("span", of="db-space"),
        link,
        of="db-row",
    )
    return box(
        "div",
        box("section", head, readout, of="db-panel", **{"aria-label": f"Key figures of {name}"}),
        CanvasPanel(f"Agents, {name}", field, viewer, draws[0]),
        CanvasPanel(f"Approval, {name}", curve, viewer, draws[1]),
        CanvasPanel(f"Tally, {name}", bars, viewer, draws[2]),
        of="db-stack",
    )


def _pair_of(one: Path, two: Path) -> Pair:
    return Pair(Viewer(the_hub().follow(one)), Viewer(the_hub().follow(two)))


def _show_place(bar: ReplayBar, pair: Pair, own: list[int]) -> None:
    """Move the slider to the place that is looked at."""
    own[0] = max(0, pair.place)
    with bar.hold_sync():
        bar.unit = "At" if pair.axis.way == BY_SHARE else pair.axis.way.capitalize()
        bar.said = pair.axis.said(own[0])
        bar.count = pair.count
        bar.position = own[0]


def _figures(readout: Readout, pair: Pair, side: int) -> Draw:
    viewer = pair.viewers[side]
    digest: list[str | None] = [None]
    log_end = LastDigest(viewer.feed.path / "events.log")

    def draw(facts: RunFacts, moment: Moment) -> None:
        feed = viewer.feed
        if not feed.is_live and digest[0] is None:
            digest[0] = summary_of(feed.path).get("digest")
        so_far = log_end.read() if feed.is_live else None
        figures = key_figures(facts, moment, feed.status, digest[0], so_far)
        if pair.axis.is_beyond(pair.place, side):
            name, value, note, tone = figures[1]
            where = "its latest" if feed.is_live else "its last"
            figures[1] = (name, value, ", ".join(filter(None, (note, where))), tone)
        readout.show(figures)

    return draw


def _modes(pair: Pair) -> list[str]:
    """Return what the agents of both runs can be coloured by."""
    known = [viewer.feed.facts for viewer in pair.viewers]
    one, two = (modes(facts) if facts else ("vote",) for facts in known)
    return [name for name in one if name in two]


def _notices(told: tuple[Any, ...], paths: tuple[Path, Path]) -> list[Any]:
    """Return what there is to say of runs that cannot be followed."""
    said = []
    for (status, error, _), path in zip(told, paths, strict=False):
        if error:
            text = f"{path.name}: {error}. This page goes on by itself."
            said.append(Notice(text=text, tone="is-warn"))
        elif status == "lost":
            text = f"{path.name}: nobody runs it any more; `swarmboard resume {path}` goes on."
            said.append(Notice(text=text, tone="is-warn"))
    return said
