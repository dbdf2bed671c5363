"""The numbers of two runs and by how much they differ: at a moment, and in the end."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import solara

from blackboard import BadInput, RunDirectory

from ..canvas import title_of, unit_of
from ..feed import entropy_bits
from ..moment import Moment, RunFacts
from .pairing import Pair
from .parts import ActButton, FactsTable, Notice, box, slot
from .rows import compared, differing_rows
from .run_page import find_run
from .visit import every

REFRESH_S, SUMMARIES_S = 0.5, 2.0
MOST_NUMBERS = 60


def Comparison(one: str, two: str, play: Callable[[], None] | None = None) -> Any:
    """Show what two runs were asked and what came of them, side by side.

    Args:
        one: The name of a run in the folder that is shown.
        two: Of the other.
        play: Called to see both replayed; None where they are.
    """
    return Compared(one, two, play).key(f"{one}/{two}")


@solara.component
def Compared(one: str, two: str, play: Callable[[], None] | None) -> Any:
    """Show it of these two for as long as they are the ones."""
    summaries, set_summaries = solara.use_state((_summary_of(one), _summary_of(two)))
    every(SUMMARIES_S, lambda: set_summaries((_summary_of(one), _summary_of(two))))
    missing = [key for key, known in zip((one, two), summaries, strict=True) if known is None]
    rows, differing = compared(*(known or {} for known in summaries))
    head: list[Any] = [box("h2", "Two runs side by side" if play else "What they came to")]
    if play:
        head.append(
            ActButton(
                label="Watch both on one slider", tone="is-main", event_press=lambda _: play()
            )
        )
    notices = []
    if missing:
        text = f"{' and '.join(missing)} has no summary yet: it is written when a run ends."
        notices.append(Notice(text=text, tone="is-warn"))
    columns = ["", one, two, "difference"]
    caption = "What the runs were asked and what came of them; rows that differ are shaded."
    table = FactsTable(caption=caption, columns=columns, rows=rows, marked=differing)
    parts = [box("div", *head, of="db-row"), slot(*notices), box("div", table, of="db-narrow")]
    return box("section", *parts, of="db-panel", **{"aria-label": "Two runs side by side"})


def _summary_of(key: str) -> dict[str, Any] | None:
    """Return a run's summary; None where there is none yet."""
    try:
        return RunDirectory(find_run(key), key).read_json("summary.json")
    except BadInput:
        return None


@solara.component
def Differences(pair: Pair, names: Sequence[str]) -> Any:
    """Show the numbers of two runs at the place that is looked at."""
    now, set_now = solara.use_state(((), ()))

    def refresh() -> None:
        found = []
        for viewer in pair.viewers:
            facts, moment = viewer.feed.facts, viewer.moment()
            known = facts is not None and moment is not None
            found.append(numbers_of(facts, moment) if known and facts and moment else {})
        rows, differing = differing_rows(*found)
        set_now((tuple(map(tuple, rows[:MOST_NUMBERS])), tuple(differing)))

    every(REFRESH_S, refresh)
    title = box("h2", "Numbers at this place")
    rows, differing = now
    if not rows:
        return box("section", title, Notice(text="Nothing has closed yet."), of="db-panel")
    table = FactsTable(
        caption="Of the moments in view; rows that differ are shaded.",
        columns=["", *names, "difference"],
        rows=[*map(list, rows)],
        marked=[one for one in differing if one < MOST_NUMBERS],
    )
    return box("section", title, table, of="db-panel", **{"aria-label": "Numbers at this place"})


def numbers_of(facts: RunFacts, moment: Moment) -> dict[str, Any]:
    """Return what a moment comes to: its vote, what happened so far, and the world's numbers."""
    found: dict[str, Any] = {"Instant" if facts.is_event_driven else "Round": moment.number}
    if moment.now_s is not None:
        found["Simulated, s"] = moment.now_s
    vote = moment.vote
    if vote is not None:
        found["Approval, %"] = "sealed" if vote.is_sealed else vote.approval_percent
        found["Seats that have voted"] = vote.cast
        found["Seats"] = len(vote.choices)
        if not vote.is_sealed:
            found["Still needed"] = vote.still_needed
            found["How mixed, bits"] = entropy_bits(vote)
            found["Outcome"] = vote.outcome or "open"
    found |= {
        f"{name.replace('_', ' ').capitalize()} so far": many
        for name, many in moment.counts.items()
        if many or not name.startswith("abstained_")
    }
    units: Mapping[str, str] = facts.scene.series if facts.scene else {}
    titles: Mapping[str, str] = facts.scene.titles if facts.scene else {}
    for name, value in moment.series.items():
        if titles.get(name) == "":
            continue
        unit = unit_of(name, units)
        found[title_of(name, titles, units) + (f", {unit}" if unit else "")] = float(value)
    return found
