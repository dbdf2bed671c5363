"""The arrows between the rooms, read from the imports themselves."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
BELOW = {
    "swarmboard": {"scenarios", "viz", "agents", "blackboard"},
    "scenarios": {"agents", "blackboard"},
    "viz": {"blackboard"},
    "agents": {"blackboard"},
    "blackboard": set[str](),
}
"""What each room may import."""
HOMES = {
    "mesa": {"swarmboard/model.py", "agents/base.py"},
    "redis": {"blackboard/redis_store.py", "blackboard/wire.py"},
    "litellm": set[str](),
    "solara": set[str](),
}
"""The only files that may import these when they are imported themselves; viz may all solara."""
LAZY_HOMES = {
    "redis": {"blackboard/server_info.py"},
    "litellm": {"agents/llm/litellm_model.py"},
}
"""Files that may import these inside a function."""


class Import(NamedTuple):
    """One import statement."""

    file: str
    line: int
    level: int
    """Leading dots of a relative import."""
    module: str
    is_lazy: bool
    """Inside a function, or for type checkers only."""


def imports_of(path: Path) -> Iterator[Import]:
    tree = ast.parse(path.read_text("utf-8"))
    lazy = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.If)
        for inner in ast.walk(node)
    }
    file = path.relative_to(ROOT).as_posix()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield Import(file, node.lineno, 0, name.name, id(node) in lazy)
        elif isinstance(node, ast.ImportFrom):
            yield Import(file, node.lineno, node.level, node.module or "", id(node) in lazy)


def modules_of(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


IMPORTS = {room: [i for path in modules_of(room) for i in imports_of(path)] for room in BELOW}


@pytest.mark.parametrize("room", BELOW)
def test_a_room_imports_only_rooms_below_it(room: str) -> None:
    allowed = BELOW[room] | {room}

    upwards = [i for i in IMPORTS[room] if top(i) in BELOW.keys() - allowed]

    assert not upwards


@pytest.mark.parametrize("room", BELOW)
def test_rooms_meet_at_their_front_doors(room: str) -> None:
    others = [i for i in IMPORTS[room] if i.level == 0 and top(i) in BELOW.keys() - {room}]

    past_the_door = [i for i in others if "." in i.module and not is_allowed_past(i)]

    assert not past_the_door


@pytest.mark.parametrize("room", BELOW)
def test_a_room_imports_its_own_modules_relatively(room: str) -> None:
    absolute = [i for i in IMPORTS[room] if i.level == 0 and top(i) == room]

    assert not absolute


@pytest.mark.parametrize("package", HOMES)
def test_a_heavy_package_is_imported_at_home_only(package: str) -> None:
    found = [i for room in IMPORTS.values() for i in room if i.level == 0 and top(i) == package]
    homes, lazy_homes = HOMES[package], LAZY_HOMES.get(package, set())

    elsewhere = [
        i
        for i in found
        if i.file not in homes
        and not (i.is_lazy and i.file in lazy_homes)
        and not (package == "solara" and i.file.startswith("viz/"))
    ]

    assert not elsewhere


LOADED = (
    "anywidget mesa networkx numpy pandas pyarrow.csv pyarrow.parquet pydantic redis rich.progress "
    "scipy.optimize scipy.sparse.csgraph typer"
)
"""Packages that are not ours, imported before anything is watched."""
FOR_PAGES = "solara.server.starlette uvicorn"
"""What only the pages load; Solara begins threads of its own when it is imported."""
IMPORT_ALL = """
import logging, os, sys, threading
for name in sys.argv[1].split():
    __import__(name)

WATCHED = ("socket.connect", "socket.bind", "subprocess.Popen", "os.mkdir", "os.system", "os.fork",
           "os.putenv", "os.unsetenv", "os.remove", "os.rename", "os.rmdir", "os.posix_spawn",
           "shutil.rmtree", "sqlite3.connect", "tempfile.mkdtemp", "tempfile.mkstemp")
effects = []

def watch(event, args):
    if event in WATCHED:
        effects.append(f"{event}{args}")
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        effects.append(f"open{args}")

def surroundings():
    return (dict(os.environ), list(logging.root.handlers), logging.root.level, os.getcwd(),
            sys.excepthook, threading.excepthook)

sys.dont_write_bytecode = True
before, around = threading.enumerate(), surroundings()
sys.addaudithook(watch)
for name in sys.argv[2:]:
    __import__(name)
names = [t.name for t in threading.enumerate() if t not in before]
changed = [f"{x} became {y}" for x, y in zip(around, surroundings()) if x != y]
print(*effects, *names, *changed, sep="\\n")
print(*sorted({"solara", "litellm"} & set(sys.modules)), [t.name for t in before])
"""
PAGES = ("viz.app", "viz.pages", "viz.serve.")


def imported(modules: list[str], *, loaded: str) -> list[str]:
    """Import modules in a process of their own; return what they did, and what was loaded."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, loaded, *modules],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    return [line for line in done.stdout.splitlines() if line]


def test_no_import_has_an_effect() -> None:
    names = [module_name(path) for room in BELOW for path in modules_of(room)]

    *effects, loaded = imported([*filter(None, names)], loaded=f"{LOADED} {FOR_PAGES}")

    assert effects == []
    assert loaded.startswith("solara [")


def test_without_pages_nothing_is_loaded_that_begins_threads() -> None:
    names = [module_name(path) for room in BELOW for path in modules_of(room)]
    without = [name for name in names if name and not name.startswith(PAGES)]

    said = imported(without, loaded=LOADED)

    assert said == ["['MainThread']"]


def top(found: Import) -> str:
    return found.module.partition(".")[0] if found.level == 0 else ""


def is_allowed_past(found: Import) -> bool:
    """The command line catches errors before it loads anything else."""
    return found.is_lazy and (found.file, found.module) == (
        "swarmboard/cli.py",
        "blackboard.errors",
    )


def module_name(path: Path) -> str:
    if path.name == "__main__.py":
        return ""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
