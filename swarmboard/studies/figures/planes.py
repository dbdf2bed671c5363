"""Two parameters against each other, and quality against cost."""

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from viz import study_report as shown

from ..analysis import Crossed, crossed, pareto
from ..analysis.estimates import Estimate, numeric
from .cautions import cautions, with_all
from .conditions import MOST_FRONTS, conditions_of, pooled_conditions
from .evidence import evidence_of
from .points_told import equal_told
from .survey import MOST_LEVELS, Survey
from .wording import (
    label,
    more_is_better,
    sentence,
    setting,
    settings_told,
    short,
    slug,
    told_apart,
)

_COSTS = (
    "tokens.cost_usd",
    "tokens.total",
    "measures.messages.count",
    "measures.turns",
    "rounds",
    "simulated_s",
    "timing.wall_s",
)
_QUALITIES = ("yardstick.gap_percent", "metrics.correct", "measures.quality.regret")
_MOST_SETTINGS = 60


def heat_maps(survey: Survey, response: str, *, seed: int) -> list[shown.Figure]:
    """Draw a response at each pair of values of two parameters that are numbers."""
    table = survey.table
    if response.startswith("timing.") and response not in survey.config.responses:
        return []
    usable = [name for name in survey.numeric if table[name].nunique() <= MOST_LEVELS]
    figures = []
    for x, y in combinations(usable, 2):
        if numeric(table[response]).nunique() < 2 or table[x].nunique() * table[y].nunique() < 6:
            continue
        kind = survey.statistic(response)
        found = crossed(
            table, response, rows=y, columns=x, statistic=kind, seed=seed, unit=survey.unit
        )
        values = tuple(tuple(cell.value if cell else None for cell in line) for line in found.cells)
        if not (_varies(values) and _varies(tuple(zip(*values, strict=True)))):
            continue
        rows = [
            {y: y_value, x: x_value, "mean": cell.value, "low": cell.low, "high": cell.high}
            | {"n": cell.n}
            for y_value, line in zip(found.row_values, found.cells, strict=True)
            for x_value, cell in zip(found.column_values, line, strict=True)
            if cell is not None
        ]
        sizes = [row["n"] for row in rows]
        empty = any(value is None for line in values for value in line)
        figures.append(
            shown.Figure(
                f"{short(response).capitalize()} by {short(x)} and {short(y)}",
                f"Mean {label(response)} at each pair of {short(x)} and {short(y)}, "
                f"n = {_range(sizes)} runs a cell ({found.n:,} in all)."
                f"{' Hatched cells have no run with a value.' if empty else ''}"
                f"{_pooled(survey, response, (x, y))}",
                evidence_of(survey, response),
                found.method,
                shown.Sheet(slug("heat", response, x, y), _columns(rows)),
                shown.Heat(
                    _axis(x, found.column_values),
                    _axis(y, found.row_values),
                    values,
                    label(response),
                ),
                (
                    *cautions(
                        survey, response, by=(x, y), table=table[table[[x, y]].notna().all(axis=1)]
                    ),
                    *(sentence(note) for note in found.warnings if "groups" not in note),
                    *map(sentence, equal_told([c] for c in _filled(found))),
                ),
            )
        )
    return figures


def quality_against_cost(survey: Survey, *, seed: int) -> tuple[list[shown.Figure], list[str]]:
    """Draw the settings by cost and quality, a front for each condition of the world.

    Returns:
        Figures, and why there are none, or not all.
    """
    quality = survey.config.quality or _first(survey, _QUALITIES)
    cost = survey.config.cost or _first(survey, _COSTS)
    if not quality or not cost:
        return [], ["Quality against cost: name both under [report] (quality, cost)."]
    better = survey.config.more_is_better
    better = more_is_better(quality) if better is None else better
    if better is None:
        return [], [f"Quality against cost: say report.more_is_better of {quality}."]
    table = survey.table
    by = [name for name in survey.settings if table[name].nunique() <= MOST_LEVELS]
    given = conditions_of(table, by, survey.config.conditions)
    choices = [name for name in by if name not in given]
    if not choices:
        return [], ["Quality against cost: nothing varies that could be chosen."]
    both, _ = with_all(table, cost, quality)
    given, pooled = pooled_conditions(both, given, choices) if given else ([], [])
    worlds = list(table.groupby(given, dropna=False, sort=True)) if given else [((), table)]
    if (fronts := len(both.drop_duplicates(given)) if given else 1) > MOST_FRONTS:
        return [], [
            f"Quality against cost: {fronts} conditions ({', '.join(map(short, given))}) "
            f"would be as many fronts; up to {MOST_FRONTS} are drawn."
        ]
    figures, why = [], []
    told = {name: told_apart([key[i] for key, _ in worlds]) for i, name in enumerate(given)}
    for place, (key, part) in enumerate(worlds):
        known = [name for name, value in zip(given, key, strict=True) if not pd.isna(value)]
        world = {name: told[name][place] for name in known}
        found = _front(survey, part, world, choices, pooled, (cost, quality, better), seed)
        if isinstance(found, str):
            at = f" at {setting(world)}" if world else ""
            why.append(f"Quality against cost{at}: {found}")
        else:
            figures.append(found)
    return figures, why


def _front(
    survey: Survey,
    part: pd.DataFrame,
    world: dict[str, str],
    choices: list[str],
    pooled: list[str],
    weighed: tuple[str, str, bool],
    seed: int,
) -> shown.Figure | str:
    """Draw the front of one condition, or say why there is none."""
    cost, quality, better = weighed
    settings = len(part.drop_duplicates(choices))
    if not 2 <= settings <= _MOST_SETTINGS:
        return f"{settings} settings cannot be told apart."
    both, left_out = with_all(part, cost, quality)
    if both.empty:
        return "no run has both numbers."
    found = pareto(
        both,
        cost=cost,
        quality=quality,
        by=choices,
        more_is_better=better,
        seed=seed,
        unit=survey.unit,
        statistics={name: survey.statistic(name) for name in (cost, quality)},
    )
    pairs = [(c.cost.estimate.value, c.quality.estimate.value) for c in found.candidates]
    if len(pairs) < 2:
        return "fewer than two settings have both numbers."
    for name, means in ((cost, [c for c, _ in pairs]), (quality, [q for _, q in pairs])):
        if np.allclose(means, means[:1], rtol=1e-9, atol=0):
            return f"{label(name)} is the same at every setting, so there is nothing to weigh."
    spots: list[shown.Spot] = []
    rows: list[dict[str, Any]] = []
    names = settings_told([candidate.cost.values for candidate in found.candidates])
    for candidate, name in zip(found.candidates, names, strict=True):
        c, q = candidate.cost.estimate, candidate.quality.estimate
        spots.append(shown.Spot(_point(c), _point(q), name, candidate.is_on_front))
        rows.append(
            {"setting": name, cost: c.value, "cost low": c.low, "cost high": c.high}
            | {quality: q.value, "quality low": q.low, "quality high": q.high}
            | {"on the front": candidate.is_on_front, "n": q.n}
        )
    drawn = [(c.cost.estimate, c.quality.estimate) for c in found.candidates]
    on_front = sum(spot.is_on_front for spot in spots)
    way = "more" if better else "less"
    at = f" at {setting(world)}" if world else ""
    return shown.Figure(
        f"{short(quality).capitalize()} against {short(cost)}{at}",
        f"Each of {len(spots)} settings{at} by its mean {label(cost)} (less is better) and mean "
        f"{label(quality)} ({way} is better), with 95 % intervals, n = "
        f"{_range([row['n'] for row in rows])} runs a setting. {on_front} are beaten by no other "
        f"in both, and have numbers. The front takes {' and '.join(map(short, choices))} for "
        "choices; where the world sets one of them (the size of a task, say), settings that "
        "differ in it are no alternatives."
        f"{f' Pooled over {", ".join(map(short, pooled))}.' if pooled else ''}",
        evidence_of(survey, cost, quality),
        found.method,
        shown.Sheet(
            slug("pareto", quality, cost, *(f"{n}-{told}" for n, told in world.items())),
            _columns(rows),
        ),
        shown.Plane(
            shown.Axis(label(cost), _spans([s.x.y for s in spots])),
            shown.Axis(label(quality)),
            tuple(spots),
        ),
        (
            *left_out,
            *cautions(survey, cost, quality, by=choices, table=both),
            *map(sentence, (*found.warnings, *equal_told(drawn))),
        ),
    )


def _filled(found: Crossed) -> list[Estimate]:
    return [cell for line in found.cells for cell in line if cell is not None]


def _varies(lines: tuple[tuple[float | None, ...], ...]) -> bool:
    """Say whether some line has values that differ."""
    return any(len({value for value in line if value is not None}) > 1 for line in lines)


def _first(survey: Survey, names: tuple[str, ...]) -> str | None:
    table = survey.table
    return next((n for n in names if n in table and numeric(table[n]).nunique() > 1), None)


def _point(estimate: Estimate) -> shown.Point:
    return shown.Point(0.0, estimate.value, estimate.low, estimate.high)


def _axis(name: str, values: tuple[Any, ...]) -> shown.Axis:
    return shown.Axis(label(name), names=tuple(told_apart(values)))


def _pooled(survey: Survey, response: str, axes: tuple[str, str]) -> str:
    """Say what differs between the runs of a cell, and what is the same in all that are in it."""
    table = survey.table
    used = table[table[list(axes)].notna().all(axis=1) & numeric(table[response]).notna()]
    others = [n for n in (*survey.numeric, *survey.categories) if n not in axes]
    pooled = [n for n in others if used[n].nunique(dropna=False) > 1]
    alone = {n: used[n].iloc[0] for n in others if n not in pooled and used[n].notna().all()}
    words = f" Pooled over {', '.join(map(short, pooled))}." if pooled else ""
    return words + (f" Only runs with {setting(alone)} have both." if alone else "")


def _range(sizes: list[int]) -> str:
    return f"{min(sizes)} to {max(sizes)}" if min(sizes) != max(sizes) else f"{sizes[0]}"


def _spans(values: list[float]) -> bool:
    return min(values) > 0 and max(values) / min(values) > 30


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]}
