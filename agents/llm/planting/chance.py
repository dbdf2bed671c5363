"""Draws that are a pure function of what they are for: the same in every process and order."""

import hashlib
import struct
from collections.abc import Sequence


def share(*purpose: object) -> float:
    """Draw a number of [0, 1)."""
    return _bits(purpose) / 2**53


def shares(count: int, *purpose: object) -> list[float]:
    """Draw several numbers of [0, 1) at once."""
    drawn = hashlib.shake_128(_text(purpose)).digest(4 * count)
    return [word / 2**32 for word in struct.unpack(f">{count}I", drawn)]


def pick[T](choices: Sequence[T], *purpose: object) -> T:
    """Draw one of several."""
    return choices[_bits(purpose) % len(choices)]


def ranked(choices: Sequence[str], *purpose: object) -> list[str]:
    """Return several in a drawn order, which does not depend on the order they are given in."""
    return sorted(choices, key=lambda choice: (_bits((*purpose, choice)), choice))


def _bits(purpose: Sequence[object]) -> int:
    return int.from_bytes(hashlib.sha256(_text(purpose)).digest()[:8], "big") >> 11


def _text(purpose: Sequence[object]) -> bytes:
    return "\x1f".join(map(str, purpose)).encode(errors="replace")
