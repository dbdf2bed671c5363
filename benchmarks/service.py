"""What the customer-service cluster costs a ticket, beside the same cluster in plain Mesa.

128 agents, panels of five, 33 tickets a second of simulated time. The plain one draws and decides
alike with Mesa's events and keeps nothing: no board, no ballots on record, no log, no digest, no
tables. Run `python -m benchmarks service [--json]`.
"""

import json
import random
import resource
import sys
import tempfile
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import mesa

from blackboard import write_tables
from swarmboard import run

from .table import print_table

TICKETS, AGENTS, PER_S = 4000, 128, 33.0
PANEL, NEEDED, MAX_DRAFTS, SKILLS = 5, 3, 3, 3
SETTINGS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("default, early decisions", {}),
    (
        "all five reviews",
        {"early": False, "reviewer_competence": 0.85, "draft_s": 0.3, "review_s": 0.1},
    ),
)
REPEATS = 3


class PlainCluster(mesa.Model):
    """The same cluster with Mesa's events alone: queues, idle staff, drafts and votes."""

    def __init__(self, settings: dict[str, Any], seed: int) -> None:
        super().__init__(rng=seed)
        self.draw = random.Random(seed)
        self.right = settings.get("reviewer_competence", 0.70)
        self.draft_s, self.review_s = settings.get("draft_s", 0.2), settings.get("review_s", 0.05)
        self.early = settings.get("early", True)
        self.idle = [deque(range(skill, AGENTS, SKILLS)) for skill in range(SKILLS)]
        self.drafts: list[deque[Any]] = [deque() for _ in range(SKILLS)]
        self.reviews: deque[Any] = deque()
        self.latency: list[float] = []
        self.outcomes: list[str] = []
        self.events = self.arrived = 0
        self.pending: set[_Due] = set()
        self._arrive_later()

    def arrive(self) -> None:
        """Take in a ticket."""
        self.events += 1
        self.arrived += 1
        skill = self.draw.randrange(SKILLS)
        self.drafts[skill].append([self.time, skill, 0])
        self._arrive_later()
        self._hand_out()

    def drafted(self, agent: int, ticket: list[Any]) -> None:
        """Put a draft to the vote of five others."""
        self.events += 1
        vote = {"ticket": ticket, "good": self.draw.random() < 0.81, "yes": 0, "no": 0}
        vote |= {"author": agent, "open": True}
        self.reviews.extend([vote] * PANEL)
        self.idle[agent % SKILLS].append(agent)
        self._hand_out()

    def reviewed(self, agent: int, vote: dict[str, Any]) -> None:
        """Count a ballot, and decide where it is time."""
        self.idle[agent % SKILLS].append(agent)
        if vote["open"]:
            self.events += 1
            approves = (self.draw.random() < self.right) == vote["good"]
            vote["yes" if approves else "no"] += 1
            is_certain = vote["yes"] >= NEEDED or vote["no"] > PANEL - NEEDED
            if (self.early and is_certain) or vote["yes"] + vote["no"] == PANEL:
                self._decide(vote)
        self._hand_out()

    def _decide(self, vote: dict[str, Any]) -> None:
        vote["open"] = False
        ticket = vote["ticket"]
        ticket[2] += 1
        if vote["yes"] >= NEEDED:
            self._close(ticket, "right" if vote["good"] else "wrong")
        elif ticket[2] < MAX_DRAFTS:
            self.drafts[ticket[1]].append(ticket)
        else:
            self._close(ticket, "escalated")

    def _close(self, ticket: list[Any], outcome: str) -> None:
        self.latency.append(self.time - ticket[0])
        self.outcomes.append(outcome)

    def _hand_out(self) -> None:
        for skill, waiting in enumerate(self.drafts):
            while waiting and self.idle[skill]:
                self._begin(self.idle[skill].popleft(), "drafted", waiting.popleft(), self.draft_s)
        while self.reviews and not self.reviews[0]["open"]:
            self.reviews.popleft()
        while self.reviews and (most := max(self.idle, key=len)):
            self._begin(most.popleft(), "reviewed", self.reviews.popleft(), self.review_s)

    def _begin(self, agent: int, method: str, work: Any, mean_s: float) -> None:
        self._later(partial(getattr(self, method), agent, work), self.draw.expovariate(1 / mean_s))

    def _arrive_later(self) -> None:
        if self.arrived < TICKETS:
            self._later(self.arrive, self.draw.expovariate(PER_S))

    def _later(self, call: Callable[[], None], after_s: float) -> None:
        due = _Due(self, call)
        self.pending.add(due)
        self.schedule_event(due.happen, at=max(self.time, 0.0) + after_s)


class _Due:
    """A call to come; somebody has to keep it, because Mesa does not."""

    def __init__(self, model: PlainCluster, call: Callable[[], None]) -> None:
        self._model, self._call = model, call

    def happen(self) -> None:
        """Make the call."""
        self._model.pending.discard(self)
        self._call()


def measure(settings: dict[str, Any]) -> dict[str, Any]:
    """Return what one setting takes, the least of some repetitions side by side."""
    rows = [(_run(settings), _plain(settings, seed)) for seed in range(REPEATS)]
    ours = min((row for row, _ in rows), key=lambda row: row["cpu_s"])
    plain_s = min(cpu_s for _, cpu_s in rows)
    parts = ("board", "agents", "scenario", "tables", "server")
    return {
        "tickets per CPU second": TICKETS / ours["cpu_s"],
        "plain Mesa": TICKETS / plain_s,
        "ratio": ours["cpu_s"] / plain_s,
        "instants a ticket": ours["instants"] / TICKETS,
        **{f"{part}, %": 100 * ours[f"{part}_s"] / ours["cpu_s"] for part in parts},
    }


def main(argv: list[str]) -> None:
    """Print a table, or JSON with --json."""
    rows = [{"setting": name, **measure(settings)} for name, settings in SETTINGS]
    print(json.dumps(rows, indent=1)) if "--json" in argv else print_table(rows)


def _run(settings: dict[str, Any]) -> dict[str, float]:
    """Run the cluster with the bundled server; return CPU seconds, the server's included."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        own_s, server_s = _cpu_s(resource.RUSAGE_SELF), _cpu_s(resource.RUSAGE_CHILDREN)
        summary = run(
            "customer-service", tickets=TICKETS, arrivals_per_s=PER_S, out=out, **settings
        ).summary
        own_s = _cpu_s(resource.RUSAGE_SELF) - own_s
        server_s = _cpu_s(resource.RUSAGE_CHILDREN) - server_s
        before_s = _cpu_s(resource.RUSAGE_SELF)
        write_tables(out / "events.log", Path(folder))
        tables_s = _cpu_s(resource.RUSAGE_SELF) - before_s
    measured = {"cpu_s": own_s + server_s, "server_s": server_s, "tables_s": tables_s}
    return {**summary["timing"], **measured, "instants": summary["instants"]}


def _plain(settings: dict[str, Any], seed: int) -> float:
    before_s = _cpu_s(resource.RUSAGE_SELF)
    model = PlainCluster(settings, seed)
    while len(model.outcomes) < TICKETS:
        model.run_for(1.0)
    return _cpu_s(resource.RUSAGE_SELF) - before_s


def _cpu_s(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(sys.argv[1:])
