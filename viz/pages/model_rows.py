"""What models did as rows of tables: calls, latency, tokens against budgets, outcomes, drift."""

import time
from collections.abc import Mapping
from typing import Any

from blackboard import RunDirectory

from ..feed import CLASSES, Asking, Calls, read_calls
from ..feed.directory import read_or_nothing
from ..moment import Moment, RunFacts
from .rows import shown
from .tables import Rows
from .viewer import Viewer

MEANINGS = {
    "work": "thinking, contributing, voting",
    "coordination": "critique, correction, editing",
    "verification": "trial votes, votes on a contradiction",
    "reconstruction": "shown before, and read again",
    "waste": "refused, repaired later, or asked again",
    "cached": "the provider had it in its cache",
}
DRIFTS = {
    "drift": "Mean distance of what was said last",
    "conflicts": "Contradicted subjects",
    "quarantined_entries": "Entries that were hidden",
}
ALARMS = {
    "drift_watched": "Entries held against a baseline",
    "drift_alarms": "Alarms on words",
    "mix_alarms": "Alarms on acts",
}
RECENT_S = 0.5
SILENT_S = 5.0
"""A run that waits for models and has said nothing for so long is not believed any more."""


class ModelBook:
    """Reads a run's recording for all tables of a page, and not more often than it changes.

    Args:
        viewer: The run, and the round that is looked at.
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer, self.path = viewer, viewer.feed.path
        self._read: tuple[int, float, Calls | None] | None = None
        config = read_or_nothing(RunDirectory.open(self.path), "config.json")
        options, budget = _part(config, "options"), _part(config, "budget")
        self.caps: dict[str, float] = {}
        """Caps by name: `tokens`, `usd`, and `tokens of CLASS`."""
        for unit in ("tokens", "usd"):
            cap = options.get(f"budget_{unit}", budget.get(unit))
            if cap is not None:
                self.caps[unit] = float(cap)
        for name, terms in _part(budget, "classes").items():
            if isinstance(terms, Mapping) and terms.get("tokens") is not None:
                self.caps[f"tokens of {name}"] = float(terms["tokens"])

    def calls(self, moment: Moment) -> Calls | None:
        """Return what models did; of a run that goes on also in the round that has not closed."""
        is_live = self._viewer.feed.is_live
        up_to = 2**31 if is_live else moment.number
        known = self._read
        if known and known[0] == up_to and (not is_live or time.monotonic() - known[1] < RECENT_S):
            return known[2]
        found = read_calls(self.path, up_to=up_to)
        self._read = (up_to, time.monotonic(), found)
        return found

    def call_rows(self, facts: RunFacts, moment: Moment, summary: Mapping[str, Any]) -> Rows:
        """Return how many calls there were, and where they are now."""
        calls, asking = self.calls(moment), self._viewer.feed.asking
        rows = asking_rows(asking) if asking else []
        if calls is None:
            return rows
        rows += [
            ("Calls that were billed", shown(calls.calls)),
            ("Calls of no use", _of(calls.wasted, calls.calls)),
            ("Cost, USD", _capped(calls.cost_usd, self.caps.get("usd"))),
            ("Tokens in and out", f"{calls.tokens['input']:,} in, {calls.tokens['output']:,} out"),
        ]
        if calls.stage and self._viewer.feed.is_live:
            at, said = calls.stage, f"{calls.stage_calls:,} calls, {calls.stage_tokens:,} tokens"
            rows.append((f"Latest: round {at[0]:,}, stage {at[1]}", said))
            is_told = asking is not None and asking.reply_age_s is not None
            if calls.last_reply_at is not None and not is_told:
                since_s = max(0.0, time.time() - calls.last_reply_at)
                rows.append(("Latest reply", f"{since_s:,.0f} s ago"))
        return rows

    def token_rows(self, facts: RunFacts, moment: Moment, summary: Mapping[str, Any]) -> Rows:
        """Return tokens by class against their caps."""
        calls = self.calls(moment)
        if calls is None:
            return []
        total = sum(calls.tokens[name] for name in CLASSES)
        rows = [
            (
                f"{name.capitalize()}: {MEANINGS[name]}",
                shown(calls.tokens[name]),
                _percent(calls.tokens[name], total),
                _left(calls.tokens[name], self.caps.get(f"tokens of {name}")),
            )
            for name in CLASSES
        ]
        return [*rows, ("All", shown(total), "100 %", _left(total, self.caps.get("tokens")))]

    def tier_rows(self, facts: RunFacts, moment: Moment, summary: Mapping[str, Any]) -> Rows:
        """Return calls, latency and cost by tier and model."""
        calls = self.calls(moment)
        return [
            (
                f"{one.tier}: {one.model}",
                shown(one.calls),
                _seconds(one.median_s),
                _seconds(one.p95_s),
                shown(one.tokens),
                f"{one.cost_usd:,.4f}",
            )
            for one in (calls.tiers if calls else ())
        ]

    def outcome_rows(self, facts: RunFacts, moment: Moment, summary: Mapping[str, Any]) -> Rows:
        """Return what came of questions, by cause."""
        calls = self.calls(moment)
        if calls is None:
            return []
        return [
            (cause.capitalize(), shown(many), calls.details.get(cause, "")[:160])
            for cause, many in calls.outcomes.items()
        ]


def asking_words(asking: Asking | None) -> str:
    """Return what a run waits for that has nothing else to show yet; empty where for nothing."""
    if asking is None or not asking.left or asking.silent_s > SILENT_S:
        return ""
    answered = _of(asking.answered, asking.asked)
    return (
        f"The run waits for the models of its first stage: {shown(asking.in_flight)} calls in "
        f"flight, {answered} questions answered. There is more to see when the stage is over."
    )


def asking_rows(asking: Asking) -> list[tuple[str, str]]:
    """Return what is asked of models now; nothing of a run that has not asked any."""
    if asking.silent_s > SILENT_S:
        silent = f"not known: the run has said nothing for {asking.silent_s:,.0f} s"
        return [("Calls in flight", silent)]
    rows = [("Calls in flight", shown(asking.in_flight))]
    if asking.asked:
        round, stage = asking.at
        done = _of(asking.answered, asking.asked)
        rows.append((f"Answered in round {round:,}, stage {stage}", done))
    if asking.left:
        rows.append(("Tokens spent by now", shown(asking.tokens)))
    if asking.reply_age_s is not None:
        rows.append(("Latest reply", f"{asking.reply_age_s:,.0f} s ago"))
    return rows


def drift_rows(facts: RunFacts, moment: Moment, summary: Mapping[str, Any]) -> Rows:
    """Return how far agents have gone from their task, as far as the scenario tells."""
    rows = [(said, shown(moment.series[n])) for n, said in DRIFTS.items() if n in moment.series]
    metrics = _part(summary, "metrics")
    rows += [(said, shown(metrics[name])) for name, said in ALARMS.items() if name in metrics]
    return rows


def _part(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = values.get(name)
    return part if isinstance(part, Mapping) else {}


def _of(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,}"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _seconds(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.3f} s" if value >= 0.0005 else "below 1 ms"


def _left(spent: int, cap: float | None) -> str:
    return "no cap" if cap is None else f"{max(0.0, cap - spent):,.0f} of {cap:,.0f}"


def _capped(spent: float, cap: float | None) -> str:
    return f"{spent:,.4f}" if cap is None else f"{spent:,.4f} of at most {cap:,.4f}"
