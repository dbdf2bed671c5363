"""Studies: many runs over a parameter space."""

from .designs import Points
from .job import Engine, Finished, Job, Value
from .jobs import StudyPlan
from .planning import plan_study
from .study_file import ASKS_ABOVE, MOST_RUNS, Range, StudyConfig, make_study, read_study
from .study_result import Study, carry_out_study, engine_of, make_ready, read_plan, study
from .taking_up import TakenUp, take_up

__all__ = [
    "ASKS_ABOVE",
    "MOST_RUNS",
    "Engine",
    "Finished",
    "Job",
    "Points",
    "Range",
    "Study",
    "StudyConfig",
    "StudyPlan",
    "TakenUp",
    "Value",
    "carry_out_study",
    "engine_of",
    "make_ready",
    "make_study",
    "plan_study",
    "read_plan",
    "read_study",
    "study",
    "take_up",
]
