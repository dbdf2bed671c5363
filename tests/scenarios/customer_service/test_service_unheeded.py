"""Options that mean nothing in a structure are refused, and left away in a matched baseline."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blackboard import BadInput
from swarmboard.config import make_config
from swarmboard.foretelling import cost_ahead
from swarmboard.plan import Plan, prepare
from tests.scenarios.customer_service.service_runs import service

EXAMPLES = Path(__file__).resolve().parents[3] / "examples/customer_service"


def plan(structure: str = "swarm", agents: int | None = 16, **options: Any) -> Plan:
    values = {"scenario": "customer-service", "structure": structure, "agents": agents}
    return prepare(make_config({**values, "options": options}))


@pytest.mark.parametrize(
    ("structure", "agents", "options", "said"),
    [
        ("swarm", 1, {"panel": 3}, "panel=3 with one agent alone"),
        ("solo", 16, {"panel": 3}, "panel=3 with one agent alone"),
        ("swarm", 1, {"coordination": False}, "coordination=False with one agent alone"),
        ("swarm", 1, {"shifts": 3}, "shifts=3 with one agent alone"),
        ("hierarchy", 1, {"teams": 2}, "teams=2 with one agent alone"),
        ("solo", 1, {"roster": str(EXAMPLES / "roster.csv")}, "roster=.* with one agent alone"),
        ("separate", 16, {"panel": 3}, "panel=3 with --structure separate"),
        ("separate", 16, {"coordination": False}, "coordination=False with --structure separate"),
        ("separate", 16, {"teams": 2}, "teams=2 with --structure separate"),
        ("swarm", 16, {"teams": 2}, "teams=2 with --structure swarm, where there are no teams"),
    ],
)
def test_what_means_nothing_in_a_structure_is_refused(
    structure: str, agents: int, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadInput, match=f"^{said}.*: leave it away$"):
        plan(structure, agents, **options)


@pytest.mark.parametrize("structure", ["swarm", "solo", "separate"])
def test_what_is_as_by_default_may_be_said(structure: str) -> None:
    said = plan(structure, panel=None, coordination=True, teams=8, shifts=1, roster=None)

    assert said.setup.structure == structure


@pytest.mark.parametrize("kind", ["single", "separate"])
@pytest.mark.parametrize("structure", ["swarm", "hierarchy"])
def test_a_baseline_leaves_away_what_means_nothing_to_it(
    tmp_path: Path, structure: str, kind: str
) -> None:
    terms = {"panel": 3, "coordination": False, "cross_training": 2, "shifts": 2, "day_s": 4.0}
    terms |= {"teams": 2} if structure == "hierarchy" else {}

    result = service(
        tmp_path, agents=24, tickets=20, structure=structure, baseline=kind, parts=0.3, **terms
    )

    baseline = result.summary["baseline"]
    assert baseline["structure"] == {"single": "solo", "separate": "separate"}[kind]
    assert baseline["metrics"]["tickets"] == 20
    assert baseline["metrics"]["messages_per_ticket"] < 2


@pytest.mark.parametrize("kind", ["single", "separate"])
def test_what_a_baseline_costs_is_foretold_of_the_run_it_will_be(kind: str) -> None:
    values = {"scenario": "customer-service", "agents": 24, "structure": "hierarchy"}
    options = {"staff": "models", "tickets": str(EXAMPLES / "tickets.csv"), "teams": 2, "panel": 2}
    alone = cost_ahead(prepare(make_config({**values, "options": options})))

    both = cost_ahead(prepare(make_config({**values, "options": options, "baseline": kind})))

    assert both.calls.high > alone.calls.high


@pytest.mark.parametrize("load", [0.1, 0.3, 0.7, 0.9, 1.0])
@pytest.mark.parametrize("rate", [None, 0.1, 2.3, 7.7, 33.0])
def test_soloists_get_exactly_the_arrivals_of_the_cluster(rate: float | None, load: float) -> None:
    options = {"tickets": 50, "load": load, "arrivals_per_s": rate}
    world: Any = plan(**options).world

    matched = dict(world.matched_options("separate"))
    same: Any = plan("separate", **options | matched).world

    assert matched["arrivals_per_s"] == (rate or 16 * 33 / 128)
    assert np.array_equal(world.customers.arrivals_s, same.customers.arrivals_s)
