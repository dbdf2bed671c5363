"""Runs of the customer-service scenario, and how far their tickets lie from theory."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.customer_service.chance import Practice
from swarmboard import Result, run, threshold

SIGMAS = 4.5
FACTS: Mapping[str, Any] = {
    "reviewer_competence": 0.85,
    "draft_s": 0.3,
    "review_s": 0.1,
    "early": False,
}
"""Beside the defaults: competence 0.81, at most 3 drafts, a panel of 5."""
WORTH = {"right": 1.0, "escalated": 0.5, "wrong": 0.0, "abandoned": 0.0}
type Column = NDArray[np.float64]


def service(folder: Path, *, percent: int = 60, **terms: Any) -> Result:
    """Run the scenario on the in-process board; `percent` is the threshold."""
    out = folder / f"run {sum(1 for _ in folder.iterdir())}"
    rule = threshold(percent)
    return run("customer-service", **{"board": "memory://", "out": out, "rule": rule} | terms)


def columns(result: Result, fades_s: float = 8.0) -> dict[str, Column]:
    """Return what each ticket adds to the metrics of these names, from its row alone."""
    rows = result.tables["tickets"]
    outcome = rows["outcome"].to_numpy()
    latency = rows["closed_s"].to_numpy() - rows["arrived_s"].to_numpy()
    worth = np.array([WORTH[name] for name in outcome])
    names = {"completion": "right", "wrong": "wrong"}
    names |= {"escalated": "escalated", "abandoned": "abandoned"}
    shares = {metric: (outcome == name).astype(float) for metric, name in names.items()}
    drafts = rows["drafts"].to_numpy(float)
    return shares | {
        "drafts_per_ticket": drafts,
        "messages_per_ticket": drafts + rows["ballots"].to_numpy(),
        "latency_mean_s": latency[outcome != "abandoned"],
        "satisfaction": worth * np.exp(-latency / fades_s),
    }


def sigmas(sample: Column, expected: float) -> float:
    """Return how many standard errors the mean of independent values lies from what is expected.

    Shares near 0 or 1 have at least the error of what is expected, so that none is 0.
    """
    error = float(sample.std())
    if set(np.unique(sample)) <= {0.0, 1.0}:
        error = max(error, math.sqrt(max(0.0, expected * (1 - expected))))
    off = abs(float(sample.mean()) - expected)
    return 0.0 if off < 1e-12 else off * math.sqrt(len(sample)) / max(error, 1e-300)


def batch_sigmas(sample: Column, expected: float, batches: int = 20) -> float:
    """Return the same of values that depend on those before, by the means of batches of them."""
    size = len(sample) // batches
    return sigmas(sample[: batches * size].reshape(batches, size).mean(axis=1), expected)


def far(result: Result, names: Mapping[str, float], fades_s: float = 8.0) -> dict[str, float]:
    """Return which metrics lie too far from what is expected of them, in standard errors."""
    found = columns(result, fades_s)
    off = {name: sigmas(found[name], value) for name, value in names.items() if name in found}
    return {name: round(value, 2) for name, value in off.items() if value > SIGMAS}


def undisturbed_s(practice: Practice, ticket: int, percent: int, *, early: bool) -> float:
    """Return how long a ticket of one part takes by its draws where nobody ever waits."""
    latency, panel = 0.0, practice.panel
    for draft in range(practice.max_drafts):
        latency += practice.drafting_s(ticket, draft, 0)
        is_good = practice.is_good(ticket, draft, 0, 0)
        ballots = sorted(
            (practice.reviewing_s(ticket, draft, s), practice.is_right(ticket, draft, s) == is_good)
            for s in range(panel)
        )
        yes = np.cumsum([approves for _, approves in ballots])
        no = np.arange(1, panel + 1) - yes
        certain = (100 * yes >= percent * panel) | (100 * (panel - no) < percent * panel)
        last = int(certain.argmax()) if early else panel - 1
        latency += ballots[last][0]
        if 100 * yes[last] >= percent * panel:
            break
    return latency
