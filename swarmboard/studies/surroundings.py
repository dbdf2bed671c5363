"""What a study needs around it: the files that it names, and a server that there can be."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from blackboard import BadInput, SwarmboardError, check_reachable

from ..config import make_config
from ..foretelling import missing_keys
from ..plan import prepare
from .jobs import StudyPlan
from .study_file import Range, is_own_file

SCHEMES = ("redis", "rediss", "unix", "memory")
_COPY = "# A copy: relative paths in it begin in "


def check_board(board: str | None) -> None:
    """Refuse an address that no server can have, before any run asks it.

    Raises:
        BadInput: names what is wrong; never a password.
    """
    if board is None or board == "bundled":
        return
    scheme, separator, rest = board.partition("://")
    said = f"{scheme}{separator}{rest.rpartition('@')[2]}"
    needed = "give redis://HOST:PORT, rediss://HOST:PORT or unix:///PATH, or leave it away"
    if not separator or scheme not in SCHEMES:
        raise BadInput(f"board = {said!r} is no board: {needed}")
    try:
        parts = urlsplit(board)
        _ = parts.port  # which is read only now
    except ValueError as error:
        raise BadInput(f"board = {said!r}: {error}; {needed}") from error
    if scheme == "unix" and not parts.path:
        raise BadInput(f"board = {said!r} names no socket: {needed}")


def check_ready(plan: StudyPlan) -> None:
    """Refuse a study whose runs would all find no server, or no key for a model.

    Nobody is asked but the server, and nothing is written.

    Raises:
        BadInput: names what is missing, and the next step.
    """
    first = next(iter(plan.points))
    _check_server(plan, plan.setting(first, number=0).values.get("board"))
    named = (axis for axis in plan.points.axes if any(isinstance(end, str) for end in axis.ends))
    for given in (first, *(point for axis in named for point in plan.points.covering(axis))):
        setting = plan.setting(given, number=0)
        if missing := missing_keys(prepare(make_config(dict(setting.values)))):
            raise BadInput(missing[0])


def _check_server(plan: StudyPlan, named: Any) -> None:
    given = plan.config.board or named
    url = str(given or os.environ.get("SWARMBOARD_URL") or "bundled")
    if url == "bundled":
        return
    try:
        check_reachable(url)
    except SwarmboardError as error:
        what, without = ("board", "leave board away") if given else ("$SWARMBOARD_URL", "unset it")
        raise BadInput(
            f"{what}: {str(error).partition(';')[0]}; start one there, or {without}: then each "
            "worker has a server of its own"
        ) from error


def needed_files(plan: StudyPlan) -> dict[str, str]:
    """Return the SHA-256 of each file that a study names, by its path as the study has it."""
    config = plan.config
    named = [name for name in config.scenarios if is_own_file(name)]
    entries = [entry for entry in config.vary.values() if not isinstance(entry, Range)]
    named += [text for text in _texts([config.fixed, entries]) if Path(text).suffix]
    paths = {name: plan.folder / name for name in dict.fromkeys(named)}
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in paths.items()
        if path.is_file()
    }


def copied(text: str | None, plan: StudyPlan) -> str | None:
    """Return a study file as its directory keeps it: it says where its relative paths begin."""
    if text is None or text.startswith(_COPY):
        return text
    if all(Path(name).is_absolute() for name in needed_files(plan)):
        return text
    return f"{_COPY}{json.dumps(str(plan.folder), ensure_ascii=False)}.\n{text}"


def folder_of(path: Path, text: str) -> Path:
    """Return where relative paths of a study file begin: a copy in a study directory says it."""
    first = text.partition("\n")[0]
    if first.startswith(_COPY):
        with suppress(ValueError):
            told = Path(json.loads(first.removeprefix(_COPY).removesuffix(".")))
            return told if told.is_dir() else path.parent
    return path.parent


def files_told(files: Mapping[str, str]) -> str:
    """Return the head of a printed study file: which files have to be there, as comments."""
    if not files:
        return ""
    lines = ["It needs these files, relative paths from where it is; behind each its SHA-256:"]
    lines += [f"  {json.dumps(name, ensure_ascii=False)} {sha}" for name, sha in files.items()]
    if any(Path(name).is_absolute() for name in files):
        lines.append("On another machine write absolute paths as they are there.")
    return "".join(f"# {line}\n" for line in lines)


def _texts(content: Any) -> Iterator[str]:
    """Yield every text in lists and tables."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, Mapping):
        yield from _texts(list(content.values()))
    elif isinstance(content, list | tuple):
        for one in content:
            yield from _texts(one)
