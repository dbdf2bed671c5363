"""Closed forms for a run's metrics, where there are any."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from math import prod
from typing import NamedTuple

from ..base import Setup
from .queueing import answered, mmc_satisfaction, sojourn_quantile_s, waiting_s
from .terms import Terms
from .theory import Cluster, acceptance, latency_mean_s, outcomes, satisfaction, work_s

LIGHT = 0.3
"""Up to this utilisation a large cluster is as good as never waited for, if also ..."""
MANY = 32
"""... it has so many agents ..."""
HOLDERS = 10
"""... so many of them for each skill ..."""
PANELS = 3
"""... and enough for so many panels: waits cost 0.5 % with 16 of 32 reviewers, 7 % with 30."""


class _Kind(NamedTuple):
    """Tickets that take the same skills."""

    share: float
    skills: tuple[int, ...]
    cluster: Cluster
    """Its competence is the chance that a whole reply is good."""


class _Pool(NamedTuple):
    """Agents who can all serve the same tickets, which nobody else serves."""

    agents: int
    share: float
    """Of the tickets."""
    competence: float


def expected(terms: Terms, setup: Setup) -> Mapping[str, float]:
    """Return what theory says of a run's metrics, by their names.

    Only what holds exactly, or within its stated limit. Shares of outcomes, drafts and messages
    ask for a plain threshold and customers who do not give up, whoever is on duty and however
    long the queue is. Where the parts of a reply are compared, it depends on words what is found,
    so that they are known only where nothing was planted. The rest asks for a constant rate of
    arrivals, everybody on duty, and a run that is long enough to forget its beginning: latency
    and satisfaction without waiting in a lightly loaded cluster; in pools in which nobody votes
    those of M/M/c, with patience those of M/M/c+M.
    """
    if terms.panel and setup.threshold_percent is None:
        return {}
    rate, pools = _constant_rate(terms), _pools(terms)
    if terms.practice.patience_s is not None:
        is_known = rate is not None and pools
        return _impatient(terms, pools, rate or 0.0, setup.options.fades_s) if is_known else {}
    kinds = _kinds(terms, setup)
    found = _ends(terms, kinds)
    if rate is None:
        return found
    if pools:
        return found | _pooled(terms, pools, rate, setup.options.fades_s)
    if "drafts_per_ticket" in found:
        return found | _cluster(terms, kinds, rate, setup.options.fades_s)
    return found


def _constant_rate(terms: Terms) -> float | None:
    """Return at which rate tickets arrive; None where rate or staff change over time."""
    profile = terms.customers.profile
    if profile is None or len(profile.rates_per_s) > 1 or any(terms.roster.duties):
        return None
    return profile.mean_per_s


def _kinds(terms: Terms, setup: Setup) -> list[_Kind]:
    """Return the kinds of tickets, with the share that each has in this run."""
    counts = Counter(map(terms.customers.skills_of, range(len(terms.customers))))
    plain = terms.cluster(1.0, setup.threshold_percent or 1, early=setup.options.early)
    kinds = []
    for skills, count in sorted(counts.items()):
        good = prod(terms.practice.competence[skill] for skill in skills)
        if len(skills) > 1:
            good *= 1 - terms.conflicts
        cluster = replace(plain, competence=good)
        kinds.append(_Kind(count / len(terms.customers), skills, cluster))
    return kinds


def _ends(terms: Terms, kinds: Sequence[_Kind]) -> dict[str, float]:
    """Return how tickets end and what that takes, however long they wait."""
    has_parts = terms.customers.most_parts > 1
    if has_parts and terms.coordinates and terms.conflicts:
        return {}
    found: dict[str, float] = {}
    for share, skills, cluster in kinds:
        of_kind = outcomes(cluster)
        more = (len(skills) - 1) * of_kind["drafts_per_ticket"]
        of_kind["drafts_per_ticket"] += more
        of_kind["messages_per_ticket"] += more
        for name, value in of_kind.items():
            found[name] = found.get(name, 0.0) + share * value
    if has_parts and terms.coordinates:  # false alarms have parts drafted again
        del found["drafts_per_ticket"], found["messages_per_ticket"]
    elif has_parts and terms.conflicts:
        found |= {"conflicts_found": 0.0, "conflicts_sent": acceptance(kinds[0].cluster)[1]}
    return found


def _cluster(terms: Terms, kinds: Sequence[_Kind], rate: float, fades_s: float) -> dict[str, float]:
    """Return what holds of staff that reviews, or of which some have several skills."""
    agents = len(terms.skills)
    if not _keeps_up(terms, kinds, rate):
        return {}
    used = rate * sum(kind.share * _work_s(kind) for kind in kinds) / agents
    found = {"utilisation": used}
    holders = Counter(skill for held in terms.skills for skill in held)
    is_light = used < LIGHT and agents >= max(MANY, PANELS * terms.panel)
    is_light &= min(holders.values()) >= HOLDERS
    if is_light and terms.teams == 1 and terms.customers.most_parts == 1:
        found["latency_mean_s"] = sum(kind.share * latency_mean_s(kind.cluster) for kind in kinds)
        found["satisfaction"] = sum(
            kind.share * satisfaction(kind.cluster, fades_s) for kind in kinds
        )
    return found


def _work_s(kind: _Kind) -> float:
    """Return the mean agent-seconds of a ticket of a kind."""
    drafts = outcomes(kind.cluster)["drafts_per_ticket"]
    return work_s(kind.cluster) + (len(kind.skills) - 1) * drafts * kind.cluster.draft_s


def _keeps_up(terms: Terms, kinds: Sequence[_Kind], rate: float) -> bool:
    """Say whether no skills of any team take more work than those who have them can do.

    Reviews count for everybody alike, although they may be left to who has nothing to draft.
    """
    names = range(len(terms.customers.skills))
    drafting = dict.fromkeys(names, 0.0)
    work = 0.0
    for kind in kinds:
        drafts = outcomes(kind.cluster)["drafts_per_ticket"]
        work += kind.share * _work_s(kind)
        for skill in kind.skills:
            drafting[skill] += kind.share * drafts * kind.cluster.draft_s
    reviewing = work - sum(drafting.values())
    for members in _teams(terms):
        its_rate = rate * len(members) / len(terms.skills)
        for size in names:
            for some in combinations(names, size + 1):
                able = sum(not held.isdisjoint(some) for held in members)
                load = its_rate * sum(drafting[skill] for skill in some)
                if load >= able * (1 - its_rate * reviewing / len(members)):
                    return False
    return True


def _teams(terms: Terms) -> Iterator[list[set[int]]]:
    """Yield the skills of each team's members."""
    for number in range(terms.teams):
        pairs = zip(terms.skills, terms.team, strict=True)
        yield [set(held) for held, team in pairs if team == number]


def _pools(terms: Terms) -> list[_Pool]:
    """Return staff as pools in which each answers alone; none where it is not that simple.

    Everybody has every skill, or nobody more than one.
    """
    skills, competence = terms.customers.skills, terms.practice.competence
    if terms.panel or terms.teams > 1 or terms.customers.most_parts > 1:
        return []
    if all(len(held) == len(skills) for held in terms.skills):
        return [_Pool(len(terms.skills), 1.0, sum(competence) / len(competence))]
    if any(len(held) > 1 for held in terms.skills):
        return []
    holders = Counter(terms.roles)
    return [
        _Pool(holders[skill], 1 / len(skills), competence[skill]) for skill in range(len(skills))
    ]


def _pooled(terms: Terms, pools: Sequence[_Pool], rate: float, fades_s: float) -> dict[str, float]:
    """Return what queueing theory says of customers who do not give up."""
    service_s = terms.practice.draft_s
    if any(rate * pool.share * service_s >= pool.agents for pool in pools):
        return {}
    found = {"utilisation": rate * service_s / len(terms.skills), "latency_mean_s": service_s}
    found["satisfaction"] = 0.0
    for agents, share, competence in pools:
        found["latency_mean_s"] += share * waiting_s(agents, rate * share, service_s)
        found["satisfaction"] += share * mmc_satisfaction(
            agents, rate * share, service_s, competence, scale_s=fades_s
        )
    if len(pools) == 1:
        found["latency_p95_s"] = sojourn_quantile_s(pools[0].agents, rate, service_s)
    return found


def _impatient(
    terms: Terms, pools: Sequence[_Pool], rate: float, fades_s: float
) -> dict[str, float]:
    """Return what queueing theory says of customers who give up."""
    service_s, patience_s = terms.practice.draft_s, terms.practice.patience_s
    assert patience_s is not None
    served = completion = waiting = content = 0.0
    for agents, share, competence in pools:
        try:
            its = answered(agents, rate * share, service_s, patience_s, scale_s=fades_s)
        except ValueError:  # patience so long that the queue cannot be summed
            return {}
        served += share * its.served
        completion += share * its.served * competence
        waiting += share * its.served * its.waiting_s
        content += share * competence * its.faded
    return {
        "abandoned": 1 - served,
        "completion": completion,
        "wrong": served - completion,
        "escalated": 0.0,
        "drafts_per_ticket": served,
        "messages_per_ticket": served,
        "utilisation": rate * service_s * served / len(terms.skills),
        "latency_mean_s": service_s + waiting / served,
        "satisfaction": content / (1 + service_s / fades_s),
    }
