"""What a report says repeats a run does repeat it."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from swarmboard import quorum, run, threshold
from swarmboard.repeating import portable_config, repeating_command

type Cli = Callable[..., Any]


@pytest.mark.parametrize(
    "words",
    [
        ("jury", "--agents", "7", "--set", "trials=5", "--set", "correlation=0.2", "--seed", "3"),
        ("grid-dispatch", "--set", "case=ieee14", "--threshold", "70"),
        ("customer-service", "--set", "tickets=20", "--set", "approval_s=60"),
    ],
)
def test_the_command_repeats_the_run(cli: Cli, tmp_path: Path, words: tuple[str, ...]) -> None:
    cli("run", *words, "--board", "memory://", "--out", "first")
    config = json.loads((tmp_path / "first/config.json").read_text())

    _, *again = shlex.split(repeating_command(config))
    cli(*again, "--board", "memory://", "--out", "second")

    first, second = (
        json.loads((tmp_path / name / "summary.json").read_text())["digest"]
        for name in ("first", "second")
    )
    assert first == second


def test_what_arguments_cannot_say_is_repeated_from_the_file(cli: Cli, tmp_path: Path) -> None:
    first = run("jury", agents=7, trials=5, rule=quorum(50, threshold(80)), board="memory://",
                out=tmp_path / "first")  # fmt: skip
    config = json.loads((tmp_path / "first/config.json").read_text())

    command = repeating_command(config)
    (tmp_path / "run.json").write_text(portable_config(config))
    _, *again = shlex.split(command)
    cli(*again, "--board", "memory://", "--out", "second")

    assert command == "swarmboard run --config run.json"
    second = json.loads((tmp_path / "second/summary.json").read_text())
    assert second["digest"] == first.summary["digest"]


def test_addresses_lose_their_passwords_and_the_board_stays_here() -> None:
    config = {
        "scenario": "jury",
        "board": "redis://me:secret@host",
        "options": {"api_base": "http://me:secret@host:80/v1"},
    }

    told = portable_config(config)

    assert "secret" not in told + repeating_command({**config, "rule": "threshold(80)"})
    assert json.loads(told)["options"]["api_base"] == "http://host:80/v1"
    assert "board" not in json.loads(told)


@pytest.mark.parametrize(
    ("address", "bare"),
    [
        ("redis://me:p@ss@host:6379/1", "redis://host:6379/1"),
        ("https://host/v1?api_key=secret&x=1", "https://host/v1"),
        ("https://me:qu'ote\"d@host/v1", "https://host/v1"),
    ],
)
def test_no_secret_is_left_in_an_address(address: str, bare: str) -> None:
    config = {"scenario": "jury", "rule": "threshold(80)", "options": {"api_base": address}}

    assert json.loads(portable_config(config))["options"]["api_base"] == bare
    assert f"api_base={bare}" in repeating_command(config)
