"""The chained digest: the fingerprint of a run's history."""

import hashlib
from collections.abc import Iterable

from .records import OPERATIONAL, Record, encode

GENESIS = bytes(32)
"""The digest before the first round."""


class Digest:
    """Chain rounds: `digest_r = SHA-256(digest_{r-1} + records of round r)`.

    The records of a round are its outcome and input records as the log holds them, without
    their length frames; operational records are skipped. A round without any other record leaves
    the digest as it was.
    """

    def __init__(self, value: bytes = GENESIS) -> None:
        self._value = value
        self._hash = hashlib.sha256(value)
        self._is_empty = True

    def add(self, records: Iterable[Record]) -> None:
        """Take in records of the current round, in canonical order."""
        for record in records:
            if record.event_class != OPERATIONAL:
                self.add_body(encode(record))

    def add_body(self, body: bytes | memoryview) -> None:
        """Take in the bytes of one outcome or input record."""
        self._hash.update(body)
        self._is_empty = False

    def close_round(self) -> bytes:
        """End the round and return the digest up to and including it."""
        if not self._is_empty:
            self._value, self._is_empty = self._hash.digest(), True
            self._hash = hashlib.sha256(self._value)
        return self._value

    @property
    def value(self) -> bytes:
        """The digest of all closed rounds (32 bytes)."""
        return self._value

    @property
    def hex(self) -> str:
        """The digest of all closed rounds, as summaries print it."""
        return self._value.hex()
