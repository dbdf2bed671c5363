"""The scalability law as far as it is told: with what fits, and where the team is the limit."""

from dataclasses import replace
from typing import Any

import pandas as pd

from ..analysis import Scalability, fit_usl
from ..analysis.estimates import one_a_unit
from ..analysis.usl import TOLD_FROM
from .throughputs import follow_arrivals

LEAST_SIZES = 4
_FITS_FROM = 0.9
"""Of less of the variance of log throughput the law is said to explain too little, and its peak is
not told, as it is not where the law does not fit ..."""
_DRAWN_FROM = 0.5
"""... and of less than this there is no curve, no coefficient and no peak."""


def scalability_law(
    part: pd.DataFrame, response: str, *, seed: int, unit: str | None = None
) -> tuple[Scalability | None, list[str]]:
    """Return the law where there is one to be told, and what is to be doubted.

    Args:
        part: The runs of one curve, one row each.
        response: A throughput.
        seed: Of the resampling.
        unit: A column of which equal values are one observation.
    """
    notes = []
    if bound := follow_arrivals(part, response):
        named = ", ".join(f"{size:,.0f}" for size in bound)
        notes.append(
            f"at N = {named} hardly a customer leaves, so throughput is what arrives there"
        )
    used = one_a_unit(part[~part["agents"].isin(bound)], [response], ["agents"], unit)
    try:
        law = fit_usl(used["agents"], used[response], seed=seed)
    except ValueError as error:
        return None, [*notes, f"no law is told, as {error}"]
    explained = f"{max(0.0, law.r_squared):.0%} of the variance of log throughput"
    if law.r_squared < _DRAWN_FROM:
        return None, [*notes, f"no law is told, as it would explain {explained}"]
    if not law.is_adequate or law.r_squared >= _FITS_FROM:
        return law, [*notes, *law.warnings]
    notes += [note for note in law.warnings if "peak" not in note]
    notes.append(f"the law explains {explained} alone, so whether and where it peaks is not told")
    return replace(law, peak_ends=None), notes


def peak_words(law: Scalability) -> str:
    """Return where throughput is largest, with an interval, as far as that is told.

    That needs a law that fits and explains enough, throughput that was seen to decline, and a peak
    in all but 2.5 % of resamples.
    """
    if law.peak is not None and law.peak_ends:
        low, high = law.peak_ends
        return f"peak at N = {law.peak:,.0f} ({low:,.0f} to {high:,.0f})"
    if not law.is_adequate:
        return "law does not fit"
    is_open = law.declines or law.r_squared < _FITS_FROM
    return "peak not told" if is_open else "no peak among the sizes tried"


def law_rows(name: str, law: Scalability | None, *, runs: int) -> list[dict[str, Any]]:
    """Return the coefficients as a table has them; what changes nothing at any size is 0.

    Args:
        name: Of the curve.
        law: None leaves a row that says so.
        runs: How many there were.
    """
    if law is None:
        return [{"series": name, "coefficient": "not told", "value": None, "n": runs}]
    largest = law.sizes[-1]
    waits = 1 + law.alpha.value * (largest - 1)
    least = {
        "gamma": 0.0,
        "alpha": TOLD_FROM / (largest - 1),
        "beta": TOLD_FROM * waits / (largest * (largest - 1)),
    }
    low, high = law.peak_ends or (None, None)
    peaks = {"peak": law.peak if law.peak_ends else None, "peak low": low, "peak high": high}
    rows = []
    for symbol, enough in least.items():
        e = getattr(law, symbol)
        value, below, above = (_or_zero(v, enough) for v in (e.value, e.low, e.high))
        rows.append(
            {"series": name, "coefficient": symbol, "value": value, "low": below, "high": above}
            | {"n": e.n, **peaks, "R2": law.r_squared, "law fits": law.is_adequate}
        )
    return rows


def _or_zero(value: float | None, enough: float) -> float | None:
    return 0.0 if value is not None and value < enough else value
