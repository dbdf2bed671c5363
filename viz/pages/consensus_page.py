"""The page people come for: who votes how, how near agreement is, and how firm it is."""

from collections.abc import Callable
from typing import Any

import numpy as np
import solara

from ..canvas import BarsView, CurveView, FieldView, FlowsView
from ..feed import Feed
from ..moment import Moment, RunFacts
from .judging import firmness, warnings_of
from .panels import CanvasPanel, shows
from .parts import ChoiceBox, FactsTable, Notice, box
from .rows import summary_of
from .telling import reason_bars
from .viewer import LATEST, Draw, Viewer
from .visit import every

REASONS_S = 1.0
FLOWS = 12
"""Voting rounds whose flows are drawn."""
MOST_OUTCOMES = 5_000
"""Moments up to which a replayed curve has the marks of its decisions."""
OUTCOMES = ("", "accepted", "rejected", "expired", "vetoed", "escalated")


@solara.component
def ConsensusPage(viewer: Viewer) -> Any:
    """Show how agents come to agree."""
    field = solara.use_memo(lambda: FieldView(height_px=470), [])
    curve = solara.use_memo(lambda: CurveView(height_px=230), [])
    bars = solara.use_memo(lambda: BarsView(height_px=170), [])
    flows = solara.use_memo(lambda: FlowsView(height_px=250), [])
    mode = solara.use_memo(lambda: ["vote"], [])
    chosen, set_chosen = solara.use_state("vote")
    facts = viewer.feed.facts

    def colour(name: str) -> None:
        mode[0] = name
        set_chosen(name)
        viewer.again()

    def jump() -> Callable[[], None]:
        def moved(change: dict[str, Any]) -> None:
            if not viewer.feed.is_live:
                viewer.go(int(change["new"]) if change["new"] >= 0 else LATEST)

        curve.observe(moved, "cursor")
        return lambda: curve.unobserve(moved, "cursor")

    solara.use_effect(jump, [viewer])
    draws = solara.use_memo(
        lambda: (
            draws_field(field, mode),
            draws_curve(curve, viewer),
            shows(bars),
            _flows(flows, viewer),
        ),
        [viewer],
    )
    modes = list(field.modes(facts)) if facts else ["vote"]
    choice = ChoiceBox(label="Colour by", value=chosen, choices=modes, event_choose=colour)
    left = CanvasPanel("Agents", field, viewer, draws[0], (choice,))
    right = box(
        "div",
        CanvasPanel("Approval", curve, viewer, draws[1]),
        CanvasPanel("Tally", bars, viewer, draws[2]),
        of="db-stack",
    )
    return box(
        "div",
        Warnings(viewer),
        box("div", left, right, of="db-grid"),
        box(
            "div",
            box(
                "div",
                CanvasPanel(
                    "Who changed sides, from voting round to voting round", flows, viewer, draws[3]
                ),
                Reasons(viewer),
                of="db-stack",
            ),
            Firmness(viewer),
            of="db-grid",
        ),
        of="db-stack",
    )


@solara.component
def Reasons(viewer: Viewer) -> Any:
    """Show why seats were against: reasons in words counted, numbers as a histogram."""
    bars = solara.use_memo(lambda: BarsView(height_px=90), [])
    said, set_said = solara.use_state("")
    seen: list[Any] = solara.use_memo(lambda: [None], [viewer])

    def refresh() -> None:
        moment, book = viewer.moment(), viewer.feed.book
        vote = moment.vote if moment else None
        if moment is None or vote is None or vote.is_sealed:
            return
        if viewer.feed.is_live or not book.is_read:
            book.read_on()
        now = (vote.proposal, moment.number, book.is_read)
        if now == seen[0]:
            return
        seen[0] = now
        found, words = reason_bars(vote, book.ballots(vote.proposal, up_to=moment.number))
        bars.draw(found, unit="ballots", label=words, notice="" if found else "No reasons to show.")
        set_said(words)

    def draw(facts: RunFacts, moment: Moment) -> None:
        """Leave it to the refreshing: reasons are read from the log."""

    every(REASONS_S, refresh)
    kept = solara.use_memo(lambda: draw, [])
    note = (box("span", said, of="db-muted db-small"),) if said else ()
    return CanvasPanel("Why not: reasons of those against", bars, viewer, kept, note)


@solara.component
def Warnings(viewer: Viewer) -> Any:
    """Say what a person should be wary of."""
    said, set_said = solara.use_state(())

    def refresh() -> None:
        moment, curve = viewer.moment(), viewer.feed.curve()
        if moment is not None and curve is not None:
            summary = {} if viewer.feed.is_live else summary_of(viewer.feed.path)
            set_said(tuple(warnings_of(curve, moment, summary)))

    every(1.0, refresh)
    return box("div", *(Notice(text=one, tone="is-warn") for one in said), of="db-stack")


@solara.component
def Firmness(viewer: Viewer) -> Any:
    """Show how hollow or solid the vote is."""
    rows, set_rows = solara.use_state(())

    def refresh() -> None:
        moment = viewer.moment()
        summary = {} if viewer.feed.is_live else summary_of(viewer.feed.path)
        set_rows(tuple(firmness(moment, summary)))

    every(1.0, refresh)
    title = box("h2", "How firm it is")
    if not rows:
        return box("section", title, Notice(text="Nothing has been counted yet."), of="db-panel")
    is_told = any(name == "Voters with a choice" for name, _ in rows)
    when = "as the run's summary says" if is_told else "known when the run has ended"
    table = FactsTable(
        caption=f"Of the vote in view. Voters with a choice and effective voters: {when}.",
        columns=["", ""],
        rows=[list(row) for row in rows],
    )
    return box("section", title, table, of="db-panel")


def draws_field(view: FieldView, mode: list[str]) -> Draw:
    """Return what draws agents by whatever `mode` holds."""

    def draw(facts: RunFacts, moment: Moment) -> None:
        name = mode[0] if mode[0] in view.modes(facts) else "vote"
        view.show(facts, moment, mode=name)

    return draw


def draws_curve(view: CurveView, viewer: Viewer) -> Draw:
    """Return what draws the course of a run, with a mark at the moment that is looked at."""
    loaded: list[Any] = [None]

    def draw(facts: RunFacts, moment: Moment) -> None:
        feed = viewer.feed
        # Of a run that goes on the course is sent once, then point by point.
        whole = (id(facts), None if feed.is_live else len(feed.numbers))
        if loaded[0] != whole:
            _load(view, feed, facts, moment)
            loaded[0] = whole
        elif feed.is_live and facts.is_event_driven:
            # Many instants pass between two looks, and each may decide something.
            if passed := feed.moments_since(view.last_number):
                view.show_all(facts, passed)
        elif feed.is_live:
            view.show(facts, moment)
        if not feed.is_live:
            view.cursor = LATEST if viewer.at == LATEST else moment.number

    return draw


def _load(view: CurveView, feed: Feed, facts: RunFacts, moment: Moment) -> None:
    """Draw the whole course so far."""
    lines = feed.curve()
    if lines is None or not len(lines.number):
        view.show(facts, moment)
        return
    outcomes = None
    if len(lines.number) <= MOST_OUTCOMES:
        told, before = [], ""
        for one in feed.moments_since(-1):
            outcome = one.vote.outcome if one.vote and one.vote.proposal != before else None
            before = one.vote.proposal if one.vote and outcome else before
            told.append(OUTCOMES.index(outcome) if outcome in OUTCOMES else 0)
        outcomes = np.array(told) if len(told) == len(lines.number) else None
    view.load(
        facts,
        moment,
        numbers=lines.number,
        approval_percent=lines.approval_percent,
        cast_percent=lines.cast_percent,
        entropy_bits=lines.entropy_bits,
        outcomes=outcomes,
        now_s=lines.now_s,
        made=(lines.decisions, lines.accepted),
    )


def _flows(view: FlowsView, viewer: Viewer) -> Draw:
    seen: list[Any] = [None]

    def draw(facts: RunFacts, moment: Moment) -> None:
        if seen[0] == (facts, moment.number - 1) or (seen[0] and viewer.feed.is_live):
            view.show(facts, moment)
        else:
            view.load(facts, viewer.feed.moments_to(moment.number, FLOWS))
        seen[0] = (facts, moment.number)

    return draw
