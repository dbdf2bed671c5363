"""How long consensus takes: distributions, with deadlocks apart; else how long runs are."""

from dataclasses import replace
from typing import Any

import pandas as pd

from viz import study_report as shown

from ..analysis import Durations, Estimate, durations, grouped
from ..analysis.estimates import numeric
from .cautions import cautions, decided_at_end
from .evidence import evidence_of
from .survey import MOST_CURVES, Survey
from .wording import each_of, label, parts_of, sentence, short, slug

_DECIDED = "consensus.accepted"


def times_to_consensus(survey: Survey) -> shown.Figure | None:
    """Draw which share of all runs is decided by when; None where all times are the same.

    Where a run has several decisions, or goes on after its only one, its length is no time to
    consensus: then the lengths of runs are drawn and called so.
    """
    table = survey.table
    column = "rounds"
    if column not in table or numeric(table[column]).nunique() < 2:
        return None
    if not _ends_with_consensus(table):
        return _lengths(survey, column)
    decided = _decided(table, column)
    times = numeric(table[column]).where(
        decided, numeric(table[column]).fillna(numeric(table[column]).max())
    )
    if not decided.any():
        return None
    by = _chosen(survey, table)
    series, rows, notes = [], [], []
    for name, place, part in parts_of(table, by, table):
        found = durations(times[part.index].fillna(0), decided[part.index])
        found = replace(found, deadlock=_deadlock(survey, part, ~decided[part.index], found))
        series.append(_steps(name, found, float(times.max()), place))
        rows += _rows(by, name, found)
        notes += [f"{name}: {note}" if name else note for note in found.warnings]
    thin = [note for note in notes if "only" in note]
    notes = [note for note in notes if "only" not in note]
    if thin:
        notes.append(f"{len(thin)} of {len(series)} curves rest on fewer than 10 runs")
    undecided = int((~decided).sum())
    return shown.Figure(
        "Time to consensus",
        f"Share of all {len(table):,} runs that have come to a decision by {label(column)}"
        f"{_for_each(by)}. Runs without one stay in the denominator: a curve ends at one minus its "
        f"share of deadlocks ({undecided:,} runs in all), which the legend says."
        f"{_pooled(survey, by)}",
        evidence_of(survey, column),
        "empirical distribution over all runs; shares of deadlock with Wilson's interval",
        _sheet("times", column, rows),
        _curves(column, "decided", series),
        (*cautions(survey, column, by=[by] if by else []), *map(sentence, notes)),
    )


def _lengths(survey: Survey, column: str) -> shown.Figure:
    """Draw which share of runs is over by when."""
    table = survey.table[numeric(survey.table[column]).notna()]
    by = _chosen(survey, table)
    last = float(numeric(table[column]).max())
    series, rows = [], []
    for name, place, part in parts_of(table, by, survey.table):
        found = durations(numeric(part[column]), [True] * len(part))
        series.append(replace(_steps(name, found, last, place), label=name))
        row: dict[str, Any] = {by or "runs": name or "all", "n": found.n}
        rows.append(row | {f"{100 * s:.0f} % over by": time for s, time in found.quantiles})
    return shown.Figure(
        "Length of runs",
        f"Share of all {len(table):,} runs that are over by {label(column)}{_for_each(by)}. This "
        "is no time to consensus: runs have several decisions, or go on after one; how long each "
        f"took is in measures.consensus.rounds_open.{_pooled(survey, by)}",
        evidence_of(survey, column),
        "empirical distribution over all runs",
        _sheet("lengths", column, rows),
        _curves(column, "over", series),
        cautions(survey, column),
    )


def _for_each(by: str | None) -> str:
    return f", one curve for each {each_of(by)}" if by else ""


def _pooled(survey: Survey, by: str | None) -> str:
    others = [n for n in (*survey.numeric, *survey.categories) if n != by]
    return f" Pooled over {', '.join(map(short, others))}." if others else ""


def _sheet(kind: str, column: str, rows: list[dict[str, Any]]) -> shown.Sheet:
    return shown.Sheet(slug(kind, column), {name: [row[name] for row in rows] for name in rows[0]})


def _curves(column: str, what: str, series: list[shown.Series]) -> shown.Curves:
    share = shown.Axis(f"{what} (share of all runs)", ticks=(0.0, 0.25, 0.5, 0.75, 1.0))
    return shown.Curves(shown.Axis(label(column)), share, tuple(series))


def _ends_with_consensus(table: pd.DataFrame) -> bool:
    """Say whether no run has two decisions, and each that has one ends with it."""
    if _DECIDED not in table:
        return False
    accepted = numeric(table[_DECIDED]).fillna(0)
    return bool(accepted.max() <= 1 and decided_at_end(table)[accepted > 0].all())


def _deadlock(
    survey: Survey, part: pd.DataFrame, undecided: "pd.Series[bool]", found: Durations
) -> Estimate:
    """Return the share of deadlocks; runs of one seed at several points count as one."""
    if survey.unit is None or not part.duplicated(survey.unit).any():
        return found.deadlock
    marked = part[[survey.unit]].assign(deadlock=undecided.astype(float), all=1)
    return grouped(marked, "deadlock", ["all"], unit=survey.unit).groups[0].estimate


def _decided(table: pd.DataFrame, column: str) -> "pd.Series[bool]":
    has_time = numeric(table[column]).notna()
    return has_time & (numeric(table[_DECIDED]).fillna(0) > 0)


def _chosen(survey: Survey, table: pd.DataFrame) -> str | None:
    """Return the parameter of which each value has a curve."""
    names = (*survey.categories, survey.x, survey.by)
    return next((n for n in names if n and 1 < table[n].nunique() <= MOST_CURVES), None)


def _steps(name: str, found: Durations, last: float, place: int | None) -> shown.Series:
    points = [shown.Point(0.0, 0.0)]
    points += [shown.Point(t, s) for t, s in zip(found.times, found.shares, strict=True)]
    points.append(shown.Point(last, points[-1].y))
    deadlock = found.deadlock.value
    told = f"{100 * deadlock:.0f} % deadlock" if deadlock else "no deadlock"
    named_so = f"{name}: {told}" if name else told
    return shown.Series(named_so, tuple(points), is_steps=True, place=place)


def _rows(by: str | None, name: str, found: Durations) -> list[dict[str, Any]]:
    e = found.deadlock
    row: dict[str, Any] = {by or "runs": name or "all", "n": found.n}
    row |= {f"{100 * share:.0f} % decided by": time for share, time in found.quantiles}
    return [row | {"deadlock share": e.value, "deadlock low": e.low, "deadlock high": e.high}]
