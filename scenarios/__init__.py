"""Worlds: parameters, agents, objective, yardstick; one folder each."""

from .base import Scenario, ScenarioOptions, Scene, Setup, Yardstick

__all__ = ["Scenario", "ScenarioOptions", "Scene", "Setup", "Yardstick"]
