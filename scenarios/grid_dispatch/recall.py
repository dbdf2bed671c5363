"""Frozen values of this scenario as plain tuples, and back: what its states are made of."""

from dataclasses import fields
from typing import Any


def values_of(item: Any) -> tuple[Any, ...] | None:
    """Return the fields of a dataclass in their order; None for None."""
    return None if item is None else tuple(getattr(item, field.name) for field in fields(item))


def made_of[Kind](kind: type[Kind], values: tuple[Any, ...] | None) -> Kind | None:
    """Return the dataclass that has these values; None for None."""
    return None if values is None else kind(*values)
