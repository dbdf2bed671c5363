"""What a study's table says: pure functions of one row a run, each with its method and its n."""

from .attribution import Index, Sensitivity, sensitivity
from .crossing import Crossed, crossed
from .estimates import Estimate, Group, Grouped, grouped, mean, median, share
from .fronts import Candidate, Front, on_front, pareto
from .pairing import Effect, cliffs_delta, effects, holm, paired_effect
from .sampled import MethodSample, sampled_sensitivity
from .scaling import PowerLaw, fit_power_law
from .usl import Scalability, fit_usl, throughput
from .waiting import Durations, durations

__all__ = [
    "Candidate",
    "Crossed",
    "Durations",
    "Effect",
    "Estimate",
    "Front",
    "Group",
    "Grouped",
    "Index",
    "MethodSample",
    "PowerLaw",
    "Scalability",
    "Sensitivity",
    "cliffs_delta",
    "crossed",
    "durations",
    "effects",
    "fit_power_law",
    "fit_usl",
    "grouped",
    "holm",
    "mean",
    "median",
    "on_front",
    "paired_effect",
    "pareto",
    "sampled_sensitivity",
    "sensitivity",
    "share",
    "throughput",
]
