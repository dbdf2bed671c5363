"""The shipped conformance test passes sound scenarios and names what is broken in others."""

import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import Field

from swarmboard import (
    Population,
    Proposal,
    RuleAgent,
    Scenario,
    ScenarioOptions,
    Stage,
    Verdict,
    Vote,
    Yardstick,
)
from swarmboard.testing import check_scenario, scenario_checks

pytestmark = pytest.mark.unrepeatable

MEMORY = ("memory://",)


@pytest.mark.parametrize("check", scenario_checks("jury", agents=11, trials=200), ids=str)
def test_the_jury_keeps(check: Callable[[], None]) -> None:
    check()


@pytest.mark.parametrize("check", scenario_checks("grid-dispatch", case="ieee14"), ids=str)
def test_grid_dispatch_keeps(check: Callable[[], None]) -> None:
    check()


CLUSTER = {"agents": 24, "tickets": 40}


@pytest.mark.parametrize("check", scenario_checks("customer-service", **CLUSTER), ids=str)
def test_the_customer_service_cluster_keeps(check: Callable[[], None]) -> None:
    check()


@pytest.mark.parametrize("population", ["cohort", "objects"])
def test_grid_dispatch_stands_a_failing_node(population: str) -> None:
    [check] = [
        check
        for check in scenario_checks("grid-dispatch", case="ieee14", population=population)
        if check.name == "failing-agent-abstains"
    ]

    check()


class Voter(RuleAgent):
    """Approves."""

    def vote(self, view: Any) -> Vote:
        return Vote("approve")


class Sound(Scenario):
    """A scenario that keeps all contracts."""

    name = "sound"
    summary = "keeps all contracts"
    default_agents = 5

    def populate(self, model: Any) -> list[Population]:
        self.voters = [Voter(model) for _ in range(self.agents)]
        return [Population("voter", self.voters)]

    def stages(self, board: Any) -> Any:
        yield Stage("vote", ("voter",), (Proposal(),), votes=True)


def test_a_sound_scenario_passes() -> None:
    check_scenario(Sound)


class Undescribed(Sound):
    """Has an option that says nothing of itself."""

    class Options(ScenarioOptions):
        """Options."""

        size: int = 3


class Required(Sound):
    """Cannot run as it is."""

    class Options(ScenarioOptions):
        """Options."""

        size: int = Field(description="how many")


class Unknown(Sound):
    """Names a structure that does not exist."""

    structures = ("swarm", "swirl")


class Dicing(Sound):
    """Draws from the process's own generator."""

    def stages(self, board: Any) -> Any:
        payload = {"dice": random.random()}
        yield Stage("vote", ("voter",), (Proposal(payload=payload),), votes=True)


class NotFinite(Sound):
    """Has a figure that is no number."""

    def metrics(self) -> dict[str, float]:
        return {"share": float("nan")}


class Endless(Sound):
    """Expects what is not finite."""

    def yardstick(self) -> Yardstick:
        return Yardstick("best", 1.0, 1.0, expected={"share": float("inf")})


class Wordy(Sound):
    """Has a figure in words."""

    def metrics(self) -> Any:
        return {"share": "most"}


class Uneven(Sound):
    """Has a table with holes."""

    def tables(self) -> dict[str, dict[str, list[int]]]:
        return {"rows": {"a": [1, 2], "b": [1]}}


class Brittle(Sound):
    """Counts on everybody's ballot."""

    def stages(self, board: Any) -> Any:
        closed = yield Stage("vote", ("voter",), (Proposal(),), votes=True)
        if closed.abstained:
            raise RuntimeError("not everybody voted")


class Forgetful(Sound):
    """Remembers something that its state does not say."""

    def populate(self, model: Any) -> list[Population]:
        self.count = 0
        return super().populate(model)

    def stages(self, board: Any) -> Any:
        self.count += 1
        yield Stage("vote", ("voter",), (Proposal(payload={"count": self.count}),), votes=True)

    def state(self) -> None:
        """Return nothing."""

    def restore(self, state: None) -> None:
        """Take nothing back."""


class Locked(Sound):
    """Holds something that no snapshot can."""

    def populate(self, model: Any) -> list[Population]:
        self.lock = threading.Lock()
        return super().populate(model)


KEPT: list[Any] = []


class Leaking(Sound):
    """Keeps its model in a global."""

    def populate(self, model: Any) -> list[Population]:
        KEPT.append(model)
        return super().populate(model)


class Moody:
    """A rule that decides by how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, tally: Any) -> Verdict:
        self.asked += 1
        return Verdict("accepted" if self.asked % 2 else "rejected")

    def __repr__(self) -> str:
        return "moody"


class Half(Sound):
    """Works alone only."""

    def stages(self, board: Any) -> Any:
        if self.agents > 1:
            raise ValueError("too many")
        yield from super().stages(board)


BROKEN = {
    Undescribed: "'size' has no description",
    Required: "'size' has no default",
    Unknown: "solo, swarm",
    Dicing: "part in round 1.*self.random alone",
    NotFinite: "share=nan.*return None",
    Endless: "share=inf.*return None",
    Wordy: r"metrics\(\)\['share'\] is 'most'",
    Uneven: r"differ in length \(a 2, b 1\)",
    Brittle: "RuntimeError: not everybody voted.*without that agent's ballot",
    Forgetful: "taken up from its state after round 1, digest is",
    Locked: "no snapshot can be taken: Locked.lock",
    Leaking: "alive after its run.*no agent, model or view",
}


@pytest.mark.parametrize("kind", BROKEN, ids=lambda kind: kind.__name__)
def test_a_broken_contract_is_named_with_the_next_step(kind: type[Scenario]) -> None:
    with pytest.raises(AssertionError, match=BROKEN[kind]):
        check_scenario(kind, stores=MEMORY)

    KEPT.clear()


def test_a_rule_that_is_no_function_of_the_tally_is_found() -> None:
    moody = Moody()

    class Shifting(Sound):
        """Decides by a rule with a memory."""

        def stages(self, board: Any) -> Any:
            moody.asked = 0
            yield Stage("vote", ("voter",), (Proposal(rule=moody),), votes=True)

    check_scenario(Shifting, stores=MEMORY)  # a proposal's own rule cannot be read back


def test_a_scenario_that_raises_shows_its_own_error() -> None:
    with pytest.raises(ValueError, match="too many"):
        check_scenario(Half, stores=MEMORY)


def test_checks_have_names_for_parametrisation() -> None:
    names = [str(check) for check in scenario_checks(Sound)]

    assert len(names) == len(set(names)) == 13
    assert "same-on-bundled" in names
    assert "solo-runs" in names
