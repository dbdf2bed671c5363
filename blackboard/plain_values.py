"""Arrays and containers taken apart into numbers, text and bytes, and made of them again.

A snapshot can name nothing but the makers of this file. Each checks what it is given, and makes
nothing that is larger than that: what it holds of an array is the array's memory itself.
"""

import math
import re
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Form = str | tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...], int]
"""A numpy type: its name, or the names, types and offsets of its fields, and its size in bytes."""
_FORM = re.compile(
    r"[<>|](?:[biufc][0-9]{1,2}|[US][0-9]{1,6}|[mM]8(?:\[[0-9]{0,9}[A-Za-z]{1,7}\])?)"
)
"""The types of numbers, times and text of a fixed length: none that points to anything."""
_MOST_DIMENSIONS = 64
_LAST_CHARACTER = 0x10FFFF
_FACTORIES: Mapping[str | None, Callable[[], Any] | None] = {
    None: None,
    **{
        kind.__name__: kind
        for kind in (
            *(bool, int, float, complex, str, bytes, bytearray),
            *(list, tuple, dict, set, frozenset, deque, OrderedDict),
        )
    },
}
"""What a defaultdict may make of a missing key."""


class Other(Exception):
    """Raised at a value that is not plain."""


def make_dtype(form: Form) -> np.dtype[Any]:
    """Return a numpy type that holds no object."""
    if isinstance(form, str):
        return _named_dtype(form)
    names, formats, offsets, size = form
    if not (names and _are(names, str) and _are(formats, str) and _are((*offsets, size), int)):
        raise TypeError("a numpy type has no fields")
    return np.dtype(
        {
            "names": list(names),
            "formats": [_named_dtype(name) for name in formats],
            "offsets": list(offsets),
            "itemsize": size,
        }
    )


def _are(parts: Any, kind: type) -> bool:
    """Say whether this is a tuple of one type alone; nothing else may be hashed, or shown."""
    return type(parts) is tuple and all(type(part) is kind for part in parts)


@lru_cache(maxsize=64)
def _named_dtype(name: str) -> np.dtype[Any]:
    dtype = np.dtype(name) if _FORM.fullmatch(name) else None
    if dtype is None or dtype.hasobject or not dtype.itemsize:
        raise ValueError(f"{name!r:.40} is no type of an array in a snapshot")
    return dtype


def make_array(
    form: Form, shape: tuple[int, ...], by_column: bool, data: bytes | bytearray
) -> NDArray[Any]:
    """Return an array over `data`: one that can be written to where these bytes can."""
    dtype = make_dtype(form)
    if type(data) not in (bytes, bytearray) or not _are(shape, int):
        raise TypeError("an array is not made of bytes and a shape")
    if len(shape) > _MOST_DIMENSIONS or not all(0 <= length <= sys.maxsize for length in shape):
        raise ValueError("no array has such a shape")
    if math.prod(shape) * dtype.itemsize != len(data):
        raise ValueError(f"{len(data)} bytes are no array of the shape {shape!r:.40}")
    array = np.ndarray(shape, dtype, data, order="F" if by_column else "C")
    for column in [array[name] for name in dtype.names] if dtype.names else [array]:
        _check(column)
    return array


def _check(column: NDArray[Any]) -> None:
    """Refuse bytes that no bool and no text has: numpy reads and writes astray when it meets them.

    It counts the true ones of a mask as the sum of its bytes, for one, and makes room for so many.
    """
    kind = column.dtype.kind
    if kind not in "bU" or not column.size:
        return
    flat = np.ascontiguousarray(column).reshape(-1)
    if kind == "b" and flat.view(np.uint8).max() > 1:
        raise ValueError("a bool is neither true nor false")
    if kind == "U" and flat.view(column.dtype.str[0] + "u4").max() > _LAST_CHARACTER:
        raise ValueError("a text holds what is no character")


def make_scalar(form: Form, data: bytes | bytearray) -> Any:
    """Return a numpy number, time, or record."""
    array = make_array(form, (), False, data)
    if array.dtype.kind in "SU":
        raise TypeError("a text is made of something else")
    return array[()]


def make_text(text: str) -> np.str_:
    """Return a numpy text, which an array would cut at its last zeros."""
    if type(text) is not str:
        raise TypeError("a text is made of something else")
    return np.str_(text)


def make_octets(data: bytes) -> np.bytes_:
    """Return numpy's bytes, which an array would cut at their last zeros."""
    if type(data) is not bytes:
        raise TypeError("bytes are made of something else")
    return np.bytes_(data)


def make_complex(real: float, imag: float) -> complex:
    """Return a complex number."""
    if type(real) is not float or type(imag) is not float:
        raise TypeError("a complex number is not made of two numbers")
    return complex(real, imag)


def make_range(start: int, stop: int, step: int) -> range:
    """Return a range, as short as its three numbers however far it goes."""
    return range(start, stop, step)


def make_slice(*bounds: int | None) -> slice:
    """Return a slice of whole numbers."""
    if not _are_bounds(bounds):
        raise TypeError("a slice is not made of three numbers")
    return slice(*bounds)


def _are_bounds(bounds: tuple[Any, ...]) -> bool:
    return len(bounds) == 3 and all(bound is None or type(bound) is int for bound in bounds)


def make_deque(maxlen: int | None) -> deque[Any]:
    """Return a deque to be filled."""
    return deque(maxlen=maxlen)


def make_ordered() -> OrderedDict[Any, Any]:
    """Return an OrderedDict to be filled."""
    return OrderedDict()


def make_counter() -> Counter[Any]:
    """Return a Counter to be filled."""
    return Counter()


def make_default(factory: str | None) -> defaultdict[Any, Any]:
    """Return a defaultdict to be filled, whose factory is one of a few."""
    if not _are((factory,), str) and factory is not None:
        raise TypeError("a factory has no name")
    return defaultdict(_FACTORIES[factory])


MAKERS: Mapping[str, Callable[..., Any]] = {
    maker.__name__: maker
    for maker in (
        *(make_dtype, make_array, make_scalar, make_text, make_octets, make_complex),
        *(make_range, make_slice, make_deque, make_ordered, make_counter, make_default),
    )
}
"""All that a snapshot may name."""


def taken_apart(value: Any) -> tuple[Any, ...]:
    """Return a value's maker, what it takes, and what the container that it makes is filled with.

    Raises:
        Other: it is of another type than the makers make, or holds objects in an array.
    """
    apart = _APART.get(type(value))
    if apart is not None:
        return apart(value)
    if isinstance(value, np.dtype):
        return make_dtype, (_form(value),)
    raise Other


def _array(array: NDArray[Any]) -> tuple[Any, ...]:
    form, flags = _form(array.dtype), array.flags
    by_column = flags.f_contiguous and not flags.c_contiguous
    data = array.tobytes("F" if by_column else "C")
    return make_array, (form, array.shape, by_column, bytearray(data) if flags.writeable else data)


def _form(dtype: np.dtype[Any]) -> Form:
    form: Form = dtype.str
    if dtype.names is not None:
        fields = [dtype.fields[name] for name in dtype.names] if dtype.fields else []
        formats, offsets = (tuple(field[0].str for field in fields), tuple(f[1] for f in fields))
        form = dtype.names, formats, offsets, dtype.itemsize
    try:
        is_plain = make_dtype(form) == dtype
    except (TypeError, ValueError):
        is_plain = False
    if not is_plain:
        raise Other
    return form


def _scalar(value: Any) -> tuple[Any, ...]:
    data = value.tobytes()
    return make_scalar, (_form(value.dtype), bytearray(data) if value.dtype.names else data)


def _slice(value: slice) -> tuple[Any, ...]:
    bounds = value.start, value.stop, value.step
    if not _are_bounds(bounds):
        raise Other
    return make_slice, bounds


def _mapping(value: Mapping[Any, Any], maker: Callable[..., Any], *args: Any) -> tuple[Any, ...]:
    if getattr(value, "__dict__", None):
        raise Other
    return maker, args, None, None, iter(value.items())


def _default(value: defaultdict[Any, Any]) -> tuple[Any, ...]:
    for name, factory in _FACTORIES.items():
        if factory is value.default_factory:
            return _mapping(value, make_default, name)
    raise Other


_APART: Mapping[type, Callable[[Any], tuple[Any, ...]]] = {
    **dict.fromkeys(set(np.sctypeDict.values()), _scalar),
    np.ndarray: _array,
    np.str_: lambda value: (make_text, (str.__str__(value),)),  # its own `str` cuts zeros
    np.bytes_: lambda value: (make_octets, (bytes(value),)),
    complex: lambda value: (make_complex, (value.real, value.imag)),
    range: lambda value: (make_range, (value.start, value.stop, value.step)),
    slice: _slice,
    deque: lambda value: (make_deque, (value.maxlen,), None, iter(value)),
    OrderedDict: lambda value: _mapping(value, make_ordered),
    Counter: lambda value: _mapping(value, make_counter),
    defaultdict: _default,
}
