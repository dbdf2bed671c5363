"""The pages on models: their commands and programs run offline, and their figures are true."""

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

from agents import BudgetConfig, RoutingConfig, TierConfig
from agents.anchoring import run_length
from agents.llm.planting.plant import Plant
from swarmboard.config import RunConfig
from swarmboard.doubles.faults import FAULTS

ROOT = Path(__file__).resolve().parents[2]
MODELS, PLANTED, SHEET = (
    (ROOT / "docs" / name).read_text("utf-8")
    for name in ("models.md", "planted_models.md", "scenarios/open_task.md")
)


def blocks(language: str, *pages: str) -> list[str]:
    return [
        block
        for page in pages
        for block in re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    ]


@pytest.mark.parametrize("page", [MODELS, SHEET], ids=["models", "open_task"])
def test_the_commands_of_a_page_work_one_after_the_other(
    cli: Any, tmp_path: Path, page: str
) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    commands = [
        shlex.split(line)[1:] for block in blocks("bash", page) for line in block.split("\n")
    ]

    for words in filter(None, commands):
        board = ["--board", "memory://"] if words[0] == "run" else []
        said = cli(*words, *board)
        assert said.code == 0, said.err


@pytest.mark.parametrize("program", blocks("python", MODELS, PLANTED))
def test_the_programs_of_the_pages_work(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    exec(compile(program, "page.py", "exec"), {"__name__": "__main__"})


def test_a_recording_replayed_has_the_same_digest(cli: Any) -> None:
    [commands] = [block for block in blocks("bash", MODELS) if "recorded=first" in block]
    runs = [line for line in commands.splitlines() if " run " in line]

    said = [cli(*shlex.split(run)[1:], "--board", "memory://", "--json") for run in runs]

    first, again = (json.loads(one.out) for one in said)
    assert first["digest"] == again["digest"]
    assert again["tokens"]["calls"] == 0
    assert again["tokens"]["recorded_calls"] == first["tokens"]["calls"]


def test_archetypes_take_as_many_calls_a_stage_as_the_page_says(cli: Any) -> None:
    [command] = [block for block in blocks("bash", MODELS) if "archetypes=8" in block]

    summary = json.loads(cli(*shlex.split(command)[1:], "--board", "memory://").out)

    assert summary["consensus"]["effective_voters"] == 8
    assert summary["tokens"]["calls"] <= 8 * 3 * summary["rounds"]


def test_the_sheets_contradictions_end_as_it_says(cli: Any) -> None:
    [commands] = [block for block in blocks("bash", SHEET) if "corrects=0.2" in block]

    corrected, disputed = (
        json.loads(cli(*shlex.split(line)[1:], "--board", "memory://", "--json").out)["metrics"]
        for line in commands.splitlines()
    )

    assert "all four retract" in SHEET
    assert (corrected["corrections_asked"], corrected["corrections_retracted"]) == (4, 4)
    assert all(words in SHEET for words in ("all four hold to it", "three\nobjections"))
    assert (disputed["corrections_voted"], disputed["corrections_unsolved"]) == (4, 3)


def test_the_keys_in_its_configuration_are_those_of_the_code() -> None:
    [shown] = blocks("toml", MODELS)
    tables = dict(re.findall(r"^\[([\w.]+)\][^\n]*\n((?:\w[^\n]*\n)+)", shown, re.MULTILINE))
    kinds = {"tiers.fast": TierConfig, "tiers.strong": TierConfig, "routing": RoutingConfig}

    keys = {name: re.findall(r"^(\w+) =", text, re.MULTILINE) for name, text in tables.items()}

    assert {name.partition(".")[0] for name in keys} <= set(RunConfig.model_fields)
    assert all(set(keys[name]) <= set(kind.model_fields) for name, kind in kinds.items())
    assert set(keys["budget"]) <= set(BudgetConfig.model_fields)


def test_the_table_of_what_is_planted_names_every_property_and_its_default() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ([\w.]+) \|", PLANTED, re.MULTILINE))

    defaults = {name: field.default for name, field in Plant.model_fields.items()}

    assert {name: json.loads(text) for name, text in rows.items()} == defaults


def test_the_table_of_faults_names_every_fault() -> None:
    [table] = re.findall(r"^\| fault \|.*\n\|[-|]+\n((?:\|.*\n)+)", PLANTED, re.MULTILINE)
    named = [name for row in table.splitlines() for name in re.findall(r"`([\w-]+)`", row[:80])]

    assert set(FAULTS) <= set(named)


def test_its_run_lengths_are_those_of_the_markov_chain() -> None:
    false_alarm = run_length(0.5, 5.0).markov
    delay = run_length(0.5, 5.0, shift=2.0).markov

    assert f"that is {false_alarm:.0f} rounds and {delay:.1f}" in PLANTED
