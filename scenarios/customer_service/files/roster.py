"""Who has which skills, and who is on duty when."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import floor
from pathlib import Path
from typing import Self

from blackboard import BadInput

from .duties import Change, Duty, changes_of, seconds_on_duty, seconds_until
from .roster_file import read_groups

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Roster:
    """The skills and hours of all agents."""

    skills: tuple[tuple[int, ...], ...]
    """Of each agent; the first is its role."""
    duties: tuple[tuple[Duty, ...], ...]
    """Of each agent; none means always."""
    day_s: float = DAY_S
    names: tuple[str, ...] = ()
    """Of the skills, where a file was read."""
    ignored: tuple[str, ...] = ()
    """Columns of the file that mean nothing here."""
    _changes: tuple[tuple[Change, ...], ...] = field(init=False, repr=False, compare=False)
    """Of each agent by second of the day; none where it is always on duty."""

    def __post_init__(self) -> None:
        if len(self.skills) != len(self.duties) or not all(self.skills) or self.day_s <= 0:
            raise ValueError("a roster needs skills and duties of each agent, and a positive day")
        known: dict[tuple[Duty, ...], tuple[Change, ...]] = {}
        for duties in self.duties:
            if duties not in known:
                known[duties] = changes_of(duties, self.day_s)
        object.__setattr__(self, "_changes", tuple(known[duties] for duties in self.duties))

    @classmethod
    def even(
        cls,
        agents: int,
        skills: int,
        cross_training: int = 1,
        shifts: int = 1,
        day_s: float = DAY_S,
    ) -> Self:
        """Return a roster in which skills and shifts are spread evenly.

        Agent i has skill `i % skills` and the next ones in a circle, and works in the
        `(i // skills) % shifts`-th part of each day.

        Args:
            agents: How many there are.
            skills: How many there are.
            cross_training: How many skills each agent has, at most all.
            shifts: Into how many parts the day is divided; 1 means always on duty.
            day_s: The length of a day.
        """
        if min(agents, skills, cross_training, shifts) < 1:
            raise ValueError("agents, skills, cross_training and shifts are 1 or more")
        held = min(cross_training, skills)
        parts = [Duty(day_s * part / shifts, day_s * (part + 1) / shifts) for part in range(shifts)]
        return cls(
            tuple(tuple((i + more) % skills for more in range(held)) for i in range(agents)),
            tuple((parts[i // skills % shifts],) if shifts > 1 else () for i in range(agents)),
            day_s,
        )

    @classmethod
    def read(
        cls, path: str | Path, skills: Sequence[str] | None = None, *, day_s: float = DAY_S
    ) -> Self:
        """Read a roster from CSV: `agents`, `skills` and, where wanted, `from_s` and `until_s`.

        Args:
            path: The file; each row stands for so many agents of the same skills and hours.
            skills: The tickets' skills, to which the indices refer; None takes those of the file.
            day_s: The length of a day.

        Raises:
            DataError: the file cannot be used; the message has row and column.
        """
        groups, names, ignored = read_groups(Path(path), skills, day_s)
        return cls(
            tuple(group.skills for group in groups for _ in range(group.agents)),
            tuple(group.duties for group in groups for _ in range(group.agents)),
            day_s,
            names,
            ignored,
        )

    def starting_at(self, second_of_day: float) -> Self:
        """Return the same roster for a run whose second 0 is not midnight.

        Tickets with timestamps count from the earliest: `TicketFile.clock` says when that was.
        """
        duties = tuple(
            tuple(
                Duty(*((edge_s - second_of_day) % self.day_s for edge_s in duty)) for duty in each
            )
            for each in self.duties
        )
        return replace(self, duties=duties)

    @property
    def agents(self) -> int:
        """How many agents there are."""
        return len(self.skills)

    @property
    def capacity_agents(self) -> float:
        """How many agents are on duty on average over a day."""
        return sum(seconds_on_duty(changes, self.day_s) for changes in self._changes) / self.day_s

    def on_duty_s(self, until_s: float) -> float:
        """Return for how many agent-seconds staff is on duty from second 0 to a time."""
        days, second_of_day = divmod(until_s, self.day_s)
        return days * self.day_s * self.capacity_agents + sum(
            seconds_until(changes, second_of_day) for changes in self._changes
        )

    def off_duty_s(self, agent: int, from_s: float, until_s: float) -> float:
        """Return for how many of the seconds between two times an agent is off duty."""
        if not self._changes[agent]:
            return 0.0
        days = floor((until_s - from_s) / self.day_s)
        off_s = days * (self.day_s - seconds_on_duty(self._changes[agent], self.day_s))
        at_s = from_s + days * self.day_s
        while at_s < until_s:
            change_s = self.next_change_s(agent, at_s)
            end_s = until_s if change_s is None else min(until_s, change_s)
            off_s += 0.0 if self.on_duty(agent, at_s) else end_s - at_s
            at_s = end_s
        return off_s

    def on_duty(self, agent: int, at_s: float) -> bool:
        """Say whether an agent is on duty; at the second of a change as it is afterwards."""
        comes = True
        for when_s, change in self._around(agent, at_s):
            if when_s > at_s:
                break
            comes = change.comes
        return comes

    def next_change_s(self, agent: int, at_s: float) -> float | None:
        """Return when an agent next comes or goes, strictly later; None where it never does."""
        return next((when_s for when_s, _ in self._around(agent, at_s) if when_s > at_s), None)

    def check(self, skills: Sequence[str]) -> None:
        """Refuse a roster that leaves one of the tickets' skills to nobody.

        Raises:
            BadInput: nobody has one of the skills.
        """
        held = {skill for agent in self.skills for skill in agent}
        for place, name in enumerate(skills):
            if place not in held:
                raise BadInput(
                    f"no agent has the skill {name!r}, which tickets need; "
                    f"{self.agents} agents have {_listed(held, skills)}: add agents, raise "
                    "cross_training, or add it in the roster"
                )

    def _around(self, agent: int, at_s: float) -> list[tuple[float, Change]]:
        """Return an agent's changes from a day before to a day after, in order.

        `on_duty` and `next_change_s` compare with the same sums, so that no rounding makes an
        agent miss its own change.
        """
        day = floor(at_s / self.day_s)
        return [
            (each * self.day_s + change.second_of_day, change)
            for each in (day - 1, day, day + 1)
            for change in self._changes[agent]
        ]


def _listed(held: set[int], skills: Sequence[str]) -> str:
    return ", ".join(name for place, name in enumerate(skills) if place in held) or "none of them"
