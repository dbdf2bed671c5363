"""Staff answer customers: drafts, reviews by threshold vote, one reply a ticket."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import ArrayLike

from agents import Population, Stage, Stages
from blackboard import (
    NO_BALLOT,
    ClosedStage,
    Decided,
    Entries,
    Granted,
    Proposal,
    View,
    complete,
    entry_id,
)

from ..base import Scenario, Scene, Setup, Yardstick
from .case import Case, case_of, plain
from .files.formats import DATA_FORMATS
from .files.roster import Roster
from .floor import REVIEW, Floor, Item
from .options import CustomerServiceOptions
from .replies.parts import contradictions, drafted, mended
from .results import Results
from .rota import Rota
from .staff import Clerk
from .terms import matched, terms_of

_NO_BALLOTS = bytes([NO_BALLOT]) * 256


class CustomerService(Scenario):
    """A cluster of inquiry, recommendation and after-sales agents, in simulated time."""

    name = "customer-service"
    summary = "staff draft, review and vote on replies to customers, in simulated time"
    Options = CustomerServiceOptions
    is_event_driven = True
    data_formats = DATA_FORMATS
    structures = ("swarm", "solo", "separate", "hierarchy")
    default_agents = 128
    default_threshold = 60
    default_rounds = 2**31 - 1

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self.terms = terms_of(setup)
        self.customers, self.practice = self.terms.customers, self.terms.practice
        self.floor = Floor(self.terms.skills, self.terms.team)
        self.rota = Rota(self.terms)
        self.results = Results(self.terms, setup)
        self.rule = setup.rule if self.options.early else complete(setup.rule)
        self.cases: dict[int, Case] = {}
        """Tickets that have arrived and are not closed."""
        self.work: dict[int, tuple[Item, float, int, int]] = {}
        """What each busy agent does, since when, which event ends it, and its seat of a panel."""
        self.tickets: dict[str, int] = {}
        """The ticket of each open proposal."""
        self.seats: dict[str, dict[int, int]] = {}
        """The seat of each agent that has one, by open proposal."""
        self._opening: list[Proposal] = []
        self._conflicts: dict[int, list[dict[str, Any]]] = {}

    @classmethod
    def resolve(cls, options: Any, asked: int | None) -> tuple[Any, int]:
        """Return the options, and how many agents there are: the roster's, where there is one."""
        if options.roster is None or asked is not None:
            return options, cls.default_agents if asked is None else asked
        return options, Roster.read(options.roster, day_s=options.day_s).agents

    @classmethod
    def implied_structure(cls, structure: str, agents: int) -> str:
        """One agent has nobody to vote with."""
        return "solo" if agents == 1 else structure

    def matched_options(self, kind: str) -> Mapping[str, Any]:
        """Return the options of the baseline: the same work and speed, and the load that fits."""
        return matched(self.terms, self.options, self.agents, kind)

    def populate(self, model: Any) -> Sequence[Population]:
        """Hire the staff, role by role."""
        self.model = model
        roles = self.terms.roles
        self.roles = tuple(self.customers.skills[role] for role in sorted(set(roles)))
        self.clerks: list[Clerk] = []
        populations = []
        for role in sorted(set(roles)):
            members = [Clerk(model) for its in roles if its == role]
            self.clerks += members
            populations.append(Population(self.customers.skills[role], members))
        return populations

    def start(self, model: Any) -> None:
        """Open: those on duty wait for work, and the first customer is on the way."""
        for agent in range(self.agents):
            if self.rota.is_on_duty(agent, 0.0):
                self.floor.rest(agent)
        self._expect(0)
        self._expect_shift(0.0)

    # What is due: customers who come and go, and staff who do.

    def arrive(self, ticket: int) -> None:
        """Take in a ticket, and all others that arrive at the same instant."""
        now, times = self.model.now_s, self.customers.arrivals_s
        while ticket < len(times) and times[ticket] <= now:
            self._take_in(ticket, now)
            ticket += 1
        self._expect(ticket)

    def give_up(self, ticket: int) -> None:
        """Lose a customer who still waits for somebody to begin."""
        case = self.cases.get(ticket)
        if case and case.begun_s is None:
            self._close(case, "abandoned")

    def change_shift(self) -> None:
        """Send home who goes off duty, and let in who comes on duty."""
        now = self.model.now_s
        for agent in self.rota.agents():
            if not self.rota.is_on_duty(agent, now):
                self.floor.busy(agent)
            elif agent not in self.work:
                self.floor.rest(agent)
        self._expect_shift(now)

    def stages(self, board: View) -> Stages:
        """Take what is done, compare parts where there are several, and hand out what waits."""
        if board.due:
            brief = self._brief(board.due)
            votes = bool(brief["approves"])
            closed = yield Stage("work", self.roles, (), votes, brief, agents=board.due)
            self._take(closed, board.due)
        if self._conflicts:
            conflicts, self._conflicts = self._conflicts, {}
            brief = {"conflicts": conflicts}
            yield Stage("compare", self.roles, brief=brief, agents=sorted(conflicts))
        offers = self.floor.offers(self._is_void, self._may)
        opening, self._opening = tuple(self._opening), []
        if offers or opening:
            brief = {"offers": offers}
            closed = yield Stage("claim", self.roles, opening, brief=brief, agents=sorted(offers))
            self._begin(offers, closed)

    def _brief(self, due: Sequence[int]) -> dict[str, Any]:
        """Return what those who are due have come to: how they judge, and what they write."""
        approves: dict[int, bool] = {}
        parts: dict[int, dict[str, Any]] = {}
        for agent in due:
            item, _, _, seat = self.work[agent]
            case = self.cases[item.ticket]
            if item.skill == REVIEW:
                is_right = self.practice.is_right(item.ticket, item.draft, seat)
                approves[agent] = is_right == case.is_right
            elif len(case.skills) > 1:
                part = case.texts[item.part]
                parts[agent] = {"text": part.text, "findings": [list(f) for f in part.findings]}
        return {"approves": approves, "parts": parts}

    def _take(self, closed: ClosedStage, due: Sequence[int]) -> None:
        """Go on with what was drafted and decided; who failed does its work again."""
        drafts = {
            entry.agent: entry_id(record.round, record.stage, entry.agent, entry.seq)
            for record in closed.records
            if isinstance(record, Entries)
            for entry in record.entries
            if entry.kind == "draft"
        }
        ballots = {record.proposal: record.choices for record in closed.ballots}
        for agent in due:
            item, _, _, seat = self.work[agent]
            if item.skill == REVIEW:
                is_done = ballots.get(item.proposal, _NO_BALLOTS)[seat] != NO_BALLOT
                self.cases[item.ticket].ballots += is_done
            else:
                is_done = agent in drafts
            if not is_done:
                self._again(agent)
                continue
            self._rest(agent)
            if agent in drafts:
                self._take_draft(agent, item, drafts[agent])
        for decided in closed.decisions:
            self._take_decision(decided)

    def _take_draft(self, agent: int, item: Item, entry: str) -> None:
        case = self.cases[item.ticket]
        case.entries[item.part] = entry
        skill = case.skills[item.part]
        if item.part not in case.mended:
            case.good[item.part] = self.practice.is_good(*item[:3], skill)
        case.drafts += 1
        if not case.is_drafted:
            return
        if self.terms.coordinates and len(case.skills) > 1 and not case.mended:
            self._compare(case, agent)
        if case.is_drafted:
            self._submit(case, entry)

    def _compare(self, case: Case, agent: int) -> None:
        """Look for contradictions between the parts, and have one of two drafted again."""
        found = contradictions(case.texts)
        for first, second, about in found:
            entries = (case.entries[first], case.entries[second])
            row = {"ticket": case.ticket, "about": about, "entries": entries}
            self._conflicts.setdefault(agent, []).append(row)
        against = {second: first for first, second, _ in reversed(found)}
        for part, other in against.items():
            texts = list(case.texts)
            texts[part] = mended(case.texts, part, other)
            case.texts = tuple(texts)
            if (other, part) in case.planted:
                case.found += 1
                case.planted = tuple(pair for pair in case.planted if pair != (other, part))
            else:
                case.alarms += 1
        case.mended = tuple(sorted(against))
        for part in case.mended:
            del case.entries[part], case.authors[part]
            self.floor.put(case.team, Item(case.ticket, case.draft, part, case.skills[part]))

    def _submit(self, case: Case, entry: str) -> None:
        """Put a reply to the vote, or send it where nobody reviews."""
        if not self.terms.panel:
            self._close(case, "right" if case.is_right else "wrong")
            return
        case.proposal = entry
        self.tickets[entry], self.seats[entry] = case.ticket, {}
        self._opening.append(
            Proposal(
                id=entry,
                panel=self.terms.panel,
                barred=tuple(sorted(set(case.authors.values()))),
                rule=None if self.options.early else self.rule,
                payload={"ticket": case.ticket, "draft": case.draft},
                impact=1.0,
            )
        )
        item = Item(case.ticket, case.draft, 0, REVIEW, entry)
        for _ in range(self.terms.panel):
            self.floor.put(case.team, item)

    def _take_decision(self, decided: Decided) -> None:
        """Send what was accepted; else draft again, or hand the ticket to a person."""
        case = self.cases[self.tickets.pop(decided.proposal)]
        for agent in self.seats.pop(decided.proposal):
            if agent in self.work and self.work[agent][0].proposal == decided.proposal:
                self.model.call_off(self.work[agent][2])
                self._rest(agent)
        if decided.outcome == "accepted":
            self._close(case, "right" if case.is_right else "wrong")
        elif decided.outcome in ("rejected", "expired") and self._may_draft_again(case):
            case.start_over()
            self._ask_for_drafts(case)
        else:
            self._close(case, "escalated")

    def _may_draft_again(self, case: Case) -> bool:
        return case.draft + 1 < self.practice.max_drafts

    def _begin(self, offers: Mapping[int, Item], closed: ClosedStage) -> None:
        """Have those begin who were granted what they claimed."""
        for record in closed.records:
            if isinstance(record, Granted) and record.granted and record.agent in offers:
                self._begin_work(record.agent, offers[record.agent])
        for agent, item in offers.items():
            if agent not in self.work:
                self.floor.put(self.cases[item.ticket].team, item)
                self._let_rest(agent)

    def _begin_work(self, agent: int, item: Item) -> None:
        case, seat = self.cases[item.ticket], 0
        if item.skill == REVIEW:
            seats = self.seats[item.proposal]
            seat = seats[agent] = len(seats)
        else:
            case.authors[item.part] = agent
            case.begun_s = self.model.now_s if case.begun_s is None else case.begun_s
        self._schedule(agent, item, seat)
        self.clerks[agent].item = tuple(item)

    def _schedule(self, agent: int, item: Item, seat: int) -> None:
        """Have an agent finish its work when it has taken its time."""
        if item.skill == REVIEW:
            lasts_s = self.practice.reviewing_s(item.ticket, item.draft, seat)
        else:
            lasts_s = self.practice.drafting_s(item.ticket, item.draft, item.part)
        now = self.model.now_s
        event = self.model.call_at(_after(now, lasts_s), agent, "finish")
        self.work[agent] = (item, now, event, seat)

    def _again(self, agent: int) -> None:
        """Have an agent do again what it failed to do."""
        item, began_s, _, seat = self.work[agent]
        self.results.worked(agent, item, self.model.now_s - began_s, is_done=False)
        self._schedule(agent, item, seat)

    def _rest(self, agent: int) -> None:
        """Note what an agent has done, or was called off from, and let it wait for work."""
        item, began_s, _, _ = self.work.pop(agent)
        is_done = item.proposal in self.seats or item.skill != REVIEW
        self.results.worked(agent, item, self.model.now_s - began_s, is_done=is_done)
        self.clerks[agent].item = None
        self._let_rest(agent)

    def _let_rest(self, agent: int) -> None:
        if self.rota.is_on_duty(agent, self.model.now_s):
            self.floor.rest(agent)

    def _take_in(self, ticket: int, now: float) -> None:
        skills = self.customers.skills_of(ticket)
        case = self.cases[ticket] = Case(ticket, self.results.least_busy_team(), now, skills)
        self.results.arrived(case)
        waits_s = self.practice.waits_s(ticket)
        if waits_s is not None:
            self.model.call_at(_after(now, waits_s), None, "give_up", ticket=ticket)
        self._ask_for_drafts(case)

    def _ask_for_drafts(self, case: Case) -> None:
        if len(case.skills) > 1:
            names = self.customers.named(case.ticket)
            case.texts, case.planted = drafted(
                self.random, case.ticket, case.draft, names, conflicts=self.terms.conflicts
            )
            case.conflicts += len(case.planted)
        for part, skill in enumerate(case.skills):
            self.floor.put(case.team, Item(case.ticket, case.draft, part, skill))

    def _close(self, case: Case, outcome: str) -> None:
        del self.cases[case.ticket]
        self.results.closed(case, outcome, self.model.now_s)

    def _is_void(self, item: Item) -> bool:
        """Say whether an item is work no more: its ticket is closed, or beyond that draft."""
        case = self.cases.get(item.ticket)
        if case is None or case.draft != item.draft:
            return True
        return item.skill == REVIEW and item.proposal not in self.seats

    def _may(self, agent: int, item: Item) -> bool:
        """Say whether an agent may take an item: nobody reviews its own reply."""
        case = self.cases[item.ticket]
        if item.skill == REVIEW:
            return agent not in case.authors.values() and agent not in self.seats[item.proposal]
        return not self.terms.is_separable or agent not in case.authors.values()

    def _expect(self, ticket: int) -> None:
        if ticket < len(self.customers):
            at = float(self.customers.arrivals_s[ticket])
            self.model.call_at(at, None, "arrive", ticket=ticket)

    def _expect_shift(self, now: float) -> None:
        if (at := self.rota.next_change_s(now)) is not None:
            self.model.call_at(at, None, "change_shift")

    def is_done(self) -> bool:
        """Say whether every ticket is closed."""
        return self.results.closed_tickets == len(self.customers)

    def happenings(self) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """Return the tickets that came and those that were closed at this instant."""
        return self.results.news()

    def row(self) -> Mapping[str, float | int | str | None]:
        """Return how the team stands, some hundred times in a run."""
        return self.results.row(self.model.now_s, busy=len(self.work), waiting=self.floor.waiting)

    def metrics(self) -> Mapping[str, float | int | None]:
        """Return the shares of outcomes, latencies, and what it took."""
        return self.results.metrics(self.model.now_s)

    def yardstick(self) -> Yardstick:
        """Hold completion against the known answers, and name the closed forms."""
        return self.results.yardstick(self.model.now_s)

    def tables(self) -> Mapping[str, Mapping[str, ArrayLike]]:
        """Return a row for each ticket, and one for each of the staff."""
        return self.results.tables(self.model.now_s)

    def effective_voters(self, eligible: int) -> float:
        """Discount reviewers of one reply by how much they err together."""
        return self.practice.reviewers.effective_voters(eligible) if eligible else 0.0

    def scene(self) -> Scene:
        """Draw the staff by role and team."""
        return self.results.scene(self.customers.skills)

    def frame(self) -> Mapping[str, Any]:
        """Return who drafts, who reviews and who waits, as often as there is a row."""
        return self.results.frame(self.work)

    def state(self) -> Any:
        """Return all tickets, all work and all results, as plain values."""
        return {
            "cases": [plain(case) for case in self.cases.values()],
            "work": [(a, tuple(item), *rest) for a, (item, *rest) in self.work.items()],
            "tickets": dict(self.tickets),
            "seats": {name: dict(seats) for name, seats in self.seats.items()},
            "floor": self.floor.state(),
            "results": self.results.state(),
        }

    def restore(self, state: Any) -> None:
        """Go to where `state` was taken."""
        cases = map(case_of, state["cases"])
        self.cases = {case.ticket: case for case in cases}
        self.work = {a: (Item(*item), *rest) for a, item, *rest in state["work"]}
        self.tickets = dict(state["tickets"])
        self.seats = {name: dict(seats) for name, seats in state["seats"].items()}
        self.floor.restore(state["floor"])
        self.results.restore(state["results"])


def _after(now: float, lasts_s: float) -> float:
    """Return when something ends that begins now, which is never at the same instant."""
    return max(now + lasts_s, math.nextafter(now, math.inf))
