"""A scenario as a Mesa model by itself: the same rounds as a run, without board or runner."""

import gc
from pathlib import Path

import pytest

from blackboard import BadInput
from swarmboard import run
from swarmboard.lone_model import LoneModel
from viz import FollowedConsensus

JURY = {"trials": 60, "trials_per_round": 20}


def test_it_comes_to_the_digest_of_the_run(tmp_path: Path) -> None:
    whole = run("jury", agents=20, seed=3, board="memory://", out=tmp_path / "run", **JURY)
    model = LoneModel("jury", agents=20, seed=3, folder=tmp_path, **JURY)

    while model.running:
        model.step()
    model.step()

    assert model.leader.round == whole.summary["rounds"] == 3
    assert model.leader.digest.hex == whole.summary["digest"]


def test_mesa_s_own_clock_runs_it(tmp_path: Path) -> None:
    model = LoneModel("jury", agents=20, folder=tmp_path, **JURY)

    model.run_for(2)

    model.close()
    assert (model.time, model.leader.round, model.running) == (2.0, 2, True)


def test_the_consensus_views_follow_it(tmp_path: Path) -> None:
    model = LoneModel("jury", agents=20, folder=tmp_path, **JURY)
    followed = FollowedConsensus(model.folder)

    before = followed.look()
    model.run_for(2)
    after = followed.look()

    labels = [view.label for view in followed.widget.children]
    followed.close()
    model.close()
    assert (before, after) == (0, 2)
    assert labels[0].startswith("20 agents by vote. Round 2:")


@pytest.mark.parametrize("scenario", ["customer-service", "open-task"])
def test_what_needs_simulated_time_or_models_is_refused(scenario: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="use `swarmboard run`"):
        LoneModel(scenario, folder=tmp_path)


def test_a_model_that_is_gone_leaves_no_folder_and_no_open_log(tmp_path: Path) -> None:
    model = LoneModel("jury", agents=20, **JURY)
    own = LoneModel("jury", agents=20, folder=tmp_path, **JURY)
    folder, log = model.folder, own._log

    had_folder = folder.is_dir()
    del model, own
    gc.collect()

    assert had_folder
    assert not folder.exists()
    assert log._file.closed
    assert (tmp_path / "events.log").exists()
