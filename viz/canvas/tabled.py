"""The columns of a published chart as of a moment."""

import numpy as np
from numpy.typing import NDArray

from ..moment import ChartFacts, Moment

type Floats = NDArray[np.float64]


def columns_of(name: str, chart: ChartFacts, moment: Moment) -> tuple[Floats, ...]:
    """Return the columns in their order, as long as each other; NaN where nothing was published.

    Args:
        name: Of the chart.
        chart: What was published of it once.
        moment: Whose frame has the columns that change.
    """
    given = [moment.frame.get(f"{name}:{one}", chart.fixed.get(one)) for one in chart.columns]
    rows = len(chart.rows) or max(
        (column.size for column in given if column is not None), default=0
    )
    found = []
    for column in given:
        whole = np.full(rows, np.nan)
        if column is not None:
            whole[: column.size] = column[:rows]
        found.append(whole)
    return tuple(found)
