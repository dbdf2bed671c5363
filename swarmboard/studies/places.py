"""Where a parameter stands in a run's configuration: `agents`, an option, or `faults.0.share`."""

from collections.abc import Mapping
from typing import Any

from blackboard import BadInput

from ..config import RunConfig

_NOT_OF_A_POINT = ("scenario", "seed", "options", "board", "out", "forks")
RUN_NAMES = tuple(name for name in RunConfig.model_fields if name not in _NOT_OF_A_POINT)
"""What a study fixes or varies of the run itself; every other name is a scenario's option."""


def head(name: str) -> str:
    """Return the parameter that a dotted name is a part of."""
    return name.partition(".")[0]


def place(values: dict[str, Any], name: str, value: Any) -> None:
    """Put a parameter into what `make_config` takes.

    Raises:
        BadInput: a dotted name leads into something that holds no names.
    """
    *way, last = name.split(".")
    target: Any = values if head(name) in RUN_NAMES else values["options"]
    for part in way:
        target = _step(target, part, name)
    if isinstance(target, list):
        target[_index(target, last, name)] = value
    elif isinstance(target, dict):
        target[last] = value
    else:
        raise BadInput(_leads_nowhere(name, target))


def is_placed(values: Mapping[str, Any], name: str) -> bool:
    """Say whether a table of parameters already has a value at a dotted name."""
    target: Any = values
    for part in name.split("."):
        if isinstance(target, list) and part.isdigit() and int(part) < len(target):
            target = target[int(part)]
        elif isinstance(target, dict) and part in target:
            target = target[part]
        else:
            return False
    return True


def _step(target: Any, part: str, name: str) -> Any:
    if isinstance(target, list):
        return target[_index(target, part, name)]
    if isinstance(target, dict):
        return target.setdefault(part, {})
    raise BadInput(_leads_nowhere(name, target))


def _index(target: list[Any], part: str, name: str) -> int:
    if part.isdigit() and int(part) < len(target):
        return int(part)
    raise BadInput(
        f"{name}: there is no {part} among {len(target)} entries; they are counted from 0, and "
        "stand in [fixed]"
    )


def _leads_nowhere(name: str, target: Any) -> str:
    return f"{name}: {target!r} holds no names; name a value that stands in a table"
