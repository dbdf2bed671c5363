"""The figures of a study, chosen by what it varies."""

from .choosing import Chosen, choose_figures
from .survey import Survey, survey_of

__all__ = ["Chosen", "Survey", "choose_figures", "survey_of"]
