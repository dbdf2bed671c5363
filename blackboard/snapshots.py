"""Snapshots: a run's state at the end of a round, on disk as plain values that can run no code."""

import os
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from .errors import SnapshotDamaged, SwarmboardError
from .plain_pickle import pickled
from .plain_reading import unpickled

MAGIC = b"SBSNAP 2\n"
"""What every snapshot begins with: the name of the format and its version."""
_HEAD = struct.Struct("<QQI")
"""Bytes that follow, bytes when uncompressed, and the CRC-32 of these two and of what follows.

Where the two are equal, nothing is compressed."""
_SIZES = struct.Struct("<QQ")
_MOST_EXPANSION = 32
_EXPANDS_FREELY = 4 << 20
"""Up to so many bytes lz4 may expand as far as it can, which is 255 times."""
_NAME = re.compile(r"(\d{8,})\.(?:snap|(\d+)-(\d+)\.part)")


def pack(value: Any) -> bytes:
    """Turn plain values into a compressed, checksummed snapshot.

    Plain are numbers, strings, bytes, None, the containers of Python and of `collections` (no
    subclasses of them), and numpy arrays, scalars and types that hold no objects.

    Raises:
        NotPlain: something else is among them; names where.
    """
    raw = pickled(value)
    packed = pa.compress(raw, codec="lz4_raw", asbytes=True)
    if len(packed) >= len(raw) or len(raw) > _most_raw(len(packed)):
        packed = raw
    sizes = len(packed), len(raw)
    checksum = zlib.crc32(packed, zlib.crc32(_SIZES.pack(*sizes)))
    return b"".join((MAGIC, _HEAD.pack(*sizes, checksum), packed))


def unpack(data: bytes, *, file: Path | str = "in memory") -> Any:
    """Return the values of a snapshot; whatever it holds, none of it is executed.

    Raises:
        SnapshotDamaged: it is incomplete, changed, or holds more than plain values.
    """
    if not data.startswith(MAGIC):
        raise SnapshotDamaged(file, f"it does not begin with {MAGIC!r}")
    body = memoryview(data)[len(MAGIC) :]
    if len(body) < _HEAD.size:
        raise SnapshotDamaged(file, "it ends within its head")
    packed_size, raw_size, checksum = _HEAD.unpack(body[: _HEAD.size])
    packed = body[_HEAD.size :]
    if len(packed) != packed_size:
        raise SnapshotDamaged(file, f"it has {len(packed)} bytes of {packed_size}")
    if raw_size > _most_raw(packed_size):
        raise SnapshotDamaged(file, f"{packed_size} bytes cannot become {raw_size}")
    if zlib.crc32(packed, zlib.crc32(body[: _SIZES.size])) != checksum:
        raise SnapshotDamaged(file, "its checksum is wrong")
    try:
        if packed_size == raw_size:
            return unpickled(bytes(packed))
        return unpickled(pa.decompress(packed, raw_size, codec="lz4_raw", asbytes=True))
    except Exception as error:  # what a forged pickle raises cannot be listed
        raise SnapshotDamaged(file, f"it cannot be decoded: {error}") from error


def _most_raw(packed_size: int) -> int:
    """Return how many bytes a snapshot of this size may become; `pack` keeps to it as well."""
    return max(_EXPANDS_FREELY, _MOST_EXPANSION * packed_size)


class Snapshots:
    """The folder `snapshots/` of a run: one file a round, thinner the older they are."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged: list[Path] = []
        """What `newest` has passed over."""

    def write(self, round: int, state: Any) -> None:
        """Keep the state at the end of a round, and thin out the older snapshots.

        Raises:
            NotPlain: the state holds more than plain values.
            SwarmboardError: the disk does not take it; the older snapshots stay.
        """
        self._write(f"{round:08d}.snap", pack(state))
        self._thin()

    def write_part(self, round: int, span: range, state: Any) -> None:
        """Keep what one worker holds of a round: the state of the agents of its span."""
        self._write(f"{round:08d}.{span.start}-{span.stop}.part", pack(state))

    def read(self, round: int) -> Any:
        """Return the state at the end of a round.

        Raises:
            SnapshotDamaged: it cannot be read; names the file.
        """
        return _read(self.path / f"{round:08d}.snap")

    def read_parts(self, round: int) -> list[tuple[range, Any]]:
        """Return what the workers held of a round, by span, in agent order."""
        found = [
            (range(int(name[2]), int(name[3])), path)
            for path, name in self._files()
            if int(name[1]) == round and name[2] is not None
        ]
        found.sort(key=lambda part: (part[0].start, part[0].stop))
        return [(span, _read(path)) for span, path in found]

    def rounds(self) -> list[int]:
        """Return the rounds with a snapshot, ascending."""
        return sorted(int(name[1]) for _, name in self._files() if name[2] is None)

    def newest(self, at_most: int | None = None) -> Iterator[tuple[int, Any]]:
        """Yield rounds and their states, newest first; damaged ones are noted and passed over."""
        for round in reversed(self.rounds()):
            if at_most is not None and round > at_most:
                continue
            try:
                state = self.read(round)
            except SnapshotDamaged as damage:
                self.damaged.append(Path(damage.file))
                continue
            yield round, state

    def _files(self) -> list[tuple[Path, re.Match[str]]]:
        try:
            paths = list(self.path.iterdir())
        except FileNotFoundError:
            return []
        return [(path, name) for path in paths if (name := _NAME.fullmatch(path.name))]

    def _write(self, name: str, data: bytes) -> None:
        """Write a file so that a reader sees all of it or none, even after a power cut."""
        target = self.path / name
        partial = target.with_name(name + ".partial")
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with partial.open("wb", buffering=0) as file:
                rest = memoryview(data)
                while rest:
                    rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
            partial.replace(target)
        except OSError as error:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise SwarmboardError(
                f"the snapshot {target} cannot be written ({error.strerror}); free some space, or "
                "take the folder's write protection away"
            ) from error

    def discard_after(self, round: int) -> None:
        """Remove what was kept of later rounds."""
        for path, name in self._files():
            if int(name[1]) > round:
                path.unlink(missing_ok=True)

    def _thin(self) -> None:
        """Remove older snapshots, with their parts, that newer ones make dispensable."""
        rounds = self.rounds()
        kept = set(thinned(rounds))
        for path, name in self._files():
            round = int(name[1])
            if round not in kept and round < rounds[-1]:
                with suppress(OSError):  # one too many does no harm
                    path.unlink(missing_ok=True)


def thinned(rounds: Sequence[int]) -> list[int]:
    """Return which of these rounds, ascending, keep their snapshots.

    The two newest stay. Of the others, those that are between s and 2 s rounds old, for each power
    of two s, stay where they are the first in a stretch of s rounds. The stretches of an age lie
    within those of the next, so what is first stays first, whenever thinning is done: at most
    about 2 log2(n) of n rounds are left, and one at most 2 a rounds before any round of age a.
    """
    if len(rounds) <= 2:
        return list(rounds)
    newest = rounds[-1]
    first: dict[tuple[int, int], int] = {}
    for round in rounds[:-2]:
        stretch = 1 << (newest - round).bit_length() - 1
        first.setdefault((stretch, round // stretch), round)
    return [*sorted(first.values()), *rounds[-2:]]


def _read(path: Path) -> Any:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SnapshotDamaged(path, f"it cannot be read ({error.strerror})") from error
    return unpack(data, file=path)
