"""The command line in this process, and runs to look at."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from swarmboard.cli import main


class Said(NamedTuple):
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


type Cli = Callable[..., Said]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run `swarmboard ...` in an empty directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SWARMBOARD_URL", raising=False)

    def cli(*words: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["swarmboard", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return Said(int(ended.value.code or 0), told.out, told.err)

    return cli


COUNTING = """
import time

from swarmboard import Population, Proposal, RuleAgent, Scenario, Stage, Vote


class Voter(RuleAgent):
    def vote(self, view):
        return Vote("approve")


class Counting(Scenario):
    name = "counting"
    summary = "counts rounds"
    default_agents = 5
    default_rounds = {rounds}

    def populate(self, model):
        return [Population("voter", [Voter(model) for _ in range(self.agents)])]

    def stages(self, board):
        yield Stage("vote", ("voter",), (Proposal(),), votes=True)
        {then}

    def metrics(self):
        return {{"one": 1}}

    def tables(self):
        return {{"rows": {{"row": [1, 2, 3]}}}}
"""


@pytest.fixture
def counting() -> Callable[..., str]:
    """Return the text of a scenario whose every round votes and then does something."""

    def counting(*, then: str, rounds: int = 1000) -> str:
        return COUNTING.format(then=then, rounds=rounds)

    return counting


@pytest.fixture
def failing_file(tmp_path: Path, counting: Callable[..., str]) -> Path:
    """Write a scenario that fails in its third round."""
    path = tmp_path / "bad.py"
    path.write_text(counting(then="assert board.round < 3, 'round three'"))
    return path
