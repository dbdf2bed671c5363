"""The closed forms of the cluster against printed figures and against tickets drawn by brute force.

The brute force shares no formula with them: it draws difficulties, ballots and times of single
drafts, sorts the ballots by time and looks for the first at which the outcome is certain.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from agents import Competence
from scenarios.customer_service.theory import (
    Cluster,
    acceptance,
    latency_mean_s,
    outcomes,
    satisfaction,
    saturation,
    work_s,
)

SIGMAS, TICKETS = 4.5, 200_000
PLAIN = Cluster(
    competence=0.81,
    reviewer_competence=0.85,
    correlation=0.0,
    panel=5,
    threshold_percent=60,
    max_drafts=3,
    draft_s=0.3,
    review_s=0.1,
    early=False,
)
STRICT = replace(PLAIN, threshold_percent=80)
CORRELATED = replace(PLAIN, correlation=0.2)
COMPARED = replace(PLAIN, reviewer_competence=0.7, draft_s=0.2, review_s=0.05, early=True)


@pytest.mark.parametrize(
    ("cluster", "completion", "wrong", "escalated", "drafts", "latency_s"),
    [
        (PLAIN, 0.9849, 0.0063, 0.0088, 1.249, 0.660),
        (STRICT, 0.9657, 0.0006, 0.0337, 1.427, 0.754),
        (CORRELATED, 0.9649, 0.0209, 0.0142, 1.301, 0.687),
    ],
)
def test_known_settings_give_the_known_figures_to_the_printed_digit(
    cluster: Cluster,
    completion: float,
    wrong: float,
    escalated: float,
    drafts: float,
    latency_s: float,
) -> None:
    found = outcomes(cluster)

    shares = [round(found[name], 4) for name in ("completion", "wrong", "escalated")]
    assert shares == [completion, wrong, escalated]
    assert round(found["drafts_per_ticket"], 3) == drafts
    assert round(latency_mean_s(cluster), 3) == latency_s


@pytest.mark.parametrize(("cluster", "latency_s"), [(PLAIN, 0.51), (STRICT, 0.63)])
def test_early_decisions_shorten_the_latency(cluster: Cluster, latency_s: float) -> None:
    assert round(latency_mean_s(replace(cluster, early=True)), 2) == latency_s


def test_early_decisions_change_no_outcome() -> None:
    late, early = outcomes(CORRELATED), outcomes(replace(CORRELATED, early=True))

    messages = [found.pop("messages_per_ticket") for found in (late, early)]
    assert early == pytest.approx(late, rel=1e-12)
    assert messages[1] < messages[0]


def test_the_compared_cluster_has_its_three_figures() -> None:
    completion = outcomes(COMPARED)["completion"]

    assert satisfaction(COMPARED) == pytest.approx(0.903, abs=0.001)
    assert latency_mean_s(COMPARED) == pytest.approx(0.37, abs=0.002)
    assert completion == pytest.approx(0.932, abs=0.001)


def test_a_panel_of_five_costs_seven_and_a_half_messages() -> None:
    assert round(outcomes(PLAIN)["messages_per_ticket"], 1) == 7.5


def test_the_pool_saturates_between_the_loads_found_by_simulation() -> None:
    assert 120 < saturation(PLAIN, 128) < 140


@pytest.mark.parametrize(("correlation", "good"), [(0.0, 0.9495), (0.1, 0.911), (0.3, 0.859)])
def test_correlation_eats_the_gain_of_three_of_five(correlation: float, good: float) -> None:
    jury = replace(PLAIN, reviewer_competence=0.81, correlation=correlation)

    assert acceptance(jury)[0] == pytest.approx(good, abs=5e-4)


@pytest.mark.parametrize(("percent", "simulated"), [(60, 0.993), (80, 0.962), (100, 0.401)])
def test_completion_breaks_down_above_the_reviewers_competence(
    percent: int, simulated: float
) -> None:
    """The figures are those of a simulation of some thousand tickets, hence the tolerance."""
    ten = replace(PLAIN, panel=10, threshold_percent=percent)

    assert outcomes(ten)["completion"] == pytest.approx(simulated, abs=0.006)


@pytest.mark.parametrize(
    ("panel", "percent", "mean", "correlation", "good", "bad"),
    [
        (11, 50, 0.6, 0.0, 0.75349813248, 0.24650186752),
        (10, 80, 0.9, 0.0, 0.9298091736, 3.736e-07),
        (100, 80, 0.85, 0.0, 0.9336802341811182, 2.655361098983428e-47),
        (1024, 80, 0.82, 0.0, 0.9481988302922202, None),
        (101, 50, 0.6, 0.1, 0.728068031895323, None),
        (1001, 50, 0.6, 0.1, 0.7352168780822076, None),
        (100, 80, 0.85, 0.1, 0.7304606342116249, None),
    ],
)
def test_panels_accept_with_the_exact_binomial_and_beta_binomial_tails(
    panel: int, percent: int, mean: float, correlation: float, good: float, bad: float | None
) -> None:
    jury = replace(
        PLAIN,
        panel=panel,
        threshold_percent=percent,
        reviewer_competence=mean,
        correlation=correlation,
    )

    found = acceptance(jury)

    assert found[0] == pytest.approx(good, rel=1e-9)
    assert bad is None or found[1] == pytest.approx(bad, rel=1e-9)


def test_without_a_panel_the_first_draft_is_sent() -> None:
    alone = replace(PLAIN, panel=0)

    assert acceptance(alone) == (1.0, 1.0)
    assert outcomes(alone) == pytest.approx(
        {
            "completion": 0.81,
            "wrong": 0.19,
            "escalated": 0.0,
            "drafts_per_ticket": 1.0,
            "messages_per_ticket": 1.0,
        }
    )
    assert latency_mean_s(alone) == work_s(alone) == pytest.approx(0.3)
    assert satisfaction(alone) == pytest.approx(0.81 / (1 + 0.3 / 8))


def test_one_reviewer_is_the_same_early_or_late() -> None:
    late, early = (replace(PLAIN, panel=1, early=early) for early in (False, True))

    assert latency_mean_s(early) == pytest.approx(latency_mean_s(late), rel=1e-12)
    assert work_s(early) == pytest.approx(work_s(late), rel=1e-12)


def test_work_that_takes_no_time_saturates_nobody() -> None:
    assert saturation(replace(PLAIN, draft_s=0.0, review_s=0.0), 8) == math.inf


@dataclass
class Drawn:
    """Tickets drawn one by one; arrays over tickets."""

    right: NDArray[np.float64]
    wrong: NDArray[np.float64]
    escalated: NDArray[np.float64]
    drafts: NDArray[np.float64]
    messages: NDArray[np.float64]
    latency_s: NDArray[np.float64]
    work_s: NDArray[np.float64]

    def satisfaction(self) -> NDArray[np.float64]:
        return (self.right + 0.5 * self.escalated) * np.exp(-self.latency_s / 8)


def draw(cluster: Cluster, seed: int = 5) -> Drawn:
    """Draw every ticket with its votes, ballot by ballot in the order of their times."""
    random = np.random.default_rng(seed)
    drawn = Drawn(*np.zeros((7, TICKETS)))
    open_tickets = np.arange(TICKETS)
    for _ in range(cluster.max_drafts):
        good = random.random(len(open_tickets)) < cluster.competence
        accepted, ballots, vote_s, busy_s = vote(cluster, good, random)
        draft_s = random.exponential(cluster.draft_s, len(open_tickets))
        drawn.drafts[open_tickets] += 1
        drawn.messages[open_tickets] += 1 + ballots
        drawn.latency_s[open_tickets] += draft_s + vote_s
        drawn.work_s[open_tickets] += draft_s + busy_s
        drawn.right[open_tickets[accepted & good]] = 1
        drawn.wrong[open_tickets[accepted & ~good]] = 1
        open_tickets = open_tickets[~accepted]
    drawn.escalated[open_tickets] = 1
    return drawn


def vote(
    cluster: Cluster, good: NDArray[np.bool_], random: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return for each draft: accepted, ballots cast, how long the vote took, reviewers' time."""
    votes, panel = len(good), cluster.panel
    mean = np.where(good, cluster.reviewer_competence, 1 - cluster.reviewer_competence)
    if cluster.correlation > 0:
        total = 1 / cluster.correlation - 1
        mean = random.beta(mean * total, (1 - mean) * total)
    approves = random.random((votes, panel)) < mean[:, None]
    took_s = random.exponential(cluster.review_s, (votes, panel))
    order = took_s.argsort(axis=1)
    yes = np.take_along_axis(approves, order, axis=1).cumsum(axis=1)
    no = np.arange(1, panel + 1) - yes
    for_it = 100 * yes >= cluster.threshold_percent * panel
    certain = for_it | (100 * (panel - no) < cluster.threshold_percent * panel)
    at = certain.argmax(axis=1) if cluster.early else np.full(votes, panel - 1)
    end_s = np.take_along_axis(np.sort(took_s, axis=1), at[:, None], axis=1)
    busy_s = np.minimum(took_s, end_s).sum(axis=1)
    return for_it[np.arange(votes), at], at + 1, end_s[:, 0], busy_s


def sigmas(sample: NDArray[np.float64], expected: float) -> float:
    return float(abs(sample.mean() - expected) / (sample.std() / math.sqrt(len(sample))))


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize(
    "cluster",
    [
        PLAIN,
        CORRELATED,
        COMPARED,
        replace(STRICT, correlation=0.3, competence=0.6, max_drafts=2),
        replace(PLAIN, panel=4, threshold_percent=50, reviewer_competence=0.7, review_s=2.0),
        replace(PLAIN, panel=7, threshold_percent=100, correlation=0.6, max_drafts=5),
        replace(PLAIN, panel=1, threshold_percent=1, max_drafts=1, draft_s=9.0),
    ],
    ids=["plain", "correlated", "compared", "strict", "even", "unanimous", "one"],
)
def test_tickets_drawn_one_by_one_agree(cluster: Cluster, early: bool) -> None:
    cluster = replace(cluster, early=early)
    expected = outcomes(cluster)

    drawn = draw(cluster)

    apart = {
        "completion": sigmas(drawn.right, expected["completion"]),
        "wrong": sigmas(drawn.wrong, expected["wrong"]),
        "escalated": sigmas(drawn.escalated, expected["escalated"]),
        "latency": sigmas(drawn.latency_s, latency_mean_s(cluster)),
        "work": sigmas(drawn.work_s, work_s(cluster)),
        "satisfaction": sigmas(drawn.satisfaction(), satisfaction(cluster)),
    }
    if drawn.drafts.std() > 0:
        apart["drafts"] = sigmas(drawn.drafts, expected["drafts_per_ticket"])
        apart["messages"] = sigmas(drawn.messages, expected["messages_per_ticket"])
    assert {name: off for name, off in apart.items() if off > SIGMAS} == {}


shares = st.floats(0, 1)
clusters = st.builds(
    Cluster,
    competence=shares,
    reviewer_competence=shares,
    correlation=shares,
    panel=st.integers(0, 12),
    threshold_percent=st.integers(1, 100),
    max_drafts=st.integers(1, 6),
    draft_s=st.floats(0, 100),
    review_s=st.floats(0, 100),
    early=st.booleans(),
)


@given(clusters)
def test_every_ticket_ends_in_one_way(cluster: Cluster) -> None:
    found = outcomes(cluster)

    ends = [found[name] for name in ("completion", "wrong", "escalated")]
    assert sum(ends) == pytest.approx(1)
    assert all(0 <= share <= 1 for share in (*ends, *acceptance(cluster), satisfaction(cluster)))
    assert 1 <= found["drafts_per_ticket"] <= cluster.max_drafts * (1 + 1e-12)


@given(clusters.filter(lambda cluster: cluster.panel > 0))
def test_acceptance_is_the_tail_that_the_voters_competence_gives(cluster: Cluster) -> None:
    q, rho = cluster.reviewer_competence, cluster.correlation
    rho = 0.0 if rho < 1e-4 else rho  # the tail by log-gammas loses digits near 0
    cluster = replace(cluster, correlation=rho)

    tails = [
        Competence(mean, rho).at_least(cluster.approvals_needed, cluster.panel)
        for mean in (q, 1 - q)
    ]

    assert acceptance(cluster) == pytest.approx(tails, rel=1e-6, abs=1e-9)


@given(clusters, shares)
def test_better_reviewers_accept_more_good_drafts_and_fewer_bad_ones(
    cluster: Cluster, other: float
) -> None:
    worse, better = sorted((cluster.reviewer_competence, other))

    low = acceptance(replace(cluster, reviewer_competence=worse))
    high = acceptance(replace(cluster, reviewer_competence=better))

    assert low[0] <= high[0] + 1e-12
    assert high[1] <= low[1] + 1e-12


@given(clusters)
def test_looking_early_never_costs(cluster: Cluster) -> None:
    late, early = (replace(cluster, early=early) for early in (False, True))

    assert latency_mean_s(early) <= latency_mean_s(late) * (1 + 1e-12)
    assert work_s(early) <= work_s(late) * (1 + 1e-12)
    assert satisfaction(early) >= satisfaction(late) * (1 - 1e-12)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("competence", 1.1),
        ("reviewer_competence", math.nan),
        ("correlation", -0.1),
        ("panel", -1),
        ("threshold_percent", 0),
        ("max_drafts", 0),
        ("draft_s", math.inf),
        ("review_s", -1.0),
    ],
)
def test_a_value_out_of_range_is_named(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be .*, got {value}$"):
        replace(PLAIN, **{name: value})  # type: ignore[arg-type]
