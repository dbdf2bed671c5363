"""Staff answer customers: drafts, reviews by threshold vote, one reply a ticket."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agents import Population, Stage, Stages
from blackboard import (
    NO_BALLOT,
    ClosedStage,
    Decided,
    Entry,
    Granted,
    Proposal,
    View,
    complete,
)

from ..base import Setup
from .case import Case, case_of, plain
from .crafts import Work, craft_of
from .files.formats import DATA_FORMATS
from .files.roster import Roster
from .floor import REVIEW, Floor, Item
from .hands import Hands, after, written
from .options import CustomerServiceOptions
from .replies.parts import contradictions
from .reporting import Reporting
from .results import Results
from .rota import Rota
from .staff import LOOKUP, Clerk
from .tau2 import FILES
from .terms import matched, terms_of


class CustomerService(Reporting):
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
        """The seat of each agent that has one, by open proposal."""
        self._opening: list[Proposal] = []
        self._conflicts: dict[int, list[dict[str, Any]]] = {}

    @classmethod
    def resolve(cls, options: Any, asked: int | None) -> tuple[Any, int]:
        """Return the options, and how many agents there are: the roster's, where there is one."""
        if options.tau2 is not None and (directory := Path(options.tau2)).is_dir():
            options = options.model_copy(update={"tau2": str(directory.resolve())})
        if options.roster is None or asked is not None:
            return options, cls.default_agents if asked is None else asked
        return options, Roster.read(options.roster, day_s=options.day_s).agents

    @classmethod
    def implied_structure(cls, structure: str, agents: int) -> str:
        """One agent has nobody to vote with."""
        return "solo" if agents == 1 else structure

    @classmethod
    def asks_models(cls, options: Any) -> bool:
        """Say whether models answer the customers."""
        return bool(options.staff == "models")

    @classmethod
    def input_files(cls, options: Any) -> Mapping[str, Path]:
        """Return the files of a user's own, those of a benchmark's directory one by one."""
        files = dict(super().input_files(options))
        if options.tau2 is not None:
            files |= {f"tau2 {name}": Path(options.tau2, name) for name in FILES}
        return files

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
        made: dict[int, tuple[str, Entry]] = {}
        for name, entry in written(closed):
            made[entry.agent] = name, entry
            if entry.kind == LOOKUP and (hand := self.hands.busy.get(entry.agent)):
                self.craft.take_lookup(self.cases[hand.item.ticket], name, entry)
        ballots = {record.proposal: record for record in closed.ballots}
        failed: list[Item] = []
        for agent, item, seat, case in works:
            if item.skill == REVIEW:
                cast = ballots.get(item.proposal)
                is_done = cast is not None and cast.choices[seat] != NO_BALLOT
                if cast and is_done:
                    case.ballots += 1
                    self.craft.take_ballot(case, seat, cast)
                self.hands.rest(agent, is_done=is_done)
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
        for decided in closed.decisions:
            self._take_decision(decided)

    def _may_draft_again(self, case: Case) -> bool:
        return case.draft + 1 + case.failures < self.practice.max_drafts

    def _begin(self, offers: Mapping[int, Item], closed: ClosedStage) -> None:
        """Have those begin who were granted what they claimed."""
        for record in closed.records:
            if isinstance(record, Granted) and record.granted and record.agent in offers:
                self._begin_work(record.agent, offers[record.agent])
        for agent, item in offers.items():
            if agent not in self.hands.busy:
                self.floor.put(self.cases[item.ticket].team, item)
                self.hands.let_rest(agent)

    def _begin_work(self, agent: int, item: Item) -> None:
        case, seat = self.cases[item.ticket], 0
        if item.skill == REVIEW:
            seats = self.seats[item.proposal]
            seat = seats[agent] = len(seats)
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
