"""A moment in words: labels for screen readers, notices, and names of choices and agents."""

import numpy as np

from ..moment import NO_CHOICE, Moment, RunFacts, Vote

ABSTAINED = 254
ENDED = ("done", "stopped", "failed")


def when(facts: RunFacts, moment: Moment) -> str:
    """Say which moment it is."""
    if facts.is_event_driven and moment.now_s is not None:
        return f"instant {moment.number:,}, {moment.now_s:,.0f} s"
    return f"round {moment.number:,}"


def agent_name(facts: RunFacts, agent: int) -> str:
    """Return what people call an agent: its name, else its role and its number."""
    if agent < len(facts.names):
        return facts.names[agent]
    return f"{role_of(facts, agent) or 'agent'} #{agent}"


def role_of(facts: RunFacts, agent: int) -> str:
    """Return an agent's role; empty where it has none."""
    return next((r for r, first, many in facts.roles if first <= agent < first + many), "")


def choice_name(vote: Vote, code: int) -> str:
    """Say what a seat chose."""
    if code == ABSTAINED:
        return "abstain"
    return "no ballot" if code == NO_CHOICE else vote.options[code]


def vote_words(vote: Vote) -> str:
    """Say how a vote stands, or ended, in one sentence without a full stop."""
    if vote.is_sealed:
        return sealed_words(vote)
    percent = vote.approval_percent
    if percent is None:
        return "nobody is eligible"
    leading = leading_option(vote)
    verb = "approve" if leading == "approve" else f"choose {leading}"
    weight = vote.weights.get(leading, 0)
    said = f"{weight:,} of {vote.eligible:,} {verb}, {percent:.1f} %"
    if vote.threshold_percent is not None:
        said += f" of {vote.threshold_percent} % needed"
    if vote.still_needed and vote.outcome is None:
        said += f", {vote.still_needed:,} more to go"
    others = {**vote.weights, "abstain": vote.abstained}
    rest = [f"{n:,} {name}" for name, n in others.items() if name != leading and n]
    said += "".join(f", {words}" for words in rest[:4])
    return said + (f"; {outcome_words(vote)}" if vote.outcome else "")


def sealed_words(vote: Vote) -> str:
    """Say that choices are hidden, and how many there are."""
    return f"ballots are sealed: {vote.cast:,} of {vote.agents.size:,} have voted"


def outcome_words(vote: Vote) -> str:
    """Say how a vote ended."""
    said = vote.outcome or "open"
    if vote.option and vote.option != "approve":
        said += f" ({vote.option})"
    if vote.gate:
        said += f", gate {vote.gate} is shut"
    return said + (f" by {vote.by}" if vote.by else "")


def empty_words(moment: Moment) -> str:
    """Say why there is no vote to see, and what will change that."""
    if moment.status in ENDED:
        return "This run ended before anything was put to a vote."
    return "No proposal has been opened yet. This view fills with the first one."


def leading_option(vote: Vote) -> str:
    """Return `approve` where that is an option, else the option with the most weight."""
    if "approve" in vote.options or not vote.options:
        return "approve"
    return max(vote.options, key=lambda option: vote.weights.get(option, 0))


def entropy_bits(vote: Vote) -> float:
    """Return how mixed the cast weight is: 0 where all say the same; NaN while it is sealed."""
    cast = np.array([*vote.weights.values(), vote.abstained], np.float64)
    if vote.is_sealed or not cast.sum():
        return float("nan")
    shares = cast[cast > 0] / cast.sum()
    return max(0.0, float(-(shares * np.log2(shares)).sum()))
