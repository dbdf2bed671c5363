"""Dates as people write them by hand, and how they are written here."""

import re
from datetime import datetime

WRITTEN = re.compile(
    r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d\d)"
    r"(?:,?[ T]+(\d{1,2})(?::(\d\d)(?::(\d\d))?)?(?: ?([ap])\.?m\.?)?)?",
    re.I | re.A,
)
"""Two numbers for month and day, a year, and perhaps a time of day."""


def date_hint(cell: str) -> str:
    """Return what `03/01/2026 9:30 PM` would be as a timestamp; empty where it is no such date.

    Which number is the month is not known where both may be; with points it is the second.
    """
    found = WRITTEN.fullmatch(cell)
    if not found:
        return ""
    first, mark, second, year, *time = found.groups()
    american = None if mark == "." else _timestamp(year, first, second, time)
    european = _timestamp(year, second, first, time)
    if american and european and american != european:
        return f", {american} for {cell} (or {european}, if the day comes first)"
    read = american or european
    return f", {read} for {cell}" if read else ""


def _timestamp(year: str, month: str, day: str, time: list[str | None]) -> str | None:
    """Return a date and time as they are expected; None where there is no such moment."""
    *clock, half = time
    hour, minute, second = (int(part or 0) for part in clock)
    if half and not 1 <= hour <= 12:
        return None
    if half:
        hour = hour % 12 + 12 * (half.lower() == "p")
    century = 2000 if len(year) == 2 else 0
    try:
        moment = datetime(century + int(year), int(month), int(day), hour, minute, second)
    except ValueError:
        return None
    return moment.isoformat() if clock[0] else f"{moment.date()}THH:MM:SS"
