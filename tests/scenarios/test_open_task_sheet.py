"""The sheet of open-task names every option, stage, metric and table, and no others."""

import inspect
import re
from pathlib import Path

import pytest

from scenarios import OpenTask
from scenarios.open_task.options import OpenTaskOptions
from scenarios.open_task.scribe import Scribe
from swarmboard import run
from swarmboard.result import Result

SHEET = (Path(__file__).resolve().parents[2] / "docs/scenarios/open_task.md").read_text("utf-8")
TASKS = tuple(
    {"task": task, "choices": ["yes", "no"], "answer": "yes"}
    for task in ("Is the bridge open?", "Is the ferry late?", "Is the road dry?")
)


def named(first: str) -> list[str]:
    """Return the names in the first column of every table with this heading."""
    tables = re.findall(rf"^\| {first} \|.*\n\|[-|]+\n((?:\|.*\n)+)", SHEET, re.MULTILINE)
    columns = (row.split("|")[1] for table in tables for row in table.splitlines())
    return [name for column in columns for name in re.findall(r"`(\w+)`", column)]


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Result:
    out = tmp_path_factory.mktemp("sheet") / "run"
    return run("open-task", agents=4, tasks=TASKS, board="memory://", out=out)


def test_its_tables_of_options_name_every_option_once() -> None:
    options = named("option")

    assert sorted(options) == sorted(OpenTaskOptions.model_fields)


@pytest.mark.parametrize("option", ["attempts", "top", "corrections", "retries", "archetypes"])
def test_its_defaults_are_those_of_the_code(option: str) -> None:
    default = OpenTaskOptions.model_fields[option].default

    assert f"| `{option}` | {default} |" in SHEET


def test_its_table_of_stages_names_every_stage_that_writes_to_the_board() -> None:
    written = {name[1:] for name, _ in inspect.getmembers(Scribe, callable) if name[1] != "_"}

    assert written - {"ctions", "chorus"} <= set(named("stage"))


def test_its_table_of_metrics_names_every_metric(decided: Result) -> None:
    assert sorted(named("metric")) == sorted(decided.summary["metrics"])


def test_its_tables_of_results_name_every_table_and_column(decided: Result) -> None:
    columns = {name for table in decided.tables.values() for name in table.columns}

    assert sorted(named("table")) == sorted(decided.tables)
    assert {name for name in columns if f"`{name}`" not in SHEET} == set()


def test_its_structures_are_those_of_the_scenario() -> None:
    assert sorted(named("structure")) == sorted({*OpenTask.structures})
