"""The server's side of the board: one Lua function a file, joined into one versioned library."""

import hashlib
from functools import cache
from importlib.resources import files

FUNCTIONS = ("commit", "turn", "join", "set_field", "lease", "release")


@cache
def library() -> tuple[str, str]:
    """Return the library's name and source.

    The name ends in a hash of the source, so that boards of different versions can share a
    server; each function is registered as `<library>_<function>`.
    """
    folder = files(__package__) / "lua"
    parts = [(folder / f"{name}.lua").read_text("utf-8") for name in ("lib", *FUNCTIONS)]
    name = "swarmboard_" + hashlib.sha256("".join(parts).encode()).hexdigest()[:10]
    registered = [f'redis.register_function("{name}_{f}", {f})' for f in FUNCTIONS]
    return name, "\n".join([f"#!lua name={name}", *parts, *registered])
