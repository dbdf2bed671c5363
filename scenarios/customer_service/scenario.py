"""Staff answer customers: drafts, reviews by threshold vote, one reply a ticket."""

from collections.abc import Mapping, Sequence
from typing import Any

from agents import Population, Stage, Stages
from blackboard import (
    NO_BALLOT,
    Answered,
    Ballots,
    ClosedStage,
    Decided,
    Entry,
    Granted,
    Proposal,
    View,
    complete,
)

from ..base import Setup
from .asked import Asked
from .case import Case, case_of, plain
from .crafts import Work, craft_of
from .files.formats import DATA_FORMATS
from .floor import REVIEW, Floor, Item
from .hands import Hands, after, written
from .options import CustomerServiceOptions
from .replies.parts import contradictions
from .reporting import Reporting
from .results import Results
from .rota import Rota
from .staff import LOOKUP, Clerk
from .terms import matched, refuse_unheeded, terms_of


class CustomerService(Reporting, Asked):
    """A cluster of inquiry, recommendation and after-sales agents, in simulated time."""

    name = "customer-service"
    summary = "staff draft, review and vote on replies to customers, in simulated time"
    Options = CustomerServiceOptions
    is_event_driven = True
    data_formats = DATA_FORMATS
    structures = ("swarm", "solo", "separate", "hierarchy")
    changeable = (
        *("early", "max_drafts", "coordination", "patience_s", "draft_s", "review_s"),
        *("competence", "reviewer_competence", "correlation"),
        *("model", "api_base", "recording", "recorded", "temperature"),
        *("budget_tokens", "budget_usd"),
    )
    default_agents = 128
    default_threshold = 60
    default_rounds = 2**31 - 1

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        refuse_unheeded(setup)
        self.terms = terms_of(setup)
        self.customers, self.practice = self.terms.customers, self.terms.practice
        self.floor = Floor(self.terms.skills, self.terms.team)
        self.rota = Rota(self.terms)
        self.craft = craft_of(self.terms, setup)
        self.results = Results(self.terms, setup, self.craft)
        self.hands = Hands(self.craft, self.results, self.floor, self.rota)
        self.rule = setup.rule if self.options.early else complete(setup.rule)
        self.cases: dict[int, Case] = {}
        """Tickets that have arrived and are not closed."""
        self.tickets: dict[str, int] = {}
        """The ticket of each open proposal."""
        self.seats: dict[str, dict[int, int]] = {}
        """The seat of each agent that has one, by open proposal; people's from outside as well."""
        self.moved_s = 0.0
        """When something last came in, was begun, or came to its end."""
        self._opening: list[Proposal] = []
        self._conflicts: dict[int, list[dict[str, Any]]] = {}

    def matched_options(self, kind: str) -> Mapping[str, Any]:
        """Return the options of the baseline: the same work and speed, and the load that fits."""
        return matched(self.terms, self.options, self.agents, kind)

    def populate(self, model: Any) -> Sequence[Population]:
        """Hire the staff, role by role."""
        self.model = model
        roles = self.terms.roles
        self.roles = tuple(self.customers.skills[role] for role in sorted(set(roles)))
        clerks: list[Clerk] = []
        populations = []
        for role in sorted(set(roles)):
            members = [self.craft.clerk(model) for its in roles if its == role]
            clerks += members
            populations.append(Population(self.customers.skills[role], members))
        self.hands.hire(model, clerks)
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
        self.moved_s = now
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
            elif agent not in self.hands.busy:
                self.floor.rest(agent)
        self._expect_shift(now)

    def stages(self, board: View) -> Stages:
        """Take what is done, compare parts where there are several, and hand out what waits."""
        if board.due:
            works = self.hands.works(board.due, self.cases)
            votes = any(work.item.skill == REVIEW for work in works)
            brief = self.craft.brief(works, board.round)
            closed = yield Stage("work", self.roles, (), votes, brief, agents=board.due)
            self._take(closed, works)
        if self._conflicts:
            conflicts, self._conflicts = self._conflicts, {}
            brief = {"conflicts": conflicts}
            closed = yield Stage("compare", self.roles, brief=brief, agents=sorted(conflicts))
            self._take_vetoes(closed)
        while True:
            offers = self.floor.offers(self._is_void, self._may)
            opening, self._opening = tuple(self._opening), []
            if not (offers or opening):
                return
            brief = {"offers": offers}
            closed = yield Stage("claim", self.roles, opening, brief=brief, agents=sorted(offers))
            self._begin(offers, closed)
            if not closed.decisions:
                return
            self._take_vetoes(closed)

    def _take(self, closed: ClosedStage, works: Sequence[Work]) -> None:
        """Go on with what was drafted, looked up and decided, and with what nobody could do."""
        self.moved_s = self.model.now_s
        self._take_seats(closed)
        made: dict[int, tuple[str, Entry]] = {}
        for name, entry in written(closed):
            made[entry.agent] = name, entry
            if entry.kind == LOOKUP and (hand := self.hands.busy.get(entry.agent)):
                self.craft.take_lookup(self.cases[hand.item.ticket], name, entry)
        ballots: dict[str, list[Ballots]] = {}  # people's from outside in records of their own
        for record in closed.ballots:
            ballots.setdefault(record.proposal, []).append(record)
        failed: list[Item] = []
        for agent, item, seat, case in works:
            if item.skill == REVIEW:
                found = ballots.get(item.proposal, ())
                cast = next((its for its in found if its.choices[seat] != NO_BALLOT), None)
                if cast:
                    case.ballots += 1
                    self.craft.take_ballot(case, seat, cast)
                self.hands.rest(agent, is_done=cast is not None)
            elif agent not in made:
                self.hands.rest(agent, is_done=False)
                failed.append(item)
            elif made[agent][1].kind == LOOKUP:
                self.hands.carry_on(agent)
            else:
                self.hands.rest(agent)
                self._take_draft(agent, item, *made[agent])
        for decided in closed.decisions:
            self._take_decision(decided)
        for item in failed:
            self._redo(item)

    def _redo(self, item: Item) -> None:
        """Have a part drafted by somebody else, because who was to draft it failed."""
        case = self.cases.get(item.ticket)
        if case is None or case.draft != item.draft:
            return
        case.failures += 1
        case.authors.pop(item.part, None)
        if case.draft + case.failures < self.practice.max_drafts:
            self._put_draft(case, item.part)
            return
        self.hands.call_off_ticket(case.ticket)
        self._close(case, "escalated")

    def _take_draft(self, agent: int, item: Item, name: str, entry: Entry) -> None:
        case = self.cases[item.ticket]
        case.entries[item.part] = name
        self.craft.take_draft(case, item, entry)
        case.drafts += 1
        if not case.is_drafted:
            return
        if self.terms.coordinates and len(case.skills) > 1 and not case.mended:
            self._compare(case, agent)
        if case.is_drafted:
            self._submit(case, name)

    def _compare(self, case: Case, agent: int) -> None:
        """Look for contradictions between the parts, and have one of two drafted again."""
        found = contradictions(case.texts)
        for first, second, about in found:
            entries = (case.entries[first], case.entries[second])
            row = {"ticket": case.ticket, "about": about, "entries": entries}
            self._conflicts.setdefault(agent, []).append(row)
        against = {second: first for first, second, _ in reversed(found)}
        self.craft.mend(case, against, {second: about for _, second, about in reversed(found)})
        case.mended = tuple(sorted(against))
        for part in case.mended:
            del case.entries[part], case.authors[part]
            self._put_draft(case, part)

    def _submit(self, case: Case, entry: str) -> None:
        """Put a reply to the vote, or send it where nobody reviews."""
        if not self.terms.panel:
            self._close(case, self.craft.send(case))
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
        self.moved_s = self.model.now_s
        case = self.cases[self.tickets.pop(decided.proposal)]
        for agent in self.seats.pop(decided.proposal):
            hand = self.hands.busy.get(agent)
            if hand and hand.item.proposal == decided.proposal:
                self.hands.call_off(agent)
        if decided.outcome == "accepted":
            self._close(case, self.craft.send(case))
        elif decided.outcome in ("rejected", "expired") and self._may_draft_again(case):
            self.craft.reject(case)
            case.start_over()
            self._ask_for_drafts(case)
        else:
            self._close(case, "escalated")

    def _take_vetoes(self, closed: ClosedStage) -> None:
        """Heed what people decided between two votes."""
        self._take_seats(closed)
        for decided in closed.decisions:
            self._take_decision(decided)

    def _may_draft_again(self, case: Case) -> bool:
        return case.draft + 1 + case.failures < self.practice.max_drafts

    def _begin(self, offers: Mapping[int, Item], closed: ClosedStage) -> None:
        """Have those begin who were granted what they claimed."""
        for record in self._take_seats(closed):
            if record.agent in offers:
                self._begin_work(record.agent, offers[record.agent])
        for agent, item in offers.items():
            if agent not in self.hands.busy:
                self.floor.put(self.cases[item.ticket].team, item)
                self.hands.let_rest(agent)

    def _take_seats(self, closed: ClosedStage) -> list[Granted]:
        """Note who got a seat in a panel, whoever it is, and return all that was granted.

        People from outside who sit in a panel, or answer for one, take part in the decision.
        """
        self.results.has_people |= any(type(record) is Answered for record in closed.records)
        granted = [r for r in closed.records if type(r) is Granted and r.granted]
        for record in granted:
            if record.act == "claim" and (seats := self.seats.get(record.key)) is not None:
                seats.setdefault(record.agent, len(seats))
                self.results.has_people |= record.agent >= self.agents
        return granted

    def _begin_work(self, agent: int, item: Item) -> None:
        case, seat = self.cases[item.ticket], 0
        self.moved_s = self.model.now_s
        if item.skill == REVIEW:
            seat = self.seats[item.proposal][agent]
        else:
            case.authors[item.part] = agent
            case.begun_s = self.model.now_s if case.begun_s is None else case.begun_s
        self.hands.begin(agent, item, seat)

    def _take_in(self, ticket: int, now: float) -> None:
        skills = self.customers.skills_of(ticket)
        case = self.cases[ticket] = Case(ticket, self.results.least_busy_team(), now, skills)
        self.results.arrived(case)
        waits_s = self.practice.waits_s(ticket)
        if waits_s is not None:
            self.model.call_at(after(now, waits_s), None, "give_up", ticket=ticket)
        self._ask_for_drafts(case)

    def _ask_for_drafts(self, case: Case) -> None:
        self.craft.begin(case)
        for part in range(len(case.skills)):
            self._put_draft(case, part)

    def _put_draft(self, case: Case, part: int) -> None:
        item = Item(case.ticket, case.draft, part, case.skills[part], attempt=case.failures)
        self.floor.put(case.team, item)

    def _close(self, case: Case, outcome: str) -> None:
        del self.cases[case.ticket]
        self.craft.close(case, outcome)
        self.results.closed(case, outcome, self.model.now_s)

    def _is_void(self, item: Item) -> bool:
        """Say whether an item is work no more: its ticket is beyond that, or every seat taken."""
        case = self.cases.get(item.ticket)
        if case is None or case.draft != item.draft:
            return True
        if item.skill != REVIEW:
            return False
        seats = self.seats.get(item.proposal)
        return seats is None or len(seats) >= self.terms.panel

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
        """Wait for who comes or goes next, unless a day of that has led to nothing."""
        is_to_come = self.results.arrived_tickets < len(self.customers) or self.hands.busy
        is_in_vain = now - self.moved_s > self.rota.day_s and not is_to_come
        if not is_in_vain and (at := self.rota.next_change_s(now)) is not None:
            self.model.call_at(at, None, "change_shift")

    def change(self, options: Any) -> None:
        """Go on with the same customers and luck, and other staff, models or terms of the vote."""
        super().change(options)
        self.terms = terms_of(self.setup)
        self.practice = self.terms.practice
        self.rule = self.setup.rule if options.early else complete(self.setup.rule)
        self.craft.terms = self.terms
        self.craft.change(options)
        self.results.has_changed = True

    def state(self) -> Any:
        """Return all tickets, all work and all results, as plain values."""
        return {
            "cases": [plain(case) for case in self.cases.values()],
            "hands": self.hands.state(),
            "tickets": dict(self.tickets),
            "seats": {name: dict(seats) for name, seats in self.seats.items()},
            "floor": self.floor.state(),
            "results": self.results.state(),
            "craft": self.craft.state(),
            "moved_s": self.moved_s,
        }

    def restore(self, state: Any) -> None:
        """Go to where `state` was taken."""
        cases = map(case_of, state["cases"])
        self.cases = {case.ticket: case for case in cases}
        self.hands.restore(state["hands"])
        self.tickets = dict(state["tickets"])
        self.seats = {name: dict(seats) for name, seats in state["seats"].items()}
        self.floor.restore(state["floor"])
        self.results.restore(state["results"])
        self.craft.restore(state["craft"])
        self.moved_s = state["moved_s"]
