"""`swarmboard new` makes a scenario that runs and a test that passes."""

import subprocess
import sys
from pathlib import Path


def test_the_new_scenario_runs(cli, tmp_path: Path) -> None:
    assert cli("new", "my-market").out.endswith("next: swarmboard run ./my_market.py\n")

    said = cli("run", "./my_market.py", "--board", "memory://", "--baseline", "single")

    assert said.code == 0
    assert "my-market, swarm of 100" in said.out
    assert len((tmp_path / "my_market.py").read_text().splitlines()) < 90


def test_its_test_passes(cli, tmp_path: Path) -> None:
    cli("new", "my-market")

    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "test_my_market.py"]
    told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    assert told.returncode == 0, told.stdout
    assert "13 passed" in told.stdout


def test_a_run_of_a_file_can_be_repeated_from_elsewhere(cli, tmp_path: Path, monkeypatch) -> None:
    cli("new", "my-market")
    first = cli("run", "./my_market.py", "--board", "memory://", "--out", "first")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")

    again = cli("run", "--config", "../first/config.json")

    assert again.code == 0
    assert digest(again.out) == digest(first.out)


def digest(card: str) -> str:
    return next(line for line in card.splitlines() if line.startswith("digest"))


def test_nothing_is_overwritten(cli, tmp_path: Path) -> None:
    (tmp_path / "test_my_market.py").write_text("mine")

    said = cli("new", "my-market")

    assert said.code == 2
    assert not (tmp_path / "my_market.py").exists()
    assert (tmp_path / "test_my_market.py").read_text() == "mine"
