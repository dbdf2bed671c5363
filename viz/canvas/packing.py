"""Numbers as few bits: a board of 1,024 agents has to fit into two kilobytes."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def bits_for(codes: int) -> int:
    """Return how many bits tell `codes` codes apart."""
    return max(1, (codes - 1).bit_length())


def pack(codes: ArrayLike, bits: int) -> bytes:
    """Write codes one after another, `bits` each, the highest bit first."""
    wide = np.asarray(codes).astype(np.uint8)
    if bits == 8:
        return wide.tobytes()
    spread = np.unpackbits(wide[:, None], axis=1)[:, -bits:]
    return np.packbits(spread).tobytes()


def unpack(packed: bytes, bits: int, count: int) -> NDArray[np.uint8]:
    """Read what `pack` wrote."""
    spread = np.unpackbits(np.frombuffer(packed, np.uint8))[: count * bits].reshape(count, bits)
    codes: NDArray[np.uint8] = np.packbits(np.pad(spread, ((0, 0), (8 - bits, 0))), axis=1).ravel()
    return codes


def quantised(
    values: NDArray[np.floating], low: float, high: float, bits: int
) -> NDArray[np.uint8]:
    """Put values on even steps from `low` to `high`; the highest code says that one is missing."""
    top = 2**bits - 2
    span = (high - low) or 1.0
    with np.errstate(invalid="ignore"):
        steps = np.clip(np.rint((values - low) / span * top), 0, top)
    codes: NDArray[np.uint8] = np.where(np.isfinite(values), steps, top + 1).astype(np.uint8)
    return codes


def nice_range(values: NDArray[np.floating]) -> tuple[float, float]:
    """Return round numbers around the middle 98 % of values; (0, 1) where there are none.

    They follow from the values alone, so that a moment looks the same live and in a replay.
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = (float(v) for v in np.percentile(finite, [1, 99]))
    if high == low:
        return (0.0, 1.0) if low == 0 else (min(0.0, 2 * low), max(0.0, 2 * low))
    step = nice_step((high - low) / 4)
    return math.floor(low / step) * step, math.ceil(high / step) * step


def nice_step(wanted: float) -> float:
    """Return the smallest of 1, 2, 2.5, 5 times a power of ten that is not below `wanted`."""
    power = 10.0 ** math.floor(math.log10(wanted))
    return float(next(s for s in _STEPS if s * power >= wanted * (1 - 1e-9)) * power)
