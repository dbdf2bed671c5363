"""How long tickets wait in front of agents who all can serve them: exact queueing formulas.

Tickets arrive as a Poisson process, services take exponential times, and the oldest is served
first. Rates are per second; a load is the rate of arrivals x the mean service, in agents kept busy.
Where no stationary state exists a `ValueError` says so.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import exprel

_NEGLIGIBLE = 1e-20
_MOST_STATES = 1 << 22
_TOO_WIDE = (
    f"the number of waiting customers spreads over more than {_MOST_STATES:,} values; take a "
    "shorter patience_s, or an infinite one below full load"
)


class Answered(NamedTuple):
    """What those customers of finite patience meet whom somebody serves."""

    served: float
    """Share of all customers who are served."""
    waiting_s: float
    """Mean wait of the served."""
    faded: float
    """Mean of exp(-wait / scale_s) over all customers, nothing for those who give up."""


class Abandonment(NamedTuple):
    """What customers of finite patience meet."""

    abandoned: float
    """Share of all customers who give up."""
    waiting_s: float
    """Mean wait of all, those who give up included."""
    waits: float
    """Share of all customers who find every agent busy."""


def erlang_b(agents: int, load: float) -> float:
    """Return the share of tickets lost when nobody can wait (Erlang 1917).

    By the recursion B(0) = 1, 1 / B(n) = 1 + n / (load B(n-1)), free of overflow at any size.
    """
    _check_positive("agents", agents)
    if not 0 <= load < math.inf:
        raise ValueError(f"load must be at least 0 and finite, got {load}")
    blocked = 1.0
    for n in range(1, agents + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(agents: int, load: float) -> float:
    """Return the chance that a ticket waits: B / (1 - u (1 - B)), u = load / agents (Erlang 1917).

    Raises:
        ValueError: `load` is not below `agents`: the queue grows without end.
    """
    blocked = erlang_b(agents, load)
    _check_stationary(agents, load)
    return blocked / (1 - load / agents * (1 - blocked))


def waiting_s(agents: int, arrivals_per_s: float, service_s: float) -> float:
    """Return the mean seconds before service, of all tickets, in M/M/c: C service / (c - load)."""
    load = _load(arrivals_per_s, service_s)
    return erlang_c(agents, load) * service_s / (agents - load)


def sojourn_quantile_s(
    agents: int, arrivals_per_s: float, service_s: float, share: float = 0.95
) -> float:
    """Return the seconds from arrival to the end of service that `share` of tickets stay within.

    In M/M/c a ticket waits with Erlang's chance C, then for an exponential time of rate
    c mu - lambda, and its service adds an independent exponential one of rate mu.
    """
    if not 0 <= share < 1:
        raise ValueError(f"share must be at least 0 and below 1, got {share}")
    waits = erlang_c(agents, _load(arrivals_per_s, service_s))
    service_per_s = 1 / service_s
    freed_per_s = agents * service_per_s - arrivals_per_s
    slow, fast = sorted((service_per_s, freed_per_s))

    def longer(t_s: float) -> float:
        both = math.exp(-slow * t_s) * (1 + slow * t_s * exprel(-(fast - slow) * t_s))
        return float((1 - waits) * math.exp(-service_per_s * t_s) + waits * both)

    # Of the wait and the service one lasts half the time: P(longer) <= 2 exp(-slow t / 2).
    surely_s = 2 * math.log(2 / (1 - share)) / slow
    found = brentq(lambda t_s: longer(t_s) - (1 - share), 0, surely_s, xtol=1e-12 * service_s)
    return float(found)


def mmc_satisfaction(
    agents: int,
    arrivals_per_s: float,
    service_s: float,
    competence: float,
    *,
    scale_s: float = 8.0,
) -> float:
    """Return competence x E[exp(-T / scale_s)] of agents who ask nobody; T is arrival to reply.

    Service is a factor mu / (mu + 1/scale), and the wait of those who wait, of rate c mu - lambda,
    another of the same kind (Laplace transforms of independent exponential times).
    """
    _check_positive("scale_s", scale_s)
    waits = erlang_c(agents, _load(arrivals_per_s, service_s))
    freed_per_s = agents / service_s - arrivals_per_s
    waited = 1 - waits + waits * freed_per_s / (freed_per_s + 1 / scale_s)
    return competence * waited / (1 + service_s / scale_s)


def erlang_a(
    agents: int, arrivals_per_s: float, service_s: float, patience_s: float
) -> Abandonment:
    """Return who gives up and how long all wait in M/M/c+M (Palm 1957): stationary at any load.

    A customer gives up after an exponential time of mean `patience_s` unless its service has begun;
    infinite patience is Erlang C. Exact by the birth-death chain of tickets in the system, walked
    from its most likely number outwards until what is left is proved negligible.

    Raises:
        ValueError: Patience is infinite and the load not below `agents`; or patience is so long at
            such a load that the queue spreads over more numbers than can be summed.
    """
    _check_positive("agents", agents)
    if not patience_s > 0:
        raise ValueError(f"patience_s must be positive, got {patience_s}")
    load = _load(arrivals_per_s, service_s)
    if math.isinf(patience_s):
        waited_s = waiting_s(agents, arrivals_per_s, service_s)
        return Abandonment(0.0, waited_s, erlang_c(agents, load))
    if arrivals_per_s == 0:
        return Abandonment(0.0, 0.0, 0.0)
    present, chances = _stationary(agents, arrivals_per_s, service_s, patience_s)
    queue = float(chances @ np.maximum(present - agents, 0.0))
    return Abandonment(
        abandoned=queue / patience_s / arrivals_per_s,
        waiting_s=queue / arrivals_per_s,
        waits=min(1.0, float(chances[present >= agents].sum())),
    )


def answered(
    agents: int,
    arrivals_per_s: float,
    service_s: float,
    patience_s: float,
    *,
    scale_s: float = 8.0,
) -> Answered:
    """Return how long those wait in M/M/c+M who do not give up, and how it fades their content.

    Who finds k customers waiting is served after k + 1 exponential times of rates
    c mu + (k + 1) theta, ..., c mu + theta; in the one of rate c mu + (j + 1) theta it gives up
    with chance theta over that rate. It is served with chance c mu / (c mu + (k + 1) theta),
    which does not depend on how long the times are.

    Raises:
        ValueError: as `erlang_a`; patience is infinite.
    """
    _check_positive("patience_s", patience_s)
    _check_positive("scale_s", scale_s)
    if _load(arrivals_per_s, service_s) == 0:
        return Answered(1.0, 0.0, 1.0)
    present, chances = _stationary(agents, arrivals_per_s, service_s, patience_s)
    meets = chances[present >= agents]
    first = int(max(present[0] - agents, 0))
    if first + len(meets) > _MOST_STATES:
        raise ValueError(_TOO_WIDE)
    served_per_s, theta = agents / service_s, 1 / patience_s
    ahead = np.arange(first + len(meets), dtype=np.float64)
    leaving_per_s = served_per_s + (ahead + 1) * theta
    served = (served_per_s / leaving_per_s)[first:]
    waits_s = np.cumsum(1 / leaving_per_s)[first:]
    fades = np.cumprod((leaving_per_s - theta) / (leaving_per_s + 1 / scale_s))[first:]
    at_once = float(chances[present < agents].sum())
    share = min(1.0, at_once + float(meets @ served))
    return Answered(
        share, float(meets @ (served * waits_s)) / share, at_once + float(meets @ fades)
    )


def _stationary(
    agents: int, arrivals_per_s: float, service_s: float, patience_s: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the numbers of customers that M/M/c+M can be found with, and their chances."""
    load = arrivals_per_s * service_s

    def leaving_per_s(present: NDArray[np.float64]) -> NDArray[np.float64]:
        served = np.minimum(present, agents) / service_s
        return served + np.maximum(present - agents, 0.0) / patience_s

    queued = max(0.0, (arrivals_per_s - agents / service_s) * patience_s)
    mode = math.floor(load if load < agents else agents + queued)
    above = _walk(lambda steps: arrivals_per_s / leaving_per_s(mode + steps))
    below = _walk(lambda steps: leaving_per_s(mode - steps + 1) / arrivals_per_s, most=mode)
    weights = np.concatenate((below[::-1], [1.0], above))
    present = np.arange(mode - len(below), mode + len(above) + 1, dtype=np.float64)
    return present, weights / weights.sum()


def _walk(
    ratios: Callable[[NDArray[np.float64]], NDArray[np.float64]], most: int | None = None
) -> NDArray[np.float64]:
    """Return the weights 1, 2, ... steps away from a state of weight 1, at most `most` of them.

    `ratios(steps)` are the weights over those one step nearer. They never grow with the steps, so
    that beyond step n of weight w and ratio r < 1 all weights together, each times its steps, are
    below w (n r / (1 - r) + r / (1 - r)^2). The walk ends when that is negligible beside 1.
    """
    weights, last, size = [np.zeros(0)], 1.0, 256
    walked = 0
    while most is None or walked < most:
        end = walked + size if most is None else min(walked + size, most)
        if end > _MOST_STATES:
            raise ValueError(_TOO_WIDE)
        ratio = ratios(np.arange(walked + 1, end + 1, dtype=np.float64))
        weights.append(last * np.cumprod(ratio))
        walked, last, size = end, float(weights[-1][-1]), 2 * size
        r = float(ratio[-1])
        if r < 1 and last * (walked * r / (1 - r) + r / (1 - r) ** 2) < _NEGLIGIBLE:
            break
    return np.concatenate(weights)


def _load(arrivals_per_s: float, service_s: float) -> float:
    """Return the mean number of agents that the arrivals would keep busy."""
    _check_positive("service_s", service_s)
    if not 0 <= arrivals_per_s < math.inf:
        raise ValueError(f"arrivals_per_s must be at least 0 and finite, got {arrivals_per_s}")
    return arrivals_per_s * service_s


def _check_positive(name: str, value: float) -> None:
    if not 0 < value < math.inf:
        raise ValueError(f"{name} must be positive and finite, got {value}")


def _check_stationary(agents: int, load: float) -> None:
    if load >= agents:
        raise ValueError(
            f"{agents} agents cannot keep up with a load of {load:.6g} (arrivals x service): the "
            f"queue grows without end; have more agents, fewer arrivals or customers who give up"
        )
