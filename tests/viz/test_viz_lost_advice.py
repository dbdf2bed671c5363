"""What a page advises for a run whose board is gone."""

from pathlib import Path

from blackboard import RunDirectory
from tests.viz.gated import gated_run
from viz.pages.run_page import advice_for_lost


def test_a_run_that_somebody_leads_is_not_to_be_resumed(tmp_path: Path) -> None:
    with gated_run(tmp_path / "run", agents=5, rounds=3):
        while_led = advice_for_lost(tmp_path / "run")

    assert RunDirectory.open(tmp_path / "run") is not None
    assert while_led == ""
    assert "swarmboard resume" in advice_for_lost(tmp_path / "run")
