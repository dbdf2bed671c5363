"""Studies that decide during their course which runs they need."""

from .policies import Policy, policy_of, visits
from .responses import needed_of
from .steering import Steering, asked_again

__all__ = ["Policy", "Steering", "asked_again", "needed_of", "policy_of", "visits"]
