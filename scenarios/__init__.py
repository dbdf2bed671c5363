"""Worlds: parameters, agents, objective, yardstick; one folder each."""

from .base import Scenario, ScenarioOptions, Scene, Setup, Yardstick
from .model_options import ModelOptions

__all__ = ["ModelOptions", "Scenario", "ScenarioOptions", "Scene", "Setup", "Yardstick"]
