"""Which parameters a response hangs on: variance shares and effects, with SALib."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from ..sampling import LEVELS, block_of, quiet
from ..study_file import BETTER_SAMPLES
from .estimates import CONFIDENCE, Estimate, numeric
from .grid_shares import PERMUTATIONS, TOLD_FROM_0, shares_of_variance

type Design = Literal["saltelli", "morris", "given", "grid"]

FEWEST = 60
"""Runs below which indices from given data are not to be trusted."""
RESAMPLES = 100
UNSEEN = "interactions are not seen: only what each parameter explains alone"
MIXED = "too few replicates to tell interactions from chance: both count as chance"
GRID_LEVELS = 12
"""A parameter of no more values stands on a grid; of more, a grid has quantile bins."""
_BINS = 8


@dataclass(frozen=True, slots=True)
class Index:
    """How much hangs on one parameter."""

    parameter: str
    first: Estimate
    """The share of variance that it explains alone (0-1); of Morris, the mean absolute effect."""
    total: Estimate | None
    """The share with all interactions (Sobol); None where the sample does not tell."""
    spread: float | None = None
    """Of Morris, the standard deviation of its effects: interactions, or a bent response."""
    p_holm: float | None = None
    """Of a grid's permutation test against no effect, corrected for all its parameters (0-1)."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """The parameters, those that matter most first."""

    response: str
    indices: tuple[Index, ...]
    first_name: str
    total_name: str | None
    n: int
    method: str
    warnings: tuple[str, ...] = ()


def design_of(table: pd.DataFrame, parameters: Sequence[str]) -> Design:
    """Say what indices a table allows that is no Saltelli or Morris sample."""
    are_wide = (_is_wide(table[name]) for name in parameters)
    return "given" if all(are_wide) else "grid"


def sensitivity(
    table: pd.DataFrame,
    response: str,
    parameters: Sequence[str],
    *,
    design: Design | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    levels: int | None = None,
    seed: int = 0,
) -> Sensitivity:
    """Return sensitivity indices of a response.

    Args:
        table: One row a run; for `saltelli` and `morris` in the order in which SALib sampled.
        response: The column that is explained.
        parameters: The columns that explain it; categories are allowed on a grid.
        design: `given` takes any sample that fills the space (Latin hypercube, Sobol points,
            random), `grid` one with few values of some; guessed from the table if not said.
        bounds: The range of each parameter; the table's own if not said.
        levels: Of a `morris` sample, if there are not 4.
        seed: Of the resampling.

    Raises:
        ValueError: the response has fewer than eight values, or is the same everywhere.
    """
    kind = design or design_of(table, parameters)
    y = numeric(table[response])
    known = y.notna().to_numpy()
    if kind in ("saltelli", "morris") and not known.all():
        raise ValueError(f"a {kind} sample needs {response} of every row; some have none")
    y, used = y[known].to_numpy(), table[known]
    if len(y) < 8 or np.ptp(y) == 0:
        raise ValueError(f"{response} has {len(y)} values, or all the same: nothing to explain")
    notes = _rough(kind, len(y), len(parameters))
    if not known.all():
        notes.append(f"{int((~known).sum())} runs without {response} were left out")
    if kind == "grid":
        return _of_grid(used, response, parameters, y, (*notes, UNSEEN), seed)
    x = np.column_stack([_numbers(used[name]) for name in parameters])
    ends = {name: (float(x[:, i].min()), float(x[:, i].max())) for i, name in enumerate(parameters)}
    ends.update(bounds or {})
    problem = {
        "num_vars": len(parameters),
        "names": list(parameters),
        "bounds": [list(ends[name]) for name in parameters],
    }
    return _by_salib(kind, problem, x, y, (response, tuple(notes), seed, levels or LEVELS))


def _rough(kind: Design, rows: int, size: int) -> list[str]:
    """Say that a sample is small: one that is read by blocks counts as many values as blocks."""
    if kind not in ("saltelli", "morris"):
        return [f"only {rows} runs: indices are rough"] if rows < FEWEST else []
    block = block_of(kind, size)
    if kind == "saltelli" and rows % block:  # one that tells of pairs too
        block = 2 * size + 2
    blocks, better = rows // block, BETTER_SAMPLES[kind]
    named = "base points" if kind == "saltelli" else "trajectories"
    return [f"only {blocks} {named} (better {better}): indices are rough"] * (blocks < better)


def _by_salib(
    kind: Design,
    problem: dict[str, Any],
    x: Any,
    y: Any,
    told: tuple[str, tuple[str, ...], int, int],
) -> Sensitivity:
    response, notes, seed, levels = told
    settings = {"num_resamples": RESAMPLES, "conf_level": CONFIDENCE, "seed": seed}
    with quiet():
        if kind == "saltelli":
            from SALib.analyze import sobol

            second = len(y) % (problem["num_vars"] + 2) != 0
            found = sobol.analyze(problem, y, calc_second_order=second, **settings)
            names = ("S1", "ST", "first-order index", "total index")
            method = "Sobol indices of a Saltelli sample (SALib)"
        elif kind == "morris":
            from SALib.analyze import morris

            found = morris.analyze(problem, x, y, num_levels=levels, **settings)
            names = ("mu_star", "", "mean absolute elementary effect", "")
            method = "Morris elementary effects (SALib)"
        else:
            from SALib.analyze import rbd_fast

            harmonics = max(2, min(10, len(y) // 20))
            found = rbd_fast.analyze(problem, x, y, M=harmonics, **settings)
            names = ("S1", "", "first-order index", "")
            method = "given data: RBD-FAST first-order indices (SALib)"
            notes = (*notes, UNSEEN)
    n = len(y)

    def estimate(key: str, i: int) -> Estimate:
        value, half = float(found[key][i]), float(found[f"{key}_conf"][i])
        return Estimate(value, value - half, value + half, n, method)

    indices = [
        Index(
            name,
            estimate(names[0], i),
            estimate(names[1], i) if names[1] else None,
            float(found["sigma"][i]) if kind == "morris" else None,
        )
        for i, name in enumerate(problem["names"])
    ]
    return Sensitivity(response, _ordered(indices), names[2], names[3] or None, n, method, notes)


def _of_grid(
    used: pd.DataFrame,
    response: str,
    parameters: Sequence[str],
    y: Any,
    notes: tuple[str, ...],
    seed: int,
) -> Sensitivity:
    method = (
        "given grid: share of variance between a parameter's values or eighths (epsilon squared), "
        f"residual bootstrap; above 0 only where a permutation test ({PERMUTATIONS} drawn) has "
        f"p < {TOLD_FROM_0} after Holm's correction"
    )
    columns = [_levels(used[name]) for name in parameters]
    codes = [pd.factorize(column, use_na_sentinel=False)[0] for column in columns]
    shares = shares_of_variance(codes, y, seed=seed)
    if not shares.has_replicates:
        notes = (*notes, MIXED)
    indices = [
        Index(name, Estimate(s.value, s.low, s.high, len(y), method), None, p_holm=s.p_holm)
        for name, s in zip(parameters, shares.each, strict=True)
    ]
    return Sensitivity(
        response, _ordered(indices), "share of variance", None, len(y), method, notes
    )


def _is_wide(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column)) and column.nunique() > GRID_LEVELS


def _numbers(column: pd.Series) -> Any:
    """Return a column as numbers; texts, and true and false, by their order."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return numeric(column).to_numpy()
    return pd.factorize(column, sort=True)[0].astype(float)


def _levels(column: pd.Series) -> pd.Series:
    if not _is_wide(column):
        return column
    return pd.qcut(column, _BINS, labels=False, duplicates="drop")


def _ordered(indices: list[Index]) -> tuple[Index, ...]:
    return tuple(sorted(indices, key=lambda index: -(index.total or index.first).value))
