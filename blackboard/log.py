"""`events.log`: the run's history on disk, in segments that are compressed and checksummed."""

import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from itertools import groupby
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
    """Appends segments; what is in the file is never touched again.

    A segment holds the records of one round, or those of the stages of a round that was broken
    off or that took something in from outside. In event-driven runs, where a round is an instant,
    it holds many of them.
    """

    def __init__(self, path: Path, *, at: int | None = None) -> None:
        """Begin a log, or go on with one at the end of its last whole segment.

        Args:
            path: The file; a new log needs one that does not exist.
            at: Where to go on, as `end_of` says; what stands behind it is cut off.
        """
        self.path = path
        self._codec = pa.Codec("lz4_raw")
        self.position = 0
        """Bytes written so far; every position is the end of a whole segment."""
        try:
            self._file: BinaryIO = path.open("xb" if at is None else "r+b", buffering=0)
            if at is not None:
                self._file.truncate(at)
                self._file.seek(at)
        except FileExistsError:
            raise
        except OSError as error:
            raise _unwritable(path, error) from error
        if at:
            self.position = at
        else:
            self._write(MAGIC)

    def append(self, encoded: Iterable[bytes]) -> None:
        """Write records, as `encode` gave them, as one segment."""
        raw = frame(encoded)
        if not raw:
            return
        packed = self._codec.compress(raw, asbytes=True)
        facts = (len(packed), len(raw), zlib.crc32(packed))
        self._write(_HEAD.pack(*facts, zlib.crc32(_HEAD.pack(*facts, 0)[:12])), packed)

    def sync(self) -> None:
        """Have the disk itself hold what was written."""
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise _unwritable(self.path, error) from error

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

    def _write(self, *parts: bytes) -> None:
        try:
            for part in parts:
                written = 0
                while written < len(part):  # an unbuffered write may take a part only
                    written += self._file.write(memoryview(part)[written:])
        except OSError as error:
            raise _unwritable(self.path, error) from error
        self.position += sum(map(len, parts))


def _unwritable(path: Path, error: OSError) -> SwarmboardError:
    return SwarmboardError(
        f"the event log {path} cannot be written ({error.strerror}); what it holds stays readable: "
        f"make room, then `swarmboard resume {path.parent}` goes on from there"
    )


def read_log(path: Path | str) -> Iterator[AnyRecord]:
    """Yield the records of a log, oldest first; a torn last segment ends it.

    Raises:
        LogDamaged: anything else is wrong, with the position in bytes.
    """
    return (decode(body) for body in read_bodies(path))


def read_bodies(path: Path | str) -> Iterator[memoryview]:
    """Yield the encoded records of a log, oldest first."""
    return (body for segment in read_segments(path) for body in bodies(segment))


def read_rounds(path: Path | str, *, start: int = 0) -> Iterator[tuple[int, list[AnyRecord]]]:
    """Yield each round's number and records, oldest first; round 0 is who joined.

    Args:
        path: The log.
        start: The end of the segment after which to begin, in bytes.
    """
    records = (
        decode(body) for segment in read_segments(path, start=start) for body in bodies(segment)
    )
    for number, found in groupby(records, lambda record: record.round):
        yield number, list(found)


def read_segments(path: Path | str, *, start: int = 0) -> Iterator[bytes]:
    """Yield the framed records of each segment of a log, oldest first."""
    return (segment for _, segment in read_placed_segments(path, start=start))


def read_placed_segments(path: Path | str, *, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield where each whole segment of a log ends, in bytes, and its framed records.

    Args:
        path: The log.
        start: The end of the segment after which to begin, in bytes.

    Raises:
        LogDamaged: a segment is damaged; those before it have been yielded.
    """
    for packed, raw_size, end in _segments(Path(path), start):
        yield end, bytes(pa.decompress(packed, raw_size, codec="lz4_raw", asbytes=True))


def segment_ends(path: Path | str) -> list[int]:
    """Return where each whole segment of a log ends, in bytes; a torn last one is left out.

    Raises:
        LogDamaged: anything else is wrong, with the position in bytes.
    """
    return [end for _, _, end in _segments(Path(path), 0)]


def _segments(path: Path, start: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield each whole segment's compressed bytes, its raw size, and where it ends."""
    with path.open("rb") as file:
        if (magic := file.read(len(MAGIC))) != MAGIC:
            if MAGIC.startswith(magic):
                return  # torn in its first bytes
            raise LogDamaged(
                f"{path} is no event log of this version: it does not begin with {MAGIC!r}"
            )
        if start:
            file.seek(start)
        while (segment := _segment(file, path)) is not None:
            yield (*segment, file.tell())


def _segment(file: BinaryIO, path: Path) -> tuple[bytes, int] | None:
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
    return packed, raw_size
