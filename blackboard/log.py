"""`events.log`: the run's history on disk, in segments that are compressed and checksummed."""

import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import pyarrow as pa

from .errors import LogDamaged, SwarmboardError
from .records import AnyRecord, bodies, decode, frame

MAGIC = b"SBLOG 1\n"
"""What every log begins with: the name of the format and its version."""
_HEAD = struct.Struct("<IIII")
"""Before each segment: compressed bytes, raw bytes, CRC-32 of the compressed bytes, and CRC-32 of
these twelve bytes, so that a damaged length is never taken for a torn end."""


class EventLog:
    """Appends one segment a round; what is in the file is never touched again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO = path.open("xb", buffering=0)
        self._codec = pa.Codec("lz4_raw")
        self._write(MAGIC)

    def append(self, encoded: Iterable[bytes]) -> None:
        """Write the records of one round, as `encode` gave them, as one segment."""
        raw = frame(encoded)
        if not raw:
            return
        packed = self._codec.compress(raw, asbytes=True)
        facts = (len(packed), len(raw), zlib.crc32(packed))
        self._write(_HEAD.pack(*facts, zlib.crc32(_HEAD.pack(*facts, 0)[:12])))
        self._write(packed)

    def close(self) -> None:
        """End the log; a second time does nothing."""
        if not self._file.closed:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _write(self, data: bytes) -> None:
        try:
            written = 0
            while written < len(data):  # an unbuffered write may take a part only
                written += self._file.write(memoryview(data)[written:])
        except OSError as error:
            raise SwarmboardError(
                f"the event log {self.path} cannot be written ({error.strerror}); "
                "what it holds so far stays readable"
            ) from error


def read_log(path: Path | str) -> Iterator[AnyRecord]:
    """Yield the records of a log, oldest first; a torn last segment ends it.

    Raises:
        LogDamaged: anything else is wrong, with the position in bytes.
    """
    return (decode(body) for body in read_bodies(path))


def read_bodies(path: Path | str) -> Iterator[memoryview]:
    """Yield the encoded records of a log, oldest first."""
    return (body for segment in read_segments(path) for body in bodies(segment))


def read_rounds(path: Path | str) -> Iterator[tuple[int, list[AnyRecord]]]:
    """Yield each round's number and records, oldest first; round 0 is who joined."""
    for segment in read_segments(path):
        records = [decode(body) for body in bodies(segment)]
        yield records[0].round, records


def read_segments(path: Path | str) -> Iterator[bytes]:
    """Yield the framed records of each round of a log, oldest first."""
    path = Path(path)
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise LogDamaged(
                f"{path} is no event log of this version: it does not begin with {MAGIC!r}"
            )
        while (segment := _segment(file, path)) is not None:
            yield segment


def _segment(file: BinaryIO, path: Path) -> bytes | None:
    at = file.tell()
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    packed_size, raw_size, checksum, head_checksum = _HEAD.unpack(head)
    if zlib.crc32(head[:12]) != head_checksum:
        raise LogDamaged(f"{path} is damaged at byte {at}: the head of a segment is wrong")
    packed = file.read(packed_size)
    if len(packed) < packed_size:
        return None
    if zlib.crc32(packed) != checksum:
        raise LogDamaged(f"{path} is damaged in the segment at byte {at}: its checksum is wrong")
    return bytes(pa.decompress(packed, raw_size, codec="lz4_raw", asbytes=True))
