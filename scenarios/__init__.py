"""Worlds: parameters, agents, objective, yardstick; one folder each."""

from .base import Chart, Dissent, Scenario, ScenarioOptions, Scene, Setup, Yardstick
from .data_formats import DataError, DataFormat, header_of
from .model_options import ModelOptions
from .open_task import OpenTask, Seat

__all__ = [
    "Chart",
    "DataError",
    "DataFormat",
    "Dissent",
    "ModelOptions",
    "OpenTask",
    "Scenario",
    "ScenarioOptions",
    "Scene",
    "Seat",
    "Setup",
    "Yardstick",
    "header_of",
]
