"""A team that is killed at any moment acts at most once, and says what it does not know."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.effects import TwiceStarted, check

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks its lives")
ROOT = Path(__file__).parent.parent.parent


@pytest.mark.slow
def test_an_act_is_never_started_twice_and_every_gap_is_reported() -> None:
    command = [sys.executable, "-m", "benchmarks", "effects", "12", "--json"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    toll = json.loads(done.stdout)
    assert toll["kills"] >= 12
    assert toll["started 2"] == 0
    assert toll["reported done"] + toll["reported unknown"] == toll["decisions"]


@pytest.mark.parametrize(
    ("marks", "effect"),
    [
        (["start", "end", "start", "end"], "done"),
        (["start"], "done"),
        (["start", "end"], "none"),
    ],
)
def test_the_killing_notices_what_is_told_wrongly(
    marks: list[str], effect: str, tmp_path: Path
) -> None:
    report = {"outcome": "accepted", "effect": effect}

    with pytest.raises(TwiceStarted):
        check(tmp_path, marks, [report])
