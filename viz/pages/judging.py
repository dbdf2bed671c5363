"""What the numbers of a run say to a person: key figures, how firm a vote is, and warnings."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..canvas.curve import OUTCOMES
from ..feed import Curve, entropy_bits
from ..moment import Moment, RunFacts, Vote
from .figures import Figure

STUCK_ROUNDS = 6
"""Moments over which approval has to stand still for a vote to count as stuck."""
STILL_PERCENT = 0.5
HOLLOW_SHARE = 0.5
"""Below this share of voters with a choice, or of independent ones, a vote counts as hollow."""
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


def key_figures(
    facts: RunFacts,
    moment: Moment,
    status: str,
    digest: str | None,
    so_far: tuple[int, str] | None = None,
) -> list[Figure]:
    """Return what stands on top of each page of a run.

    Args:
        facts: The run.
        moment: What is looked at.
        status: How the run stands.
        digest: Of a run that has ended.
        so_far: Of one that goes on the last round that has closed, and the digest up to it.
    """
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
    figures.append(("Digest", *_digest_figure(turn, digest, so_far), ""))
    return figures


def _digest_figure(
    turn: str, digest: str | None, so_far: tuple[int, str] | None
) -> tuple[str, str]:
    if digest:
        return digest[:12], ""
    if so_far:
        return so_far[1][:12], f"up to {turn.lower()} {so_far[0]:,}"
    return "-", "at the end"


def _vote_figures(vote: Vote) -> list[Figure]:
    seats = len(vote.choices)
    cast = ("Cast", f"{vote.cast:,} of {seats:,}", "seats have voted", "")
    if vote.is_sealed or vote.approval_percent is None:
        return [("Approval", "sealed", "until the voting round ends", ""), cast]
    needed = vote.still_needed
    note = "" if vote.threshold_percent is None else f"{vote.threshold_percent} % needed"
    if vote.outcome:
        gate = f": {vote.gate}" if vote.gate else ""
        note = f"latest vote {vote.outcome}{gate}" + (f", {note}" if note else "")
    elif needed:
        note += f", {needed:,} more to go"
    tone = "is-good" if needed == 0 else ""
    return [("Approval", f"{vote.approval_percent:.1f} %", note, tone), cast]


def _status_note(status: str) -> str:
    return {"paused": "a person holds it", "lost": "its process or board is gone"}.get(status, "")


def swarm_words(facts: RunFacts) -> str:
    """Return how many agents a run has, those apart who joined beside the ones asked for."""
    others = f", {facts.others:,} others" if facts.others else ""
    return f"{facts.agents - facts.others:,} agents{others}"


def firmness(moment: Moment | None) -> list[tuple[str, str]]:
    """Return how hollow or solid the vote of a moment is, as names and values.

    Who had a choice, and how many independent voters they are worth, is told where the scenario
    publishes it with each round, under the names that the summary has.
    """
    rows: list[tuple[str, str]] = []
    vote = moment.vote if moment else None
    if vote is not None and not vote.is_sealed:
        margin = coalition_to_flip(vote)
        if margin is not None:
            side = _side(vote)
            rows.append((f"Fewest votes that have to change to {side}", _of(margin, vote.eligible)))
        leading = max(vote.weights.values(), default=0)
        rows.append(("Cast for the leading choice", _of(leading, vote.eligible)))
        bits = entropy_bits(vote)
        if bits is not None:
            rows.append(("How mixed the ballots are", f"{bits:.2f} bits, {_mixed(bits)}"))
    return rows + (_hollowness(moment.series) if moment else [])


def firmness_of_run(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what a summary says of the vote that decided the run, whatever is looked at."""
    consensus = summary.get("consensus") or {}
    percent = consensus.get("approval_percent")
    rows = _hollowness(consensus)
    return [("Approval", f"{percent:,.6g} %"), *rows] if rows and percent is not None else rows


def _hollowness(known: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return who had a choice, as far as that is known."""
    return [
        (label, f"{known[name]:,.6g}{unit}")
        for name, label, unit in (
            ("agents_with_choice", "Voters with a choice", ""),
            ("effective_voters", "Effective independent voters", ""),
            ("approval_percent_with_choice", "Approval among those with a choice", " %"),
        )
        if known.get(name) is not None
    ]


def coalition_to_flip(vote: Vote) -> int | None:
    """Return the least weight whose change of mind would turn the outcome.

    Where the threshold is met, so much has to leave that one is missing; else so much is
    missing. Without a threshold the leading option has to be overtaken. None where nobody has
    voted, or there is no other side.
    """
    missing = vote.still_needed
    if missing is None or vote.threshold_percent is None:
        return _to_overtake(vote)
    if missing:
        return missing
    needed = -(-vote.threshold_percent * vote.eligible // 100)
    leading = vote.weights.get("approve", max(vote.weights.values(), default=0))
    return leading - needed + 1


def _to_overtake(vote: Vote) -> int | None:
    """Return how much has to go from the first option to the second to make that the first."""
    if vote.is_sealed or len(vote.weights) < 2 or not any(vote.weights.values()):
        return None
    first, second = sorted(vote.weights.values(), reverse=True)[:2]
    return (first - second) // 2 + 1


def _side(vote: Vote) -> str:
    if vote.threshold_percent is None:
        return "put another option first"
    return "turn it down" if vote.still_needed == 0 else "carry it"


def _of(weight: int, eligible: int) -> str:
    share = f" ({100 * weight / eligible:.1f} %)" if eligible else ""
    return f"{weight:,} of {eligible:,}{share}"


def _mixed(bits: float) -> str:
    if bits <= ALIKE_BITS:
        return "nearly all say the same"
    return "divided" if bits >= MIXED_BITS else "mostly of one mind"


def warnings_of(
    curve: Curve, moment: Moment, summary: Mapping[str, Any] | None = None
) -> list[str]:
    """Return what a person should be wary of at a moment; empty where nothing is odd.

    In event-driven runs many proposals follow each other and most instants bring no ballot, so
    what counts there is one vote after the other, as it was decided.
    """
    vote = moment.vote
    end = int(np.searchsorted(curve.number, moment.number, "right"))
    if vote is None or vote.is_sealed or not end:
        return []
    is_in_rounds = moment.now_s is None
    rows = np.arange(end)
    if not is_in_rounds:
        rows = rows[np.diff(curve.decisions[:end], prepend=0) > 0]
    span, unit = rows[-STUCK_ROUNDS:], "rounds" if is_in_rounds else "decisions"
    approval, entropy = curve.approval_percent[span], curve.entropy_bits[span]
    said = []
    is_whole = len(approval) == STUCK_ROUNDS and not np.isnan(approval).any()
    is_still = is_in_rounds and is_whole and np.ptp(approval) <= STILL_PERCENT
    if is_still and vote.still_needed and np.nanmean(entropy) >= MIXED_BITS:
        said.append(
            f"Deadlock: for {STUCK_ROUNDS} rounds approval has stayed at "
            f"{approval[-1]:.1f} %, and the voters are divided ({entropy[-1]:.2f} bits)."
        )
    if is_whole and (entropy <= ALIKE_BITS).all() and vote.still_needed == 0:
        said.append(
            f"Rubber stamp? For {STUCK_ROUNDS} {unit} nearly all have said the same "
            f"(entropy at most {entropy.max():.2f} bits): look at why they agree."
        )
    return said + _hollow(vote, (summary or {}).get("consensus") or {})


def _hollow(vote: Vote, consensus: Mapping[str, Any]) -> list[str]:
    """Say where fewer decided than it looks like."""
    chosen, worth = (consensus.get(name) for name in ("agents_with_choice", "effective_voters"))
    seats = consensus.get("eligible_agents") or len(vote.choices)
    if chosen is not None and chosen < HOLLOW_SHARE * seats:
        return [
            f"Hollow: only {chosen:,} of {seats:,} voters had a choice; the others could not "
            "have voted otherwise."
        ]
    if worth is not None and worth < HOLLOW_SHARE * seats:
        return [
            f"Hollow: {seats:,} voters are worth about {worth:,.1f} independent ones, because "
            "they err together or speak with the same voice."
        ]
    return []


def outcomes_of(moments: Iterable[Moment]) -> list[int]:
    """Return an index into `OUTCOMES` for each moment: what it decided first."""
    told: list[int] = []
    decided = ""
    for moment in moments:
        vote = moment.vote
        outcome = vote.outcome if vote is not None and vote.proposal != decided else None
        if outcome and vote is not None:
            decided = vote.proposal
        told.append(OUTCOMES.index(outcome) if outcome in OUTCOMES else 0)
    return told
