"""Who acts: rule agents, cohorts, populations and coordination structures."""

from .base import Actions, Agent, Blocks, Cohort, RuleAgent
from .competence import Competence
from .population import Population, Report, Sees
from .randomness import Randomness
from .structure import Solo, Stage, Stages, Structure, Swarm, structures

__all__ = [
    "Actions",
    "Agent",
    "Blocks",
    "Cohort",
    "Competence",
    "Population",
    "Randomness",
    "Report",
    "RuleAgent",
    "Sees",
    "Solo",
    "Stage",
    "Stages",
    "Structure",
    "Swarm",
    "structures",
]
