"""What a run comes to: a row for each ticket, what staff did, and the figures of both."""

from bisect import insort
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..base import Scene, Setup, Yardstick
from .case import SENT, Case
from .crafts import Craft
from .expected import expected
from .floor import REVIEW, Item
from .scene import charts_of, frame_of, scene_of
from .terms import Terms

SATISFIED = {"right": 1.0, "escalated": 0.5, "wrong": 0.0, "abandoned": 0.0}
"""What a reply is worth at once; our own definition."""
ROWS = 400
"""About so many rows of figures over time has a run."""

_COLUMNS = (
    *("ticket", "team", "arrived_s", "begun_s", "closed_s", "outcome", "drafts", "ballots"),
    *("conflicts", "found", "alarms", "sent"),
)


class Results:
    """Collects what became of tickets, and what each of the staff did."""

    def __init__(self, terms: Terms, setup: Setup, craft: Craft) -> None:
        self._terms, self._setup, self._craft = terms, setup, craft
        self._rows: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
        agents = len(terms.skills)
        self._drafts, self._reviews = [0] * agents, [0] * agents
        self._busy_s, self._overtime_s = [0.0] * agents, [0.0] * agents
        self._open = [0] * terms.teams
        self._members = [terms.team.count(number) for number in range(terms.teams)]
        self._news: list[tuple[str, Mapping[str, Any]]] = []
        self._began_s = terms.customers.began_s
        self._every_s = (float(terms.customers.arrivals_s[-1]) - self._began_s) / ROWS
        self._row_at_s = 0.0
        self._told = 0
        """Rows since they last became rarer, and half of those before."""
        self._outcomes: Counter[str] = Counter()
        self._ended: dict[str, list[int]] = {}
        """Closed tickets by outcome and skill; one that touches several counts for each."""
        self._waits_s: list[float] = []
        """Rising, of the closed tickets, how long they waited for somebody to begin."""
        self._took_s: list[float] = []
        """Rising, of those that were not abandoned, how long they took."""
        self.has_row = False
        """Whether it is time for another row."""
        self.has_changed = False
        """Whether the staff has become another in the middle, of which theory says nothing."""
        self.has_people = False
        """Whether people had a say in a decision, of whom theory knows nothing."""

    @property
    def closed_tickets(self) -> int:
        """How many tickets are closed."""
        return len(self._rows["ticket"])

    @property
    def open_tickets(self) -> int:
        """How many tickets have arrived and are not closed."""
        return sum(self._open)

    @property
    def arrived_tickets(self) -> int:
        """How many tickets have arrived."""
        return self.closed_tickets + self.open_tickets

    def least_busy_team(self) -> int:
        """Return the team with the fewest open tickets an agent; the first of equals."""
        return min(range(len(self._open)), key=lambda n: self._open[n] / self._members[n])

    def arrived(self, case: Case) -> None:
        """Count a ticket that has come."""
        self._open[case.team] += 1
        row: dict[str, Any] = {
            "ticket": case.ticket,
            "skills": list(self._terms.customers.named(case.ticket)),
            "team": case.team,
        }
        if (known := self._terms.customers.row(case.ticket)) is not None:
            row |= {"name": known.name, "text": known.text}
        self._news.append(("arrived", row))

    def closed(self, case: Case, outcome: str, now_s: float) -> None:
        """Put down what became of a ticket."""
        self._open[case.team] -= 1
        self._outcomes[outcome] += 1
        self._count(case.ticket, outcome, case.arrived_s, case.begun_s, now_s)
        values = (
            *(case.ticket, case.team, case.arrived_s, case.begun_s, now_s, outcome),
            *(case.drafts, case.ballots, case.conflicts, case.found, case.alarms),
            len(case.planted) if outcome in SENT else 0,
        )
        for name, value in zip(_COLUMNS, values, strict=True):
            self._rows[name].append(value)
        row = {"ticket": case.ticket, "outcome": outcome, "latency_s": now_s - case.arrived_s}
        self._news.append(("closed", row))

    def worked(
        self, agent: int, item: Item, began_s: float, now_s: float, *, is_done: bool
    ) -> None:
        """Count what one of the staff did, and for how long, on duty and beyond."""
        self._busy_s[agent] += now_s - began_s
        self._overtime_s[agent] += self._terms.overtime_s(agent, began_s, now_s)
        if is_done:
            counts = self._reviews if item.skill == REVIEW else self._drafts
            counts[agent] += 1

    def news(self) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """Return what happened since this was last asked."""
        news, self._news = self._news, []
        return news

    def row(self, now_s: float, *, busy: int, waiting: int) -> Mapping[str, Any]:
        """Return how the team stands, if it is time for another row."""
        self.has_row = now_s >= self._row_at_s
        if not self.has_row:
            return {}
        self._told += 1
        if self._told >= 2 * ROWS:  # the run lasts longer than arrivals let expect
            self._told = ROWS
            self._every_s = max(2 * self._every_s, (now_s - self._began_s) / ROWS)
        self._row_at_s = now_s + self._every_s
        closed, known = self.closed_tickets, "right" if self._craft.is_judged else "sent"
        share = self._outcomes[known] / closed if closed else None
        return {
            "open": self.open_tickets,
            "waiting": waiting,
            "busy": busy,
            "closed": closed,
            "completion" if known == "right" else known: share,
        }

    def metrics(
        self, now_s: float, under_way: Mapping[int, float]
    ) -> dict[str, float | int | None]:
        """Return the run's figures, by the names of the scenario's sheet.

        Args:
            now_s: When the run ended.
            under_way: Since when everybody who is busy then has been at it.
        """
        rows, count = self._rows, self.closed_tickets
        if not count:
            unknown: dict[str, float | int | None] = dict.fromkeys(METRICS)
            return {"open": self.open_tickets} | unknown | self._craft.metrics()
        outcomes = np.array(rows["outcome"])
        latency = self._latency()
        answered = latency[outcomes != "abandoned"]
        planted = sum(rows["conflicts"])
        shares: dict[str, float | None] = {
            name: float((outcomes == name).mean()) for name in (*SATISFIED, "sent")
        }
        sent = shares.pop("sent")
        if not self._craft.is_judged:
            shares |= {"right": None, "wrong": None}
        drafts, ballots = sum(rows["drafts"]), sum(rows["ballots"])
        found: dict[str, float | int | None] = {
            "tickets": count,
            "open": self.open_tickets,
            "completion": shares["right"],
            "wrong": shares["wrong"],
            "escalated": shares["escalated"],
            "abandoned": shares["abandoned"],
            "drafts_per_ticket": drafts / count,
            "latency_mean_s": float(answered.mean()) if answered.size else None,
            "latency_p95_s": float(np.quantile(answered, 0.95)) if answered.size else None,
            "satisfaction": self._satisfaction(latency),
            "utilisation": self._utilisation(now_s, under_way),
            "messages_per_ticket": (drafts + ballots) / count,
            "conflicts_planted": planted,
            "conflicts_found": sum(rows["found"]) / planted if planted else None,
            "conflicts_sent": sum(rows["sent"]) / planted if planted else None,
            "conflicts_alarms": sum(rows["alarms"]),
        }
        more: dict[str, float | int | None] = {} if self._craft.is_judged else {"sent": sent}
        if self._setup.options.staff != "rules":
            more |= {"conflicts_planted": None, "conflicts_alarms": None}
            more["conflicts_seen"] = sum(rows["found"])
        return found | more | self._craft.metrics() | self._observed()

    def yardstick(self) -> Yardstick | None:
        """Hold completion against the known answers, and name the closed forms.

        A craft that draws nothing says itself what it is held against.
        """
        if self._setup.options.staff != "rules":
            found = self._craft.yardstick()
            return replace(found, expected={}) if found and self.has_people else found
        ours = self._outcomes["right"] / self.closed_tickets if self.closed_tickets else None
        gap = None if ours is None else 100 * (1 - ours)
        is_as_begun = not (self.has_changed or self.has_people)
        forms = expected(self._terms, self._setup) if is_as_begun else {}
        return Yardstick("known answers", 1.0, ours, gap, expected=forms, evidence="simulated")

    def tables(
        self, now_s: float, under_way: Mapping[int, float]
    ) -> dict[str, dict[str, ArrayLike]]:
        """Return a row for each ticket in the order of arrival, and one for each of the staff.

        Args:
            now_s: When the run ended.
            under_way: Since when everybody who is busy then has been at it.
        """
        order = np.argsort(np.array(self._rows["ticket"], np.int64), kind="stable").tolist()
        columns = {name: [values[row] for row in order] for name, values in self._rows.items()}
        customers = self._terms.customers
        tickets: dict[str, Any] = {
            "ticket": columns.pop("ticket"),
            "skills": [
                "+".join(customers.named(ticket)) for ticket in sorted(self._rows["ticket"])
            ],
        }
        arrived, closed = columns["arrived_s"], columns["closed_s"]
        tickets |= columns
        tickets["latency_s"] = [c - a for a, c in zip(arrived, closed, strict=True)]
        tickets |= self._craft.columns(tickets["ticket"])
        if customers.file:
            rows = [customers.row(ticket) for ticket in tickets["ticket"]]
            tickets["name"] = [row.name for row in rows if row]
            if not customers.retail:
                tickets["observed"] = [row.outcome or None for row in rows if row]
        names = customers.skills
        busy_s, overtime_s = self._worked_s(now_s, under_way)
        staff = {
            "agent": list(range(len(self._busy_s))),
            "role": [names[role] for role in self._terms.roles],
            "skills": ["+".join(names[skill] for skill in held) for held in self._terms.skills],
            "team": list(self._terms.team),
            "drafts": self._drafts,
            "reviews": self._reviews,
            "busy_s": busy_s,
            "overtime_s": overtime_s,
        }
        return {"tickets": tickets, "staff": staff}

    def scene(self, names: Sequence[str]) -> Scene:
        """Return how the staff is drawn."""
        return scene_of(self._terms, names, self._ends)

    def frame(
        self, busy: Mapping[int, tuple[Item, float, int, int]], queues: Sequence[int]
    ) -> Mapping[str, Any]:
        """Return what is drawn.

        Args:
            busy: Who is at work, and on what.
            queues: Items that wait for each skill, and for a review.
        """
        frame = frame_of(self._terms.roles, busy, open_tickets=self.open_tickets)
        counts = {end: self._ended.get(end, [0] * self._skills) for end in self._ends}
        return frame | charts_of(queues, (self._waits_s, self._took_s), counts)

    @property
    def _skills(self) -> int:
        return len(self._terms.customers.skills)

    @property
    def _ends(self) -> Sequence[str]:
        """The outcomes that a ticket can have."""
        ends = ("right", "wrong") if self._craft.is_judged else ("sent",)
        return (*ends, "escalated", "abandoned")

    def _count(
        self, ticket: int, outcome: str, arrived_s: float, begun_s: float | None, closed_s: float
    ) -> None:
        """Know what became of a ticket, and how long it took, for what is drawn."""
        counts = self._ended.setdefault(outcome, [0] * self._skills)
        for skill in set(self._terms.customers.skills_of(ticket)):
            counts[skill] += 1
        if outcome != "abandoned":
            insort(self._took_s, closed_s - arrived_s)
        if begun_s is not None:
            insort(self._waits_s, begun_s - arrived_s)

    def state(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return {
            "rows": {name: list(values) for name, values in self._rows.items()},
            "drafts": list(self._drafts),
            "reviews": list(self._reviews),
            "busy_s": list(self._busy_s),
            "overtime_s": list(self._overtime_s),
            "open": list(self._open),
            "row_at_s": self._row_at_s,
            "every_s": self._every_s,
            "told": self._told,
            "has_changed": self.has_changed,
            "has_people": self.has_people,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go to where `state` was taken."""
        self._rows = {name: list(values) for name, values in state["rows"].items()}
        self._drafts, self._reviews = list(state["drafts"]), list(state["reviews"])
        self._busy_s, self._overtime_s = list(state["busy_s"]), list(state["overtime_s"])
        self._open = list(state["open"])
        self._row_at_s, self._every_s = state["row_at_s"], state["every_s"]
        self._told = state["told"]
        self.has_changed, self.has_people = state["has_changed"], state["has_people"]
        self._outcomes = Counter(self._rows["outcome"])
        self._ended, self._waits_s, self._took_s = {}, [], []
        names = ("ticket", "outcome", "arrived_s", "begun_s", "closed_s")
        for row in zip(*(self._rows[name] for name in names), strict=True):
            self._count(*row)

    def _latency(self) -> NDArray[np.float64]:
        latency: NDArray[np.float64] = np.subtract(self._rows["closed_s"], self._rows["arrived_s"])
        return latency

    def _satisfaction(self, latency: NDArray[np.float64]) -> float | None:
        """Return what replies are worth by outcome and latency; None where nobody knows."""
        if not self._craft.is_judged:
            return None
        worth = np.array([SATISFIED[outcome] for outcome in self._rows["outcome"]])
        return float((worth * np.exp(-latency / self._setup.options.fades_s)).mean())

    def _utilisation(self, now_s: float, under_way: Mapping[int, float]) -> float | None:
        """Return the share of the time on duty in which staff was at work."""
        on_duty = self._terms.on_duty_s(now_s)
        busy_s, overtime_s = map(sum, self._worked_s(now_s, under_way))
        return (busy_s - overtime_s) / on_duty if on_duty else None

    def _worked_s(
        self, now_s: float, under_way: Mapping[int, float]
    ) -> tuple[list[float], list[float]]:
        """Return how long each of the staff was at work, and how much of that beyond its hours."""
        busy_s, overtime_s = list(self._busy_s), list(self._overtime_s)
        for agent, began_s in under_way.items():
            busy_s[agent] += now_s - began_s
            overtime_s[agent] += self._terms.overtime_s(agent, began_s, now_s)
        return busy_s, overtime_s

    def _observed(self) -> dict[str, float]:
        """Return what became of the tickets in reality, where the user's file says it."""
        file = self._terms.customers.file
        if not file or not file.observed:
            return {}
        names: Iterable[tuple[str, str]] = (
            *(("right", "observed_completion"), ("wrong", "observed_wrong")),
            *(("escalated", "observed_escalated"), ("abandoned", "observed_abandoned")),
        )
        return {name: float(file.observed.get(outcome, 0.0)) for outcome, name in names}


METRICS = (
    *("completion", "wrong", "escalated", "abandoned", "drafts_per_ticket", "latency_mean_s"),
    *("latency_p95_s", "satisfaction", "utilisation", "messages_per_ticket", "conflicts_found"),
    "conflicts_sent",
)
