"""Who acts: rule agents, cohorts, populations and coordination structures."""

from .asking import RESTART, why_no_restart
from .base import Actions, Agent, Blocks, Cohort, RuleAgent
from .beginnings import Beginnings
from .capabilities import holders_of
from .competence import Competence
from .llm.calls import Ask, Outcome
from .population import Asked, Population, Report, Sees
from .randomness import Randomness
from .state import Stateful, restore_to, state_of
from .structure import Solo, Stage, Stages, Structure, Swarm, structures
from .supervised import Supervision
from .supervision import Escalation, Orders, Restart, SupervisionTree
from .supervisor import Child, Supervisor
from .teams import SupervisionConfig

__all__ = [
    "RESTART",
    "Actions",
    "Agent",
    "Ask",
    "Asked",
    "Beginnings",
    "Blocks",
    "Child",
    "Cohort",
    "Competence",
    "Escalation",
    "Orders",
    "Outcome",
    "Population",
    "Randomness",
    "Report",
    "Restart",
    "RuleAgent",
    "Sees",
    "Solo",
    "Stage",
    "Stages",
    "Stateful",
    "Structure",
    "Supervision",
    "SupervisionConfig",
    "SupervisionTree",
    "Supervisor",
    "Swarm",
    "holders_of",
    "restore_to",
    "state_of",
    "structures",
    "why_no_restart",
]
