"""Swarmboard: swarms that decide together.

`from swarmboard import run, threshold` is all a first script needs. Names are imported when they
are asked for, so that `swarmboard --help` is there at once.
"""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agents import (
        Agent,
        Ask,
        Cohort,
        Competence,
        Decision,
        Outcome,
        PlannedCalls,
        Population,
        RuleAgent,
        Situation,
        Stage,
        Stages,
        Structure,
    )
    from blackboard import (
        Board,
        Claim,
        Link,
        Post,
        PostBlock,
        Proposal,
        Release,
        Tally,
        Verdict,
        View,
        Vote,
        VoteBlock,
        ahead_by_k,
        complete,
        first_to_k,
        plurality,
        quorum,
        threshold,
        veto,
    )
    from scenarios import (
        Dissent,
        ModelOptions,
        Scenario,
        ScenarioOptions,
        Scene,
        Setup,
        Yardstick,
    )

    from .result import Result
    from .runner import run
    from .studies import Study, study
    from .swarm import Swarm
    from .swarm_decision import SwarmDecision

_AGENTS = (
    "Agent Ask Cohort Competence Decision Outcome PlannedCalls Population RuleAgent Situation "
    "Stage Stages Structure"
)
_BLACKBOARD = (
    "Board Claim Link Post PostBlock Proposal Release Tally Verdict View Vote VoteBlock "
    "ahead_by_k complete first_to_k plurality quorum threshold veto"
)
_SCENARIOS = "Dissent ModelOptions Scenario ScenarioOptions Scene Setup Yardstick"
_HOMES = {
    **dict.fromkeys(_AGENTS.split(), "agents"),
    **dict.fromkeys(_BLACKBOARD.split(), "blackboard"),
    **dict.fromkeys(_SCENARIOS.split(), "scenarios"),
    "Result": "swarmboard.result",
    "Study": "swarmboard.studies",
    "Swarm": "swarmboard.swarm",
    "SwarmDecision": "swarmboard.swarm_decision",
    "run": "swarmboard.runner",
    "study": "swarmboard.studies",
}
PACKAGES = ("blackboard", "agents", "scenarios", "viz")

__all__ = [
    "Agent",
    "Ask",
    "Board",
    "Claim",
    "Cohort",
    "Competence",
    "Decision",
    "Dissent",
    "Link",
    "ModelOptions",
    "Outcome",
    "PlannedCalls",
    "Population",
    "Post",
    "PostBlock",
    "Proposal",
    "Release",
    "Result",
    "RuleAgent",
    "Scenario",
    "ScenarioOptions",
    "Scene",
    "Setup",
    "Situation",
    "Stage",
    "Stages",
    "Structure",
    "Study",
    "Swarm",
    "SwarmDecision",
    "Tally",
    "Verdict",
    "View",
    "Vote",
    "VoteBlock",
    "Yardstick",
    "ahead_by_k",
    "complete",
    "first_to_k",
    "plurality",
    "quorum",
    "run",
    "study",
    "threshold",
    "veto",
]


def owners() -> dict[str, Path | None]:
    """Return where each of our import names is found, or None where it is not."""
    found = {}
    for name in PACKAGES:
        spec = find_spec(name)
        found[name] = Path(spec.origin).parent if spec and spec.origin else None
    return found


def _check_owners() -> None:
    """Say in one line when another distribution owns one of our import names."""
    home = Path(__file__).parent.parent
    for name, path in owners().items():
        if path is None or path.parent != home:
            raise ImportError(
                f"the import name {name!r} belongs to {path or 'nobody'}, not to Swarmboard in "
                f"{home}: uninstall the other distribution, or use a virtual environment of its own"
            )


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'swarmboard' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


_check_owners()
