"""How a run's agents are put under supervision: the configuration, and the tree it makes."""

from collections.abc import Iterable, Sequence
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .supervisor import Child, Strategy, Supervisor, time_to_give_up


class SupervisionConfig(BaseModel):
    """What `[supervision]` of a run's configuration holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    strategy: Strategy = "one-for-one"
    """Who is restarted with an agent that fails: nobody, its team, or those after it in the
    team."""
    team_size: int = Field(8, ge=1)
    """How many agents of one role a supervisor looks after."""
    max_restarts: int = Field(3, ge=0)
    within_rounds: int = Field(10, ge=1)
    backoff_rounds: tuple[int, ...] = Field((1, 2, 4, 8), min_length=1)
    on: tuple[Literal["error", "late", "invalid", "budget"], ...] = Field(
        ("error", "late"), min_length=1
    )
    """The causes of abstention that are failures."""

    @model_validator(mode="after")
    def _makes_a_tree(self) -> Self:
        if any(wait < 1 for wait in self.backoff_rounds):
            raise ValueError(f"a restart takes a round at least, got {self.backoff_rounds}")
        takes = time_to_give_up(self.max_restarts, self.backoff_rounds)
        if takes >= self.within_rounds:
            raise ValueError(
                f"an agent that always fails does so {self.max_restarts + 1} times in {takes:g} "
                "rounds, and would be restarted for ever: make within_rounds more than that"
            )
        return self

    def team(self, name: str, members: Sequence[Child]) -> Supervisor:
        """Return the supervisor of one team."""
        return Supervisor(
            name,
            tuple(members),
            self.strategy,
            self.max_restarts,
            self.within_rounds,
            self.backoff_rounds,
        )

    def tree(self, groups: Iterable[tuple[str, range]]) -> Supervisor:
        """Return a tree over groups of agents, each with its role: teams under one root.

        Teams do not depend on each other, whatever the strategy inside. The root counts for each
        team by itself, and over as much longer a time as a team takes to give up.
        """
        teams = [
            self.team(
                f"{role} team {agents[first]}",
                [Child(f"agent {i}", range(i, i + 1)) for i in agents[first:][: self.team_size]],
            )
            for role, agents in groups
            for first in range(0, len(agents), self.team_size)
        ]
        return Supervisor(
            "root",
            tuple(teams),
            max_restarts=self.max_restarts,
            within=(self.max_restarts + 1) * self.within_rounds,
            backoff=self.backoff_rounds,
            counts="each",
        )
