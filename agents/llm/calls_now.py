"""What is asked of models now: calls in flight, and how far a stage's questions have come."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CallsNow:
    """Where the questions of a stage stand while their answers are waited for."""

    in_flight: int
    """Calls to models of all tiers that were begun and have not ended."""
    answered: int
    """Questions of the latest stage that have come to their end, by an answer or without one."""
    left: int
    """Questions of it that have not."""
    tokens: int
    """Spent by the run so far, in and out."""
    reply_age_s: float | None
    """Seconds since a model replied the last time; None before the first reply of this process."""
