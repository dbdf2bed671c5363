"""A run's terms: its options with their defaults filled in, for its agents and structure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agents import Competence
from blackboard import BadInput

from ..base import Setup
from .chance import Practice
from .customers import Customers, from_benchmark, from_file, generated
from .files.arrivals import Profile
from .files.roster import Roster
from .floor import teams_of
from .options import CustomerServiceOptions
from .theory import Cluster

ALONE_PER_S, AGENT_PER_S = 5 / 3, 33 / 128
"""Arrivals for one agent alone, and for each agent of a cluster, unless the options say more."""
ALONE_DRAFT_S, DRAFT_S = 0.4, 0.2
PANEL = 5
UNHEEDED: Mapping[str, tuple[str, ...]] = {
    "solo": ("panel", "coordination", "teams", "shifts", "roster"),
    "separate": ("panel", "coordination", "teams"),
    "swarm": ("teams",),
}
"""Options that mean nothing in a structure."""
_WHY = {
    "panel": "nobody reviews a reply",
    "coordination": "nobody compares the parts of a reply",
    "teams": "there are no teams",
    "shifts": "everybody is always on duty",
    "roster": "everybody has every skill and is always on duty",
}


@dataclass(frozen=True)
class Terms:
    """Everything a run is about, before anything has happened."""

    customers: Customers
    practice: Practice
    skills: tuple[tuple[int, ...], ...]
    """Of each agent by its number on the board; agents of one role stand together."""
    roster_rows: tuple[int, ...]
    """Each agent's row in the roster."""
    roster: Roster
    team: tuple[int, ...]
    """Of each agent."""
    panel: int
    """0: nobody reviews."""
    conflicts: float
    is_separable: bool
    """Whether the parts of a reply can always be drafted by different agents."""
    coordinates: bool

    @property
    def roles(self) -> tuple[int, ...]:
        """The role of each agent: its first skill."""
        return tuple(skills[0] for skills in self.skills)

    @property
    def teams(self) -> int:
        """How many teams there are."""
        return max(self.team) + 1

    @property
    def agents_on_duty(self) -> float:
        """How many agents are on duty on average over a day."""
        return self.roster.capacity_agents if any(self.roster.duties) else len(self.skills)

    def on_duty_s(self, until_s: float) -> float:
        """Return for how many agent-seconds staff is on duty from when the run's figures begin."""
        return self.roster.on_duty_s(until_s) - self.roster.on_duty_s(self.customers.began_s)

    def overtime_s(self, agent: int, from_s: float, until_s: float) -> float:
        """Return for how many of the seconds between two times an agent is off duty."""
        return self.roster.off_duty_s(self.roster_rows[agent], from_s, until_s)

    def cluster(self, competence: float, threshold_percent: int, *, early: bool) -> Cluster:
        """Return what closed forms are about."""
        practice = self.practice
        return Cluster(
            competence,
            practice.reviewers.mean,
            practice.reviewers.correlation,
            self.panel,
            threshold_percent,
            practice.max_drafts,
            practice.draft_s,
            practice.review_s,
            early,
        )


def refuse_unheeded(setup: Setup) -> None:
    """Refuse what was asked for and means nothing in the run's structure.

    Raises:
        BadInput: names the first such option.
    """
    fields, options = CustomerServiceOptions.model_fields, setup.options
    for name in UNHEEDED.get(setup.structure, ()):
        value = getattr(options, name)
        if name in options.model_fields_set and value != fields[name].default:
            is_alone = setup.structure == "solo"
            who = "one agent alone" if is_alone else f"--structure {setup.structure}"
            raise BadInput(f"{name}={value} with {who}, where {_WHY[name]}: leave it away")


def terms_of(setup: Setup) -> Terms:
    """Fill in the defaults of a run's options.

    Raises:
        BadInput: the options do not fit the number of agents, or each other.
    """
    options: CustomerServiceOptions = setup.options
    is_alone = setup.agents == 1
    reviews = setup.structure in ("swarm", "hierarchy") and not is_alone
    customers = _customers(setup, options)
    roster = _roster(setup, options, customers)
    team = teams_of(setup.agents, options.teams if setup.structure == "hierarchy" else 1)
    rows = sorted(range(setup.agents), key=lambda row: (roster.skills[row][0], row))
    skills = tuple(roster.skills[row] for row in rows)
    _check_teams(skills, team, customers)
    is_separable = _is_separable(skills, team, customers)
    panel = _panel(options, skills, team, customers) if reviews else 0
    practice = Practice(
        setup.random,
        _competence(options, customers.skills),
        Competence(options.reviewer_competence, options.correlation),
        options.draft_s or (ALONE_DRAFT_S if is_alone else DRAFT_S),
        options.review_s,
        options.patience_s,
        panel,
        options.max_drafts,
    )
    return Terms(
        customers,
        practice,
        skills,
        tuple(rows),
        roster,
        tuple(team),
        panel,
        options.conflicts if is_separable else 0.0,
        is_separable,
        options.coordination and setup.structure in ("swarm", "hierarchy") and is_separable,
    )


def matched(
    terms: Terms, options: CustomerServiceOptions, agents: int, kind: str
) -> dict[str, Any]:
    """Return the options of the run that a baseline holds this one against.

    One agent alone gets the load of one that is on duty, on average over a day; soloists get all
    of it. Options that mean nothing to them are as if nobody had set them.
    """
    fields = CustomerServiceOptions.model_fields
    unheeded = UNHEEDED["solo" if kind == "single" else kind]
    same: dict[str, Any] = {name: fields[name].default for name in unheeded}
    same["draft_s"] = terms.practice.draft_s
    if options.tau2 is not None:
        return same
    if not options.is_file and options.arrivals is None:
        same["arrivals_per_s"] = _arrivals_per_s(options, agents)
    share = max(1.0, terms.agents_on_duty) if kind == "single" else 1
    return same | {"load": options.load / share}


def _arrivals_per_s(options: CustomerServiceOptions, agents: int) -> float:
    """Return at which rate tickets are generated for a team, before its share is taken."""
    return options.arrivals_per_s or (ALONE_PER_S if agents == 1 else AGENT_PER_S * agents)


def _customers(setup: Setup, options: CustomerServiceOptions) -> Customers:
    if isinstance(options.tickets, str):
        has_models = options.staff == "models"
        return from_file(options.tickets, setup.random, options.load, needs_text=has_models)
    if options.arrivals is not None:
        profile = Profile.read(options.arrivals)
    else:
        profile = Profile.constant(_arrivals_per_s(options, setup.agents))
    if options.tau2 is not None:
        is_spread = options.arrivals is not None or options.arrivals_per_s is not None
        return from_benchmark(
            *(options.tau2, setup.random, options.tickets, options.repeats),
            profile if is_spread else None,
        )
    return generated(setup.random, options.tickets, profile.scaled(options.load), options.parts)


def _roster(setup: Setup, options: CustomerServiceOptions, customers: Customers) -> Roster:
    if options.roster is not None and setup.agents > 1:
        return _read_roster(options.roster, setup.agents, customers, options.day_s)
    everything = len(customers.skills)
    held = options.cross_training or (1 if setup.agents >= everything else everything)
    return Roster.even(
        setup.agents,
        everything,
        cross_training=everything if setup.agents == 1 else min(held, everything),
        shifts=options.shifts if setup.agents > 1 else 1,
        day_s=options.day_s,
    )


def _read_roster(path: str, agents: int, customers: Customers, day_s: float) -> Roster:
    roster = Roster.read(path, customers.skills, day_s=day_s)
    if roster.agents != agents:
        raise BadInput(
            f"--agents {agents} and roster={path}, which lists {roster.agents}: leave one of them "
            "away"
        )
    second_of_day = customers.file.clock.second_of_day if customers.file else 0.0
    return roster.starting_at(second_of_day)


def _check_teams(
    skills: tuple[tuple[int, ...], ...], team: list[int], customers: Customers
) -> None:
    needed = {skill for number in range(len(customers)) for skill in customers.skills_of(number)}
    for number in range(max(team) + 1):
        members = [skills[agent] for agent, its in enumerate(team) if its == number]
        missing = needed - {skill for held in members for skill in held}
        if missing:
            name = customers.skills[min(missing)]
            where = f"team {number} of {max(team) + 1} has {len(members)} agents, and "
            where = where.replace(" 1 agents", " 1 agent") if max(team) else ""
            raise BadInput(
                f"{where}nobody has the skill {name!r}, which tickets need: add agents, or raise "
                "cross_training"
            )


def _is_separable(
    skills: tuple[tuple[int, ...], ...], team: list[int], customers: Customers
) -> bool:
    """Say whether in each team every skill is held by as many as a reply has parts."""
    most = customers.most_parts
    if most == 1:
        return True
    for number in range(max(team) + 1):
        held = [s for agent, its in enumerate(team) if its == number for s in skills[agent]]
        if min(held.count(skill) for skill in range(len(customers.skills))) < most:
            return False
    return True


def _panel(
    options: CustomerServiceOptions,
    skills: tuple[tuple[int, ...], ...],
    team: list[int],
    customers: Customers,
) -> int:
    most, agents, authors = min(_reviewers(skills, team, customers))
    if options.panel is None:
        return min(PANEL, most)
    if options.panel > most:
        of_whom = f", of whom {authors} may have drafted it," if authors > 1 else ""
        raise BadInput(
            f"panel={options.panel}: nobody reviews a reply of its own, so that {agents} agents"
            f"{' of a team' if max(team) else ''}{of_whom} can give a panel of {most} at the most"
        )
    return options.panel


def _reviewers(
    skills: tuple[tuple[int, ...], ...], team: list[int], customers: Customers
) -> Iterator[tuple[int, int, int]]:
    """Yield for each team how many are left to review a reply, how many it has, and its authors.

    A reply has as many authors as it has parts, unless fewer have any of the skills it takes.
    """
    wanted = {customers.skills_of(number) for number in range(len(customers))}
    for number in range(max(team) + 1):
        members = [set(skills[agent]) for agent, its in enumerate(team) if its == number]
        able = {its: sum(not held.isdisjoint(its) for held in members) for its in wanted}
        authors = max(min(len(its), count) for its, count in able.items())
        yield max(0, len(members) - authors), len(members), authors


def _competence(options: CustomerServiceOptions, skills: tuple[str, ...]) -> tuple[float, ...]:
    given = options.competence
    if isinstance(given, float):
        return (given,) * len(skills)
    for name in given:
        if name not in skills:
            raise BadInput(
                f"competence of {name!r}: no ticket has this skill; there are {', '.join(skills)}"
            )
    for name in skills:
        if name not in given:
            raise BadInput(f"competence names no chance for {name!r}: give one for every skill")
    return tuple(given[name] for name in skills)
