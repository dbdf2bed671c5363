"""Customer service: staff drafts, reviews and votes on one reply a ticket, in simulated time."""

from .scenario import CustomerService

__all__ = ["CustomerService"]
