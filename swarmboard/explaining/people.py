"""Agents by the names they joined under: `bus 12`, else by role and number: `juror #5`."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from blackboard import BadInput, Joined

NOBODY = 2**32 - 1
"""Has the seats of a panel that nobody has claimed."""


class People:
    """Names the agents of a run, and finds them by name."""

    def __init__(self, joined: Iterable[Joined]) -> None:
        self._blocks = tuple(block for block in joined if block.role != "chair")

    def name(self, agent: int) -> str:
        """Return the name an agent joined under, else its number and role."""
        if agent == NOBODY:
            return "a free seat"
        for block in self._blocks:
            if block.first <= agent < block.first + block.count:
                named = block.names[agent - block.first] if block.names else ""
                return named or f"{block.role} #{agent}"
        return f"agent {agent}"

    def names(self, agents: Iterable[int]) -> tuple[str, ...]:
        """Return the names of several agents, in the order given."""
        return tuple(map(self.name, agents))

    def find(self, wanted: str) -> int:
        """Return the agent of this number or name.

        Raises:
            BadInput: nobody joined under it; the message names the nearest.
        """
        named = {
            name: block.first + place
            for block in self._blocks
            for place, name in enumerate(block.names)
        }
        if wanted in named:
            return named[wanted]
        number = wanted.rpartition("#")[2]
        count = max((block.first + block.count for block in self._blocks), default=0)
        if number.isdigit() and int(number) < count and wanted in (number, self.name(int(number))):
            return int(number)
        close = get_close_matches(wanted, named, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"agents are 0 to {count - 1}"
        raise BadInput(f"no agent {wanted!r} joined this run: {hint}")


def listed(names: Collection[str], *, most: int = 5) -> str:
    """Join names in a sentence; of many, the first and how many more."""
    shown = list(names)[:most]
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most:,} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))
