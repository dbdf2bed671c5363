"""Pickles of plain values alone: refused when written, and again when read, if they hold more.

An ordinary pickle can name any function and have it called. Here both sides go by one fixed list
of containers and arrays, so that neither a forged file nor a forgotten object gets through.
"""

import io
import pickle
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np

from .errors import NotPlain

_PROTOCOL = 5
_INSTANCES: frozenset[type] = frozenset(
    {complex, range, slice, deque, Counter, OrderedDict, defaultdict, np.ndarray}
    | set(np.sctypeDict.values())
)
"""Types of values, beside those that pickle has a code for and never asks about."""
_FACTORIES: tuple[type, ...] = (
    *(bool, int, float, complex, str, bytes, bytearray),
    *(list, tuple, dict, set, frozenset, deque, OrderedDict),
)
"""What a defaultdict may make of a missing key."""
_RECIPES: tuple[Any, ...] = (
    np.empty(0).__reduce_ex__(5)[0],
    np.empty(0).__reduce_ex__(2)[0],
    np.float64().__reduce__()[0],
)
"""How numpy puts a buffer, an array and a scalar together again."""
_NAMED = {
    (found.__module__, found.__qualname__): found
    for found in (*_FACTORIES, *_RECIPES, range, slice, Counter, defaultdict, np.ndarray, np.dtype)
}
"""All that a pickle may name."""
_NAMED_IDS = frozenset(map(id, _NAMED.values()))
_CALLS = {name: found.__call__ for name, found in _NAMED.items() if found in (_RECIPES[0], Counter)}
"""Those written in Python can be changed by a pickle that names them; their calls cannot."""


def pickled(value: Any) -> bytes:
    """Pickle plain values.

    Raises:
        NotPlain: names where the first other value is, and its type.
    """
    try:
        return _dump(value)
    except _Other:
        _refuse(value)


def unpickled(data: Any) -> Any:
    """Return the plain values of a pickle.

    Raises:
        Exception: it is no such pickle.
    """
    return _PlainUnpickler(io.BytesIO(data)).load()


def plain_copy(value: Any) -> Any:
    """Return plain values that share nothing with the given ones.

    Raises:
        NotPlain: names where the first other value is, and its type.
    """
    return unpickled(pickled(value))


class _Other(Exception):
    """Raised at a value that is not plain."""


class _PlainPickler(pickle.Pickler):
    """Asked once for whatever pickle has no code of its own for: arrays, but no numbers."""

    def reducer_override(self, obj: Any) -> Any:
        kind = type(obj)
        if kind in _INSTANCES:
            if kind is defaultdict and obj.default_factory not in (None, *_FACTORIES):
                raise _Other
            return NotImplemented
        if id(obj) in _NAMED_IDS or issubclass(kind, np.dtype):
            return NotImplemented
        raise _Other


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        found = _NAMED.get((module, name))
        if found is None:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which is no plain value")
        return _CALLS.get((module, name), found)


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
            raise NotPlain(where.removeprefix("."), type(value).__name__)


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


def _is_plain(value: Any) -> bool:
    try:
        _dump(value)
    except _Other:
        return False
    return True
