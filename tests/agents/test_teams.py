"""A run's agents are put into teams of one role, by a configuration that is checked."""

from typing import Any

import pytest
from pydantic import ValidationError

from agents import SupervisionConfig, SupervisionTree


def test_teams_hold_agents_of_one_role_and_the_last_may_be_smaller() -> None:
    config = SupervisionConfig(strategy="one-for-all", team_size=3)

    root = config.tree([("nurse", range(4)), ("medic", range(4, 6))])

    teams = {team.name: [c.name for c in team.children] for team in root.children}  # type: ignore[union-attr]
    assert teams == {
        "nurse team 0": ["agent 0", "agent 1", "agent 2"],
        "nurse team 3": ["agent 3"],
        "medic team 4": ["agent 4", "agent 5"],
    }
    assert {team.strategy for team in root.children} == {"one-for-all"}  # type: ignore[union-attr]
    assert root.strategy == "one-for-one"


@pytest.mark.parametrize("max_restarts", [0, 1, 3])
def test_an_agent_that_always_fails_reaches_a_person_in_any_configuration(
    max_restarts: int,
) -> None:
    config = SupervisionConfig(team_size=2, max_restarts=max_restarts, within_rounds=8)
    tree = SupervisionTree(config.tree([("nurse", range(6))]))

    for round in range(8 * (max_restarts + 2)):
        tree.due(round)
        tree.failed("agent 1", round, "error")

    assert list(tree.down) == ["agent 1"]


def test_a_hundred_teams_that_each_give_up_once_ask_nobody() -> None:
    config = SupervisionConfig(team_size=1)
    tree = SupervisionTree(config.tree([("nurse", range(100))]))
    told = []

    for round in (0, 1, 3, 7):
        tree.due(round)
        for agent in range(100):
            told += tree.failed(f"agent {agent}", round, "error").escalations

    assert {escalation.to for escalation in told} == {"root"}
    assert len(told) == 100


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"strategy": "all-for-one"}, "one-for-one"),
        ({"team_size": 0}, "greater than or equal to 1"),
        ({"backoff_rounds": [0, 1]}, "a restart takes a round at least, got \\(0, 1\\)"),
        ({"backoff_rounds": []}, "at least 1 item"),
        ({"max_restarts": 5}, "6 times in 23 rounds, .*: make within_rounds more than that"),
        ({"on": ["left"]}, "'error', 'late', 'invalid' or 'budget'"),
        ({"teams": 3}, "Extra inputs are not permitted"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused(values: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SupervisionConfig(**values)
