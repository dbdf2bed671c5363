"""What language models did in a run: calls, latency, tokens against budgets, failures, drift."""

from collections.abc import Mapping
from typing import Any

import solara

from ..moment import Moment, RunFacts
from .model_rows import ModelBook, drift_rows
from .parts import Notice, box
from .tables import FollowingTable, Rows, abstention_rows
from .viewer import Viewer
from .visit import use_followed

NO_MODELS = (
    "No model was asked in this run so far: its agents follow rules. `swarmboard run open-task` is "
    "a run with models, simulated ones unless it names others."
)
WORDS = {
    "abstentions": "all",
    "abstained cast": "cast as such",
}
"""What causes are called where their name alone would not say it."""


@solara.component
def ModelsPage(viewer: Viewer) -> Any:
    """Show what models were asked, how soon they answered, what that cost, and what failed."""
    book = solara.use_memo(lambda: ModelBook(viewer), [viewer])
    has_models = use_followed(viewer, lambda: (viewer.feed.path / "llm.sqlite").exists())
    causes = FollowingTable(
        "Abstentions by cause",
        "Of votes. An agent that could not answer abstains; nothing votes in its place.",
        ["Cause", "abstentions"],
        viewer,
        _abstained,
        "Nobody has abstained.",
    )
    if not has_models:
        return box("div", Notice(text=NO_MODELS), causes, of="db-stack")
    calls = FollowingTable(
        "Calls",
        "What is in flight as the board says it; all else as recorded, at most a second ago.",
        ["", "so far"],
        viewer,
        book.call_rows,
        "No model has answered yet.",
    )
    tokens = FollowingTable(
        "Tokens by what they were spent on",
        "Each token is in one class. Caps are those of the run; tiers and roles may have others.",
        ["Class", "tokens", "share", "left of the cap"],
        viewer,
        book.token_rows,
        "No model has answered yet.",
    )
    tiers = FollowingTable(
        "Tiers and models",
        "How long a reply took: half of them at most the median, 95 in 100 at most the 95th.",
        ["Tier: model", "calls", "median", "95th percentile", "tokens", "cost, USD"],
        viewer,
        book.tier_rows,
        "No model has answered yet.",
    )
    outcomes = FollowingTable(
        "What came of questions",
        "After all retries and repairs; of failures what was said last. Of a fork its own alone.",
        ["Outcome", "questions", "detail"],
        viewer,
        book.outcome_rows,
        "No question has come to its end yet.",
    )
    drift = FollowingTable(
        "Drift",
        "How far members are from their task and from each other; alarms once the run has ended.",
        ["", "now"],
        viewer,
        drift_rows,
        "Nothing of drift was told so far; not every scenario watches for it.",
    )
    return box(
        "div",
        box("div", box("div", calls, outcomes, of="db-stack"), tokens, of="db-halves"),
        tiers,
        box("div", causes, drift, of="db-halves"),
        of="db-stack",
    )


def _abstained(facts: RunFacts, moment: Moment, summary: Mapping[str, Any]) -> Rows:
    """Return the causes for which anybody abstained."""
    found = ((name, many) for name, many in abstention_rows(facts, moment, summary) if many != "0")
    return [(WORDS.get(name, name.removeprefix("abstained ")), many) for name, many in found]
