"""A run's measures as its summary holds them, under flat names with dots."""

from collections.abc import Mapping
from typing import Any

from agents import Ledger
from blackboard import RunDirectory

from ..desk import RECORDING
from ..team_card import token_count
from .folding import Measures
from .quality import brier, error_correlation, polarisation, regret

NAMES = (
    "turns",
    "overhead.turns",
    "overhead.tokens",
    "messages.count",
    "messages.density",
    "messages.fan_out",
    "consensus.rounds_to_threshold",
    "consensus.seconds_to_threshold",
    "consensus.votes_to_threshold",
    "consensus.tokens_to_threshold",
    "consensus.rounds_open",
    "consensus.seconds_open",
    "consensus.flips",
    "consensus.polarisation",
    "consensus.deadlock_share",
    "consensus.right_share",
    "consensus.wrong_share",
    "consensus.error_correlation",
    "consensus.effective_voters_measured",
    "quality.brier",
    "quality.regret",
)
"""All measures, in the order of docs/measures.md."""
OF_BASELINE = ("overhead.turns", "overhead.tokens")
"""Those that hold a run against its matched baseline."""


def unmeasured() -> dict[str, Any]:
    """Return all names of measures without values."""
    return dict.fromkeys(NAMES)


def measures_of(
    measures: Measures,
    directory: RunDirectory,
    *,
    truths: Mapping[str, str] | None = None,
    yardstick: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the measures of a run.

    Args:
        measures: What its records were folded into. Where rounds are missing, as in a run that
            was taken up from a snapshot, the log is read instead.
        directory: The run.
        truths: The right option by proposal, as far as the scenario knows it.
        yardstick: The summary's block of this name.
    """
    if not measures.is_whole:
        measures = Measures.of_log(directory)
    found = unmeasured() | _of_messages(measures) | _of_consensus(measures, directory)
    if truths:
        found |= _of_truth(measures, truths)
    if yardstick:
        found["quality.regret"] = regret(*(yardstick[n] for n in ("value", "ours", "gap_percent")))
    return found


def overhead(summary: Mapping[str, Any]) -> dict[str, float | None]:
    """Return what a run took beyond its matched baseline, as a multiple of the baseline."""
    baseline = summary["baseline"]
    if not baseline:
        return dict.fromkeys(OF_BASELINE)
    turns, alone = summary["measures"]["turns"], (baseline["measures"] or unmeasured())["turns"]
    tokens, alone_tokens = (token_count(its["tokens"]) for its in (summary, baseline))
    return {
        "overhead.turns": (turns - alone) / alone if alone else None,
        "overhead.tokens": (tokens - alone_tokens) / alone_tokens if alone_tokens else None,
    }


def _of_messages(measures: Measures) -> dict[str, Any]:
    reading = measures.reading
    return {
        "turns": reading.turns,
        "messages.count": reading.messages,
        "messages.density": _share(reading.messages, reading.turns),
        "messages.fan_out": _share(reading.deliveries, reading.messages),
    }


def _of_consensus(measures: Measures, directory: RunDirectory) -> dict[str, Any]:
    votes = measures.votes
    outcomes, accepted = votes.tallies.outcomes, votes.accepted
    rounds, seconds = (None, accepted) if votes.now_s is not None else (accepted, None)
    tokens = _tokens_by_round(directory) if accepted else {}
    spent = votes.spent
    billed = sum(count for round, count in tokens.items() if round <= spent.round)
    return {
        "consensus.rounds_to_threshold": _share(spent.round, rounds),
        "consensus.seconds_to_threshold": _share(spent.seconds or 0.0, seconds),
        "consensus.votes_to_threshold": _share(spent.ballots, accepted),
        "consensus.tokens_to_threshold": _share(billed, accepted) if tokens else None,
        "consensus.rounds_open": _share(votes.open_for, rounds),
        "consensus.seconds_open": _share(votes.open_for_s, seconds),
        "consensus.flips": _share(votes.flips, votes.recast),
        "consensus.polarisation": polarisation(votes.tallies.weights()),
        "consensus.deadlock_share": _share(outcomes.count("expired"), len(outcomes)),
    }


def _tokens_by_round(directory: RunDirectory) -> dict[int, int]:
    path = directory.path / RECORDING
    rows = Ledger.read(path).by("round") if path.exists() else ()
    return {row["round"]: token_count(row) for row in rows}


def _of_truth(measures: Measures, truths: Mapping[str, str]) -> dict[str, Any]:
    its = measures.votes.tallies.judged(truths)
    rho, worth = error_correlation(its.votes, its.right) if its.is_equal else (None, None)
    return {
        "consensus.right_share": _share(int(its.is_right.sum()), len(its.votes)),
        "consensus.wrong_share": _share(int(its.is_wrong.sum()), len(its.votes)),
        "consensus.error_correlation": rho,
        "consensus.effective_voters_measured": worth,
        "quality.brier": brier(its.votes, its.right, its.squares),
    }


def _share(part: float, whole: float | None) -> float | None:
    return part / whole if whole else None
