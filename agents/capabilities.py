"""Capabilities: what only some agents can do, and when the last one that could is gone."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """A capability was lost with its last holder, or is there again."""

    capability: str
    is_lost: bool
    agents: tuple[int, ...]
    """Who had it, or has it again; ascending."""


class Capabilities:
    """Who can do what, and what nobody can do any more."""

    def __init__(self, holders: Mapping[str, Iterable[int]]) -> None:
        self.holders = {name: frozenset(agents) for name, agents in sorted(holders.items())}
        self._lost: set[str] = set()

    @property
    def lost(self) -> list[str]:
        """What no agent can do any more, by name."""
        return sorted(self._lost)

    def without(self, missing: Set[int]) -> list[Change]:
        """Take note of who is gone for good by now; return what changed, by name.

        An agent that only waits for its restart comes back, so it is not missing.
        """
        changes = []
        for name, holders in self.holders.items():
            left = holders - missing
            if bool(left) == (name in self._lost):
                self._lost ^= {name}
                changes.append(Change(name, not left, tuple(sorted(left or holders))))
        return changes

    def state(self) -> list[str]:
        """Return what is lost."""
        return self.lost

    def restore(self, state: Sequence[str]) -> None:
        """Go to where `state` was taken, with the same holders."""
        self._lost = set(state)


def holders_of(
    agents: Sequence[int], declared: Sequence[str] | Mapping[str, Sequence[int]]
) -> dict[str, list[int]]:
    """Return who can do what, by number on the board.

    Args:
        agents: The members' numbers on the board.
        declared: What all members can do; or by name, which of them can, counted from 0.

    Raises:
        ValueError: a member is named that there is not.
    """
    if not isinstance(declared, Mapping):
        return {name: list(agents) for name in declared}
    for name, members in declared.items():
        if strangers := [m for m in members if not 0 <= m < len(agents)]:
            raise ValueError(
                f"capability {name!r} is declared for member {strangers[0]}; there are "
                f"{len(agents)}, counted from 0"
            )
    return {name: [agents[member] for member in members] for name, members in declared.items()}
