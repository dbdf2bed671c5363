"""Supervision trees: what is restarted when a child fails, when, and who has to be told.

The tree only keeps books: it starts nothing and reads no clock. Whoever notices a failure says so
with the time, and asks what is due.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .supervisor import Child, Supervisor, check_names, nodes_of

PERSON = "person"


@dataclass(frozen=True, slots=True)
class Restart:
    """Children that start together at a time, because one of them failed."""

    child: str
    """Who failed: a child, or a supervisor that gave up."""
    at: float
    why: str
    by: str
    """The supervisor that ordered it, or `person`."""
    children: tuple[str, ...]
    """Who starts, in this order; until then they are stopped."""


@dataclass(frozen=True, slots=True)
class Escalation:
    """A supervisor that has restarted too often hands its failure on."""

    supervisor: str
    why: str
    to: str
    """The supervisor above, or `person`."""
    stays_down: tuple[str, ...] = ()
    """Children that are not started again unless a person says so."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What follows from a failure."""

    restarts: tuple[Restart, ...] = ()
    stopped: tuple[str, ...] = ()
    """Children that ran until now and have to stop: the failed ones and those tied to them."""
    escalations: tuple[Escalation, ...] = ()


class SupervisionTree:
    """Follows which children run, wait for a restart, stay down, or have left for good."""

    def __init__(self, root: Supervisor) -> None:
        check_names(root)
        self.root = root
        self.supervisors = {n.name: n for n in nodes_of(root) if isinstance(n, Supervisor)}
        self._above = {c.name: s for s in self.supervisors.values() for c in s.children}
        self._leaves = {
            node.name: tuple(n.name for n in nodes_of(node) if isinstance(n, Child))
            for node in nodes_of(root)
        }
        self._down: dict[str, str] = {}
        self._gone: set[str] = set()
        self._waiting: dict[int, Restart] = {}
        self._awaited: dict[str, int] = {}
        """Per child that waits for a restart: the number of that restart."""
        self._ordered = 0
        self._past: dict[str, list[tuple[float, str]]] = {}
        """Per supervisor: when it restarted which of its children."""
        self._in_a_row: dict[str, tuple[int, float]] = {}
        """Per node: how many restarts in a row, and when the last one was due."""
        self._since: dict[str, float] = {}
        """Per child that failed and has not recovered: since when."""

    @property
    def down(self) -> Mapping[str, str]:
        """The children that stay down until a person says otherwise, and why."""
        return self._down

    @property
    def members(self) -> dict[str, range]:
        """The agents of each child, in the order of the tree."""
        return {n.name: n.agents for n in nodes_of(self.root) if isinstance(n, Child)}

    def is_up(self, child: str) -> bool:
        """Say whether a child runs."""
        return not (child in self._awaited or child in self._down or child in self._gone)

    def failed(self, child: str, now: float, why: str) -> Orders:
        """Take note that a child failed, and return what follows."""
        return self.failed_together({child: why}, now)

    def failed_together(self, failures: Mapping[str, str], now: float) -> Orders:
        """Take note of children that failed at the same time, each with its reason.

        Where all of a supervisor's children that ran fail at once, two or more, it is the
        supervisor that failed, and that counts once. Who does not run cannot fail.
        """
        running = {child: why for child, why in failures.items() if self.is_up(child)}
        orders = []
        for unit, why in self._units(running):
            if any(self.is_up(leaf) for leaf in self._leaves[unit]):
                orders.append(self._fail(unit, now, why, unit))
        for child in running:
            self._since.setdefault(child, now)
        return Orders(
            tuple(restart for order in orders for restart in order.restarts),
            tuple(child for order in orders for child in order.stopped),
            tuple(escalation for order in orders for escalation in order.escalations),
        )

    def due(self, now: float) -> list[Restart]:
        """Return the restarts whose time has come, earliest first; their children run from here."""
        ready = [number for number, restart in self._waiting.items() if restart.at <= now]
        restarts = [self._waiting.pop(number) for number in ready]
        for restart in restarts:
            for child in restart.children:
                del self._awaited[child]
        return sorted(restarts, key=lambda restart: restart.at)

    def recovered(self, child: str, now: float) -> float | None:
        """Take note that a child works again; return how long it did not, None if it never failed.

        A child that does not run has not recovered.
        """
        since = self._since.pop(child, None) if self.is_up(child) else None
        return None if since is None else now - since

    def left(self, child: str) -> None:
        """Take a child out of the tree for good; nothing starts it again."""
        self._gone.add(child)
        self._down.pop(child, None)
        self._since.pop(child, None)
        self._drop([child])

    def revive(self, children: Iterable[str], now: float) -> Orders:
        """Start children again that stay down, because a person says so."""
        named = tuple(child for child in children if child in self._down)
        if not named:
            return Orders()
        why = self._down[named[0]]
        for child in named:
            del self._down[child]
        restart = Restart(named[0], now, why, PERSON, named)
        self._await(restart)
        return Orders((restart,))

    def state(self) -> dict[str, Any]:
        """Return everything the tree remembers, as plain values."""
        return {
            "down": dict(self._down),
            "gone": sorted(self._gone),
            "waiting": [(r.child, r.at, r.why, r.by, r.children) for r in self._waiting.values()],
            "past": {name: list(past) for name, past in self._past.items()},
            "in_a_row": dict(self._in_a_row),
            "since": dict(self._since),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go to where `state` was taken, in a tree of the same shape."""
        self._down, self._gone = dict(state["down"]), set(state["gone"])
        self._since = dict(state["since"])
        self._waiting, self._awaited = {}, {}
        for child, at, why, by, children in state["waiting"]:
            self._await(Restart(child, at, why, by, tuple(children)))
        self._past = {name: [(t, c) for t, c in past] for name, past in state["past"].items()}
        self._in_a_row = {name: (n, at) for name, (n, at) in state["in_a_row"].items()}

    def _units(self, running: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return what failed, with the reason: children, or supervisors where all under one did."""
        failing = Counter(name for leaf in running for name in self._path(leaf))
        up = {name: sum(map(self.is_up, self._leaves[name])) for name in failing}
        units: dict[str, str] = {}
        for leaf, why in running.items():
            whole = [n for n in self._path(leaf) if failing[n] == up[n] > 1]
            units.setdefault(whole[-1] if whole else leaf, why)
        return list(units.items())

    def _fail(self, name: str, now: float, why: str, culprit: str) -> Orders:
        """Restart a node and those tied to it, or let its supervisor fail."""
        by = self._above.get(name, self.root)
        past = [(t, child) for t, child in self._past.get(by.name, []) if t > now - by.within]
        counted = sum(by.counts == "all" or child == name for _, child in past)
        if counted < by.max_restarts:
            orders = self._restart(name, by, now, why)
            self._past[by.name] = [*past, (now, name)]
            return orders
        times = f"{counted + 1} failures within {by.within:g}, the last by {why}"
        above = self._above.get(by.name)
        if above is None:
            return self._give_up(culprit, times)
        orders = self._fail(by.name, now, why, culprit)
        first = Escalation(by.name, times, above.name)
        return Orders(orders.restarts, orders.stopped, (first, *orders.escalations))

    def _restart(self, name: str, by: Supervisor, now: float, why: str) -> Orders:
        tied = self._tied_to(name)
        leaves = [
            leaf
            for leaf in self._leaves_of(tied)
            if leaf not in self._down and leaf not in self._gone
        ]
        for afresh in filter(self.supervisors.__contains__, tied):
            self._forget(afresh)
        earlier = {self._awaited[leaf] for leaf in leaves if leaf in self._awaited}
        at = max([now + self._backoff(name, by, now), *(self._waiting[n].at for n in earlier)])
        self._in_a_row[name] = (self._in_a_row[name][0], at)
        stopped = tuple(filter(self.is_up, leaves))
        self._drop(leaves)
        restart = Restart(name, at, why, by.name, tuple(leaves))
        self._await(restart)
        return Orders((restart,), stopped)

    def _give_up(self, culprit: str, why: str) -> Orders:
        """Leave a node down, and those that cannot do without it; a person has to decide."""
        leaves = self._leaves_of(self._lost_with(culprit))
        lost = tuple(leaf for leaf in leaves if leaf not in self._down and leaf not in self._gone)
        stopped = tuple(filter(self.is_up, lost))
        self._drop(lost)
        self._down.update(dict.fromkeys(lost, why))
        path = {culprit, *self._path(culprit)}
        for name in path:
            self._past[name] = [entry for entry in self._past.get(name, []) if entry[1] not in path]
            self._in_a_row.pop(name, None)
        return Orders((), stopped, (Escalation(self.root.name, why, PERSON, lost),))

    def _backoff(self, name: str, by: Supervisor, now: float) -> float:
        """Return how long a node waits this time: longer each time, unless it was well since."""
        times, last_at = self._in_a_row.get(name, (0, now))
        times = 0 if now - last_at > by.within else times
        self._in_a_row[name] = (times + 1, now)
        return by.backoff[min(times, len(by.backoff) - 1)]

    def _tied_to(self, name: str) -> Sequence[str]:
        """Return the siblings that start with a node, itself included, by the strategy above it."""
        by = self._above.get(name)
        siblings = [child.name for child in by.children] if by else [name]
        match by.strategy if by else "one-for-one":
            case "one-for-all":
                return siblings
            case "rest-for-one":
                return siblings[siblings.index(name) :]
            case _:
                return [name]

    def _lost_with(self, name: str) -> Sequence[str]:
        """Return what goes with a node for good: where all siblings do, their supervisor too."""
        by, tied = self._above.get(name), self._tied_to(name)
        is_whole = by is not None and len(tied) == len(by.children)
        return self._lost_with(by.name) if by is not None and is_whole else tied

    def _leaves_of(self, names: Iterable[str]) -> list[str]:
        return [leaf for name in names for leaf in self._leaves[name]]

    def _path(self, name: str) -> Iterator[str]:
        """Yield the supervisors above a node, the nearest first."""
        while (by := self._above.get(name)) is not None:
            yield (name := by.name)

    def _await(self, restart: Restart) -> None:
        """Keep a restart until it is due; its children do not run until then."""
        self._ordered += 1
        self._waiting[self._ordered] = restart
        self._awaited.update(dict.fromkeys(restart.children, self._ordered))

    def _drop(self, leaves: Iterable[str]) -> None:
        """Take children out of the restarts they wait for."""
        for number in {self._awaited.pop(leaf) for leaf in leaves if leaf in self._awaited}:
            restart = self._waiting[number]
            left = tuple(child for child in restart.children if child in self._awaited)
            if left:
                self._waiting[number] = replace(restart, children=left)
            else:
                del self._waiting[number]

    def _forget(self, name: str) -> None:
        """Let a supervisor start afresh, and all below it."""
        node = self.supervisors[name]
        for below in nodes_of(node):
            self._past.pop(below.name, None)
            if below is not node:
                self._in_a_row.pop(below.name, None)
