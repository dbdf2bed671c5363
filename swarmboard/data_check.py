"""What `swarmboard doctor --data` does: recognise a user's file, and say what it holds."""

import json
from collections.abc import Mapping
from pathlib import Path

import typer

from blackboard import BadInput
from scenarios import DataError, DataFormat, header_of

from .catalog import find_scenario, scenario_names
from .cli_app import BAD_USAGE, DONE, tell

JSON_LINES = ".jsonl"


def check_data(path: Path) -> int:
    """Print what a file holds, or each thing that is wrong with it; return the exit code.

    Raises:
        BadInput: the file is of no known kind.
    """
    try:
        for line in examine_file(path, known_formats()):
            typer.echo(line)
    except DataError as error:
        for line in error.lines():
            tell(line)
        return BAD_USAGE
    return DONE


def known_formats() -> dict[tuple[str, str], DataFormat]:
    """Return the kinds of files that scenarios read, by scenario and option."""
    return {
        (name, option): known
        for name in scenario_names()
        for option, known in find_scenario(name).data_formats.items()
    }


def examine_file(path: Path, formats: Mapping[tuple[str, str], DataFormat]) -> list[str]:
    """Return what a file is and holds, in lines for people.

    Args:
        path: The file.
        formats: The known kinds by scenario and option.

    Raises:
        BadInput: the file is of no known kind, or cannot be used; a `DataError` names every
            problem.
    """
    scenario, option = recognise(path, formats)
    holds = formats[scenario, option].examine(path)
    return [f"{path}: for `swarmboard run {scenario} --set {option}={path}`", *holds]


def recognise(path: Path, formats: Mapping[tuple[str, str], DataFormat]) -> tuple[str, str]:
    """Return the scenario and the option that a file is for, by its columns.

    Raises:
        BadInput: it is for none of them.
    """
    names = _names_in(path)
    suffixes = {known.suffix for known in formats.values()} - {".csv"}
    suffix = path.suffix.lower() if path.suffix.lower() in suffixes else ".csv"
    fitting = {key: known for key, known in formats.items() if known.suffix == suffix}
    best = max(fitting, key=lambda key: fitting[key].likeness(names), default=None)
    if best is None or (names and not fitting[best].likeness(names)):
        raise BadInput(_unknown(path, names, formats))
    return best


def _names_in(path: Path) -> tuple[str, ...]:
    """Return a file's columns; of JSON lines the fields of the first, none where it has none."""
    if path.suffix.lower() != JSON_LINES or not path.is_file():
        return header_of(path).names
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        first = next((line for line in lines if line.strip()), "")
    try:
        value = json.loads(first)
    except ValueError:
        return ()
    return tuple(value) if isinstance(value, dict) else ()


def _unknown(
    path: Path, names: tuple[str, ...], formats: Mapping[tuple[str, str], DataFormat]
) -> str:
    kinds = [
        f"{option} of {scenario} ({', '.join(sorted(known.columns))})"
        for (scenario, option), known in formats.items()
    ]
    columns = ", ".join(map(repr, names[:8])) or "nothing that could be read"
    return f"{path} has {columns}: no file of a known kind; there are {'; '.join(kinds)}"
