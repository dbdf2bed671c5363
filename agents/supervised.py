"""Supervision of a run: who failed in a stage, who is restarted in a round, and what is said of it.

All of it follows from closed stages, so that every process that reads them comes to the same.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Self, cast

import numpy as np

from blackboard import ClosedStage, Draft, Granted, View

from .asking import restarts_asked_for, why_no_restart
from .attendance import AttendedDraft
from .capabilities import Capabilities, holders_of
from .custody import Custody
from .population import Population
from .supervision import PERSON, Escalation, Orders, Restart, SupervisionTree
from .teams import SupervisionConfig

type Act = Callable[..., None]
"""Takes a population, a view and a draft, and what else `Population.act` takes."""

type Event = tuple[str, dict[str, Any]]
"""Something to note in the log: its name, and plain values."""


class Supervision:
    """Watches the agents of a run, the same in every process.

    A round is `begin_round`, then for each stage `act` for each population, and `observe` once the
    stage is closed. `begin_round` and `observe` return events for `Leader.note`.
    """

    def __init__(
        self,
        tree: SupervisionTree,
        *,
        restart: Callable[[Sequence[int]], None],
        capabilities: Mapping[str, Iterable[int]] | None = None,
        on: Iterable[str] = ("error", "late"),
    ) -> None:
        """Watch over the agents of a tree.

        Args:
            tree: Its children name their agents.
            restart: Puts agents back to where they began; called from `begin_round`.
            capabilities: The agents that can do what only some can, by name.
            on: The causes of abstention that are failures.
        """
        self.tree, self.round = tree, 0
        self.down: dict[int, str] = {}
        """Agents that wait for their restart or stay down, with the cause of their abstention."""
        self._restart, self._on = restart, frozenset(on)
        self._members = tree.members
        self._child = {agent: name for name, agents in self._members.items() for agent in agents}
        self._capabilities, self._custody = Capabilities(capabilities or {}), Custody()
        self._left: set[int] = set()
        self._by: Counter[str] = Counter()
        """Restarts by the strategy that asked for them."""
        self._started: dict[str, int] = {}
        """Children restarted and not yet proven well, with the round of their start."""
        self._counts: Counter[str] = Counter()

    @classmethod
    def over(
        cls,
        populations: Iterable[Population],
        config: SupervisionConfig,
        *,
        restart: Callable[[Sequence[int]], None],
    ) -> Self:
        """Watch over populations that have joined, in teams as configured."""
        groups: list[tuple[str, range]] = []
        capable: dict[str, list[int]] = {}
        for population in (p for p in populations if p.size):
            agents = population.indices.tolist()
            groups.append((population.role, range(agents[0], agents[-1] + 1)))
            for name, holders in holders_of(agents, population.capabilities).items():
                capable.setdefault(name, []).extend(holders)
        tree = SupervisionTree(config.tree(groups))
        return cls(tree, restart=restart, capabilities=capable, on=config.on)

    def begin_round(self, round: int, left: Mapping[int, str]) -> list[Event]:
        """Restart who is due, and say what else the new round brings.

        Args:
            round: The round that begins.
            left: Who has left the run by now, with the cause.
        """
        self.round = round
        events: list[Event] = []
        self._gone(left)
        for child in [c for c, started in self._started.items() if started < round]:
            del self._started[child]
            self._counts["recovered"] += self.tree.recovered(child, round) is not None
        for restart in self.tree.due(round):
            events.append(self._start(restart))
        for item, agent in self._custody.returned(round):
            self._counts["returned"] += 1
            events.append(("returned", {"item": item, "from": agent, "round": round}))
        return events + self._missing()

    def observe(self, closed: ClosedStage, left: Mapping[int, str]) -> list[Event]:
        """Take note of who failed in a stage and what was granted; return what follows."""
        events: list[Event] = []
        for handover in self._custody.take(r for r in closed.records if isinstance(r, Granted)):
            self._counts["handovers"] += 1
            whom = {"item": handover.item, "from": handover.giver, "to": handover.taker}
            events.append(("handover", {**whom, "round": self.round}))
        self._gone(left)
        failures = {
            self._child[agent]: record.cause
            for record in closed.abstained
            if record.proposal is None and record.cause in self._on
            for agent in record.members.tolist()
            if agent in self._child
        }
        if failures:
            self._counts["failures"] += sum(map(self.tree.is_up, failures))
            ordered = {name: failures[name] for name in self._members if name in failures}
            orders = self.tree.failed_together(ordered, self.round)
            events += self._follow(orders, ordered)
        return events + self._heed(closed) + self._missing()

    def act(
        self,
        act: Act,
        population: Population,
        view: View,
        draft: Draft,
        *,
        left: Collection[int],
        span: range | None = None,
        **rest: Any,
    ) -> None:
        """Let a population act by `act`, but for those who are down: they abstain by their cause.

        Args:
            act: `Population.act`, or what stands for it.
            population: Who acts.
            view: The board as of the stage's start.
            draft: Takes what they do.
            left: Who is not asked anyway, since they have left or are late.
            span: The agents that this process acts for; None means all.
            rest: What `act` takes besides.
        """
        if span is not None:
            rest["span"] = span
        members = population.indices.tolist() if self.down else []
        down = [agent for agent in members if agent in self.down and agent not in left]
        if not down:
            act(population, view, draft, left=left, **rest)
            return
        for cause in sorted({self.down[agent] for agent in down}):
            named = [a for a in down if self.down[a] == cause and (span is None or a in span)]
            if named:
                draft.abstain(np.array(named, np.uint32), cause)
        if len(down) < len(members):
            attended = cast(Draft, AttendedDraft(draft, np.array(down, np.uint32)))
            act(population, view, attended, left={*self.down, *left}, **rest)

    def revive(self, agents: Iterable[int]) -> None:
        """Let agents that stay down start with the next round, because a person says so."""
        named = {self._child[agent]: None for agent in agents if agent in self._child}
        self.tree.revive(named, self.round + 1)

    def summary(self) -> dict[str, Any]:
        """Return what the run's summary says of its supervision."""
        counts = self._counts
        return {
            "failures": counts["failures"],
            "restarts": counts["restarts"],
            "agents_restarted": counts["agents_restarted"],
            "by_strategy": dict(sorted(self._by.items())),
            "recovered": counts["recovered"],
            "stay_down": len(self._lost()),
            "escalations": counts["escalations"],
            "returned": counts["returned"],
            "handovers": counts["handovers"],
            "items_left": self._custody.free,
            "lost": self._capabilities.lost,
            "persons_asked": counts["persons_asked"],
        }

    def state(self) -> dict[str, Any]:
        """Return everything this remembers, as plain values."""
        return {
            "round": self.round,
            "tree": self.tree.state(),
            "down": dict(self.down),
            "left": sorted(self._left),
            "started": dict(self._started),
            "custody": self._custody.state(),
            "capabilities": self._capabilities.state(),
            "counts": dict(self._counts),
            "by": dict(self._by),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go to where `state` was taken, over the same populations as configured then."""
        self.round, self.down = state["round"], dict(state["down"])
        self._left, self._started = set(state["left"]), dict(state["started"])
        self._counts, self._by = Counter(state["counts"]), Counter(state["by"])
        self.tree.restore(state["tree"])
        self._custody.restore(state["custody"])
        self._capabilities.restore(state["capabilities"])

    def _gone(self, left: Mapping[int, str]) -> None:
        """Take those out who have left since."""
        if len(left) == len(self._left):
            return
        fresh = left.keys() - self._left
        self._left |= fresh
        self._custody.orphan(fresh, self.round)
        for child in {self._child[agent] for agent in fresh if agent in self._child}:
            if self._left.issuperset(self._members[child]):
                self.tree.left(child)
        for agent in fresh:
            self.down.pop(agent, None)

    def _start(self, restart: Restart) -> Event:
        agents = [agent for agent in self._agents(restart.children) if agent not in self._left]
        for agent in agents:
            self.down.pop(agent, None)
        self._started.update(dict.fromkeys(restart.children, self.round))
        self._restart(agents)
        by = self.tree.supervisors.get(restart.by)
        strategy = by.strategy if by else PERSON
        self._by[strategy] += 1
        self._counts["restarts"] += 1
        self._counts["agents_restarted"] += len(agents)
        who = {"by": restart.by, "strategy": strategy, "failed": restart.child}
        return "restart", {**who, "why": restart.why, "agents": agents, "round": self.round}

    def _follow(self, orders: Orders, failures: Mapping[str, str]) -> list[Event]:
        """Stop who has to, and say what was handed up."""
        stopped = [agent for agent in self._agents(orders.stopped) if agent not in self._left]
        for agent in stopped:
            self.down[agent] = failures.get(self._child[agent], "error")
        for child in orders.stopped:
            self._started.pop(child, None)
        self._custody.orphan(set(stopped), self.round)
        self._counts["escalations"] += len(orders.escalations)
        events = [("escalation", self._told(escalation)) for escalation in orders.escalations]
        if asked := [e for e in orders.escalations if e.to == PERSON]:
            agents = self._agents(child for escalation in asked for child in escalation.stays_down)
            who = f"agent {agents[0]} stays" if len(agents) == 1 else f"{len(agents)} agents stay"
            question = f"{who} down; start again, or go on without?"
            events.append(self._ask(question, asked[0].why, agents))
        return events

    def _heed(self, closed: ClosedStage) -> list[Event]:
        """Start agents again that people ask for, and say what of it could not be understood."""
        refused: list[Event] = []
        for name, payload in restarts_asked_for(closed):
            if why := why_no_restart(payload):
                refused.append(("refused", {"entry": name, "why": why, "round": self.round}))
            else:
                self.revive(payload["agents"])
        return refused

    def _told(self, escalation: Escalation) -> dict[str, Any]:
        return {
            "supervisor": escalation.supervisor,
            "why": escalation.why,
            "to": escalation.to,
            "stay_down": self._agents(escalation.stays_down),
            "round": self.round,
        }

    def _missing(self) -> list[Event]:
        """Name capabilities that went with their last holder, or that are there again."""
        events: list[Event] = []
        if not self._capabilities.holders:
            return events
        for change in self._capabilities.without(self._left | self._lost()):
            detail = {"capability": change.capability, "agents": list(change.agents)}
            events.append(
                ("lost" if change.is_lost else "regained", {**detail, "round": self.round})
            )
            if change.is_lost:
                question = f"nobody is left who can {change.capability!r}; who takes that over?"
                why = f"the last to have it: {_listed(change.agents)}"
                events.append(self._ask(question, why, list(change.agents)))
        return events

    def _ask(self, question: str, why: str, agents: Sequence[int]) -> Event:
        self._counts["persons_asked"] += 1
        return "ask-person", {
            "question": question,
            "why": why,
            "agents": list(agents),
            "round": self.round,
        }

    def _lost(self) -> set[int]:
        """Return the agents that stay down until a person says otherwise."""
        return set(self._agents(self.tree.down))

    def _agents(self, children: Iterable[str]) -> list[int]:
        return [agent for child in children for agent in self._members[child]]


def _listed(agents: Sequence[int]) -> str:
    shown = ", ".join(map(str, agents[:10]))
    return f"agents {shown}" + (" ..." if len(agents) > 10 else "")
