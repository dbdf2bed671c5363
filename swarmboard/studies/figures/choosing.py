"""Which figures make sense of a study."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from viz import study_report as shown

from .comparing import category_table, effects_of_structure, what_matters
from .growth import curves, scalabilities
from .planes import heat_maps, quality_against_cost
from .survey import Survey
from .times import times_to_consensus

MOST_HEAT_MAPS = 6
MOST_INDICES = 3
"""Responses whose sensitivity is drawn."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Figures, and why others are not among them."""

    figures: tuple[shown.Figure, ...]
    not_drawn: tuple[str, ...]


def choose_figures(
    survey: Survey, *, bounds: Mapping[str, tuple[float, float]], seed: int
) -> Chosen:
    """Make every figure that the study's parameters and responses allow.

    Args:
        survey: The study.
        bounds: The ranges that parameters were drawn from, as far as they are known.
        seed: Of all resampling.
    """
    found: list[shown.Figure | None] = [category_table(survey, seed=seed)]
    why = list(survey.not_shown)
    found += [curves(survey, response, seed=seed) for response in survey.responses]
    if survey.x is None:
        why.append("Curves: no varied number has three values or more.")
    found += scalabilities(survey, seed=seed)
    times = times_to_consensus(survey)
    found.append(times)
    if times is None:
        why.append(
            "Times to consensus, length of runs: all took as many rounds, or were not in rounds."
        )
    maps = [heat for name in survey.responses for heat in heat_maps(survey, name, seed=seed)]
    found += maps[:MOST_HEAT_MAPS]
    if maps[MOST_HEAT_MAPS:]:
        titles = "; ".join(heat.title for heat in maps[MOST_HEAT_MAPS:])
        why.append(f"Further heat maps: {titles}; name fewer responses in [report] to see them.")
    fronts, no_fronts = quality_against_cost(survey, seed=seed)
    found += fronts
    why += no_fronts
    effects = [effects_of_structure(survey, name, seed=seed) for name in survey.responses]
    found += effects
    if not any(effects):
        why.append("Effects against a baseline: the runs have none (baseline), or none differs.")
    told = [
        what_matters(survey, n, dict(bounds), seed=seed)
        for n in survey.responses
        if not n.startswith("timing.")
    ]
    found += [figure for figure in told if figure][:MOST_INDICES]
    return Chosen(_told_apart([figure for figure in found if figure]), tuple(why))


def _told_apart(figures: list[shown.Figure]) -> tuple[shown.Figure, ...]:
    """Return figures with a name of its own for each, as files are called by it."""
    names: set[str] = set()
    apart = []
    for figure in figures:
        name, number = figure.sheet.name, 1
        while name in names:
            number += 1
            name = f"{figure.sheet.name}-{number}"
        names.add(name)
        apart.append(replace(figure, sheet=replace(figure.sheet, name=name)))
    return tuple(apart)
