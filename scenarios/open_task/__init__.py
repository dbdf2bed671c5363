"""A team of language-model agents works on a task of the user's own."""

from .scenario import OpenTask
from .seats import Seat

__all__ = ["OpenTask", "Seat"]
