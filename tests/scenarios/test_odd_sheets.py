"""Every shipped scenario has a sheet by the ODD protocol, and its tables are those of the code."""

import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from swarmboard import run, threshold
from swarmboard.catalog import SHIPPED, find_scenario
from swarmboard.cli import main
from swarmboard.result import Result

ROOT = Path(__file__).resolve().parents[2]
SHEETS = ROOT / "docs/scenarios"
TEMPLATE = (SHEETS / "odd_template.md").read_text("utf-8")
ODD = {
    "Overview": (
        "Purpose and patterns",
        "Entities, state variables, and scales",
        "Process overview and scheduling",
    ),
    "Design concepts": (
        "Basic principles",
        "Emergence",
        "Adaptation",
        "Objectives",
        "Learning",
        "Prediction",
        "Sensing",
        "Interaction",
        "Stochasticity",
        "Collectives",
        "Observation",
    ),
    "Details": ("Initialization", "Input data", "Submodels"),
}
"""The elements of the protocol (Grimm et al. 2020) by heading, in its order."""
SMALL: dict[str, dict[str, Any]] = {
    "customer-service": {"tickets": str(ROOT / "examples/customer_service/tickets.csv")},
    "grid-dispatch": {"case": "ieee14"},
    "jury": {"agents": 9, "trials": 20},
}
"""Runs short enough to read metrics and tables off; other sheets are tested with their scenario."""
RUN_ELSEWHERE = ("open-task",)
"""Its commands are run by the tests of the pages on models."""

each_shipped = pytest.mark.parametrize("name", sorted(SHIPPED))


def sheet(name: str) -> str:
    """Return a scenario's sheet, with its second part where it is split."""
    stem = name.replace("-", "_")
    pages = (SHEETS / f"{stem}.md", SHEETS / f"{stem}_odd.md")
    return "\n".join(page.read_text("utf-8") for page in pages if page.exists())


def rows(text: str, first: str) -> list[list[str]]:
    """Return the cells of all tables whose first column has this heading."""
    tables = re.findall(rf"^\| {first} \|.*\n\|[-|]+\n((?:\|.*\n?)+)", text, re.MULTILINE)
    lines = [line for table in tables for line in table.splitlines()]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def named(text: str, first: str) -> list[str]:
    """Return the names in the first column of those tables."""
    return [name for row in rows(text, first) for name in re.findall(r"`(\w+)", row[0])]


def elements(text: str) -> dict[str, tuple[str, ...]]:
    """Return the names in bold that begin a paragraph or an item, by heading of the protocol."""
    parts = re.split(r"^## (.*)$", text, flags=re.MULTILINE)[1:]
    known = {name for names in ODD.values() for name in names}
    return {
        heading: tuple(n for n in re.findall(r"^(?:- )?\*\*(.+?)\.\*\*", part, re.M) if n in known)
        for heading, part in zip(parts[::2], parts[1::2], strict=True)
        if heading in ODD
    }


@each_shipped
def test_a_sheet_has_every_element_of_the_protocol_in_its_order(name: str) -> None:
    found = elements(sheet(name))

    assert list(found.items()) == list(ODD.items())


def test_the_skeleton_has_every_element_of_the_protocol_in_its_order() -> None:
    found = elements(TEMPLATE)

    assert list(found.items()) == list(ODD.items())


@each_shipped
def test_a_sheet_begins_with_a_command(name: str) -> None:
    usage, _, _ = sheet(name).partition("## Overview")

    assert f"swarmboard run {name}" in usage


@each_shipped
def test_a_sheet_names_every_option_and_no_other(name: str) -> None:
    options = named(sheet(name), "option")

    assert sorted(options) == sorted(find_scenario(name).Options.model_fields)


@each_shipped
def test_the_numbers_and_switches_among_the_defaults_are_those_of_the_code(name: str) -> None:
    fields = find_scenario(name).Options.model_fields
    said = {row[0].strip("`"): row[1].strip("`") for row in rows(sheet(name), "option")}

    defaults = {
        option: f"{default:g}" if not isinstance(default, bool) else str(default).lower()
        for option in fields
        if isinstance(default := fields[option].default, bool | int | float)
    }

    assert {option: said.get(option, "") for option in defaults} == defaults


@each_shipped
def test_a_sheet_names_threshold_and_structures(name: str) -> None:
    text, scenario = sheet(name), find_scenario(name)

    missing = [kind for kind in scenario.structures if f"`{kind}`" not in text]

    assert f"`--threshold` {scenario.default_threshold}" in text
    assert missing in ([], ["swarm"])  # what runs unless something else is said


@pytest.fixture(scope="module", params=sorted(SMALL))
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Result:
    out = tmp_path_factory.mktemp("sheet") / "run"
    return run(request.param, board="memory://", out=out, **SMALL[request.param])


def test_a_sheet_names_every_metric_and_no_other(done: Result) -> None:
    metrics = named(sheet(done.summary["scenario"]), "metric")

    assert sorted(metrics) == sorted(done.summary["metrics"])


def test_a_sheet_names_every_table_and_its_columns(done: Result) -> None:
    tables = {row[0].strip("`"): row[2] for row in rows(sheet(done.summary["scenario"]), "table")}
    written = {name: [*table.columns] for name, table in done.tables.items()}

    said = {name: re.findall(r"`(\w+)`", columns) for name, columns in tables.items()}
    assert said == {
        name: [c for c in columns if c != "interval"] for name, columns in written.items()
    }


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], int]:
    """Run a command line in a directory with the examples; return its exit code."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SWARMBOARD_URL", raising=False)

    def say(words: list[str]) -> int:
        monkeypatch.setattr("sys.argv", words)
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    return say


@pytest.mark.parametrize("name", sorted(SHIPPED.keys() - set(RUN_ELSEWHERE)))
def test_the_commands_of_a_sheet_work_one_after_the_other(
    say: Callable[[list[str]], int], name: str
) -> None:
    blocks = re.findall(r"^```bash\n(.*?)^```", sheet(name), re.MULTILINE | re.DOTALL)
    commands = [shlex.split(line, comments=True) for text in blocks for line in text.splitlines()]

    for words in filter(None, commands):
        board = ["--board", "memory://"] if words[1] == "run" else []
        assert say([*words, *board]) == 0, words
    assert any(words[1:3] == ["run", name] for words in commands)


def test_the_examples_on_the_jurys_sheet_are_true(tmp_path: Path) -> None:
    text = " ".join(sheet("jury").split())
    asked = [(11, 0.6, 0.0, 50), (100, 0.85, 0.0, 80), (100, 0.85, 0.1, 80)]
    asked += [(101, 0.6, 0.1, 50), (1001, 0.6, 0.1, 50)]

    found = [
        run(
            "jury",
            agents=agents,
            competence=competence,
            correlation=correlation,
            trials=1,
            rule=threshold(percent),
            board="memory://",
            out=tmp_path / str(number),
        ).summary["yardstick"]["expected"]["correct"]
        for number, (agents, competence, correlation, percent) in enumerate(asked)
    ]

    assert [share for share in found if f"{share:.4f}" not in text] == []
