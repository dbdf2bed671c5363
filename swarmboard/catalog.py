"""Finding scenarios: the shipped ones, those of installed packages, and a user's own file."""

import importlib
import importlib.util
import inspect
import sys
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import entry_points
from pathlib import Path
from traceback import extract_tb
from types import ModuleType

from blackboard import BadInput
from scenarios import Scenario

GROUP = "swarmboard.scenarios"
SHIPPED = {
    "customer-service": "scenarios.customer_service:CustomerService",
    "grid-dispatch": "scenarios.grid_dispatch:GridDispatch",
    "jury": "scenarios.jury:Jury",
    "open-task": "scenarios.open_task:OpenTask",
}


def scenario_names() -> list[str]:
    """Return the names of all installed scenarios."""
    return sorted({*SHIPPED, *(point.name for point in entry_points(group=GROUP))})


def find_scenario(name: str) -> type[Scenario]:
    """Return a scenario's class by its name, or from a user's own Python file.

    Raises:
        BadInput: there is no such scenario, or the file has none.
    """
    if name.endswith(".py") or "/" in name:
        return _from_file(Path(name))
    if name in SHIPPED:
        module, _, attribute = SHIPPED[name].partition(":")
        found: type[Scenario] = getattr(importlib.import_module(module), attribute)
        return found
    for point in entry_points(group=GROUP, name=name):
        loaded: type[Scenario] = point.load()
        return loaded
    names = scenario_names()
    close = get_close_matches(name, names, 1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}"
    raise BadInput(f"unknown scenario {name!r}: {hint} (or a file: ./mine.py)")


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A user's file that was executed: its classes live as long as the process."""

    changed_ns: int
    size: int
    module: ModuleType
    scenario: type[Scenario]


_loaded: dict[Path, _Loaded] = {}


def _from_file(path: Path) -> type[Scenario]:
    """Return the scenario of a user's file, which is executed again only once it has changed."""
    if not path.is_file():
        raise BadInput(f"no scenario file {path}: `swarmboard new NAME` makes one")
    place, stat = path.resolve(), path.stat()
    known = _loaded.get(place)
    if known is None or (known.changed_ns, known.size) != (stat.st_mtime_ns, stat.st_size):
        module = _executed(path)
        found = _scenario_in(module, path)
        known = _loaded[place] = _Loaded(stat.st_mtime_ns, stat.st_size, module, found)
    sys.modules[known.module.__name__] = known.module  # a namesake in another folder took it
    return known.scenario


def _executed(path: Path) -> ModuleType:
    module_name = f"swarmboard_user_{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path.resolve())
    if spec is None or spec.loader is None:
        raise BadInput(f"{path} is no Python file: a scenario is a class in a .py file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        where = f"{Path(error.filename or path).name}, line {error.lineno}"
        raise BadInput(f"{where}: {error.msg}") from error
    except Exception as error:  # whatever the user's file raises
        frames = extract_tb(error.__traceback__)
        lines = [at.lineno for at in frames if Path(at.filename) == path.resolve()]
        where = f"{path}, line {lines[-1]}" if lines else str(path)
        raise BadInput(f"{where}: {type(error).__name__}: {error}") from error
    return module


def _scenario_in(module: ModuleType, path: Path) -> type[Scenario]:
    found = [
        value
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, Scenario)
        and value.__module__ == module.__name__
        and not inspect.isabstract(value)
    ]
    if len(found) != 1:
        named = f" ({', '.join(kind.__name__ for kind in found)})" if found else ""
        raise BadInput(
            f"{path} has {len(found)} scenario classes{named}; it needs exactly one subclass of "
            "swarmboard.Scenario with populate() and stages()"
        )
    for required in ("name", "summary"):
        if not isinstance(getattr(found[0], required, None), str):
            raise BadInput(
                f"{path}: {found[0].__name__} has no {required}: give it one line of text"
            )
    return found[0]
