"""What a team came to, read from the tables of its run."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow.parquet as pq

from blackboard import RunDirectory
from scenarios import Dissent

from .effects import Effect, EffectState
from .result import Result


@dataclass(frozen=True, slots=True)
class SwarmDecision:
    """What a team came to; true where it is accepted."""

    outcome: str
    """accepted, rejected, expired, vetoed or escalated. A run that was stopped before anything
    was decided, by its budget for one, is expired; `result.summary["status"]` says `stopped`."""
    text: str | None
    """The plan, or the option, that was accepted."""
    percent: float
    """What the plan, or the leading option, reached of the eligible."""
    eligible: int
    """How many agents could vote."""
    proposal: str | None
    """The id of what was voted on last."""
    dissent: tuple[Dissent, ...]
    """Who voted last for anything but what came of the task, and why."""
    result: Result
    """The run, with its directory (`path`), its `summary` and its tables."""
    effect: EffectState = "none"
    """What became of `on_accept`: none (not started), done, failed, or unknown, where a process
    ended between its start and its end; it is not started again in any of the last three."""
    effect_result: Any = None
    """What it returned; of an earlier process, what JSON keeps of that."""
    effect_error: str | None = None
    """What it raised."""

    @property
    def key(self) -> str:
        """The idempotency key: the run's id and the proposal's, as the latter repeats over runs."""
        return f"{self.result.summary['run_id']}/{self.proposal}"

    def with_effect(self, effect: Effect) -> "SwarmDecision":
        """Return the same, with what became of the act that it started."""
        return replace(
            self,
            effect=effect.state,
            effect_result=effect.result,
            effect_error=effect.error,
        )

    def __bool__(self) -> bool:
        return self.outcome == "accepted"


def read_decision(result: Result, roles: Sequence[str]) -> SwarmDecision:
    """Return what a run came to.

    Args:
        result: The run.
        roles: The role of each agent, by its number on the board.
    """
    paths = RunDirectory(result.path, "").results()
    rows = {name: pq.read_table(path).to_pylist() for name, path in paths.items()}
    last = (rows.get("tasks") or [None])[-1]
    decisions = {row["proposal"]: row for row in result.summary["decisions"]}
    if last is None:
        return SwarmDecision("expired", None, 0.0, 0, None, (), result)
    voted = decisions.get(last["proposal"])
    return SwarmDecision(
        last["outcome"],
        last["result"],
        last["percent"],
        voted["eligible_agents"] if voted else len(roles),
        last["proposal"],
        tuple(
            Dissent(row["agent"], roles[row["agent"]], row["vote"], row["reason"])
            for row in rows.get("dissent", ())
        ),
        result,
    )
