"""Pickles of plain values alone: refused when written, and again when read, if they hold more.

An ordinary pickle can name any function and have it called. These name nothing but the makers of
`plain_values`, so that neither a forged file nor a forgotten object gets through.
"""

import io
import pickle
from collections import deque
from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np

from .errors import NotPlain
from .plain_values import MAKERS, Other, taken_apart

_PROTOCOL = 5
_MAKER_IDS = frozenset(map(id, MAKERS.values()))


def pickled(value: Any) -> bytes:
    """Pickle plain values.

    Raises:
        NotPlain: names where the first other value is, and its type.
    """
    try:
        return _dump(value)
    except Other:
        _refuse(value)


def plain_copy(value: Any) -> Any:
    """Return plain values that share nothing with the given ones.

    Raises:
        NotPlain: names where the first other value is, and its type.
    """
    return _OwnUnpickler(io.BytesIO(pickled(value))).load()


class _PlainPickler(pickle.Pickler):
    """Asked once for whatever pickle has no code of its own for: arrays, but no numbers."""

    def reducer_override(self, obj: Any) -> Any:
        return NotImplemented if id(obj) in _MAKER_IDS else taken_apart(obj)


class _OwnUnpickler(pickle.Unpickler):
    """For what this process has just pickled itself: fast, and not careful."""

    def find_class(self, module: str, name: str) -> Any:
        return MAKERS[name]


def _dump(value: Any) -> bytes:
    stream = io.BytesIO()
    _PlainPickler(stream, _PROTOCOL).dump(value)
    return stream.getvalue()


def _refuse(value: Any) -> NoReturn:
    """Follow the value that is not plain to where it is."""
    where, seen = "", {id(value)}
    while True:
        for step, part in _parts(value):
            if id(part) not in seen and not _is_plain(part):
                seen.add(id(part))
                where, value = where + step, part
                break
        else:
            raise NotPlain(where.removeprefix("."), _kind(value))


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    match value:
        case dict():
            yield from ((f"[key {key!r:.40}]", key) for key in value)
            yield from ((_step(key), part) for key, part in value.items())
        case list() | tuple() | deque() | set() | frozenset():
            yield from ((f"[{place}]", part) for place, part in enumerate(value))
        case np.ndarray() if value.dtype.hasobject:
            yield from ((f"[{place}]", part) for place, part in enumerate(value.ravel().tolist()))


def _step(key: Any) -> str:
    return f".{key}" if isinstance(key, str) and key.isidentifier() else f"[{key!r:.40}]"


def _kind(value: Any) -> str:
    kind = type(value).__name__
    return f"{kind} of {value.dtype}" if type(value) is np.ndarray else kind


def _is_plain(value: Any) -> bool:
    try:
        _dump(value)
    except Other:
        return False
    return True
