"""Reading pickles of plain values that anybody may have made.

The standard library's unpickler calls what a pickle names, sets attributes, and makes room for
whatever length a pickle claims. This one knows only the codes that plain values are written in, is
given no callable but the makers, and makes no more of a pickle than a multiple of its length.
"""

import pickle
import struct
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from itertools import batched
from typing import Any

from .plain_values import MAKERS, make_octets, make_text

_DEEPEST = 100
"""How deep keys, deques and defaultdicts may nest: Python hashes and frees them by recursion."""
_LARGEST_KEY = 1_000_000
"""Parts of a key, those of its parts included."""
_MAPPINGS = frozenset({dict, OrderedDict, Counter, defaultdict})
_LOOSE = frozenset({deque, defaultdict})
_COPYING = frozenset({make_text.__name__, make_octets.__name__})
"""Makers of what is as long as their argument, and no part of it."""
_MAKING_MODULE = make_text.__module__


def unpickled(data: bytes) -> Any:
    """Return the plain values of a pickle that `pickled` made.

    Raises:
        Exception: it is no such pickle.
    """
    return _Reading(data).value()


class _Reading:
    """One pickle, as far as it has been read."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []
        """What the stack held under each mark."""
        self.memo: list[Any] = []
        self.copied = 0
        """Characters and fields that makers have copied; each is in the pickle as well."""
        self.depths: dict[int, int] = {}
        """By id, how deep deques and defaultdicts stand directly in one another."""
        self.enclosed: set[int] = set()

    def value(self) -> Any:
        """Follow the codes to the end."""
        data, codes = self.data, _CODES
        while (code := data[self.at]) != _STOP:
            self.at += 1
            act = codes.get(code)
            if act is None:
                raise pickle.UnpicklingError(
                    f"it holds the code {bytes([code])!r}, which is no plain value"
                )
            act(self)
        if len(self.stack) != 1 or self.below or self.at + 1 != len(data):
            raise pickle.UnpicklingError("it holds more or less than one value")
        return self.stack[0]

    def take(self, length: int) -> bytes:
        """Return the bytes that come next, of which there have to be so many."""
        end = self.at + length
        if end > len(self.data):
            raise pickle.UnpicklingError("it ends too early")
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def number(self, size: int) -> int:
        """Return the number without sign that comes next."""
        return int.from_bytes(self.take(size), "little")

    def since_mark(self) -> list[Any]:
        """Return what was put on the stack since the last mark, and take it off."""
        parts, self.stack = self.stack, self.below.pop()
        return parts

    def memoize(self) -> None:
        """Number what is on top, to be named again."""
        self.memo.append(self.stack[-1])

    def mark(self) -> None:
        """Begin what belongs together."""
        self.below.append(self.stack)
        self.stack = []

    def name_maker(self) -> None:
        """Leave only the name of a maker: none is ever among the values."""
        name, module = self.stack.pop(), self.stack.pop()
        if type(module) is not str or type(name) is not str:
            raise pickle.UnpicklingError("it names something without a name")
        if module != _MAKING_MODULE or name not in MAKERS:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which is no plain value")
        self.stack.append(name)

    def make(self) -> None:
        """Have a maker make a value of a tuple."""
        args, name = self.stack.pop(), self.stack.pop()
        if type(args) is not tuple or type(name) is not str:
            raise pickle.UnpicklingError("it makes something of nothing")
        self.copied += _copied(name, args)
        if self.copied > len(self.data):
            raise pickle.UnpicklingError("it copies more than it holds")
        made = MAKERS[name](*args)
        if type(made) in _LOOSE:
            self.depths[id(made)] = 1
        self.stack.append(made)

    def append(self, parts: list[Any]) -> None:
        """Add to the list or deque on top."""
        target = self.stack[-1]
        if type(target) is deque:
            self.enclose(target, parts)
        elif type(target) is not list:
            raise pickle.UnpicklingError(f"it appends to a {type(target).__name__}")
        target.extend(parts)

    def set_items(self, parts: list[Any]) -> None:
        """Add to the mapping on top what stands there as key, value, key, value."""
        target = self.stack[-1]
        if type(target) not in _MAPPINGS:
            raise pickle.UnpicklingError(f"it sets items of a {type(target).__name__}")
        if len(parts) % 2:
            raise pickle.UnpicklingError("a key has no value")
        _check_keys(parts[::2])
        if type(target) is defaultdict:
            self.enclose(target, parts)
        for key, value in batched(parts, 2):
            target[key] = value

    def add(self, parts: list[Any]) -> None:
        """Add to the set on top."""
        target = self.stack[-1]
        if type(target) is not set:
            raise pickle.UnpicklingError(f"it adds to a {type(target).__name__}")
        _check_keys(parts)
        target.update(parts)

    def freeze(self) -> None:
        """Make a frozenset of what stands above the mark."""
        parts = self.since_mark()
        _check_keys(parts)
        self.stack.append(frozenset(parts))

    def enclose(self, target: Any, parts: Iterable[Any]) -> None:
        """Count how deep deques and defaultdicts nest, which a chain of them could not hide.

        None may be put into one that is itself in another: it would be deeper than was counted.
        """
        for part in parts:
            if type(part) not in _LOOSE:
                continue
            depth = max(self.depths[id(target)], self.depths[id(part)] + 1)
            if depth > _DEEPEST or id(target) in self.enclosed:
                raise pickle.UnpicklingError("its deques and defaultdicts nest too deep")
            self.depths[id(target)] = depth
            self.enclosed.add(id(part))

    def tuple_of(self, count: int) -> None:
        """Make a tuple of the last few."""
        if len(self.stack) < count:
            raise pickle.UnpicklingError("it makes a tuple of too little")
        parts = tuple(self.stack[-count:])
        self.stack[-count:] = [parts]


def _copied(name: str, args: tuple[Any, ...]) -> int:
    """Return how much of its arguments a maker will copy, rather than refer to."""
    match args:
        case (str() | bytes() as text,) if name in _COPYING:
            return len(text)
        case (tuple(form), *_):
            return sum(len(part) for part in form if type(part) is tuple)
    return 0


def _check_keys(keys: Iterable[Any]) -> None:
    """Refuse keys that take forever, or too deep a recursion, to be hashed."""
    for key in keys:
        if type(key) is not tuple:
            continue
        level, size = [key], 0
        for _ in range(_DEEPEST):
            size += sum(map(len, level))
            if size > _LARGEST_KEY:
                break
            level = [part for outer in level for part in outer if type(part) is tuple]
            if not level:
                break
        if level:
            raise pickle.UnpicklingError("a key nests too deep")


def _signed(data: bytes) -> int:
    return int.from_bytes(data, "little", signed=True)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")


def _pushing(make: Callable[[_Reading], Any]) -> Callable[[_Reading], None]:
    def push(reading: _Reading) -> None:
        value = make(reading)
        reading.stack.append(value)  # what is the stack may have changed at a mark

    return push


_STOP = pickle.STOP[0]
_PUSHING: Mapping[bytes, Callable[[_Reading], Any]] = {
    pickle.NONE: lambda reading: None,
    pickle.NEWTRUE: lambda reading: True,
    pickle.NEWFALSE: lambda reading: False,
    pickle.BININT: lambda reading: _signed(reading.take(4)),
    pickle.BININT1: lambda reading: reading.number(1),
    pickle.BININT2: lambda reading: reading.number(2),
    pickle.LONG1: lambda reading: _signed(reading.take(reading.number(1))),
    pickle.LONG4: lambda reading: _signed(reading.take(reading.number(4))),
    pickle.BINFLOAT: lambda reading: struct.unpack(">d", reading.take(8))[0],
    pickle.SHORT_BINUNICODE: lambda reading: _text(reading.take(reading.number(1))),
    pickle.BINUNICODE: lambda reading: _text(reading.take(reading.number(4))),
    pickle.BINUNICODE8: lambda reading: _text(reading.take(reading.number(8))),
    pickle.SHORT_BINBYTES: lambda reading: reading.take(reading.number(1)),
    pickle.BINBYTES: lambda reading: reading.take(reading.number(4)),
    pickle.BINBYTES8: lambda reading: reading.take(reading.number(8)),
    pickle.BYTEARRAY8: lambda reading: bytearray(reading.take(reading.number(8))),
    pickle.EMPTY_LIST: lambda reading: [],
    pickle.EMPTY_TUPLE: lambda reading: (),
    pickle.EMPTY_DICT: lambda reading: {},
    pickle.EMPTY_SET: lambda reading: set(),
    pickle.TUPLE: lambda reading: tuple(reading.since_mark()),
    pickle.BINGET: lambda reading: reading.memo[reading.number(1)],
    pickle.LONG_BINGET: lambda reading: reading.memo[reading.number(4)],
}
"""Codes that put one value on the stack."""
_CODES: Mapping[int, Callable[[_Reading], Any]] = {
    **{code[0]: _pushing(make) for code, make in _PUSHING.items()},
    pickle.PROTO[0]: lambda reading: reading.take(1),
    pickle.FRAME[0]: lambda reading: reading.take(8),
    pickle.MARK[0]: _Reading.mark,
    pickle.MEMOIZE[0]: _Reading.memoize,
    pickle.TUPLE1[0]: lambda reading: reading.tuple_of(1),
    pickle.TUPLE2[0]: lambda reading: reading.tuple_of(2),
    pickle.TUPLE3[0]: lambda reading: reading.tuple_of(3),
    pickle.APPEND[0]: lambda reading: reading.append([reading.stack.pop()]),
    pickle.APPENDS[0]: lambda reading: reading.append(reading.since_mark()),
    pickle.SETITEM[0]: lambda reading: reading.set_items(
        [reading.stack.pop(), reading.stack.pop()][::-1]
    ),
    pickle.SETITEMS[0]: lambda reading: reading.set_items(reading.since_mark()),
    pickle.ADDITEMS[0]: lambda reading: reading.add(reading.since_mark()),
    pickle.FROZENSET[0]: _Reading.freeze,
    pickle.STACK_GLOBAL[0]: _Reading.name_maker,
    pickle.REDUCE[0]: _Reading.make,
    pickle.POP[0]: lambda reading: reading.stack.pop(),
    pickle.POP_MARK[0]: lambda reading: reading.since_mark(),
}
