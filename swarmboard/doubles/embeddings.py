"""Text vectors of a stub: hashed words, the same in every process."""

import base64
import hashlib
import math
import struct

DIMENSIONS = 256


def embedding(text: str) -> list[float]:
    """Return a text's vector of length 1: each word adds to a place that its hash chooses."""
    vector = [0.0] * DIMENSIONS
    for word in text.casefold().split() or [""]:
        digest = hashlib.sha256(word.encode(errors="replace")).digest()
        sign = 1.0 if digest[2] % 2 else -1.0
        vector[int.from_bytes(digest[:2], "big") % DIMENSIONS] += sign
    norm = math.hypot(*vector) or 1.0
    return [value / norm for value in vector]


def as_base64(vector: list[float]) -> str:
    """Return a vector as clients ask for it with `encoding_format: base64`."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
