"""What a run's records say of its floor: what waits, who works, and whether that is as it should.

It keeps books of its own, from the log alone: nothing is read from the scenario.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from blackboard import Ballots, Decided, Entries, Granted, Instant, entry_id, read_log
from blackboard.records import Opened, World
from scenarios.customer_service.files.roster import Roster
from swarmboard import Result

NO_BALLOT = 255
type OnDuty = Callable[[int, float], bool]


def always(agent: int, at_s: float) -> bool:
    return True


def on_duty(terms: Mapping[str, Any]) -> OnDuty:
    """Return the hours that `shifts` gives to agents with the three skills of generated tickets."""
    if "shifts" not in terms:
        return always
    held = terms.get("cross_training", 1)
    roster = Roster.even(terms["agents"], 3, held, terms["shifts"], terms["day_s"])
    rows = sorted(range(terms["agents"]), key=lambda row: (roster.skills[row][0], row))
    return lambda agent, at_s: roster.on_duty(rows[agent], at_s)


class Place(NamedTuple):
    """What somebody may do for a ticket."""

    ticket: int
    draft: int
    skill: str
    """Empty for a review, which everybody can do."""


class Audit:
    """Goes through a run instant by instant; `faults` says what ought not to have been.

    Args:
        result: The run.
        max_drafts: Its option.
        on_duty: Who is on duty when.
        is_apart: Whether the parts of a reply are drafted by different agents.
    """

    def __init__(
        self,
        result: Result,
        *,
        max_drafts: int = 3,
        on_duty: OnDuty = always,
        is_apart: bool = True,
    ) -> None:
        staff = result.tables["staff"]
        self.held = [set(text.split("+")) for text in staff["skills"]]
        self.teams = staff["team"].tolist()
        self.max_drafts, self.on_duty, self.is_apart = max_drafts, on_duty, is_apart
        self.faults: list[str] = []
        self.at_s = self.ticket_s = self.busy_s = self.overtime_s = 0.0
        """The time, and the integrals over it of open tickets, of agents at work, and of those of
        them who are off duty; a shift changes at an instant."""
        self.arrived = self.closed = 0
        self.most_open = self.most_waiting = self.rows = 0
        self.wanted: dict[int, list[str]] = {}
        self.team: dict[int, int] = {}
        self.teams_at_work: dict[int, set[int]] = {}
        self.waiting: dict[str, Place] = {}
        self.seats: dict[str, int] = {}
        """Seats that nobody has yet."""
        self.panels: dict[str, list[int]] = {}
        """Who sits, in the order of the seats."""
        self.votes: dict[str, Place] = {}
        self.busy: dict[int, str] = {}
        self.authors: dict[tuple[int, int], dict[int, int]] = {}
        self.entries: dict[str, tuple[int, int, int]] = {}
        for instant in _instants(read_log(result.path / "events.log")):
            self._go_through(instant)

    @property
    def open(self) -> int:
        """How many tickets are open."""
        return self.arrived - self.closed

    def _go_through(self, records: list[Any]) -> None:
        passed_s = records[0].at_s - self.at_s
        self.ticket_s += self.open * passed_s
        self.busy_s += len(self.busy) * passed_s
        self.overtime_s += sum(not self.on_duty(a, self.at_s) for a in self.busy) * passed_s
        self.at_s = records[0].at_s
        began: dict[int, Place] = {}
        worlds = [record for record in records if isinstance(record, World)]
        for record in worlds:
            self._world(record, is_first=True)
        for record in records:
            match record:
                case Entries():
                    for entry in record.entries:
                        where = (record.round, record.stage, entry.agent, entry.seq)
                        self._entry(entry, entry_id(*where))
                case Ballots():
                    self._ballots(record)
                case Decided():
                    self._decided(record)
                case Opened():
                    place = Place(record.payload["ticket"], record.payload["draft"], "")
                    self.seats[record.proposal] = int(record.electorate.split()[1])
                    self.panels[record.proposal], self.votes[record.proposal] = [], place
                case Granted(act="claim", granted=True):
                    began[record.agent] = self._claimed(record.agent, record.key)
        for record in worlds:
            self._world(record, is_first=False)
        self._check(began)

    def _world(self, record: World, *, is_first: bool) -> None:
        row = record.row
        if record.name == "arrived" and is_first:
            self.arrived += 1
            self.wanted[row["ticket"]], self.team[row["ticket"]] = row["skills"], row["team"]
            self._ask(row["ticket"], 0)
        elif record.name == "closed" and is_first == (row["outcome"] == "abandoned"):
            self.closed += 1
            gone = [name for name, place in self.waiting.items() if place.ticket == row["ticket"]]
            for name in gone:
                del self.waiting[name]
        elif record.name == "round" and not is_first and "open" in row:
            self.rows += 1
            self._expect(row["open"] == self.open, f"{row['open']} are open, not {self.open}")
            self._expect(row["busy"] == len(self.busy), f"{row['busy']} work")

    def _ask(self, ticket: int, draft: int) -> None:
        for part, skill in enumerate(self.wanted[ticket]):
            self.waiting[f"ticket {ticket}.{draft}.{part}"] = Place(ticket, draft, skill)

    def _claimed(self, agent: int, key: str) -> Place:
        self._expect(agent not in self.busy, f"agent {agent} works already")
        self._expect(self.on_duty(agent, self.at_s), f"agent {agent} is off duty")
        if key.startswith("ticket "):
            self._expect(key in self.waiting, f"{key} does not wait")
            ticket, draft, part = map(int, key.removeprefix("ticket ").split("."))
            missing = Place(ticket, draft, self.wanted[ticket][part])
            place = self.waiting.pop(key, missing)
            self._expect(self._may_draft(agent, place), f"agent {agent} may not draft {key}")
            authors = self.authors.setdefault(place[:2], {})
            authors[part] = agent
        else:
            place = self.votes[key]
            self._expect(self._may_review(agent, key), f"agent {agent} may not review {key}")
            self.seats[key] -= 1
            self._expect(self.seats[key] >= 0, f"{key} has no seat left")
            self.panels[key].append(agent)
        self.busy[agent] = key
        self.teams_at_work.setdefault(place.ticket, set()).add(self.teams[agent])
        return place

    def _entry(self, entry: Any, name: str) -> None:
        if entry.kind == "draft":
            its = entry.payload
            key = f"ticket {its['ticket']}.{its['draft']}.{its['part']}"
            self._expect(self.busy.pop(entry.agent) == key, f"agent {entry.agent} drafted {key}")
            self.entries[name] = its["ticket"], its["draft"], its["part"]
        elif entry.kind == "conflict":
            ticket, draft, part = self.entries[entry.links[1].entry]
            del self.authors[ticket, draft][part]
            skill = self.wanted[ticket][part]
            self.waiting[f"ticket {ticket}.{draft}.{part}"] = Place(ticket, draft, skill)

    def _ballots(self, record: Ballots) -> None:
        for agent, choice in zip(self.panels[record.proposal], record.choices, strict=False):
            if choice != NO_BALLOT:
                self._expect(self.busy.pop(agent) == record.proposal, f"agent {agent} voted")

    def _decided(self, record: Decided) -> None:
        place = self.votes.pop(record.proposal)
        for agent in self.panels.pop(record.proposal):
            if self.busy.get(agent) == record.proposal:
                del self.busy[agent]
        del self.seats[record.proposal]
        if record.outcome == "rejected" and place.draft + 1 < self.max_drafts:
            self._ask(place.ticket, place.draft + 1)

    def _may_draft(self, agent: int, place: Place) -> bool:
        is_able = place.skill in self.held[agent] and self.teams[agent] == self.team[place.ticket]
        is_author = agent in self.authors.get(place[:2], {}).values()
        return is_able and not (self.is_apart and is_author)

    def _may_review(self, agent: int, key: str) -> bool:
        place = self.votes[key]
        is_own = agent in self.authors[place[:2]].values()
        is_near = self.teams[agent] == self.team[place.ticket]
        return is_near and not is_own and agent not in self.panels[key]

    def _left(self, agent: int) -> Iterator[Place]:
        """Yield what waits now and an agent might do."""
        yield from (place for place in self.waiting.values() if self._may_draft(agent, place))
        for key, left in self.seats.items():
            if left and self._may_review(agent, key):
                yield self.votes[key]

    def _check(self, began: dict[int, Place]) -> None:
        """Nobody idles while there is work for it, or does younger work while older waits."""
        waits = len(self.waiting) + sum(self.seats.values())
        self.most_waiting = max(self.most_waiting, waits)
        self.most_open = max(self.most_open, self.open)
        if not waits:
            return
        for agent in range(len(self.held)):
            if agent not in self.busy and self.on_duty(agent, self.at_s):
                for place in self._left(agent):
                    self.faults.append(f"{self.at_s}: agent {agent} idles, {place} waits")
        for agent, place in began.items():
            if older := [left for left in self._left(agent) if left.ticket < place.ticket]:
                self.faults.append(f"{self.at_s}: agent {agent} began {place}, not {older[0]}")

    def _expect(self, is_so: bool, fault: str) -> None:
        if not is_so:
            self.faults.append(f"{self.at_s}: {fault}")


def _instants(records: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield the records of each instant, the instant's own first."""
    for number, group in groupby(records, key=lambda record: record.round):
        some = list(group)
        if number:
            assert isinstance(some[0], Instant)
            yield some
