"""What a response hangs on, in a study that was designed to tell: Sobol indices, Morris effects."""

from dataclasses import replace
from typing import Any

from viz import study_report as shown

from ..analysis import Estimate, Sensitivity, sampled_sensitivity
from .cautions import cautions
from .evidence import evidence_of
from .survey import Survey
from .wording import label, short, slug


def what_the_design_tells(survey: Survey, response: str, *, seed: int) -> shown.Figure | None:
    """Draw the indices of a Saltelli or Morris design; None where it tells none."""
    if survey.sample is None:
        return None
    try:
        found = sampled_sensitivity(survey.table, response, survey.sample, seed=seed)
    except ValueError:
        return None
    is_sobol = found.total_name is not None
    named = "Sobol indices" if is_sobol else "Mean absolute elementary effects (Morris)"
    return shown.Figure(
        f"What {short(response)} hangs on",
        f"{named} of each varied parameter for {label(response)}, with 95 % intervals over "
        f"{found.n:,} runs. {_says(is_sobol)}",
        evidence_of(survey, response),
        f"{found.method}; each row of the design is the mean of the runs of its point, intervals "
        "by resampling its blocks",
        shown.Sheet(slug("sensitivity", response), _columns(found)),
        shown.Forest(
            shown.Axis("index" if is_sobol else f"change of {label(response)} over the range"),
            tuple(_bars(found)),
            legend=("interval above 0", "not above 0"),
        ),
        (
            *cautions(survey, response, by=survey.settings),
            *(f"{note[0].upper()}{note[1:]}." for note in (*found.warnings, *_clipped(found))),
        ),
    )


def _says(is_sobol: bool) -> str:
    if is_sobol:
        return (
            "Alone: the share of variance that goes when this parameter is known. In all: the "
            "share that stays when all others are known; what it exceeds the first by are "
            "interactions, and chance between runs. Both are estimates and may leave 0 to 1."
        )
    return (
        "An effect is the change when this parameter alone moves by half of its levels, scaled to "
        "its whole range; the spread of effects, in the table, tells of interactions and bends."
    )


def _clipped(found: Sensitivity) -> tuple[str, ...]:
    """Say where intervals would reach below what there can be."""
    lows = [i.first.low for i in found.indices if i.total is None and i.first.low is not None]
    if not any(low < 0 for low in lows):
        return ()
    return ("intervals are drawn from 0 on, as no mean absolute effect is less",)


def _bars(found: Sensitivity) -> list[shown.Bar]:
    bars = []
    for index in found.indices:
        name = short(index.parameter)
        if index.total is None:
            e = index.first  # a mean of absolute values: its interval by a normal law may pass 0
            low = None if e.low is None else max(0.0, e.low)
            bars.append(replace(_bar(name, e), low=low))
        else:
            bars += [_bar(f"{name}, alone", index.first), _bar(f"{name}, in all", index.total)]
    return bars


def _bar(name: str, e: Estimate) -> shown.Bar:
    return shown.Bar(name, e.value, e.low, e.high, e.low is not None and e.low > 0)


def _columns(found: Sensitivity) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {"parameter": [i.parameter for i in found.indices]}
    columns |= _ends(found.first_name, [i.first for i in found.indices])
    if found.total_name:
        columns |= _ends(found.total_name, [i.total for i in found.indices if i.total])
    else:
        columns["spread of effects"] = [i.spread for i in found.indices]
    return columns | {"n": [found.n] * len(found.indices)}


def _ends(name: str, estimates: list[Estimate]) -> dict[str, list[Any]]:
    return {
        name: [e.value for e in estimates],
        f"{name} low": [e.low for e in estimates],
        f"{name} high": [e.high for e in estimates],
    }
