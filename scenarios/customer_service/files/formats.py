"""What `swarmboard doctor --data` says of tickets, arrival profiles and rosters."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

from ...data_formats import DataFormat
from . import roster_file, tickets
from .arrivals import NEEDED as PROFILE_COLUMNS
from .arrivals import Profile
from .roster import Roster
from .tickets import TicketFile, read_tickets

HOUR_S = 3600
FAR = 0.1
"""A first ticket is far from second 0 beyond this share of the time that all tickets take."""
MOST_HOURS = 48
"""What is longer is told by its busiest hour alone."""


def examine_tickets(path: Path) -> list[str]:
    """Return what a file of tickets holds.

    Raises:
        DataError: the file cannot be used.
    """
    file = read_tickets(path)
    count, span_s = len(file.tickets), file.tickets[-1].arrival_s - file.tickets[0].arrival_s
    began = file.clock.began
    lines = [
        f"tickets      {count:,} over {_duration(span_s)}",
        f"second 0     {began.isoformat(' ') if began else _second_0(file, span_s)}",
        *_rate_lines(file, span_s),
        f"skills       {_shares(Counter(t.skills[0] for t in file.tickets), file.skills)}",
    ]
    several = sum(len(ticket.skills) > 1 for ticket in file.tickets)
    if several:
        lines.append(
            f"parts        {several:,} tickets ({several / count:.1%}) need several skills"
        )
    judged = sum(bool(ticket.outcome) for ticket in file.tickets)
    shares = ", ".join(f"{name} {share:.1%}" for name, share in file.observed.items())
    lines.append(f"outcomes     {shares} of {judged:,}" if judged else "outcomes     none")
    lines.append(f"with text    {sum(bool(ticket.text) for ticket in file.tickets):,}")
    return lines + _ignored(file.ignored)


def examine_profile(path: Path) -> list[str]:
    """Return what an arrival profile says.

    Raises:
        DataError: the file cannot be used.
    """
    profile = Profile.read(path)
    lines = [
        f"pieces       {len(profile.rates_per_s):,} over {_duration(profile.length_s)}, repeated",
        f"mean         {_rate(profile.mean_per_s)}",
        f"peak         {_rate(profile.highest_per_s)}",
        f"expected     {profile.mean_per_s * profile.length_s:,.6g} tickets each time",
    ]
    return lines + _ignored(profile.ignored)


def examine_roster(path: Path) -> list[str]:
    """Return who is in a roster, and how many are on duty in each hour.

    Raises:
        DataError: the file cannot be used.
    """
    roster = Roster.read(path)
    roles = Counter(skills[0] for skills in roster.skills)
    held = Counter(skill for skills in roster.skills for skill in skills)
    by_role = [f"{name} {roles[place]:,}" for place, name in enumerate(roster.names)]
    by_skill = [f"{name} {held[place]:,}" for place, name in enumerate(roster.names)]
    hours = [
        sum(roster.on_duty(agent, hour * HOUR_S) for agent in range(roster.agents))
        for hour in range(24)
    ]
    lines = [
        f"agents       {roster.agents:,}, on average {roster.capacity_agents:,.4g} on duty",
        f"by role      {', '.join(by_role)}",
        f"can do       {', '.join(by_skill)}",
        f"on duty at   {_by_hour(hours)}",
    ]
    return lines + _ignored(roster.ignored)


DATA_FORMATS = {
    "tickets": DataFormat(frozenset(tickets.NEEDED), examine_tickets, tickets.ALIASES),
    "arrivals": DataFormat(frozenset(PROFILE_COLUMNS), examine_profile),
    "roster": DataFormat(frozenset(roster_file.NEEDED), examine_roster),
}
"""By the option of the scenario that takes such a file."""


def _second_0(file: TicketFile, span_s: float) -> str:
    """Return what second 0 is in a file of seconds, and whether tickets begin far from it."""
    first_s = file.tickets[0].arrival_s
    if first_s <= max(1.0, FAR * span_s):
        return "as in the file"
    return (
        f"as in the file, {_duration(first_s)} before the first ticket: hours of shifts and "
        "rosters count from second 0, figures from the first ticket"
    )


def _rate_lines(file: TicketFile, span_s: float) -> list[str]:
    """Return how many tickets arrive, on average and by the hour.

    Hours are those of the clock where there are timestamps, else counted from the first ticket.
    """
    first_s = (
        -(file.clock.second_of_day % HOUR_S) if file.clock.began else file.tickets[0].arrival_s
    )
    in_hour = Counter(int((t.arrival_s - first_s) // HOUR_S) for t in file.tickets)
    average = _rate((len(file.tickets) - 1) / span_s) if span_s else "all at once"
    if span_s <= HOUR_S:
        return [f"rate         {average}"]
    busiest = max(in_hour, key=in_hour.__getitem__)
    when = f"in hour {busiest + 1}"
    if began := file.clock.began:
        moment = began + timedelta(hours=busiest)
        is_one_day = began.date() == (began + timedelta(seconds=span_s)).date()
        when = f"from {moment:%H:00}" if is_one_day else f"from {moment:%Y-%m-%d %H:00}"
    lines = [f"rate         {average}; {in_hour[busiest]:,} {when}, the busiest"]
    if span_s <= MOST_HOURS * HOUR_S:
        hours = [in_hour[hour] for hour in range(max(in_hour) + 1)]
        begins = f"from {began:%H:00}: " if began else ""
        lines.append(f"by hour      {begins}{' '.join(f'{number:,}' for number in hours)}")
    return lines


def _by_hour(numbers: list[int]) -> str:
    """Return numbers of the hours of a day; neighbours that are equal stand together."""
    begins = [
        hour for hour, number in enumerate(numbers) if not hour or number != numbers[hour - 1]
    ]
    return ", ".join(f"{hour:02d}:00 {numbers[hour]:,}" for hour in begins)


def _shares(counts: Counter[int], names: tuple[str, ...]) -> str:
    total = counts.total()
    return ", ".join(f"{name} {counts[place] / total:.1%}" for place, name in enumerate(names))


def _rate(per_s: float) -> str:
    return f"{per_s * HOUR_S:,.4g} an hour ({per_s:.4g} a second)"


def _duration(seconds: float) -> str:
    if seconds < 2 * 60:
        return f"{seconds:,.4g} s"
    if seconds < 2 * HOUR_S:
        return f"{seconds / 60:,.4g} min"
    hours = seconds / HOUR_S
    if hours < 48:
        return f"{hours:,.4g} h"
    days = hours / 24
    return f"{days:,.4g} days" if days < 1000 else f"{days:,.0f} days"


def _ignored(columns: tuple[str, ...]) -> list[str]:
    return [f"ignored      {', '.join(columns)}"] if columns else []
