"""What the conformance test needs: the summary's names, and agents that fail on purpose."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agents import Agent, Cohort, Population
from blackboard import View
from scenarios import Scenario

_WHOLE = "run_id scenario structure seed status determinism agents rounds instants simulated_s"
_PARTS = {
    "": f"{_WHOLE} digest parent consensus decisions yardstick baseline metrics abstentions tokens "
    "timing board",
    "consensus": "threshold_percent approval_percent approval_percent_with_choice eligible_agents "
    "agents_with_choice effective_voters accepted rejected expired vetoed escalated",
    "yardstick": "kind value ours gap_percent certificate_percent certificate_assumes expected",
    "abstentions": "cast error invalid late budget silent left quarantined",
    "tokens": "work coordination reconstruction verification waste cached calls cost_usd",
    "timing": "wall_s board_s agents_s scenario_s",
    "board": "server version revision",
}
SUMMARY_NAMES: Mapping[str, tuple[str, ...]] = {
    part: tuple(names.split()) for part, names in _PARTS.items()
}
"""The names of `summary.json` that others rely on, by the part in which they stand."""


def sabotaged(kind: type[Scenario]) -> tuple[type[Scenario], list[int]]:
    """Return the scenario with an agent that raises once, in its first vote.

    The list then holds that agent's index; it stays empty where no agent of the first voting
    round votes. A cohort raises for all of its members.
    """
    fired: list[int] = []

    def populate(self: Scenario, model: Any) -> Sequence[Population]:
        populations = kind.populate(self, model)
        for population in populations:
            if isinstance(population.members, Cohort):
                _sabotage_cohort(population.members, fired)
            else:
                _sabotage_agents(population.members, fired)
        return populations

    members = {"populate": populate, "__module__": kind.__module__}
    return type(kind.__name__, (kind,), members), fired


def _sabotage_agents(members: Sequence[Agent], fired: list[int]) -> None:
    """Give each agent a class that fails for the first of them that is to vote."""
    kinds: dict[type, type] = {}
    for member in members:
        before = type(member)
        if before not in kinds:
            kinds[before] = type(before.__name__, (before,), {"action_in": _failing(before, fired)})
        member.__class__ = kinds[before]


def _failing(before: type[Agent], fired: list[int]) -> Any:
    def action_in(cls: type[Agent], stage: str) -> Callable[[Any, View], Any] | None:
        act = before.action_in(stage)
        return act and _once(act, fired)

    return classmethod(action_in)


def _once(act: Callable[[Any, View], Any], fired: list[int]) -> Callable[[Any, View], Any]:
    def call(member: Agent, view: View) -> Any:
        if not fired and _may_vote(view, member.index):
            fired.append(member.index)
            raise RuntimeError("an agent fails on purpose")
        return act(member, view)

    return call


def _sabotage_cohort(cohort: Cohort, fired: list[int]) -> None:
    act = cohort.act

    def call(view: View) -> Any:
        first = int(cohort.indices[0]) if cohort.size else -1
        if not fired and any(_may_vote(view, index) for index in cohort.indices.tolist()):
            fired.append(first)
            raise RuntimeError("a cohort fails on purpose")
        return act(view)

    cohort.act = call  # type: ignore[method-assign]


def _may_vote(view: View, index: int) -> bool:
    return any(index in proposal.seats.agents for proposal in view.proposals[:1])
