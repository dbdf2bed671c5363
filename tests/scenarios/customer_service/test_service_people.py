"""Decisions in which people have a say, of whom closed forms know nothing."""

from pathlib import Path
from typing import Any

import pytest

from swarmboard.config import make_config
from swarmboard.plan import prepare
from tests.scenarios.customer_service.service_runs import service


def world() -> Any:
    return prepare(make_config({"scenario": "customer-service", "agents": 12})).world


@pytest.mark.parametrize("says", [True, False])
def test_nothing_is_expected_where_people_answer(tmp_path: Path, says: bool) -> None:
    terms: dict[str, Any] = {"agents": 12, "tickets": 20}

    alone = service(tmp_path, approval_above=2.0, approver=lambda proposal: says, **terms)
    asked = service(tmp_path, approval_above=0.5, approver=lambda proposal: says, **terms)

    outcomes = asked.summary["consensus"]
    assert (outcomes["vetoed"] > 0) != says
    assert "completion" in alone.summary["yardstick"]["expected"]
    assert asked.summary["yardstick"]["expected"] == {}
    assert asked.summary["yardstick"]["value"] == 1


@pytest.mark.parametrize("flag", ["has_changed", "has_people"])
def test_what_theory_does_not_know_of_is_kept_with_the_state(flag: str) -> None:
    first, again = world(), world()
    setattr(first.results, flag, True)

    again.results.restore(first.results.state())

    assert world().yardstick().expected
    assert again.yardstick().expected == {}
