"""Closed forms for a run's metrics, where there are any."""

from collections.abc import Mapping

import numpy as np

from ..base import Setup
from .queueing import erlang_a, mmc_satisfaction, waiting_s
from .terms import Terms
from .theory import latency_mean_s, outcomes, satisfaction, work_s

LIGHT = 0.3
"""Up to this utilisation a cluster of 32 or more is as good as never waited for."""
MANY = 32


def expected(terms: Terms, setup: Setup) -> Mapping[str, float]:
    """Return what theory says of a run's metrics, by their names.

    Only what holds exactly, or within its stated limit: equal competence, a plain threshold, one
    part a ticket, everybody on duty, a constant rate of arrivals. Latency and satisfaction are
    those without waiting in a lightly loaded cluster; with one pool and no votes, those of
    M/M/c, with patience of M/M/c+M.
    """
    if not _is_plain(terms, setup):
        return {}
    cluster = terms.cluster(
        terms.practice.competence[0], setup.threshold_percent or 1, early=setup.options.early
    )
    found = dict(outcomes(cluster))
    profile = terms.customers.profile
    if profile is None or len(profile.rates_per_s) > 1:
        return found if terms.practice.patience_s is None else {}
    rate, agents = profile.mean_per_s, len(terms.skills)
    load = rate * work_s(cluster)
    if terms.panel == 0:
        return found | _pools(terms, rate, setup.options.fades_s) if _is_pooled(terms) else found
    if terms.practice.patience_s is not None:
        return {}
    if load < agents:
        found["utilisation"] = load / agents
    if load < LIGHT * agents and agents >= MANY and terms.teams == 1:
        found["latency_mean_s"] = latency_mean_s(cluster)
        found["satisfaction"] = satisfaction(cluster, setup.options.fades_s)
    return found


def _is_plain(terms: Terms, setup: Setup) -> bool:
    has_threshold = setup.threshold_percent is not None or terms.panel == 0
    return (
        has_threshold
        and len(set(terms.practice.competence)) == 1
        and terms.customers.most_parts == 1
        and not any(terms.roster.duties)
    )


def _is_pooled(terms: Terms) -> bool:
    """Say whether staff is one pool: everybody has every skill, or nobody more than one."""
    return all(len(held) == len(terms.customers.skills) for held in terms.skills)


def _pools(terms: Terms, rate: float, fades_s: float) -> dict[str, float]:
    """Return what queueing theory says of one pool in which each answers alone."""
    agents, service_s = len(terms.skills), terms.practice.draft_s
    competence, patience_s = terms.practice.competence[0], terms.practice.patience_s
    load = rate * service_s / agents
    if patience_s is not None:
        gone = erlang_a(agents, rate, service_s, patience_s)
        served = 1 - gone.abandoned
        return {
            "abandoned": gone.abandoned,
            "completion": competence * served,
            "wrong": (1 - competence) * served,
            "drafts_per_ticket": served,
            "messages_per_ticket": served,
            "utilisation": load * served,
        }
    if load >= 1 or not np.isfinite(load):
        return {}
    return {
        "utilisation": load,
        "latency_mean_s": waiting_s(agents, rate, service_s) + service_s,
        "satisfaction": mmc_satisfaction(agents, rate, service_s, competence, scale_s=fades_s),
    }
