"""Structures side by side, effects against the paired baseline, and what matters most."""

from typing import Any

import numpy as np

from viz import study_report as shown

from ..analysis import Estimate, effects, grouped
from ..analysis.attribution import Sensitivity, sensitivity
from ..analysis.estimates import numeric
from ..analysis.pairing import BASELINE
from .cautions import cautions, with_all
from .designed import what_the_design_tells
from .evidence import evidence_of
from .survey import MOST_LEVELS, Survey
from .wording import label, plain, sentence, settings_told, short, slug

_MOST_ROWS = 40
_MOST_BARS = 14
_TOLD_APART = 0.05
_MOST_DECIMALS = 6


def category_table(survey: Survey, *, seed: int) -> shown.Figure | None:
    """Return each response for each category of structure, scenario and their like."""
    by = list(survey.categories)
    if not by or len(survey.table.drop_duplicates(by)) > _MOST_ROWS:
        return None
    columns: dict[str, list[Any]] = {}
    means = {
        name: grouped(survey.table, name, by, seed=seed, unit=survey.unit)
        for name in survey.responses
    }
    settings = survey.table.groupby(by, dropna=False, sort=True)
    keys = [dict(zip(by, key, strict=True)) for key, _ in settings]
    for name in by:
        columns[name] = [plain(key[name]) for key in keys]
    sizes = [len(part) for _, part in settings]
    columns["runs"] = sizes
    for name, found in means.items():
        known = {str(group.values): group.estimate for group in found.groups}
        columns[label(name)] = [_written(known.get(str(key))) for key in keys]
    pooled = f" Pooled over {', '.join(map(short, survey.numeric))}." if survey.numeric else ""
    return shown.Figure(
        f"By {' and '.join(map(short, by))}",
        f"Means with 95 % intervals over {len(survey.table):,} runs, "
        f"{_range(sizes)} a row.{pooled}",
        evidence_of(survey),
        "mean, BCa bootstrap; shares of runs by Wilson",
        shown.Sheet(slug("table", *by), columns),
        warnings=cautions(survey, *survey.responses, by=by),
    )


def effects_of_structure(survey: Survey, response: str, *, seed: int) -> shown.Figure | None:
    """Draw the differences between runs and their own baselines, setting by setting."""
    table = survey.table
    if BASELINE + response not in table or numeric(table[BASELINE + response]).isna().all():
        return None
    by = [name for name in survey.settings if table[name].nunique() <= MOST_LEVELS]
    if by and len(table.drop_duplicates(by)) > _MOST_BARS:
        by = [name for name in (survey.by, survey.x) if name in by][-1:]
    found = effects(table, [response], by, seed=seed, unit=survey.unit)
    if not found or len(found) > _MOST_BARS or all(e.p is None for e in found):
        return None
    names = [name or "all runs" for name in settings_told([effect.group for effect in found])]
    same = [name for name, effect in zip(names, found, strict=True) if effect.p is None]
    bars: list[shown.Bar] = []
    rows: list[dict[str, Any]] = []
    for effect, name in zip(found, names, strict=True):
        e, d = effect.difference, effect.cliffs_delta
        apart = effect.p_holm is not None and effect.p_holm < _TOLD_APART
        if effect.p is not None:
            bars.append(shown.Bar(name, e.value, e.low, e.high, apart))
        rows.append(
            {"setting": name, "difference": e.value, "low": e.low, "high": e.high}
            | {"Hedges' g": effect.hedges_g, "Cliff's delta": d.value}
            | {"delta low": d.low, "delta high": d.high}
            | {"p": effect.p, "p, Holm": effect.p_holm, "pairs": effect.n}
        )
    kinds = "baseline.structure"
    against = plain(table[kinds].dropna().iloc[0]) if kinds in table else "baseline"
    paired, left_out = with_all(table, response, BASELINE + response)
    return shown.Figure(
        f"{short(response).capitalize()}: effect against {against}",
        f"Mean difference in {label(response)} between each run and its matched baseline "
        f"({against}; the scenario says what is matched), with 95 % intervals over "
        f"{sum(e.n for e in found):,} pairs. "
        "Filled marks: p < 0.05 after Holm's correction over the rows shown."
        f"{f' Not drawn, as no pair differs: {"; ".join(same)}.' if same else ''}",
        evidence_of(survey, response),
        found[0].method,
        shown.Sheet(slug("effects", response), {n: [row[n] for row in rows] for n in rows[0]}),
        shown.Forest(
            shown.Axis(f"difference in {label(response)}"),
            tuple(bars),
            legend=("told apart from 0", "not told apart"),
        ),
        (
            *left_out,
            *cautions(survey, response, by=by, table=paired),
            *dict.fromkeys(sentence(note) for e in found if e.p is not None for note in e.warnings),
        ),
    )


def what_matters(
    survey: Survey, response: str, bounds: dict[str, tuple[float, float]], *, seed: int
) -> shown.Figure | None:
    """Draw how much of a response's variance each varied parameter explains."""
    if survey.sample:
        return what_the_design_tells(survey, response, seed=seed)
    varied = [*survey.numeric, *survey.categories]
    parameters, left_out = _told_apart(survey, response, varied)
    if len(varied) < 2 or not parameters:
        return None
    try:
        found = sensitivity(survey.table, response, parameters, bounds=bounds, seed=seed)
    except ValueError:
        return None
    bars = [
        shown.Bar(short(i.parameter), i.first.value, i.first.low, i.first.high, _is_apart(i.first))
        for i in found.indices
    ]
    return shown.Figure(
        f"What {short(response)} hangs on",
        f"{_upper(found.first_name)} of each varied parameter for {label(response)}, with 95 % "
        f"intervals over {found.n:,} runs. What is missing to 1 are interactions, and chance.",
        evidence_of(survey, response),
        found.method,
        shown.Sheet(slug("sensitivity", response), _index_columns(found)),
        shown.Forest(
            shown.Axis(found.first_name), tuple(bars), legend=("interval above 0", "not above 0")
        ),
        (
            *cautions(survey, response, by=varied),
            *map(sentence, (*left_out, *found.warnings, *_shared(survey))),
        ),
    )


def _told_apart(
    survey: Survey, response: str, varied: list[str]
) -> tuple[list[str], tuple[str, ...]]:
    """Return the parameters that apply to every run and differ, and why others are left out."""
    known = survey.table[numeric(survey.table[response]).notna()]
    conditional = [name for name in varied if known[name].isna().any()]
    same = [n for n in varied if n not in conditional and known[n].nunique() < 2]
    notes = []
    if conditional:
        notes.append(
            f"left out, as not every run has a value: {', '.join(map(short, conditional))}"
        )
    if same:
        notes.append(
            f"left out, as all runs with {short(response)} agree: {', '.join(map(short, same))}"
        )
    return [n for n in varied if n not in (*conditional, *same)], tuple(notes)


def _index_columns(found: Sensitivity) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {
        "parameter": [i.parameter for i in found.indices],
        found.first_name: [i.first.value for i in found.indices],
        "low": [i.first.low for i in found.indices],
        "high": [i.first.high for i in found.indices],
    }
    if found.total_name:
        columns[found.total_name] = [i.total and i.total.value for i in found.indices]
    if any(i.p_holm is not None for i in found.indices):
        columns["p, Holm"] = [i.p_holm for i in found.indices]
    return columns | {"n": [found.n] * len(found.indices)}


def _shared(survey: Survey) -> tuple[str, ...]:
    if survey.unit is None:
        return ()
    return ("all points have the same seeds: the intervals take runs as independent",)


def _is_apart(estimate: Estimate) -> bool:
    return estimate.low is not None and estimate.low > 0


def _written(estimate: Estimate | None) -> str | None:
    """Return a value with its interval, as many decimals each as two digits of its width need."""
    if estimate is None:
        return None
    if estimate.low is None or estimate.high is None:
        return plain(estimate.value)
    value, low, high = estimate.value, estimate.low, estimate.high
    told = [plain(each) for each in (value, low, high)]
    if high > low and not any("e" in text for text in told):
        places = int(np.clip(2 - np.ceil(np.log10(high - low)), 0, _MOST_DECIMALS))
        told = [f"{each + 0.0:,.{places}f}" for each in (value, low, high)]
    return f"{told[0]} ({told[1]} to {told[2]})"


def _range(sizes: list[int]) -> str:
    fewest, most = min(sizes), max(sizes)
    return f"{most:,}" if fewest == most else f"{fewest:,} to {most:,}"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
