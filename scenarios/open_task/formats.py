"""What `swarmboard doctor --data` says of a file of tasks: one JSON object a line."""

import json
from pathlib import Path

from pydantic import ValidationError

from ..data_formats import (
    MOST_PROBLEMS,
    NOT_UTF8,
    DataError,
    DataFormat,
    Problem,
    open_text,
    undecodable,
)
from .options import Task

SHAPE = 'a line such as {"task": "Which way?", "choices": ["left", "right"], "answer": "left"}'


def examine_tasks(path: Path) -> list[str]:
    """Return what a file of tasks holds.

    Raises:
        DataError: the file cannot be used; every problem with its row.
    """
    tasks: list[Task] = []
    problems: list[Problem] = []
    with open_text(path, "a file with one JSON object a line") as lines:
        for row, line in enumerate(lines, 1):
            if not line.strip() or len(problems) >= MOST_PROBLEMS:
                continue
            read = _task_in(row, line)
            if isinstance(read, Task):
                tasks.append(read)
            else:
                problems.append(read)
    if problems:
        raise DataError(path, problems)
    if not tasks:
        raise DataError(path, [Problem(None, None, "the file has no tasks", SHAPE)])
    return [
        f"tasks        {len(tasks):,}",
        f"with choices {sum(bool(task.choices) for task in tasks):,}",
        f"with answer  {sum(task.answer is not None for task in tasks):,}",
    ]


def _task_in(row: int, line: str) -> Task | Problem:
    """Return a line's task, or what is wrong with it."""
    if bad := undecodable(line):
        return Problem(row, None, bad, NOT_UTF8)
    try:
        value = json.loads(line)
    except ValueError as error:
        return Problem(row, None, f"no JSON ({error})", SHAPE)
    if not isinstance(value, dict):
        return Problem(row, None, f"{type(value).__name__} instead of an object", SHAPE)
    try:
        return Task.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        column = str(first["loc"][0]) if first["loc"] else None
        return Problem(row, column, first["msg"].removeprefix("Value error, "), SHAPE)


DATA_FORMATS = {"tasks": DataFormat(frozenset({"task"}), examine_tasks, suffix=".jsonl")}
"""By the option of the scenario that takes such a file."""
