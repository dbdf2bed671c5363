"""An explanation as people read it: a few sentences a topic, the weightiest first."""

from collections.abc import Iterator
from dataclasses import asdict
from textwrap import fill
from typing import Any

from .facts import (
    Absence,
    Coalition,
    Count,
    Dissent,
    Explanation,
    Pivot,
    Posted,
    Seat,
    Without,
    moment,
)
from .people import listed

WIDTH = 100
INDENT = 12
CHAIN_SHOWN = 12
GROUPS_SHOWN = 6
ATTEMPTS_SHOWN = 3
SEATS_SHOWN = 12


def explanation_text(told: Explanation) -> str:
    """Return the lines that `swarmboard explain` prints."""
    return "\n".join(
        fill(
            f"{topic:<{INDENT - 1}} {sentence}",
            WIDTH,
            subsequent_indent=" " * INDENT,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for topic, sentence in _lines(told)
    )


def explanation_json(told: Explanation) -> dict[str, Any]:
    """Return an explanation as plain values, as `swarmboard explain --json` prints it."""
    content = asdict(told)
    if told.count is not None:
        content["count"]["support"] = told.count.support
    return content


def _lines(told: Explanation) -> Iterator[tuple[str, str]]:
    """Yield topics with their sentences; a topic that goes on has no name again."""
    for topic, sentences in _topics(told):
        for place, sentence in enumerate(sentences):
            yield ("" if place else topic), sentence


def _topics(told: Explanation) -> Iterator[tuple[str, list[str]]]:
    yield "proposal", [_heading(told)]
    yield "decision", [_sentence(told.decision)]
    yield "why", list(told.why)
    yield "panel", _panel(told)
    yield "open", _rounds(told)
    yield "no ballot", list(map(_absence, told.absent))
    yield "dissent", _dissents(told)
    yield "pivotal", list(_pivotal(told))
    yield "threshold", list(_threshold(told))
    yield "attempts", list(_attempts(told))
    yield "since then", list(_since(told))
    yield "chain", _chain(told)
    yield "board", list(_board(told))
    yield "removed", _removed(told)
    yield "without", list(_without(told.without)) if told.without else []


def _heading(told: Explanation) -> str:
    text = (
        f"{told.proposal} of {told.scenario} under {told.rule}, opened in "
        f"{moment(told.opened_round, told.opened_s)}, run {told.run_id}"
    )
    if told.is_finished:
        return text
    turn = "round" if told.opened_s is None else "instant"
    return f"{text} (it runs still or was killed; its log ends with {turn} {told.rounds_logged})"


def _panel(told: Explanation) -> list[str]:
    """Say who sat on a panel, in the order of the claims, and when each voted."""
    taken = [seat for seat in told.panel if seat.agent is not None]
    free = len(told.panel) - len(taken)
    shown = [_seat(seat) for seat in taken[:SEATS_SHOWN]]
    shown += [f"{len(taken) - SEATS_SHOWN:,} more"] if len(taken) > SEATS_SHOWN else []
    shown += [f"{free:,} seat{'s'[: free > 1]} that nobody took"] if free else []
    return [f"{len(told.panel):,} seats: {'; '.join(shown)}."] if told.panel else []


def _seat(seat: Seat) -> str:
    if seat.choice is None:
        return f"{seat.name} took a seat at {seat.claimed_s:.6g} s and cast no ballot"
    cast = {"approve": "approved", "reject": "rejected", "abstain": "abstained"}
    return f"{seat.name} {cast.get(seat.choice, f'chose {seat.choice!r}')} at {seat.cast_s:.6g} s"


def _rounds(told: Explanation) -> list[str]:
    if len(told.voting_rounds) < 2:
        return []
    shown = told.voting_rounds[-GROUPS_SHOWN:]
    counts = [
        f"round {voted.round}: "
        + ", ".join(f"{weight:,} {option}" for option, weight in voted.weights.items())
        + (f", {voted.absent:,} without a ballot" if voted.absent else "")
        for voted in shown
    ]
    return [f"It took ballots in {len(told.voting_rounds):,} rounds: {'; '.join(counts)}."]


def _absence(absence: Absence) -> str:
    detail = f"; {absence.detail}" if absence.detail else ""
    return f"{len(absence.agents):,} {absence.cause}: {listed(absence.names)}{detail}."


def _dissents(told: Explanation) -> list[str]:
    if told.count is None:
        return []
    if not told.dissent:
        return [] if told.count.absent == told.count.eligible else ["None: nobody voted otherwise."]
    sentences = list(map(_dissent, told.dissent[:GROUPS_SHOWN]))
    if rest := told.dissent[GROUPS_SHOWN:]:
        agents = sum(len(group.agents) for group in rest)
        sentences.append(f"{agents:,} more for {len(rest):,} other reasons.")
    return sentences


def _dissent(group: Dissent) -> str:
    who = f"{len(group.agents):,} chose {group.choice!r}"
    if group.choice == "reject":
        who = f"{len(group.agents):,} rejected"
    reason = f", saying {group.reason!r}" if group.reason else ""
    if group.numbers:
        largest = listed([f"{name} {_number(value)}" for name, value in group.numbers])
        measure = f" ({group.measure})" if group.measure else ""
        return f"{who}{reason}; the largest numeric reasons{measure}: {largest}."
    return f"{who}{reason}: {listed(group.names)}."


def _pivotal(told: Explanation) -> Iterator[str]:
    if told.count is None:
        return
    if told.pivotal is None:
        yield f"Unknown: {told.rule} is a rule of the run's own, which its name does not give back."
        return
    if not told.pivotal:
        yield "Nobody: no single other ballot would have changed the outcome."
    for group in told.pivotal[:GROUPS_SHOWN]:
        yield _pivot(group)
    if told.coalition and len(told.coalition.agents) > 1:
        yield _coalition(told.coalition, told.count)


def _coalition(coalition: Coalition, count: Count) -> str:
    size = len(coalition.agents)
    weight = f" (weight {coalition.weight:,})" if count.is_weighted else ""
    does = "carried" if coalition.does == "carry" else "undone"
    did = f"that voted {count.supported!r}" if does == "undone" else "that did not approve"
    if coalition.any_of:
        who = f"any {size:,} of the {coalition.any_of:,} {did}"
    else:
        who = f"{size:,} agents{weight}, {listed(coalition.names)}"
    return f"The fewest that together could have {does} it: {who}."


def _pivot(group: Pivot) -> str:
    by_outcome: dict[str, list[str]] = {}
    for choice, outcome in group.turns:
        by_outcome.setdefault(outcome, []).append(choice)
    turns = "; ".join(f"{' or '.join(how)} -> {what}" for what, how in by_outcome.items())
    each = "each of " if len(group.agents) > 1 else ""
    return f"{each}{listed(group.names)} (cast: {group.was}): {turns}."


def _threshold(told: Explanation) -> Iterator[str]:
    if told.count is None or told.pivotal is None:
        return
    given = told.count.threshold_percent
    if given is None:
        yield "The rule has no threshold to move."
    elif nearest := told.nearest_threshold:
        at = f" in round {nearest.round}" if len(told.voting_rounds) > 1 else ""
        other = "would not" if told.outcome == "accepted" else "would"
        came_to = "" if nearest.outcome == "accepted" else f" ({nearest.outcome})"
        yield (
            f"The nearest to {given} % at which it {other} have been accepted is "
            f"{nearest.percent} %{at}{came_to}."
        )
    elif told.gate:
        yield "None would have helped: whatever it accepts, the gate was shut."
    else:
        yield "Any from 1 % to 100 % would have come to the same."


def _attempts(told: Explanation) -> Iterator[str]:
    if not told.attempts:
        return
    counts: dict[str, int] = {}
    for attempt in told.attempts:
        counts[attempt.outcome] = counts.get(attempt.outcome, 0) + 1
    outcomes = ", ".join(f"{n:,} {outcome}" for outcome, n in counts.items())
    yield f"{len(told.attempts):,} before it failed ({outcomes}), the last of them:"
    for attempt in told.attempts[-ATTEMPTS_SHOWN:]:
        gate = f", gate shut: {attempt.gate}" if attempt.gate else ""
        yield (
            f"{attempt.proposal} in round {attempt.round}: {attempt.outcome} with "
            f"{attempt.percent:.1f} %{gate}."
        )


def _since(told: Explanation) -> Iterator[str]:
    if not told.attempts or told.count is None:
        return
    if told.switched:
        moves = [f"{agents:,} from {before} to {now}" for before, now, agents in told.switched]
        yield f"Agents that voted otherwise than at the last attempt: {', '.join(moves)}."
    else:
        yield "Nobody voted otherwise than at the last attempt."
    if told.world:
        moved = [f"{name} {_number(old)} -> {_number(new)}" for name, old, new in told.world]
        yield f"The world's own numbers: {', '.join(moved)}."


def _chain(told: Explanation) -> list[str]:
    lines = [
        f"{entry.id} {entry.kind} by {entry.name}, {entry.relation}"
        + (f": {entry.says}" if entry.says else "")
        + "."
        for entry in told.chain[:CHAIN_SHOWN]
    ]
    if len(told.chain) > CHAIN_SHOWN:
        lines.append(f"{len(told.chain) - CHAIN_SHOWN:,} more entries, all in --json.")
    return lines


def _board(told: Explanation) -> Iterator[str]:
    is_told = {entry.id for entry in told.chain}
    if told.board:
        yield f"Posted since the decision before: {_posted(told.board, is_told)}."
    if told.board_before:
        yield f"Posted during the attempts before: {_posted(told.board_before, is_told)}."


def _posted(kinds: tuple[Posted, ...], is_told: set[str]) -> str:
    """Say what was posted by kind; entries of the chain have been told already."""
    return "; ".join(
        f"{found.entries:,} {found.kind} by {found.agents:,} agent{'s'[: found.agents > 1]}"
        + (f" ({', '.join(shown)})" if shown else "")
        for found in kinds
        for shown in [[text for text in found.shown if text.split()[0] not in is_told]]
    )


def _removed(told: Explanation) -> list[str]:
    """Name who was taken out of the run, but for those named among the absent."""
    causes: dict[str, list[str]] = {}
    absent = {agent for absence in told.absent for agent in absence.agents}
    for gone in told.removed:
        if gone.agent in absent:
            continue
        after = f" after its {gone.after}" if gone.after else ""
        causes.setdefault(gone.cause, []).append(f"{gone.name} in round {gone.round}{after}")
    return [f"{len(who):,} {cause}: {listed(who)}." for cause, who in causes.items()]


def _without(without: Without) -> Iterator[str]:
    who = listed(without.names)
    if without.recount is None:
        yield f"Without {who}: the rule cannot be asked again."
    else:
        share = without.recount_percent
        at = f" with {share:.1f} %" if share is not None else ""
        yield f"The same ballots without {who}, still counted as eligible: {without.recount}{at}."
    yield _sentence(without.rerun)
    if without.first_difference:
        yield f"Others first acted differently in {without.first_difference}."
    elif without.rerun_outcome:
        yield "No other agent acted differently up to there."


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _number(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) >= 1000 else f"{value:.4g}"
    return "none" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
