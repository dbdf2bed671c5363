"""Making things go wrong: who is hit in a round, and how a stage goes for them."""

import math
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from agents import Cohort, Population, Randomness, Report, Sees, restore_to, state_of
from blackboard import ClosedStage, Draft, View

from .faults import Fault, check_aims
from .impairment import (
    Account,
    Affliction,
    ImpairedDraft,
    Memory,
    Signs,
    StageFaults,
    faults_of,
    summary_row,
)

NOBODY: Mapping[int, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class NetworkTrouble:
    """What is wrong with the way to the server."""

    drop: float
    """Share of replies lost with their connection."""
    delay_s: float


class Injector:
    """Injects a run's faults; every worker process has one of its own, all in step.

    A round is `begin_round`, then for each stage `begin_stage`, `act` in place of
    `Population.act`, and `observe` once it is closed. Restarts are told by `restarted`, those of
    a round before its `begin_round`.
    """

    def __init__(
        self,
        faults: Sequence[Fault],
        random: Randomness,
        populations: Sequence[Population],
        *,
        workers: int = 1,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take the populations, which are seated.

        Raises:
            BadInput: a fault names a role or an agent that there is not.
        """
        roles = _roles(populations)
        check_aims(faults, {role: agents.tolist() for role, agents in roles.items()})
        everybody = np.unique(np.concatenate([np.empty(0, np.int64), *roles.values()]))
        self._size = int(everybody[-1]) + 1 if everybody.size else 0
        self._random, self._sleep = random, sleep
        self._round = 0
        self._roles = roles
        self._gone = np.zeros(self._size, bool)
        self._stage: StageFaults | None = None
        stale = [fault for fault in faults if fault.kind == "stale"]
        self._memory = Memory(max(f.stages_ago for f in stale)) if stale else None
        self._stale_roles = {role for f in stale for role in ([f.role] if f.role else roles)}
        units = {"workers": np.arange(workers), "server": np.arange(1), "network": np.arange(0)}
        self._afflictions = [
            Affliction(number, fault, candidates, random)
            for number, fault in enumerate(faults, 1)
            for candidates in [units.get(fault.hits, roles.get(fault.role or "", everybody))]
        ]
        self._accounts = {a.number: Account(a.fault.kind) for a in self._afflictions}
        self._struck: set[int] = set()

    def begin_round(self, round: int) -> list[dict[str, Any]]:
        """Draw whom faults hit in this round; return a note for each fault that hit anybody."""
        self._round = round
        notes: list[dict[str, Any]] = []
        for affliction in self._afflictions:
            if (who := self._strike(affliction)).size:
                fault, number = affliction.fault, affliction.number
                self._accounts[number].hit(who, round)
                notes.append({"fault": number, "kind": fault.kind, fault.hits: who.tolist()})
        return notes

    def begin_stage(self, view: View, roles: Iterable[str]) -> None:
        """Work out what is wrong in a stage; a process that only leads does it as well.

        Args:
            view: The board as of the stage's start.
            roles: Who acts in it.
        """
        memory, is_read = self._memory, not self._stale_roles.isdisjoint(roles)
        if memory:
            memory.remember(view, is_read=is_read)

        def recall(stages_ago: int) -> View:
            return memory.recall(view.stage_name, stages_ago) if memory and is_read else view

        self._stage = faults_of(
            view,
            self._of("agents"),
            agents=self._size,
            random=self._random,
            recall=recall,
        )

    def act(
        self,
        population: Population,
        view: View,
        draft: Draft,
        *,
        sees: Sees | None,
        report: Report,
        left: Collection[int] = (),
        span: range | None = None,
    ) -> None:
        """Let a population act as `Population.act` does, with what its faults make of it.

        Args:
            population: Who acts.
            view: The board as of the stage's start.
            draft: Where actions go.
            sees: The structure's choice of what an agent sees.
            report: Told of failures.
            left: Who has left.
            span: The agents this process acts for; None means all.
        """
        stage = self._stage
        assert stage is not None, "begin_stage comes before act"
        members = population.indices
        own = members if span is None else members[_within(members, span)]
        is_cohort = isinstance(population.members, Cohort)
        acting = members if is_cohort else own  # a cohort acts as a whole in every process
        if not stage.hit[acting].any():
            population.act(view, draft, sees=sees, report=report, left=left, span=span)
            return
        for cause, mask in stage.down:
            if (down := own[mask[own]]).size:
                draft.abstain(down, cause)
        if delay_s := stage.delay_s(own):
            self._sleep(delay_s)  # once: the agents of a stage act at the same time
        idle = members[~stage.asked[members]].tolist()
        calm: dict[str, Any] = {"report": report, "left": {*left, *idle}, "span": span}
        for asked, old_view in stage.parts(is_cohort=is_cohort):
            if not asked[acting].any():
                continue
            impaired = cast(Draft, ImpairedDraft(draft, asked, stage.distortion))
            if old_view is None:
                population.act(view, impaired, sees=stage.sees(sees), **calm)
            else:
                _act_behind(population, old_view, impaired, calm)

    def restarted(self, agents: Iterable[int]) -> None:
        """Take note that agents were restarted: a crash or a hang is over for them."""
        restarted = np.fromiter(agents, np.int64)
        for affliction in self._of("agents"):
            affliction.end(restarted)

    def observe(
        self, closed: ClosedStage, *, roles: Iterable[str], left: Mapping[int, str] = NOBODY
    ) -> None:
        """Note what a closed stage shows of the faults.

        Args:
            closed: What the stage came to.
            roles: Who acted in it.
            left: Who has left the run, and why.
        """
        signs = Signs(closed.records, self._size, left=left)
        self._gone[[agent for agent in left if agent < self._size]] = True
        on = {a.number: a.active(self._round, self._size) for a in self._of("agents")}
        is_well = np.zeros(self._size, bool)
        for role in roles:
            is_well[self._roles.get(role, [])] = True
        is_well &= ~(signs.fails() | self._gone)
        for affliction in self._of("agents"):
            number = affliction.number
            self._accounts[number].observe(
                self._round,
                noticed=signs.shows(affliction.fault.kind) & on[number],
                well=is_well & ~on[number],
                gone=self._gone,
            )

    def network(self, round: int) -> NetworkTrouble | None:
        """Return what is wrong with the way to the server in a round, or None."""
        faults = [a.fault for a in self._of("network") if a.fault.is_on(round)]
        if not faults:
            return None
        arriving = math.prod(1 - (fault.drop or 0.0) for fault in faults)
        return NetworkTrouble(1 - arriving, sum(fault.delay_s or 0.0 for fault in faults))

    def lost(self, hits: str, unit: int = 0) -> None:
        """Take note that the platform found a worker, or the server, gone."""
        self._tell(hits, unit, is_back=False)

    def back(self, hits: str, unit: int = 0) -> None:
        """Take note that a worker, or the server, works again."""
        self._tell(hits, unit, is_back=True)

    def cut_off(self, *, times: int, reconnected: int) -> None:
        """Take note of how often a proxy cut a connection, and the platform opened another."""
        for affliction in self._of("network")[:1]:
            again = min(times, reconnected)
            account = self._accounts[affliction.number]
            account.add(injected=times, detected=again, recovered=again)

    def summary(self) -> list[dict[str, Any]]:
        """Return, per type of fault, what was injected, detected and recovered."""
        groups: dict[tuple[str, str], list[Account]] = {}
        for affliction in self._afflictions:
            account = self._accounts[affliction.number]
            groups.setdefault((affliction.fault.kind, affliction.fault.hits), []).append(account)
        return [summary_row(*named, accounts) for named, accounts in groups.items()]

    def state(self) -> dict[str, Any]:
        """Return everything that later rounds depend on, as plain values."""
        return {
            "round": self._round,
            "gone": self._gone.copy(),
            "struck": sorted(self._struck),
            "afflictions": [affliction.state() for affliction in self._afflictions],
            "accounts": [account.state() for account in self._accounts.values()],
            "memory": self._memory.state() if self._memory else None,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` left an injector of the same faults."""
        self._round, self._gone = state["round"], state["gone"].copy()
        self._struck, self._stage = set(state["struck"]), None
        for affliction, until in zip(self._afflictions, state["afflictions"], strict=True):
            affliction.restore(until)
        for account, kept in zip(self._accounts.values(), state["accounts"], strict=True):
            account.restore(kept)
        if self._memory:
            self._memory.restore(state["memory"])

    def _of(self, hits: str) -> list[Affliction]:
        return [affliction for affliction in self._afflictions if affliction.fault.hits == hits]

    def _strike(self, affliction: Affliction) -> NDArray[np.int64]:
        """Return whom a fault hits in this round."""
        hits = affliction.fault.hits
        if hits == "agents":
            return affliction.strike(self._round, spared=self._gone)
        drawn = affliction.drawn(self._round)
        if hits == "workers":  # a worker is struck in its first life only
            drawn = drawn[[worker not in self._struck for worker in drawn.tolist()]]
            self._struck.update(drawn.tolist())
        return drawn

    def _tell(self, hits: str, unit: int, *, is_back: bool) -> None:
        for affliction in self._of(hits):
            named = np.zeros(affliction.size, bool)
            named[unit] = True
            none = np.zeros(affliction.size, bool)
            well, noticed = (named, none) if is_back else (none, named)
            account = self._accounts[affliction.number]
            account.observe(self._round, noticed=noticed, well=well, gone=none)


def _act_behind(population: Population, view: View, draft: Draft, calm: dict[str, Any]) -> None:
    """Let a cohort act once more on an older view; what it remembers stays what it was."""
    assert isinstance(population.members, Cohort)
    kept = state_of(population.members)
    population.act(view, draft, sees=None, **calm)
    restore_to(population.members, kept)


def _roles(populations: Iterable[Population]) -> dict[str, NDArray[np.int64]]:
    """Return the agents of each role, ascending."""
    parts: dict[str, list[NDArray[np.int64]]] = {}
    for population in populations:
        parts.setdefault(population.role, []).append(population.indices.astype(np.int64))
    return {role: np.concatenate(found) for role, found in parts.items()}


def _within(agents: NDArray[np.uint32], span: range) -> NDArray[np.bool_]:
    return (agents >= span.start) & (agents < span.stop)
