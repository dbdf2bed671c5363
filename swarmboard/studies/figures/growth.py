"""How responses grow: curves with intervals, fitted exponents, the scalability law."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from viz import study_report as shown

from ..analysis import Estimate, PowerLaw, fit_power_law, grouped
from ..analysis.estimates import numeric, one_a_unit
from .cautions import cautions, cut_short, grows
from .evidence import evidence_of
from .laws_told import LEAST_SIZES, law_rows, peak_words, scalability_law
from .log_axes import LOG_FROM, spans, spans_without_zeros, zeros_told
from .points_told import points_told, theory_told
from .survey import MOST_LEVELS, Survey
from .throughputs import SAYS, throughputs_of
from .wording import each_of, is_share, label, parts_of, sentence, short, slug

_BINS = 8


def curves(survey: Survey, response: str, *, seed: int) -> shown.Figure | None:
    """Draw a response over the study's axis, a curve for each category."""
    if survey.x is None:
        return None
    x = survey.x
    table = survey.table[survey.table[x].notna() & numeric(survey.table[response]).notna()]
    if table[x].nunique() < 2:
        return None
    binned = table[x].nunique() > MOST_LEVELS
    table = table.assign(**{x: _binned(table[x])}) if binned else table
    values = numeric(table[response])
    x_log = spans(table[x], LOG_FROM)
    means = values.groupby(table[x]).mean()
    is_part = is_share(response) or (
        values.min() >= 0 and values.max() <= 1 and not response.startswith("timing.")
    )
    y_log = x_log and not is_part and bool((values >= 0).all()) and spans_without_zeros(means)
    may_fit = x_log and not is_part and not binned
    series, rows, laws = [], [], 0
    found_at: list[Estimate] = []
    foretold: list[tuple[Estimate, float]] = []
    withheld: dict[str, list[str]] = {}
    by = survey.by if _differs(table, values, x, survey.by) else None
    notes = list(cautions(survey, response, by=[n for n in (x, by) if n], table=table))
    for name, place, part in parts_of(table, by, survey.table):
        kind = survey.statistic(response)
        found = grouped(part, response, [x], statistic=kind, seed=seed, unit=survey.unit)
        found_at += [g.estimate for g in found.groups]
        exact = _exact(survey, part, response)
        fits = may_fit and not exact
        if why := _withheld(part, response) if fits else "":
            withheld.setdefault(why, []).append(name)
        law = _law(part, x, response, seed, survey.unit) if fits and not why else None
        at = dict(exact)
        foretold += [(g.estimate, at[g.values[x]]) for g in found.groups if g.values[x] in at]
        points = [
            shown.Point(float(g.values[x]), g.estimate.value, g.estimate.low, g.estimate.high)
            for g in found.groups
        ]
        rows += [_row(x, by, name, g, law) for g in found.groups]
        points = [point for point in points if point.y > 0 or not y_log]
        if not points:
            continue
        drawn = shown.Series(name, tuple(points), exact) if exact else _series(name, points, law)
        series.append(replace(drawn, place=place))
        if law:
            laws += 1
            notes += [
                f"{f'{name}: ' if name else ''}{note}" for note in law.warnings if "fit" in note
            ]
    notes += [*_withheld_told(withheld), *points_told(found_at)]
    notes += [] if survey.unit else theory_told(foretold)
    notes += zeros_told(table[x], [row["mean"] for row in rows], is_log=y_log)
    ticks = tuple(sorted(map(float, table[x].unique()))) if not binned else ()
    drawing = shown.Curves(
        shown.Axis(label(x), x_log, ticks), shown.Axis(label(response), y_log), tuple(series)
    )
    return shown.Figure(
        f"{short(response).capitalize()} against {short(x)}",
        _caption(survey, response, table, by=by, binned=binned, laws=laws, exact=bool(foretold)),
        evidence_of(survey, response),
        _method(rows, laws),
        shown.Sheet(slug("scaling", response), _columns(rows)),
        drawing,
        tuple(dict.fromkeys(map(sentence, notes))),
    )


def scalabilities(survey: Survey, *, seed: int) -> list[shown.Figure | None]:
    """Draw the scalability of every throughput that the study has, or of the one it names."""
    if survey.x != "agents":
        return []
    asked = survey.config.throughput
    names = [asked] if asked else throughputs_of(survey.table)
    return [scalability(survey, name, seed=seed) for name in names]


def scalability(survey: Survey, response: str, *, seed: int) -> shown.Figure | None:
    """Fit the universal scalability law to a throughput; None where no curve has four sizes."""
    series, rows, drawn = [], [], []
    found_at: list[Estimate] = []
    notes: list[str] = []
    for name, place, part in parts_of(survey.table, survey.by, survey.table):
        known = part[numeric(part[response]).notna()]
        if known["agents"].nunique() < LEAST_SIZES:
            notes.append(f"{f'{name}: ' if name else ''}the law needs {LEAST_SIZES} sizes")
            continue
        drawn.append(known)
        law, doubts = scalability_law(known, response, seed=seed, unit=survey.unit)
        notes += [f"{f'{name}: ' if name else ''}{doubt}" for doubt in doubts]
        kind = survey.statistic(response)
        found = grouped(part, response, ["agents"], statistic=kind, seed=seed, unit=survey.unit)
        found_at += [g.estimate for g in found.groups]
        points = tuple(
            shown.Point(
                float(g.values["agents"]), g.estimate.value, g.estimate.low, g.estimate.high
            )
            for g in found.groups
        )
        rows += law_rows(name or "all", law, runs=len(known))
        if law is None:
            told = f"{name or 'runs'}, no law"
            series.append(shown.Series(told, points, place=place))
            continue
        sizes = np.geomspace(law.sizes[0], law.sizes[-1], 60)
        curve = tuple(zip(sizes.tolist(), law.at(sizes).tolist(), strict=True))
        fit = curve if law.is_adequate else ()
        told = f"{name or 'runs'}, {peak_words(law)}"
        series.append(shown.Series(told, points, fit, place=place))
    if not series:
        return None
    runs, by = pd.concat(drawn), [n for n in ("agents", survey.by) if n]
    notes = [*cautions(survey, response, by=by, table=runs), *notes, *points_told(found_at)]
    ticks = tuple(sorted(map(float, survey.table["agents"].unique())))
    axis = shown.Axis(label("agents"), spans(survey.table["agents"], LOG_FROM), ticks)
    return shown.Figure(
        f"Scalability of {short(response)}",
        f"Mean {short(response)} with 95 % intervals over {len(runs):,} runs, and the "
        "universal scalability law X(N) = γN / (1 + α(N − 1) + βN(N − 1)) "  # noqa: RUF001 - Greek, minus
        "over the sizes it was fitted to: α is contention, β crosstalk. "  # noqa: RUF001
        "Where no law is told, or it does not fit, lines join the means. "
        f"{SAYS.get(response, '')}".rstrip(),
        evidence_of(survey, response),
        "least squares of log throughput, percentile bootstrap over replicates",
        shown.Sheet(slug("scalability", response), _columns(rows)),
        shown.Curves(axis, shown.Axis(label(response)), tuple(series)),
        tuple(map(sentence, notes)),
    )


def _series(name: str, points: list[shown.Point], law: PowerLaw | None) -> shown.Series:
    if law is None:
        return shown.Series(name, tuple(points))
    e = law.exponent
    told = f"exponent {e.value:.2f} ({e.low:.2f} to {e.high:.2f})"
    told = told if law.is_adequate else "no power law"
    named = f"{name}: {told}" if name else told
    if not law.is_adequate:
        return shown.Series(named, tuple(points))
    ends = np.geomspace(points[0].x, points[-1].x, 30)
    return shown.Series(
        named, tuple(points), tuple(zip(ends.tolist(), law.at(ends).tolist(), strict=True))
    )


def _law(part: pd.DataFrame, x: str, response: str, seed: int, unit: str | None) -> PowerLaw | None:
    used = one_a_unit(part, [response], [x], unit)
    try:
        return fit_power_law(used[x], used[response], seed=seed)
    except ValueError:
        return None


def _withheld(part: pd.DataFrame, response: str) -> str:
    """Return what not every run of a curve does, so that no exponent follows; empty if all do."""
    if grows(response) and cut_short(part).any():
        return "came to its own end"
    values = numeric(part[response])
    return "has a value above 0" if values.min() <= 0 < values.max() else ""


def _withheld_told(names: dict[str, list[str]]) -> list[str]:
    """Say of which curves no exponent is fitted, and why.

    Args:
        names: Of the curves, by what not every run of them does.
    """
    told = []
    for why, which in names.items():
        of = f" of {'; '.join(which)}" if all(which) else ""
        told.append(f"no exponent{of} is fitted, as not every run there {why}")
    return told


def _differs(table: pd.DataFrame, values: pd.Series, x: str, by: str | None) -> bool:
    """Say whether a response depends on the parameter of the curves."""
    if by is None:
        return False
    spread = values.groupby([table[x], table[by]]).mean().groupby(level=0)
    return bool((spread.max() - spread.min()).max() > 1e-12 * abs(values).max())


def _exact(survey: Survey, table: pd.DataFrame, response: str) -> tuple[tuple[float, float], ...]:
    """Return what theory says along the axis; empty where it says several things, or nothing."""
    column = survey.expected(response)
    if column is None or survey.x is None:
        return ()
    values = numeric(table[column]).groupby(table[survey.x])
    spread = values.max() - values.min()
    if spread.isna().any() or spread.max() > 1e-9:
        return ()
    return tuple((float(x), float(y)) for x, y in values.first().items())


def _row(x: str, by: str | None, name: str, group: Any, law: PowerLaw | None) -> dict[str, Any]:
    e = group.estimate
    row: dict[str, Any] = {by: name} if by else {}
    row |= {x: float(group.values[x]), "mean": e.value, "low": e.low, "high": e.high}
    row |= {"n": e.n, "interval": e.method}
    if law:
        found = law.exponent
        told = (found.value, found.low, found.high) if law.is_adequate else (None, None, None)
        row |= dict(zip(("exponent", "exponent low", "exponent high"), told, strict=True))
        row |= {"power law fits": law.is_adequate}
    return row


def _caption(
    survey: Survey,
    response: str,
    table: pd.DataFrame,
    *,
    by: str | None,
    binned: bool,
    laws: int,
    exact: bool,
) -> str:
    assert survey.x
    groups = [survey.x, *([by] if by else [])]
    sizes = one_a_unit(table, [response], groups, survey.unit).groupby(groups).size()
    n = f"{sizes.min()} to {sizes.max()}" if sizes.min() != sizes.max() else f"{sizes.max()}"
    words = [f"Mean {label(response)} against {label(survey.x)}"]
    words.append(f", one curve for each {each_of(by)}" if by else "")
    words.append(f"; bars are 95 % intervals, n = {n} runs a point ({len(table):,} in all).")
    if binned:
        words.append(f" Values of {short(survey.x)} are binned by quantiles.")
    if laws:
        words.append(
            " Lines are power laws where one fits, exponents with 95 % intervals; they are fitted "
            "to geometric means, so they run below means of runs that spread widely."
        )
    if exact:
        words.append(" Lines join the exact values from theory.")
    others = [n for n in (*survey.pooled, survey.by) if n and n != by and n != survey.x]
    others = [n for n in others if table[n].nunique(dropna=False) > 1]
    if others:
        pooled = ", ".join(map(short, dict.fromkeys(others)))
        words.append(f" Pooled over {pooled}: the intervals hold for this study's mix of it.")
    return "".join(words)


def _method(rows: list[dict[str, Any]], laws: int) -> str:
    methods = list(dict.fromkeys(row["interval"] for row in rows))
    if laws:
        methods.append("power law by log-log least squares on runs, bootstrap over replicates")
    return "; ".join(methods)


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _binned(values: pd.Series) -> pd.Series:
    """Return the mean of each value's quantile bin in its place."""
    bins = pd.qcut(values, _BINS, labels=False, duplicates="drop")
    return values.groupby(bins).transform("mean")
