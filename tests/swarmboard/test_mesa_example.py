"""The example for Mesa's own page: it is imported and rendered in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RENDERED = """
import sys
import solara
sys.path.insert(0, "examples")
import mesa_solara_viz as example

box, rendered = solara.render(example.page, handle_error=False)
example.model.step()
rendered.close()
print(example.model.time, example.model.leader.round)
example.model.close()
"""


@pytest.mark.slow
def test_mesa_s_page_shows_the_consensus_views_of_a_jury() -> None:
    pytest.importorskip("altair", reason="Mesa's page needs altair")
    pytest.importorskip("matplotlib", reason="Mesa's page needs matplotlib")

    done = subprocess.run(
        [sys.executable, "-c", RENDERED], capture_output=True, text=True, check=False, cwd=ROOT
    )

    assert done.returncode == 0, done.stderr
    assert "FieldView" in done.stdout
    assert done.stdout.split()[-2:] == ["1.0", "1"]


def test_the_example_stays_short() -> None:
    code = (ROOT / "examples" / "mesa_solara_viz.py").read_text("utf-8").splitlines()

    assert len([line for line in code if line.strip()]) <= 25
