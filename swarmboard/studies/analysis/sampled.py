"""A sample that one method reads row by row, put together again from the runs of its points."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ..sampling import block_of
from .attribution import Sensitivity, sensitivity
from .estimates import numeric


@dataclass(frozen=True, slots=True)
class MethodSample:
    """A Saltelli or Morris design, as `study.json` tells of it."""

    design: Literal["saltelli", "morris"]
    parameters: tuple[str, ...]
    """In the order in which the design has them."""
    visits: tuple[int, ...]
    """The number of the point of each row; one that was drawn twice stands here twice."""
    levels: int | None = None


def sampled_sensitivity(
    table: pd.DataFrame, response: str, sample: MethodSample, *, seed: int = 0
) -> Sensitivity:
    """Return the indices that a study was designed for.

    A row's response is the mean over the runs of its point. A block of rows (a base point of
    Saltelli's with its companions, a trajectory of Morris's) that lacks one is left out as a whole.

    Args:
        table: One row a run, with `point`.
        response: The column that is explained.
        sample: Which point each row of the design is.
        seed: Of the resampling.

    Raises:
        ValueError: too few blocks are whole, or the response is the same everywhere.
    """
    values = numeric(table[response])
    known = table.assign(**{response: values})[values.notna()]
    names = list(sample.parameters)
    points = known.groupby("point")[response].mean().to_frame()
    points = points.join(known.drop_duplicates("point").set_index("point")[names])
    rows = points.reindex(list(sample.visits)).reset_index(drop=True)
    size = block_of(sample.design, len(names))
    blocks = rows[response].notna().to_numpy().reshape(-1, size).all(axis=1)
    if blocks.sum() < 2:
        raise ValueError(f"{response} is known at every row of {int(blocks.sum())} blocks")
    whole = rows[np.repeat(blocks, size)].reset_index(drop=True)
    found = sensitivity(
        whole, response, names, design=sample.design, levels=sample.levels, seed=seed
    )
    notes = _notes(known, sample.visits, blocks)
    return Sensitivity(
        found.response,
        found.indices,
        found.first_name,
        found.total_name,
        len(known),
        found.method,
        (*found.warnings, *notes),
    )


def _notes(known: pd.DataFrame, visits: Sequence[int], blocks: np.ndarray) -> list[str]:
    notes = []
    points = len(set(visits))
    if points < len(visits):
        notes.append(
            f"{len(visits):,} rows of the design are {points:,} points, because whole numbers and "
            "lists were rounded to: each was carried out once and counts as often as it was drawn"
        )
    if not blocks.all():
        notes.append(
            f"{int((~blocks).sum())} of {len(blocks)} blocks were left out, for want of a value"
        )
    replicates = int(known.groupby("point").size().min())
    if replicates < 10:
        notes.append(
            f"a row is the mean of {replicates} run{'s' if replicates > 1 else ''}: chance that is "
            "left in it counts as interaction"
        )
    return notes
