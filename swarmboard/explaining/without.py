"""What happens without some agents: their ballots left out, and the run executed without them."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from blackboard import (
    NO_BALLOT,
    NO_DEADLINE,
    BadInput,
    Decided,
    Entries,
    Posts,
    RunDirectory,
    indices,
    read_log,
)

from ..accounts import percent
from ..config import RunConfig, make_config, read_config
from ..diverging import divergence_text, first_divergence
from ..faults import agent_faults
from ..provenance import check_unchanged
from .ballots import Evidence
from .casefile import CaseFile
from .facts import Without, ending_text
from .people import listed
from .pivotal import Election


def without_agents(facts: Evidence, agents: Sequence[int]) -> Without:
    """Say what would have come of a proposal without some agents.

    Counted again: the same ballots without theirs, their weight still in the denominator. Run
    again: the same configuration with them silent from the first round, up to the proposal's.
    """
    count = _recount(facts.case, facts.election, agents)
    recounted = Without(tuple(agents), facts.people.names(agents), *count, "")
    if facts.contents.has_inputs:
        why = "what came from outside (people, models, late workers) would not be there again"
        return replace(recounted, rerun=f"not run again: {why}")
    if facts.case.opened.deadline_round == NO_DEADLINE:
        why = "agents are silenced from a round on, and an event-driven run has none"
        return replace(recounted, rerun=f"not run again: {why}")
    try:
        return _rerun_from_first(facts, recounted)
    except BadInput as error:
        return replace(recounted, rerun=f"not run again: {error}")


@contextmanager
def rerun_without(
    directory: RunDirectory, agents: Sequence[int], *, to_round: int, at_round: int = 1
) -> Iterator[Path]:
    """Execute a run again with some agents silent from a round on, and lend its log.

    Raises:
        BadInput: its configuration cannot be executed again, or cannot silence them.
        RerunFailed: the scenario fails without them.
    """
    from ..execution import execute
    from ..plan import prepare

    check_unchanged(directory)
    values = read_config(directory.path / "config.json")
    with tempfile.TemporaryDirectory() as folder:
        values |= {"board": "memory://", "out": Path(folder) / "without", "baseline": None}
        values |= {"rounds": min(values["rounds"], to_round), "workers": 1}
        plan = prepare(make_config(values | _silenced(values, agents, at_round)))
        try:
            log = execute(plan).path / "events.log"
        except Exception as error:  # whatever a scenario raises that misses them
            raise RerunFailed(f"{type(error).__name__}: {error}") from error
        if spoke := {agent for agent in _speakers(log, at_round) if agent in agents}:
            raise BadInput(f"agent {min(spoke)} could not be silenced")
        yield log


class RerunFailed(Exception):
    """Raised when a scenario breaks off without the agents it is run without."""


def _rerun_from_first(facts: Evidence, recounted: Without) -> Without:
    """Run again without the agents; from round 2 where the scenario cannot begin without them."""
    failed = ""
    for at_round in (1, 2):
        head = f"run again with {listed(recounted.names)} silent from round {at_round}"
        head += f" (silent from round 1, it breaks off: {failed})" if failed else ""
        silenced = rerun_without(
            facts.directory, recounted.agents, to_round=_last_round(facts), at_round=at_round
        )
        try:
            with silenced as log:
                return _compared(facts, recounted, head, log)
        except RerunFailed as error:
            failed = str(error)
    return replace(recounted, rerun=f"{head}, it breaks off: {failed}")


def _last_round(facts: Evidence) -> int:
    decided = facts.case.decided
    return decided.round if decided else facts.contents.rounds


def _speakers(log: Path, at_round: int) -> Iterator[int]:
    """Yield the agents that posted anything from a round on."""
    for record in read_log(log):
        if record.round >= at_round and isinstance(record, Posts):
            yield from indices(record.agents).tolist()
        elif record.round >= at_round and isinstance(record, Entries):
            yield from (entry.agent for entry in record.entries)


def _silenced(
    values: Mapping[str, object], agents: Sequence[int], at_round: int
) -> dict[str, object]:
    """Return the configuration's faults with these agents silent from a round on."""
    if "faults" not in RunConfig.model_fields:
        raise BadInput("this version cannot silence single agents")
    given = agent_faults(values.get("faults") or [])
    silent = {"kind": "silent", "agents": list(agents), "at_round": at_round}
    return {"faults": [*given, silent]}


def _recount(
    case: CaseFile, election: Election | None, agents: Sequence[int]
) -> tuple[str | None, float | None]:
    """Count again without the agents' ballots; None where the rule is unknown."""
    if election is None:
        return None, None
    seats = np.flatnonzero(np.isin(case.agents, list(agents)))
    choices = election.tally.choices.copy()
    choices[seats] = NO_BALLOT
    ending = election.moved(seats, NO_BALLOT)
    option = ending.chosen or ("approve" if election.tally.is_motion else None)
    if option is None:
        return ending_text(ending), None
    chosen = choices == election.tally.options.index(option)
    weight = int(election.tally.weights[chosen].sum())
    return ending_text(ending), percent(weight, election.tally.eligible)


def _compared(facts: Evidence, recounted: Without, head: str, log: Path) -> Without:
    """Say what a rerun came to, and where the other agents first acted differently."""
    case, to_round = facts.case, _last_round(facts)
    parted = first_divergence(facts.directory.log, log, to_round=to_round, without=recounted.agents)
    difference = None
    if parted:
        name = None if parted.agent is None else facts.people.name(parted.agent)
        difference = divergence_text(parted, name, ("the run", "the run without"))
    decided = _counterpart(case, [r for r in read_log(log) if isinstance(r, Decided)])
    if decided is None:
        text = f"{head}: nothing was decided up to round {to_round}"
        return replace(recounted, rerun=text, first_difference=difference)
    support = decided.weights.get(decided.option or "approve", max(decided.weights.values()))
    share = percent(support, decided.eligible)
    option = f" {decided.option!r}" if decided.option else ""
    gate = f", its gate shut ({decided.gate})" if decided.gate else ""
    what = f"{decided.proposal} was {decided.outcome}{option} in round {decided.round}"
    return replace(
        recounted,
        rerun=f"{head}: {what} with {share:.1f} %{gate}",
        rerun_outcome=decided.outcome,
        rerun_percent=share,
        rerun_round=decided.round,
        first_difference=difference,
    )


def _counterpart(case: CaseFile, decisions: Sequence[Decided]) -> Decided | None:
    """Return the decision of a rerun that stands where the proposal's stood.

    The one of the same id; else the last accepted, which ended the rerun early; else the last.
    """
    same = [d for d in decisions if d.proposal == case.opened.proposal]
    accepted = [d for d in decisions if d.outcome == "accepted"]
    found = same or accepted[-1:] or list(decisions[-1:])
    return found[0] if found else None
