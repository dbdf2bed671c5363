"""Engines: where the jobs of a study are carried out, behind one method."""

from blackboard import BadInput

from ..job import Engine
from .local import LocalEngine, processors
from .ray_engine import RayEngine
from .serial import SerialEngine

__all__ = ["ENGINES", "LocalEngine", "RayEngine", "SerialEngine", "engine_named", "processors"]

ENGINES = ("local", "ray", "serial")
"""The engines that can be named."""


def engine_named(
    name: str, *, workers: int | None = None, timeout_s: float | None = None
) -> Engine:
    """Return an engine by its name.

    Args:
        name: One of `ENGINES`.
        workers: How many runs go on at a time; None means one for each processor.
        timeout_s: After so long without an end a run is given up; None waits for ever.

    Raises:
        BadInput: no engine has that name, or it cannot do what it is asked for.
    """
    if workers is not None and workers < 1:
        raise BadInput(f"--jobs {workers}: at least 1 is needed")
    match name:
        case "local":
            return LocalEngine(workers, timeout_s=timeout_s)
        case "ray":
            return RayEngine(workers, timeout_s=timeout_s)
        case "serial":
            if workers not in (None, 1):
                raise BadInput(f"--jobs {workers} with --engine serial: it does one run at a time")
            return SerialEngine(timeout_s=timeout_s)
    raise BadInput(f"unknown engine {name!r}: there are {', '.join(ENGINES)}")
