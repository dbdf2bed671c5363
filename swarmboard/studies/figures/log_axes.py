"""When an axis is logarithmic, and what becomes of zeros then."""

import pandas as pd

from .wording import short

LOG_FROM = 8.0
"""A parameter whose values differ by so much stands on a logarithmic axis ..."""
LOG_RESPONSE_FROM = 4.0
"""... and so does a response, where its parameter does."""
_LEAST_POSITIVE = 3
"""Values above 0 that a logarithmic axis needs to be worth it."""


def spans(values: pd.Series, factor: float) -> bool:
    """Say whether values are above 0, and the largest so many times the smallest."""
    low, high = float(values.min()), float(values.max())
    return low > 0 and high / low >= factor


def spans_without_zeros(means: pd.Series) -> bool:
    """Say whether a response's means spread so widely that a logarithmic axis shows more."""
    above = means[means > 0]
    is_many = len(above) >= max(_LEAST_POSITIVE, len(means) / 2) or len(above) == len(means)
    return bool((means >= 0).all()) and is_many and spans(above, LOG_RESPONSE_FROM)


def zeros_told(parameter: pd.Series, drawn: list[float], *, is_log: bool) -> list[str]:
    """Say what zeros do to the axes.

    Args:
        parameter: Its values in all runs.
        drawn: The means of all points.
        is_log: Whether the axis of the response is logarithmic.
    """
    notes = []
    above = parameter[parameter > 0]
    has_zeros = bool((parameter == 0).any() and (parameter >= 0).all())
    if has_zeros and above.nunique() >= _LEAST_POSITIVE and spans(above, LOG_FROM):
        notes.append(
            f"{short(str(parameter.name))} stands on a linear axis, because 0 is among its values"
        )
    zeros = drawn.count(0.0)
    if is_log and zeros:
        notes.append(
            f"{zeros} of {len(drawn)} points are 0 and left out of the logarithmic axis; the table "
            "has them"
        )
    return notes
