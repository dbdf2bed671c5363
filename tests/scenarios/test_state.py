"""A world that is given its state back says what the one it was taken from says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blackboard import Board, pack, unpack
from scenarios import Scenario
from swarmboard.config import make_config
from swarmboard.model import SwarmModel
from swarmboard.plan import Plan, prepare

SERIES = "load,unit_1\n1.0,80\n0.99,80\n0.97,75\n0.98,76\n1.0,80\n"
WORLDS: dict[str, dict[str, Any]] = {
    "jury": {"scenario": "jury", "options": {"trials": 350}},
    "cohort": {"options": {"case": "ieee118"}},
    "objects": {"options": {"case": "ieee57", "population": "objects"}},
    "solo": {"structure": "solo", "options": {"case": "ieee57"}},
    "solo day": {"structure": "solo", "options": {"case": "ieee30", "intervals": 6}},
    "trip": {"options": {"case": "ieee57", "trip": "largest@3"}},
    "byzantine": {"options": {"case": "synthetic:57", "byzantine": 0.1, "silent": 0.1}},
    "liars": {"options": {"case": "synthetic:57", "liars": 0.2, "certificate_percent": 3.0}},
    "bluffers, no quarantine": {
        "options": {"case": "synthetic:57", "bluffers": 0.1, "quarantine": False}
    },
    "day": {"options": {"case": "ieee30", "intervals": 6}},
    "day of objects": {"options": {"case": "ieee30", "intervals": 6, "population": "objects"}},
    "day with a trip": {"options": {"case": "ieee57", "intervals": 6, "trip": "largest@9"}},
    "series": {"options": {"case": "ieee30", "series": "day.csv", "convention": "pglib"}},
    "synthetic": {"options": {"case": "synthetic:57"}},
    "weighted": {"options": {"case": "synthetic:57", "weight": "capacity", "planners": 3}},
}
ROUNDS = (1, 2, 3, 5, 9, 14, 25)


def planned(name: str) -> Plan:
    return prepare(make_config({"scenario": "grid-dispatch", "seed": 3, **WORLDS[name]}))


def model_of(plan: Plan, board: Board) -> SwarmModel:
    return SwarmModel(plan.world, plan.structure, board.lead(rule=plan.setup.rule))


def said(world: Scenario) -> dict[str, Any]:
    """Return everything that a world says of itself."""
    return {
        "row": world.row(),
        "metrics": world.metrics(),
        "yardstick": repr(world.yardstick()),
        "tables": world.tables(),
        "frame": world.frame(),
        "is_done": world.is_done(),
    }


def exact(value: Any) -> Any:
    """Turn arrays into what compares bit by bit, NaN included."""
    if isinstance(value, Mapping):
        return {key: exact(part) for key, part in value.items()}
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, list | tuple):
        return [exact(part) for part in value]
    return repr(value)


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("name", WORLDS)
def test_a_restored_world_says_the_same(
    name: str, rounds: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "day.csv").write_text(SERIES)
    plan, again = planned(name), planned(name)
    with Board.open("memory://", kinds=plan.world.kinds) as board:
        model = model_of(plan, board)
        run_to(rounds, model)
    with Board.open("memory://", kinds=plan.world.kinds) as board:
        model_of(again, board)

        again.world.restore(unpack(pack(plan.world.state())))

    assert exact(said(again.world)) == exact(said(plan.world))
    assert exact(again.world.state()) == exact(plan.world.state())


@pytest.mark.parametrize("name", WORLDS)
def test_a_run_goes_on_with_a_restored_world_as_it_would_have_with_the_first(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "day.csv").write_text(SERIES)
    plan, first, again = planned(name), planned(name), planned(name)
    with Board.open("memory://", kinds=plan.world.kinds) as board:
        straight = model_of(plan, board)
        run_to(12, straight)
    with Board.open("memory://", kinds=plan.world.kinds) as board:
        changed = model_of(first, board)
        run_to(4, changed)

        replace_world(changed, again.world)
        run_to(12, changed)

    assert changed.leader.digest.hex == straight.leader.digest.hex
    assert exact(said(again.world)) == exact(said(plan.world))


def run_to(round: int, model: SwarmModel) -> None:
    while model.leader.round < round and not model.world.is_done():
        model.run_for(1)


def replace_world(model: SwarmModel, world: Scenario) -> None:
    """Let a new world and its new agents take the place of the old ones."""
    fresh = list(world.populate(model))
    for old, new in zip(model.populations, fresh, strict=True):
        new.seat(int(old.indices[0]) if old.size else 0)
        new.restore(unpack(pack(old.state())))
    world.restore(unpack(pack(model.world.state())))
    model.world, model.populations = world, fresh
