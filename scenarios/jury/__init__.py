"""The smallest scenario, and the template for your own."""

from .scenario import Jury

__all__ = ["Jury"]
