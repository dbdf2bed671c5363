"""What a cluster of drafting and reviewing agents achieves when no ticket waits: closed forms.

One draft ends in one of three ways, after a known number of ballots: a right reply is sent, a wrong
one is sent, or it is rejected. Drafts of a ticket are independent, so that everything here is a
geometric series over that one draft, cut after `max_drafts`.

Ballots of one panel are exchangeable and correlated as in `agents.Competence` (beta-binomial):
after x approvals and y rejections the next reviewer approves with chance
(mean (1 - rho) + x rho) / (1 - rho + (x + y) rho), Polya's urn. It holds for every rho in [0, 1].
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Cluster:
    """What decides a ticket, beside the load.

    Raises:
        ValueError: A value is outside its range.
    """

    competence: float
    """Chance (0-1) that a draft of the whole reply is good."""
    reviewer_competence: float
    """Chance (0-1) that a reviewer approves a good reply, and that it rejects a bad one."""
    correlation: float
    """How far the reviewers of one draft err together: 0 independently, 1 as one."""
    panel: int
    """Reviewers of a draft; with 0 nobody reviews and the first draft is sent."""
    threshold_percent: int
    """A draft is accepted when 100 * approvals >= threshold_percent * panel."""
    max_drafts: int
    """Drafts rejected before a ticket is escalated to a human."""
    draft_s: float
    """Mean of the exponential time that a draft takes."""
    review_s: float
    """Mean of the exponential time that a review takes."""
    early: bool
    """Whether a vote ends as soon as its outcome is certain, not when all have voted."""

    def __post_init__(self) -> None:
        for name in ("competence", "reviewer_competence", "correlation"):
            _check(name, getattr(self, name), 0, 1)
        _check("panel", self.panel, 0)
        _check("threshold_percent", self.threshold_percent, 1, 100)
        _check("max_drafts", self.max_drafts, 1)
        _check("draft_s", self.draft_s, 0)
        _check("review_s", self.review_s, 0)

    @property
    def approvals_needed(self) -> int:
        """Approvals that accept a draft: the threshold's share of the panel, rounded up."""
        return -(-self.threshold_percent * self.panel // 100)


def acceptance(cluster: Cluster) -> tuple[float, float]:
    """Return the chances that a good and that a bad draft is accepted.

    The upper tails at `approvals_needed` of the beta-binomial with mean q for a good draft and
    1 - q for a bad one, q being the reviewers' competence. Without a panel both are 1.
    """
    good, _ = _endings(cluster, cluster.reviewer_competence)
    bad, _ = _endings(cluster, 1 - cluster.reviewer_competence)
    return _share(good), _share(bad)


def outcomes(cluster: Cluster) -> dict[str, float]:
    """Return the shares of tickets by outcome, and drafts and messages per ticket.

    With s, w, r the chances that one draft is sent rightly, sent wrongly or rejected, and R the
    most drafts: completion s (1 + r + ... + r^(R-1)), wrong the same with w, escalated r^R. A
    message is a draft or a ballot; with early decisions a ballot not cast is none.
    """
    draft = _one_draft(cluster)
    drafts = draft.drafts_per_ticket
    return {
        "completion": min(1.0, _share(draft.right) * drafts),
        "wrong": min(1.0, _share(draft.wrong) * drafts),
        "escalated": _share(draft.rejected) ** cluster.max_drafts,
        "drafts_per_ticket": drafts,
        "messages_per_ticket": drafts * (1 + draft.mean(_ballots(cluster))),
    }


def latency_mean_s(cluster: Cluster) -> float:
    """Return the mean seconds from arrival to the reply or the escalation when nobody waits.

    Wald's identity: drafts per ticket x (mean draft + mean vote). All k reviewers begin at once, so
    that the j-th ballot comes after review_s (1/k + 1/(k-1) + ... + 1/(k-j+1)) in the mean
    (Renyi 1953, order statistics of exponentials); the vote ends with ballot k, or with the one
    that makes its outcome certain.
    """
    draft = _one_draft(cluster)
    vote_s = cluster.review_s * np.append(0.0, np.cumsum(1 / _at_work(cluster)))
    return draft.drafts_per_ticket * (cluster.draft_s + draft.mean(vote_s))


def satisfaction(cluster: Cluster, scale_s: float = 8.0) -> float:
    """Return the mean of (1 right, 0.5 escalated, 0 wrong) x exp(-latency / scale_s), unloaded.

    By Laplace transforms at 1 / scale_s: every exponential time of mean m is a factor
    1 / (1 + m / scale_s). A draft is one such time and a vote of j ballots is j of them, of means
    review_s / k, review_s / (k-1), ...; the outcome and the length of a vote go together, so each
    number of ballots counts with the chance that it ends in this outcome.
    """
    _check("scale_s", scale_s, 0)
    if scale_s == 0:
        raise ValueError("scale_s must be positive, got 0")
    draft = _one_draft(cluster)
    waits = cluster.review_s / (_at_work(cluster) * scale_s)
    faded = np.append(1.0, np.cumprod(1 / (1 + waits))) / (1 + cluster.draft_s / scale_s)
    right, again = float(draft.right @ faded), float(draft.rejected @ faded)
    tries = again ** np.arange(cluster.max_drafts)
    return float(right * tries.sum() + 0.5 * again**cluster.max_drafts)


def work_s(cluster: Cluster) -> float:
    """Return the mean agent-seconds that one ticket takes.

    With early decisions the reviewers still at work are called off, and what they did until then
    counts. While i of them are at work the next ballot is review_s / i away in the mean, so that
    each ballot cast stands for review_s of work, whoever is called off.
    """
    draft = _one_draft(cluster)
    review_s = cluster.review_s * draft.mean(_ballots(cluster))
    return draft.drafts_per_ticket * (cluster.draft_s + review_s)


def saturation(cluster: Cluster, agents: int) -> float:
    """Return the tickets per second that keep all agents busy: agents / `work_s`.

    Above it the queue grows without end, whoever has which skill; infinite if work takes no time.
    """
    _check("agents", agents, 1)
    each_s = work_s(cluster)
    return agents / each_s if each_s > 0 else float("inf")


@dataclass(frozen=True, slots=True)
class _Draft:
    """One draft: the joint chance of its outcome (an array) and its ballots (the position)."""

    right: NDArray[np.float64]
    wrong: NDArray[np.float64]
    rejected: NDArray[np.float64]
    max_drafts: int

    @property
    def drafts_per_ticket(self) -> float:
        return float((_share(self.rejected) ** np.arange(self.max_drafts)).sum())

    def mean(self, by_ballots: NDArray[np.float64]) -> float:
        """Return the mean of what is known for each number of ballots."""
        return float((self.right + self.wrong + self.rejected) @ by_ballots)


def _one_draft(cluster: Cluster) -> _Draft:
    good, bad = cluster.competence, 1 - cluster.competence
    good_sent, good_rejected = _endings(cluster, cluster.reviewer_competence)
    bad_sent, bad_rejected = _endings(cluster, 1 - cluster.reviewer_competence)
    seen = (lambda way: way) if cluster.early else _all_at_the_end
    return _Draft(
        right=seen(good * good_sent),
        wrong=seen(bad * bad_sent),
        rejected=seen(good * good_rejected + bad * bad_rejected),
        max_drafts=cluster.max_drafts,
    )


def _endings(cluster: Cluster, approving: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the chances that ballot 0, 1, ... k makes the acceptance, or the rejection, certain.

    Walks the urn ballot by ballot over the number of approvals so far.
    """
    panel, needed, rho = cluster.panel, cluster.approvals_needed, cluster.correlation
    enough_against = panel - needed + 1
    accepted, rejected = np.zeros(panel + 1), np.zeros(panel + 1)
    if panel == 0:
        accepted[0] = 1.0
        return accepted, rejected
    undecided = np.zeros(panel + 2)
    undecided[0] = 1.0
    approvals = np.arange(panel + 2)
    for cast in range(panel):
        weight = 1 - rho + cast * rho
        chance = (approving * (1 - rho) + approvals * rho) / weight if cast else approving
        approved = undecided * chance
        undecided = undecided - approved
        undecided[1:] += approved[:-1]
        accepted[cast + 1], undecided[needed] = undecided[needed], 0.0
        if (left := cast + 1 - enough_against) >= 0:
            rejected[cast + 1], undecided[left] = undecided[left], 0.0
    return accepted, rejected


def _all_at_the_end(by_ballots: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move all chances to the last ballot: nobody looks before everybody has voted."""
    moved = np.zeros_like(by_ballots)
    moved[-1] = by_ballots.sum()
    return moved


def _share(by_ballots: NDArray[np.float64]) -> float:
    """Return the chance of an outcome after any number of ballots, never above 1 by rounding."""
    return min(1.0, float(by_ballots.sum()))


def _ballots(cluster: Cluster) -> NDArray[np.float64]:
    return np.arange(cluster.panel + 1, dtype=np.float64)


def _at_work(cluster: Cluster) -> NDArray[np.float64]:
    """Return how many reviewers are at work before the first, the second, ... ballot."""
    return np.arange(cluster.panel, 0, -1, dtype=np.float64)


def _check(name: str, value: float, least: float, most: float = float("inf")) -> None:
    if not least <= value <= most or value == float("inf"):
        span = f"{least} to {most}" if most < float("inf") else f"at least {least} and finite"
        raise ValueError(f"{name} must be {span}, got {value}")
