"""Parts of the day in which somebody works, and the moments at which that changes."""

from typing import NamedTuple


class Duty(NamedTuple):
    """A part of every day; from later than until goes on over midnight."""

    from_s: float
    until_s: float
    """Not part of the duty any more."""


class Change(NamedTuple):
    """A moment of each day at which an agent comes or goes."""

    second_of_day: float
    comes: bool


def changes_of(duties: tuple[Duty, ...], day_s: float) -> tuple[Change, ...]:
    """Return when somebody with these duties comes and goes; duties that touch are one."""
    edges_s = sorted({edge_s % day_s for duty in duties for edge_s in duty})
    works = [any(_covers(duty, edge_s, day_s) for duty in duties) for edge_s in edges_s]
    return tuple(
        Change(edge_s, works[place])
        for place, edge_s in enumerate(edges_s)
        if works[place] != works[place - 1]
    )


def _covers(duty: Duty, second_of_day: float, day_s: float) -> bool:
    from_s, until_s = duty.from_s % day_s, duty.until_s % day_s
    if from_s < until_s:
        return from_s <= second_of_day < until_s
    return second_of_day >= from_s or second_of_day < until_s


def seconds_until(changes: tuple[Change, ...], second_of_day: float) -> float:
    """Return for how many seconds somebody is on duty from the day's beginning up to a second."""
    if not changes:
        return second_of_day
    seconds, came_s = 0.0, 0.0 if changes[-1].comes else None
    for at_s, comes in changes:
        if at_s >= second_of_day:
            break
        seconds += 0.0 if came_s is None else at_s - came_s
        came_s = at_s if comes else None
    return seconds if came_s is None else seconds + second_of_day - came_s


def seconds_on_duty(changes: tuple[Change, ...], day_s: float) -> float:
    """Return for how many seconds a day somebody with these changes is on duty."""
    if not changes:
        return day_s
    return sum(
        (after.second_of_day - before.second_of_day) % day_s
        for before, after in zip(changes, (*changes[1:], changes[0]), strict=True)
        if before.comes
    )
