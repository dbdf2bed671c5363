"""Structures say who acts when, who sees what, and who decides."""

import pytest

from agents import structures
from swarmboard import Result, run


def test_every_structure_has_a_name_and_one_line_about_it() -> None:
    for name, structure in structures().items():
        assert structure.name == name
        assert structure.summary
        assert "\n" not in structure.summary


@pytest.mark.parametrize(("name", "agents"), [("swarm", 12), ("solo", 1)])
def test_a_structure_says_how_many_agents_work(name: str, agents: int) -> None:
    assert structures()[name].size(12) == agents


@pytest.fixture
def jury(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """The same jury as a swarm and alone."""
    return {
        name: run(
            "jury",
            agents=12,
            structure=name,
            trials=50,
            board="memory://",
            out=tmp_path_factory.mktemp(name) / "run",
        )
        for name in ("swarm", "solo")
    }


def test_in_a_swarm_everybody_votes(jury: dict[str, Result]) -> None:
    assert jury["swarm"].summary["agents"] == 12
    assert set(jury["swarm"].ballots["agent"]) == set(range(12))


def test_alone_one_agent_decides_everything(jury: dict[str, Result]) -> None:
    assert jury["solo"].summary["agents"] == 1
    assert set(jury["solo"].ballots["agent"]) == {0}
    assert jury["solo"].summary["consensus"]["accepted"] == 50


def test_both_judge_the_same_trials(jury: dict[str, Result]) -> None:
    swarm, solo = (jury[name].tables["trials"]["truth"] for name in ("swarm", "solo"))

    assert swarm.tolist() == solo.tolist()
