"""Sets of agents as bitmaps in the order Redis counts bits: bit i is agent i, high bit first."""

import numpy as np
from numpy.typing import NDArray


def bitmap(agents: NDArray[np.uint32]) -> bytes:
    """Return the smallest bitmap that holds these agents."""
    if not agents.size:
        return b""
    flags = np.zeros(int(agents.max()) + 1, np.uint8)
    flags[agents] = 1
    return np.packbits(flags).tobytes()


def members(bits: bytes) -> tuple[int, ...]:
    """Return the agents of a bitmap, ascending."""
    flags = np.unpackbits(np.frombuffer(bits, np.uint8))
    return tuple(np.flatnonzero(flags).tolist())


def both(left: bytes, right: bytes) -> bytes:
    """Return the agents that stand in both bitmaps."""
    size = min(len(left), len(right))
    a, b = (np.frombuffer(bits[:size], np.uint8) for bits in (left, right))
    return (a & b).tobytes()


def either(left: bytes, right: bytes) -> bytes:
    """Return the agents that stand in one of the bitmaps or in both."""
    size = max(len(left), len(right))
    a, b = (np.frombuffer(bits.ljust(size, b"\0"), np.uint8) for bits in (left, right))
    return (a | b).tobytes()
