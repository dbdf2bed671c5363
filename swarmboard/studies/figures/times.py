"""How long consensus takes: distributions, with deadlocks apart."""

from typing import Any

import pandas as pd

from viz import study_report as shown

from ..analysis import Durations, durations
from ..analysis.estimates import numeric
from .evidence import evidence_of
from .survey import MOST_CURVES, Survey
from .wording import label, plain, short, slug

_DECIDED = "consensus.accepted"


def times_to_consensus(survey: Survey) -> shown.Figure | None:
    """Draw which share of all runs is decided by when; None where all times are the same."""
    table = survey.table
    column = "rounds"
    if column not in table or numeric(table[column]).nunique() < 2:
        return None
    decided = _decided(table, column)
    times = numeric(table[column]).where(
        decided, numeric(table[column]).fillna(numeric(table[column]).max())
    )
    if not decided.any():
        return None
    by, names = _parts(survey)
    series, rows, notes = [], [], []
    for name, part in names:
        found = durations(times[part.index].fillna(0), decided[part.index])
        series.append(_steps(name, found, float(times.max())))
        rows += _rows(by, name, found)
        notes += [f"{name}: {note}" if name else note for note in found.warnings]
    thin = [note for note in notes if "only" in note]
    notes = [note for note in notes if "only" not in note]
    if thin:
        notes.append(f"{len(thin)} of {len(series)} curves rest on fewer than 10 runs")
    others = [n for n in (*survey.numeric, *survey.categories) if n != by]
    pooled = f" Pooled over {', '.join(map(short, others))}." if others else ""
    undecided = int((~decided).sum())
    return shown.Figure(
        "Time to consensus",
        f"Share of all {len(table):,} runs that have come to a decision by {label(column)}"
        f"{f', one curve for each {short(by)}' if by else ''}. Runs without one stay in the "
        f"denominator: a curve ends at one minus its share of deadlocks ({undecided:,} runs in "
        f"all), which the legend says.{pooled}",
        evidence_of(survey, column),
        "empirical distribution over all runs; shares of deadlock with Wilson's interval",
        shown.Sheet(slug("times", column), {n: [row[n] for row in rows] for n in rows[0]}),
        shown.Curves(
            shown.Axis(label(column)),
            shown.Axis("decided (share of all runs)", ticks=(0.0, 0.25, 0.5, 0.75, 1.0)),
            tuple(series),
        ),
        tuple(f"{note}." for note in notes),
    )


def _decided(table: pd.DataFrame, column: str) -> "pd.Series[bool]":
    has_time = numeric(table[column]).notna()
    if _DECIDED in table:
        return has_time & (numeric(table[_DECIDED]).fillna(0) > 0)
    return has_time


def _parts(survey: Survey) -> tuple[str | None, list[tuple[str, pd.DataFrame]]]:
    """Return the parameter of the curves, and the runs of each."""
    table = survey.table
    chosen = next(
        (
            n
            for n in (*survey.categories, survey.x, survey.by)
            if n and 1 < table[n].nunique() <= MOST_CURVES
        ),
        None,
    )
    if chosen is None:
        return None, [("", table)]
    parts = table.groupby(chosen, sort=True, dropna=True)
    named = [
        (plain(v) if isinstance(v, str) else f"{short(chosen)} {plain(v)}", p) for v, p in parts
    ]
    return chosen, named


def _steps(name: str, found: Durations, last: float) -> shown.Series:
    points = [shown.Point(0.0, 0.0)]
    points += [shown.Point(t, s) for t, s in zip(found.times, found.shares, strict=True)]
    points.append(shown.Point(last, points[-1].y))
    deadlock = found.deadlock.value
    told = f"{100 * deadlock:.0f} % deadlock" if deadlock else "no deadlock"
    return shown.Series(f"{name}: {told}" if name else told, tuple(points), is_steps=True)


def _rows(by: str | None, name: str, found: Durations) -> list[dict[str, Any]]:
    e = found.deadlock
    row: dict[str, Any] = {by or "runs": name or "all", "n": found.n}
    row |= {f"{100 * share:.0f} % decided by": time for share, time in found.quantiles}
    return [row | {"deadlock share": e.value, "deadlock low": e.low, "deadlock high": e.high}]
