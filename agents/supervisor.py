"""The shape of a supervision tree: who looks after whom, how often it restarts, and how late."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

type Strategy = Literal["one-for-one", "one-for-all", "rest-for-one"]
type Node = Child | Supervisor

STRATEGIES: tuple[str, ...] = get_args(Strategy.__value__)


@dataclass(frozen=True, slots=True)
class Child:
    """What fails and is restarted as one: an agent, a team, or a worker process."""

    name: str
    agents: range = range(0)
    """The agents this is, by their numbers on the board; none for a worker."""


@dataclass(frozen=True, slots=True)
class Supervisor:
    """Restarts its children, in whose order they start, and fails when that does not help.

    Times count in the unit of whoever asks: rounds for agents, seconds for workers.
    """

    name: str
    children: tuple[Node, ...]
    strategy: Strategy = "one-for-one"
    """Who is restarted with a child that fails: nobody, all its siblings, or the later ones."""
    max_restarts: int = 3
    """How many restarts `within` may hold; one more failure is this supervisor's own."""
    within: float = 10
    backoff: tuple[float, ...] = (1, 2, 4, 8)
    """How long a child waits for its first, second ... restart in a row; the last repeats."""
    counts: Literal["all", "each"] = "all"
    """Whether `max_restarts` is for all children together or for each by itself."""

    def __post_init__(self) -> None:
        where = f"supervisor {self.name!r}"
        if not self.children:
            raise ValueError(f"{where} has no children; give it at least one")
        if self.strategy not in STRATEGIES:
            known = ", ".join(STRATEGIES)
            raise ValueError(f"{where} has the strategy {self.strategy!r}; there are {known}")
        if self.max_restarts < 0 or self.within <= 0:
            raise ValueError(
                f"{where} allows {self.max_restarts} restarts within {self.within}; neither can "
                "be negative, nor the time 0"
            )
        if not self.backoff or min(self.backoff) < 0:
            raise ValueError(f"{where} waits {self.backoff}; give one or more times of 0 or more")
        if (patience := patience_of(self)) >= self.within:
            raise ValueError(
                f"{where} would never give up a child that always fails: {self.max_restarts + 1} "
                f"failures take {patience:g}, so make `within` longer than that, got "
                f"{self.within:g}"
            )


def patience_of(node: Node) -> float:
    """Return how long a child that always fails keeps this node restarting before it fails too."""
    if isinstance(node, Child):
        return 0.0
    below = max(map(patience_of, node.children))
    return time_to_give_up(node.max_restarts, node.backoff) + node.max_restarts * below


def time_to_give_up(max_restarts: int, backoff: Sequence[float]) -> float:
    """Return how long that takes a supervisor by its own waits alone."""
    return float(sum(backoff[min(turn, len(backoff) - 1)] for turn in range(max_restarts)))


def nodes_of(node: Node) -> Iterator[Node]:
    """Yield a node and all below it, each before its children."""
    yield node
    if isinstance(node, Supervisor):
        for child in node.children:
            yield from nodes_of(child)


def check_names(root: Supervisor) -> None:
    """Refuse a tree in which two nodes have one name, or two children one agent."""
    nodes = list(nodes_of(root))
    names = Counter(node.name for node in nodes)
    agents = Counter(agent for node in nodes if isinstance(node, Child) for agent in node.agents)
    for what, count in (("node", names), ("agent", agents)):
        if twice := [key for key, times in count.items() if times > 1]:
            raise ValueError(
                f"{what} {twice[0]!r} stands twice in the tree under {root.name!r}; each {what} "
                "has one supervisor"
            )
