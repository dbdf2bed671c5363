"""What the numbers of a run say to a person: key figures, how firm a vote is, and warnings."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..feed import Curve
from ..moment import Moment, RunFacts, Vote
from .figures import Figure

STUCK_ROUNDS = 6
"""Moments over which approval has to stand still for a vote to count as stuck."""
STILL_PERCENT = 0.5
MIXED_BITS, ALIKE_BITS = 0.7, 0.05
"""Above the one a vote is divided, below the other nearly all say the same."""
TONES = {"running": "is-good", "paused": "is-warn", "lost": "is-bad", "failed": "is-bad"}
SYMBOLS = {
    "running": "● running",
    "paused": "‖ paused",
    "done": "✓ done",
    "stopped": "■ stopped",
    "failed": "✕ failed",
    "lost": "⚡ lost",
}


def key_figures(facts: RunFacts, moment: Moment, status: str, digest: str | None) -> list[Figure]:
    """Return what stands on top of each page of a run."""
    turn = "Instant" if facts.is_event_driven else "Round"
    time = "" if moment.now_s is None else f"{moment.now_s:,.1f} simulated s"
    figures: list[Figure] = [
        ("Status", SYMBOLS.get(status, status), _status_note(status), TONES.get(status, "")),
        (turn, f"{moment.number:,}", time, ""),
        *(_vote_figures(moment.vote) if moment.vote else [("Vote", "none yet", "", "")]),
    ]
    counts = moment.counts
    decided = ", ".join(
        f"{counts[name]:,} {name}"
        for name in ("rejected", "expired", "vetoed", "escalated")
        if counts.get(name)
    )
    figures.append(("Accepted", f"{counts.get('accepted', 0):,}", decided, ""))
    figures.append(("Digest", digest[:12] if digest else "-", "" if digest else "at the end", ""))
    return figures


def _vote_figures(vote: Vote) -> list[Figure]:
    seats = len(vote.choices)
    cast = ("Cast", f"{vote.cast:,} of {seats:,}", "seats have voted", "")
    if vote.is_sealed or vote.approval_percent is None:
        return [("Approval", "sealed", "until the voting round ends", ""), cast]
    needed = vote.still_needed
    note = "" if vote.threshold_percent is None else f"{vote.threshold_percent} % needed"
    if vote.outcome:
        note = (
            vote.outcome + (f": {vote.gate}" if vote.gate else "") + (f", {note}" if note else "")
        )
    elif needed:
        note += f", {needed:,} more to go"
    tone = "is-good" if needed == 0 else ""
    return [("Approval", f"{vote.approval_percent:.1f} %", note, tone), cast]


def _status_note(status: str) -> str:
    return {"paused": "a person holds it", "lost": "its process or board is gone"}.get(status, "")


def firmness(vote: Vote | None, summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return how hollow or solid a vote is, as names and values."""
    rows = []
    if vote is not None and not vote.is_sealed:
        margin = coalition_to_flip(vote)
        if margin is not None:
            side = "turn it down" if vote.still_needed == 0 else "carry it"
            rows.append(("Weight that would have to change to " + side, f"{margin:,}"))
        rows.append(("Cast for the leading choice", f"{max(vote.weights.values(), default=0):,}"))
        rows.append(("Eligible weight", f"{vote.eligible:,}"))
    said = summary.get("consensus") or {}
    for name, label in (
        ("agents_with_choice", "Voters with a choice"),
        ("effective_voters", "Effective independent voters"),
        ("approval_percent_with_choice", "Approval among those with a choice, %"),
    ):
        if said.get(name) is not None:
            rows.append((label, f"{said[name]:,.6g}"))
    return rows


def coalition_to_flip(vote: Vote) -> int | None:
    """Return the least weight whose change of mind would turn the outcome.

    Where the threshold is met, so much has to leave that one is missing; else so much is
    missing. None without a threshold.
    """
    missing = vote.still_needed
    if missing is None or vote.threshold_percent is None:
        return None
    if missing:
        return missing
    needed = -(-vote.threshold_percent * vote.eligible // 100)
    leading = vote.weights.get("approve", max(vote.weights.values(), default=0))
    return leading - needed + 1


def warnings_of(curve: Curve, moment: Moment) -> list[str]:
    """Return what a person should be wary of at a moment; empty where nothing is odd."""
    vote = moment.vote
    end = int(np.searchsorted(curve.number, moment.number, "right"))
    if vote is None or vote.is_sealed or not end:
        return []
    span = slice(max(0, end - STUCK_ROUNDS), end)
    approval, entropy = curve.approval_percent[span], curve.entropy_bits[span]
    said = []
    is_whole = len(approval) == STUCK_ROUNDS and not np.isnan(approval).any()
    is_still = is_whole and np.ptp(approval) <= STILL_PERCENT
    if is_still and vote.still_needed and np.nanmean(entropy) >= MIXED_BITS:
        said.append(
            f"Deadlock: for {STUCK_ROUNDS} rounds approval has stayed at "
            f"{approval[-1]:.1f} %, and the voters are divided ({entropy[-1]:.2f} bits)."
        )
    if is_whole and (entropy <= ALIKE_BITS).all() and vote.still_needed == 0:
        said.append(
            f"Rubber stamp? For {STUCK_ROUNDS} rounds nearly all have said the same "
            f"(entropy at most {entropy.max():.2f} bits): look at why they agree."
        )
    return said
