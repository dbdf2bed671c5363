"""The page people come for: who votes how, how near agreement is, and how firm it is."""

from collections.abc import Callable
from typing import Any

import numpy as np
import solara

from ..canvas import BarsView, CurveView, FieldView, FlowsView
from ..feed import Feed
from ..moment import Moment, RunFacts
from .judging import firmness, firmness_of_run, outcomes_of, warnings_of
from .panels import CanvasPanel, shows
from .parts import ChoiceBox, FactsTable, Notice, box
from .rows import summary_of
from .telling import reason_bars
from .viewer import LATEST, Draw, Viewer
from .visit import every, use_facts

REFRESH_S = 1.0
FLOWS = 12
"""Voting rounds whose flows are drawn."""
MOST_OUTCOMES = 5_000
"""Moments up to which a replayed curve has the marks of its decisions."""


@solara.component
def ConsensusPage(viewer: Viewer) -> Any:
    """Show how agents come to agree."""
    field = solara.use_memo(lambda: FieldView(height_px=470), [])
    curve = solara.use_memo(lambda: CurveView(height_px=230), [])
    bars = solara.use_memo(lambda: BarsView(height_px=170), [])
    flows = solara.use_memo(lambda: FlowsView(height_px=250), [])
    mode = solara.use_memo(lambda: ["vote"], [])
    chosen, set_chosen = solara.use_state("vote")
    facts = use_facts(viewer)

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
            draws_flows(flows, viewer),
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
        facts = viewer.feed.facts
        if moment is None or vote is None or vote.is_sealed or facts is None:
            return
        if viewer.feed.is_live or not book.is_read:
            book.read_on()
        now = (vote.proposal, moment.number, book.is_read)
        if now == seen[0]:
            return
        seen[0] = now
        cast = book.ballots(vote.proposal, up_to=moment.number)
        found, words = reason_bars(vote, cast, facts)
        bars.draw(found, unit="ballots", label=words, notice="" if found else "No reasons to show.")
        set_said(words)

    def draw(facts: RunFacts, moment: Moment) -> None:
        """Leave it to the refreshing: reasons are read from the log."""

    every(REFRESH_S, refresh)
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

    every(REFRESH_S, refresh)
    return box("div", *(Notice(text=one, tone="is-warn") for one in said), of="db-stack")


@solara.component
def Firmness(viewer: Viewer) -> Any:
    """Show how hollow or solid the vote is."""
    (rows, of_run), set_rows = solara.use_state(((), ()))

    def refresh() -> None:
        summary = {} if viewer.feed.is_live else summary_of(viewer.feed.path)
        set_rows((tuple(firmness(viewer.moment())), tuple(firmness_of_run(summary))))

    every(REFRESH_S, refresh)
    later = "" if of_run else " Voters with a choice are known when the run has ended."
    told = [
        FactsTable(caption=caption, columns=["", ""], rows=[list(row) for row in found])
        for caption, found in (
            (f"Of the vote in view.{later}", rows),
            ("Of the vote that decided the run, as its summary says, whatever is in view.", of_run),
        )
        if found
    ]
    notice = () if rows else (Notice(text="Nothing has been counted yet."),)
    return box("section", box("h2", "How firm it is"), *notice, *told, of="db-panel")


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
        if feed.is_live:
            # Many moments pass between two looks, and each may decide something.
            passed = feed.moments_since(view.last_number)
            now = None if facts.is_event_driven else feed.latest
            view.show_all(facts, passed, now=now, about=moment)
        if not feed.is_live:
            view.cursor = LATEST if viewer.at == LATEST else moment.number

    return draw


def _load(view: CurveView, feed: Feed, facts: RunFacts, moment: Moment) -> None:
    """Draw the whole course so far."""
    lines = feed.curve()
    if lines is None or not len(lines.number):
        view.show_all(facts, [], now=moment)
        return
    outcomes, decided = None, ""
    if len(lines.number) <= MOST_OUTCOMES:
        last = lines.number[-1]
        moments = [one for one in feed.moments_since(-1) if one.number <= last]
        told = dict(zip([one.number for one in moments], outcomes_of(moments), strict=True))
        outcomes = np.array([told.get(number, 0) for number in lines.number.tolist()])
        votes = (one.vote for one in reversed(moments))
        decided = next((vote.proposal for vote in votes if vote and vote.outcome), "")
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
        decided=decided,
    )


def draws_flows(view: FlowsView, viewer: Viewer) -> Draw:
    """Return what draws who changed sides, in all voting rounds that have closed."""
    seen: list[Any] = [(None, LATEST)]

    def draw(facts: RunFacts, moment: Moment) -> None:
        feed, (run, number) = viewer.feed, seen[0]
        if run is facts and feed.is_live and viewer.at == LATEST:
            # Many voting rounds may have closed between two looks; the newest may go on.
            if passed := feed.moments_since(number):
                view.show_all(facts, passed)
                seen[0] = (facts, passed[-1].number)
            return
        if run is facts and number == moment.number - 1:
            view.show(facts, moment)
            seen[0] = (facts, moment.number)
        else:
            told = feed.moments_to(moment.number, FLOWS)
            view.load(facts, told)
            seen[0] = (facts, told[-1].number if told else LATEST)

    return draw
