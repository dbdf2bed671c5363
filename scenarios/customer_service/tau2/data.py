"""The benchmark's files: tasks, database and policy of its retail shop."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from blackboard import BadInput

from .calls import CALLS, Call
from .database import Database
from .records import Shop

__all__ = ["Retail", "Task", "task_text"]

TASKS, DATABASE, POLICY = "tasks.json", "db.json", "policy.md"
FILES = (TASKS, DATABASE, POLICY)
USUAL_PLACE = Path("data/tau2/domains/retail")
EXPECTED = (
    f"give a directory with {TASKS}, {DATABASE} and {POLICY}, such as {USUAL_PLACE} of tau2-bench"
)


@dataclass(frozen=True, slots=True)
class Task:
    """What a customer wants, and what has to come of it."""

    id: str
    reason: str
    known: str
    """What the customer can say about itself; may be empty, as may be the next two."""
    unknown: str
    instructions: str
    gold: tuple[Call, ...]
    """Calls of one right solution, in order."""
    facts: tuple[str, ...]
    """What has to be said to the customer."""


@dataclass(frozen=True, slots=True)
class Retail:
    """The retail shop: its tasks, its database as it begins, and the rules its agents follow."""

    tasks: tuple[Task, ...]
    database: Database
    policy: str

    @classmethod
    def read(cls, directory: str | Path) -> Retail:
        """Read the three files of a directory; other files in it do not matter.

        Raises:
            BadInput: a file is missing or is not what it has to be; one line says which and how.
        """
        directory = Path(directory)
        if not directory.is_dir():
            raise BadInput(f"no directory {str(directory)!r}; {EXPECTED}")
        missing = [name for name in FILES if not (directory / name).is_file()]
        if missing:
            inside = directory / USUAL_PLACE
            hint = f"did you mean {str(inside)!r}?" if inside.is_dir() else EXPECTED
            raise BadInput(f"no {' and no '.join(missing)} in {str(directory)!r}; {hint}")
        shop = _decoded(directory / DATABASE, Shop)
        _check_ids(shop, directory / DATABASE)
        return cls(
            tasks=_tasks(directory / TASKS),
            database=Database(shop),
            policy=_policy(directory / POLICY),
        )


def task_text(task: Task) -> str:
    """Return what the customer says, all at once, as there is nobody who plays the customer.

    The benchmark's customer tells these things bit by bit, reacts, and confirms before anything is
    written. Here everything stands in one message, also what the customer would do if asked, and
    whoever answers takes the customer to agree with what was instructed. Scores of one message are
    not those of a conversation. In the text, "you" is the customer, as in the file.
    """
    parts = (
        ("Reason for the call", task.reason),
        ("Known to the customer", task.known),
        ("Not known to the customer", task.unknown),
        ("How the customer behaves", task.instructions),
    )
    told = [f"{title}: {text.strip()}" for title, text in parts if re.search(r"\w", text)]
    return "\n".join(('A customer was told the following; "you" is the customer.', *told))


class _Instructions(msgspec.Struct):
    reason_for_call: str
    task_instructions: str
    known_info: str | None = None
    unknown_info: str | None = None


class _Scenario(msgspec.Struct):
    instructions: _Instructions | str


class _Action(msgspec.Struct):
    name: str
    arguments: dict[str, Any]
    requestor: str = "assistant"


class _Criteria(msgspec.Struct):
    actions: list[_Action]
    communicate_info: list[str] | None = None


class _Task(msgspec.Struct):
    id: str | int
    user_scenario: _Scenario
    evaluation_criteria: _Criteria
    initial_state: msgspec.Raw = msgspec.Raw(b"null")


def _decoded[T](path: Path, kind: type[T]) -> T:
    """Return what a JSON file holds, if it has the fields that are read here."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}); {EXPECTED}") from None
    except msgspec.ValidationError as error:
        wrong = f"is not the {path.name} of tau2-bench's retail domain"
        raise BadInput(f"{path} {wrong} ({error}); {EXPECTED}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"{path} is no valid JSON ({error}); fetch the file again") from None


def _tasks(path: Path) -> tuple[Task, ...]:
    tasks = tuple(_task(raw, path) for raw in _decoded(path, list[_Task]))
    if not tasks:
        raise BadInput(f"{path} has no tasks; {EXPECTED}")
    if len({task.id for task in tasks}) < len(tasks):
        raise BadInput(f"{path} has two tasks with the same id; fetch the file again")
    return tasks


def _task(raw: _Task, path: Path) -> Task:
    if bytes(raw.initial_state) != b"null":
        raise BadInput(
            f"{path}, task {raw.id}: initial_state is set, which is not supported; "
            "take the file of v1.0.1, where it is null"
        )
    calls = raw.evaluation_criteria.actions
    unknown = [call.name for call in calls if call.name not in CALLS]
    if unknown:
        raise BadInput(f"{path}, task {raw.id}: {unknown[0]!r} is no retail tool; {EXPECTED}")
    told = raw.user_scenario.instructions
    if isinstance(told, str):
        told = _Instructions(reason_for_call=told, task_instructions="")
    return Task(
        id=str(raw.id),
        reason=told.reason_for_call,
        known=told.known_info or "",
        unknown=told.unknown_info or "",
        instructions=told.task_instructions,
        gold=tuple(Call(c.name, c.arguments) for c in calls if c.requestor == "assistant"),
        facts=tuple(raw.evaluation_criteria.communicate_info or ()),
    )


def _check_ids(shop: Shop, path: Path) -> None:
    """Refuse a table whose keys are not its records' ids: a change would get lost."""
    tables: Mapping[str, Mapping[str, Any]] = {
        "product": shop.products,
        "user": shop.users,
        "order": shop.orders,
    }
    for kind, table in tables.items():
        for key, record in table.items():
            if getattr(record, f"{kind}_id") != key:
                raise BadInput(f"{path}: {kind} {key!r} has another {kind}_id; fetch it again")


def _policy(path: Path) -> str:
    try:
        policy = path.read_text("utf-8")
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}); {EXPECTED}") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path} is no UTF-8 text; fetch the file again") from None
    if not policy.strip():
        raise BadInput(f"{path} is empty; {EXPECTED}")
    return policy
