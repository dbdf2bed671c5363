"""Who comes and with what: arrival times and skills, generated or from a user's own file."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from agents import Randomness

from .files.arrivals import Profile
from .files.tickets import Ticket, TicketFile, read_tickets
from .files.times import Clock
from .tau2 import Retail, task_text

SKILLS = ("inquiry", "recommendation", "after-sales")
"""Of the staff and of what customers bring, unless a file names others."""


@dataclass(frozen=True)
class Customers:
    """All tickets of a run; the same seed brings the same ones, whatever the staff."""

    skills: tuple[str, ...]
    arrivals_s: NDArray[np.float64]
    """Ascending."""
    _wanted: tuple[tuple[int, ...], ...] = field(repr=False)
    file: TicketFile | None = None
    kept: tuple[int, ...] = ()
    """Of a file's tickets, those that come to this team."""
    profile: Profile | None = None
    """At which rate they arrive; None for a file."""
    retail: Retail | None = field(default=None, repr=False)
    """The benchmark whose tasks they bring, and only those; task i is that of every ticket
    `i + n * len(tasks)`."""

    def __len__(self) -> int:
        return len(self.arrivals_s)

    def skills_of(self, ticket: int) -> tuple[int, ...]:
        """Return which skills a ticket takes, the leading part's first."""
        return self._wanted[ticket]

    def named(self, ticket: int) -> tuple[str, ...]:
        """Return the names of the skills that a ticket takes."""
        return tuple(self.skills[skill] for skill in self._wanted[ticket])

    def row(self, ticket: int) -> Ticket | None:
        """Return the ticket of the user's file."""
        return self.file.tickets[self.kept[ticket]] if self.file else None

    @property
    def began_s(self) -> float:
        """When figures over time begin: with the first ticket of a user's own file, else at 0."""
        is_own = self.file is not None and self.retail is None
        return float(self.arrivals_s[0]) if is_own else 0.0

    @cached_property
    def most_parts(self) -> int:
        """How many parts the reply to any of them has at the most."""
        return max(map(len, self._wanted))


def generated(random: Randomness, count: int, profile: Profile, parts: float) -> Customers:
    """Return customers of a (non-homogeneous) Poisson process, each with one skill or several.

    Args:
        random: The run's randomness.
        count: How many come.
        profile: At which rate.
        parts: The share of them that takes two skills; the rest takes one.
    """
    unit = random.everyone("customer service: arrivals").standard_exponential(count)
    drawn = random.everyone("customer service: skills")
    first = drawn.integers(0, len(SKILLS), count)
    second = (first + drawn.integers(1, len(SKILLS), count)) % len(SKILLS)
    has_parts = drawn.random(count) < parts
    wanted = tuple(
        (one, other) if both else (one,)
        for one, other, both in zip(
            first.tolist(), second.tolist(), has_parts.tolist(), strict=True
        )
    )
    return Customers(SKILLS, profile.times(np.cumsum(unit)), wanted, profile=profile)


AGENT = "agent"
"""The only skill of a benchmark's tasks, most of which ask for several things at once."""


def from_benchmark(
    directory: str, random: Randomness, most: int, repeats: int, profile: Profile | None
) -> Customers:
    """Return customers who bring the tasks of a benchmark, all tasks once before any again.

    Args:
        directory: Where its files are.
        random: The run's randomness.
        most: So many tasks at the most, the first ones.
        repeats: How often each is brought.
        profile: At which rate they come; None has all come at once.

    Raises:
        BadInput: the directory is not the benchmark's; one line.
    """
    retail = Retail.read(directory)
    retail = replace(retail, tasks=retail.tasks[:most])
    tasks = retail.tasks * repeats
    times = np.zeros(len(tasks))
    if profile:
        unit = random.everyone("customer service: arrivals").standard_exponential(len(tasks))
        times = profile.times(np.cumsum(unit))
    tickets = tuple(
        Ticket(number, float(at_s), (0,), task.id, task_text(task))
        for number, (at_s, task) in enumerate(zip(times, tasks, strict=True))
    )
    file = TicketFile(tickets, (AGENT,), {}, Clock(None, 0.0))
    wanted = tuple(ticket.skills for ticket in tickets)
    kept = tuple(range(len(tickets)))
    return Customers((AGENT,), times, wanted, file, kept, retail=retail)


def from_file(path: str, random: Randomness, load: float, *, needs_text: bool = False) -> Customers:
    """Return the tickets of a user's file, thinned to a share of them.

    Raises:
        DataError: the file cannot be used; the message has row and column.
    """
    file = read_tickets(path, needs_text=needs_text)
    drawn = random.everyone("customer service: load").random(len(file.tickets))
    kept = tuple(np.flatnonzero(drawn < load).tolist()) or (int(np.argmin(drawn)),)
    tickets = [file.tickets[number] for number in kept]
    times = np.array([ticket.arrival_s for ticket in tickets])
    wanted = tuple(ticket.skills for ticket in tickets)
    return Customers(file.skills, times, wanted, file, kept)
