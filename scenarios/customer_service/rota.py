"""Who is on duty at which simulated second."""

from collections.abc import Iterable

from .terms import Terms


class Rota:
    """The roster, by the agents' numbers on the board."""

    def __init__(self, terms: Terms) -> None:
        self._roster, self._rows = terms.roster, terms.roster_rows
        self._has_shifts = any(terms.roster.duties)

    @property
    def day_s(self) -> float:
        """After how many seconds it begins again."""
        return self._roster.day_s

    def is_on_duty(self, agent: int, at_s: float) -> bool:
        """Say whether an agent is on duty."""
        return not self._has_shifts or self._roster.on_duty(self._rows[agent], at_s)

    def agents(self) -> Iterable[int]:
        """Return all agents by their numbers."""
        return range(len(self._rows))

    def next_change_s(self, now_s: float) -> float | None:
        """Return when somebody next comes or goes; None where nobody ever does."""
        if not self._has_shifts:
            return None
        rows = {self._roster.duties[row]: row for row in self._rows}.values()
        found = [self._roster.next_change_s(row, now_s) for row in rows]
        return min((at_s for at_s in found if at_s is not None), default=None)
