"""How agents are restarted: they go back to what they remembered when they were built."""

from collections.abc import Collection, Iterable

from blackboard import plain_copy

from .base import Cohort
from .population import Population


class Beginnings:
    """What the agents of a run remembered in the beginning; made once all are seated."""

    def __init__(self, populations: Iterable[Population]) -> None:
        self._of = [(population, population.state()) for population in populations]

    def restart(self, agents: Collection[int]) -> None:
        """Put agents back to where they began.

        A cohort remembers for all its members at once, so it goes back only with all of them.
        """
        wanted = set(agents)
        for population, state in self._of:
            own = population.indices.tolist()
            named = wanted.intersection(own)
            if not named:
                continue
            if isinstance(population.members, Cohort):
                if len(named) == len(own):
                    population.restore(plain_copy(state))
                continue
            for agent in sorted(named):
                its = None if state is None else [plain_copy(state[agent - own[0]])]
                population.restore(its, range(agent, agent + 1))
