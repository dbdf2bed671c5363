"""What an agent, a cohort or a world remembers, as plain values, and how it is given back.

Nobody has to write anything for it: an object's state is the plain values among its attributes.
One that keeps others (arrays inside objects of its own, say) defines `state` and `restore`.
"""

import dataclasses
import re
import types
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import PurePath
from typing import Any, ClassVar

import numpy as np

from blackboard import NotPlain, SwarmboardError, plain_copy

_ATOMS = frozenset({bool, int, float, complex, str, bytes, type(None), range})
"""Types of values that need neither a check nor a copy."""
_MESA = {("mesa.agent", "Agent"), ("mesa.agentset", "AgentSet"), ("mesa.model", "Model")}
"""Classes by module and name; Mesa itself is imported where the agents are."""
_AS_BUILT = "as built"
"""Under this name, which no attribute has, a state lists the attributes that it leaves out."""
_FIXED = (
    *(type, types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.ModuleType),
    *(np.ufunc, partial, PurePath, re.Pattern),
)


class Stateful:
    """An object whose state can be taken as plain values, and given to one built like it.

    Attributes that cannot change by their type and are not plain (a frozen dataclass or model, a
    function, a class) stay as they were built, and so do other agents, and lists of them. A
    class that sets such an attribute anew while it runs has to define `state` and `restore`.
    """

    _given: ClassVar[frozenset[str]] = frozenset()
    """Attributes that whoever builds the object gives it."""

    def state(self) -> Any:
        """Return what it remembers, as plain values of its own; None for nothing.

        Raises:
            NotPlain: names an attribute that is neither plain nor stays as built.
        """
        kind: Any = type(self)
        if _is_bare(self):
            return None
        own = _own(self)
        found = {name: value for name, value in own.items() if not _stays(value)}
        left_out = tuple(name for name in own if name not in found)
        if not all(map(_is_atom, found.values())):
            try:
                found = plain_copy(found)
            except NotPlain as error:
                raise NotPlain(f"{kind.__name__}.{error.where}", error.kind) from None
        return found | {_AS_BUILT: left_out} if left_out else found

    def restore(self, state: Any) -> None:
        """Take over what `state` returned, of an object of the same class and config.

        What it has come to remember besides is forgotten.

        Raises:
            SwarmboardError: the state is not of such an object.
        """
        kind: Any = type(self)
        if state is None and (_is_bare(self) or _method(kind, "state") is not Stateful.state):
            return
        values = _checked(kind, state)
        as_built = values.pop(_AS_BUILT, ())
        for name, value in _own(self).items():
            if name in values or _stays(value):
                continue
            if name in as_built:
                raise SwarmboardError(
                    f"{kind.__name__}.{name} holds a {type(value).__name__} when it is built, and "
                    "later something that a state leaves out; keep plain values there, or give "
                    f"{kind.__name__} state() and restore()"
                )
            delattr(self, name)
        for name, value in values.items():
            setattr(self, name, value)


def _checked(kind: type, state: Any) -> dict[str, Any]:
    if not isinstance(state, dict | None):
        raise SwarmboardError(
            f"{kind.__name__}.restore was given a {type(state).__name__} where its attributes are "
            "a dict by name; a class that defines state() has to define restore() too"
        )
    copied: dict[str, Any] = plain_copy(state or {})
    return copied


def state_of(actor: Stateful) -> Any:
    """Return an object's state; an attribute called `state` is no hindrance."""
    kind: Any = type(actor)
    return _method(kind, "state")(actor)


def restore_to(actor: Stateful, state: Any) -> None:
    """Give an object its state back; an attribute called `restore` is no hindrance."""
    kind: Any = type(actor)
    _method(kind, "restore")(actor, state)


@lru_cache(maxsize=1024)
def _method(kind: type[Stateful], name: str) -> Callable[..., Any]:
    found = getattr(kind, name)
    return found if callable(found) else getattr(Stateful, name)  # type: ignore[no-any-return]


def _is_bare(actor: Stateful) -> bool:
    """Say whether an object has no attributes of its own."""
    kind: Any = type(actor)
    return vars(actor).keys() <= kind._given and not _slots(kind)


def _own(actor: Stateful) -> dict[str, Any]:
    """Return the attributes that are the object's own, by name."""
    kind: Any = type(actor)
    found = {name: value for name, value in vars(actor).items() if name not in kind._given}
    return found | {name: getattr(actor, name) for name in _slots(kind) if hasattr(actor, name)}


@lru_cache(maxsize=1024)
def _slots(kind: type) -> tuple[str, ...]:
    """Return the names that a class keeps outside of its objects' dictionary."""
    names = [vars(base).get("__slots__", ()) for base in kind.__mro__]
    each = [name for slots in names for name in ((slots,) if isinstance(slots, str) else slots)]
    return tuple(name for name in each if not name.startswith("__"))


def _is_atom(value: Any) -> bool:
    return type(value) in _ATOMS


def _stays(value: Any) -> bool:
    """Say whether a value stays as it was built."""
    kind: Any = type(value)
    if kind in _ATOMS:
        return False
    if _is_fixed(kind) or _is_actor(kind):
        return True
    if kind is tuple:
        return any(map(_stays, value)) and all(_is_atom(part) or _stays(part) for part in value)
    if kind not in (list, dict, set, frozenset) or not value:
        return False
    return all(map(_is_actor, map(type, value.values() if kind is dict else value)))


@lru_cache(maxsize=4096)
def _is_fixed(kind: type) -> bool:
    """Say whether values of a type cannot change, and are not plain."""
    if issubclass(kind, _FIXED):
        return True
    if dataclasses.is_dataclass(kind):
        return bool(kind.__dataclass_params__.frozen)  # type: ignore[attr-defined]
    if isinstance(model := getattr(kind, "model_config", None), dict):
        return bool(model.get("frozen"))
    return bool(getattr(getattr(kind, "__struct_config__", None), "frozen", False))


@lru_cache(maxsize=4096)
def _is_actor(kind: type) -> bool:
    """Say whether a type is somebody with a state of its own, or the model of them all."""
    if issubclass(kind, Stateful):
        return True
    return any((base.__module__, base.__name__) in _MESA for base in kind.__mro__)
