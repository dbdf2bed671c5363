"""Worlds: parameters, agents, objective, yardstick; one folder each."""

from .base import Dissent, Scenario, ScenarioOptions, Scene, Setup, Yardstick
from .model_options import ModelOptions
from .open_task import OpenTask, Seat

__all__ = [
    "Dissent",
    "ModelOptions",
    "OpenTask",
    "Scenario",
    "ScenarioOptions",
    "Scene",
    "Seat",
    "Setup",
    "Yardstick",
]
