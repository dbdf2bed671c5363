"""Numbers as people write them, alone and side by side."""

import math
from collections.abc import Sequence
from itertools import pairwise

DIGITS = 4
"""How many of a number are told where no more are needed."""
_COMPACT_FROM, _COMPACT_BELOW = 1e6, 1e-3
_WRITTEN_OUT_BELOW = 1e9
"""A number of an axis that is not round is written out below this, where others are."""
_MOST_DECIMALS = 12
_LONGEST_MANTISSA = 4


def number(value: float, digits: int = DIGITS) -> str:
    """Return a number with about so many digits: 1,024, 0.05, 1.049e6, 3e-7."""
    if value == 0:
        return "0"
    if not _COMPACT_BELOW <= abs(value) < _COMPACT_FROM - 0.5:
        return compact(value, digits)
    return _shorn(f"{value:,.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}")


def compact(value: float, digits: int = DIGITS) -> str:
    """Return a number by its digits and its power of ten: 1.049e6."""
    if not math.isfinite(value):
        return str(value)
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    return f"{_shorn(mantissa)}e{int(exponent)}"


def numbers(values: Sequence[float]) -> list[str]:
    """Return numbers of one linear axis in one notation, with as many decimals each: 7.8, 8.0.

    There are as many decimals as the steps between the numbers need.
    """
    some = [abs(value) for value in values if value]
    if not some:
        return ["0" for _ in values]
    if not _COMPACT_BELOW <= max(some) < _COMPACT_FROM:
        exponent = math.floor(math.log10(max(some)))
        scaled = [value / 10.0**exponent for value in values]
        if (places := _decimals(scaled)) <= _LONGEST_MANTISSA:
            return [f"{v + 0.0:.{places}f}e{exponent}" if v else "0" for v in scaled]
    places = _decimals(values)
    return [f"{value + 0.0:,.{places}f}" for value in values]


def numbers_of_logs(values: Sequence[float]) -> list[str]:
    """Return numbers of one logarithmic axis in one notation, with as many digits as each needs."""
    if all(_COMPACT_BELOW <= value < _COMPACT_FROM for value in values):
        return [number(value) for value in values]
    is_round = all(compact(value).partition("e")[0].isdigit() for value in values)
    if is_round or not _COMPACT_BELOW <= min(values) <= max(values) < _WRITTEN_OUT_BELOW:
        return [compact(value) for value in values]
    return [f"{value:,.0f}" if value >= 999.95 else f"{value:.4g}" for value in values]


def _shorn(text: str) -> str:
    """Return a number without the zeros that end its decimals."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def _decimals(values: Sequence[float]) -> int:
    """Return how many decimals tell values as they are, but for a thousandth of their steps."""
    ordered = sorted(set(values))
    steps = [b - a for a, b in pairwise(ordered)]
    least = min([*steps, *(abs(value) for value in values if value)])
    for places in range(_MOST_DECIMALS):
        if all(abs(round(value, places) - value) <= 1e-3 * least for value in values):
            return places
    return _MOST_DECIMALS
