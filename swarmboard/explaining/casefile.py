"""What a log holds about one proposal: its ballots, its board, and the attempts before it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blackboard import (
    NO_BALLOT,
    Abstained,
    Answered,
    Ballots,
    Closed,
    Decided,
    Entries,
    Entry,
    Granted,
    Left,
    Note,
    Opened,
    OpenProposal,
    Posts,
    Record,
    Replica,
    Replied,
    Tally,
    World,
    entry_id,
    indices,
    read_log,
)

from .contents import Contents, Moment, attempts_before, named, since

ROWS_KEPT = 6
"""Rows of a columnar kind that are kept to be shown."""


@dataclass(slots=True)
class VotingRound:
    """The ballots of a proposal in one voting round."""

    round: int
    stage: int
    tally: Tally
    numbers: NDArray[np.float64]
    texts: tuple[str, ...]
    absent: dict[int, str] = field(default_factory=dict)
    """Agents without a ballot, and the cause."""


@dataclass(slots=True)
class KindOnBoard:
    """The entries of one kind in a stretch of the log."""

    layer: str
    entries: int = 0
    agents: set[int] = field(default_factory=set)
    rows: list[tuple[str, int, dict[str, Any]]] = field(default_factory=list)
    """Id, agent and payload of the first few."""


@dataclass(slots=True)
class CaseFile:
    """Everything about one proposal that its log holds."""

    opened: Opened
    decided: Decided | None
    board: Replica
    """The board as it stood at the decision."""
    agents: NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, np.uint32))
    seated: dict[int, tuple[int, float]] = field(default_factory=dict)
    """Of a panel, when each seat was claimed: in which round, and at which simulated second."""
    cast: dict[int, tuple[int, float]] = field(default_factory=dict)
    """Of a panel, when the ballot of each seat was cast."""
    opened_s: float | None = None
    """When the proposal opened, in simulated seconds; None in runs that count rounds."""
    decided_s: float | None = None
    voting: list[VotingRound] = field(default_factory=list)
    attempts: tuple[Decided, ...] = ()
    """Decisions on the earlier tries at the same question, oldest first."""
    last_attempt: VotingRound | None = None
    kinds: dict[str, KindOnBoard] = field(default_factory=dict)
    """What was posted since the decision before."""
    earlier_kinds: dict[str, KindOnBoard] = field(default_factory=dict)
    """What was posted during the attempts."""
    removed: list[tuple[int, int, str, str]] = field(default_factory=list)
    """Round, agent, cause, and what it had posted in that round, of each that was taken out."""
    last_ballots: dict[int, int] = field(default_factory=dict)
    """The round of each agent's last ballot in the attempts."""
    failures: dict[int, str] = field(default_factory=dict)
    """The last line of the traceback of each agent that failed during the vote, or why nobody
    answered its question."""
    rows: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    """The world's own numbers of the rounds of the decision and of the last attempt."""
    naming: list[str] = field(default_factory=list)
    """Entries whose links or payload name the proposal."""

    @property
    def answer(self) -> Answered | None:
        """What a person said of the proposal, if anybody was asked or spoke up."""
        return self.board.answers.get(self.opened.proposal)

    @property
    def is_overruled(self) -> bool:
        """Whether a person's word, or silence, decided against the count."""
        decided = self.decided
        is_against = decided is not None and decided.outcome in ("vetoed", "escalated")
        return is_against and decided is not None and decided.by != "veto"

    @property
    def decided_gate(self) -> str | None:
        """The gate that was shut, if one was."""
        return self.decided.gate if self.decided else None


def read_case(log: Path, contents: Contents, proposal: str) -> CaseFile:
    """Fold a log up to the decision on a proposal (or to its end), and keep what is about it."""
    decided = next((d for d in contents.decisions if d.proposal == proposal), None)
    opened = contents.opened[proposal]
    attempts = attempts_before(contents, opened, decided)
    case = CaseFile(opened, decided, Replica(keep_rounds=1), attempts=attempts)
    reader = _Reader(case, since(contents, opened), since(contents, opened, attempts))
    for record in read_log(log):
        if decided and record.round > decided.round:
            break
        reader.take(record)
    return case


class _Reader:
    """Folds a log, and keeps in a case file what bears on its proposal."""

    def __init__(self, case: CaseFile, since: Moment, since_attempts: Moment) -> None:
        self.case, self._since, self._since_attempts = case, since, since_attempts
        self._attempts = {attempt.proposal for attempt in case.attempts}
        self._is_over = False
        decisions = (case.decided, *case.attempts[-1:])
        self._rows_of = {decision.round for decision in decisions if decision}

    def take(self, record: Record) -> None:
        """Take in one record, oldest first."""
        case, wanted = self.case, self.case.opened.proposal
        match record:
            case World(name="round") if record.round in self._rows_of or not case.decided:
                case.rows[record.round] = record.row
            case _ if self._is_over:
                return
            case Opened(proposal=proposal) if proposal == wanted:
                case.opened_s = case.board.now_s
            case Granted(act="claim", key=proposal) if proposal == wanted and record.granted:
                case.seated[len(case.seated)] = (record.round, case.board.now_s or 0.0)
            case Ballots(proposal=proposal, choices=choices) if proposal == wanted:
                self._note_ballots(record, choices)
            case Decided(proposal=proposal) if proposal == wanted:
                self._is_over = True
                case.decided_s = case.board.now_s
                if case.voting and wanted in case.board.open:
                    self._count(record)
            case Decided(proposal=proposal) if proposal in self._attempts:
                tried = case.last_attempt = _counted(case.board, proposal, record)
                voters = case.board.open[proposal].seats.agents[tried.tally.choices != NO_BALLOT]
                case.last_ballots |= dict.fromkeys(voters.tolist(), record.round)
            case Abstained(proposal=proposal, cause=cause) if proposal == wanted:
                case.voting[-1].absent |= dict.fromkeys(record.members.tolist(), cause)
            case Entries() | Posts():
                self._post(record)
            case Left(cause=cause):
                for agent in indices(record.agents).tolist():
                    case.removed.append((record.round, agent, cause, _act_of(case.board, agent)))
            case Replied(cause=str(), detail=detail) if detail and self._is_new(record):
                case.failures |= dict.fromkeys(record.members.tolist(), detail.splitlines()[0])
            case Note(name="failed"):
                self._fail(record)
        if not self._is_over:
            case.board.fold(record)
        if isinstance(record, Closed) and record.counts and wanted in case.board.open:
            self._count(record)

    def _count(self, record: Record) -> None:
        """Count the ballots so far; what is counted again replaces the count before."""
        case = self.case
        found = case.board.open[case.opened.proposal]
        counted = _counted(case.board, case.opened.proposal, record)
        if case.voting and (found.accumulates or case.voting[-1].round == counted.round):
            before = case.voting.pop().absent
            voted = set(found.seats.agents[found.box.choices != NO_BALLOT].tolist())
            absent = {agent: cause for agent, cause in before.items() if agent not in voted}
            counted = replace(counted, absent=absent)
        case.agents = found.seats.agents
        case.voting.append(counted)

    def _note_ballots(self, record: Ballots, choices: bytes) -> None:
        """Note when the ballots of a panel's seats were cast; the first of a seat stands."""
        when = (record.round, self.case.board.now_s or 0.0)
        for seat, choice in enumerate(choices):
            if choice != NO_BALLOT:
                self.case.cast.setdefault(seat, when)

    def _post(self, record: Entries | Posts) -> None:
        at, case = (record.round, record.stage), self.case
        if at <= self._since_attempts:
            return
        kinds = case.kinds if at > self._since else case.earlier_kinds
        for name, agent, kind, layer, payload in _posted(record, kinds):
            found = kinds.setdefault(kind, KindOnBoard(layer))
            found.entries += 1
            found.agents.add(agent)
            if len(found.rows) < ROWS_KEPT:
                found.rows.append((name, agent, dict(payload)))
        if isinstance(record, Entries):
            wanted = case.opened.proposal
            case.naming += [name for name, entry in named(record) if _names(entry, wanted)]

    def _is_new(self, record: Record) -> bool:
        return (record.round, record.stage) > self._since

    def _fail(self, note: Note) -> None:
        lines = str(note.detail.get("why", "")).strip().splitlines()
        if self._is_new(note) and lines:
            self.case.failures |= dict.fromkeys(note.detail.get("agents", ()), lines[-1])


def _counted(board: Replica, proposal: str, at: Record) -> VotingRound:
    """Return the ballots of an open proposal's voting round as its rule counts them."""
    found: OpenProposal = board.open[proposal]
    box = found.box
    weights, is_last = found.seats.weights, found.is_last(at.round)
    pending = 0
    if found.accumulates and not is_last:
        pending = int(weights[box.choices == NO_BALLOT].sum())
    roles = _roles(found, board)
    counted = Tally(
        found.options, box.choices, weights, roles, is_last, pending, confidence=box.confidence
    )
    return VotingRound(at.round, at.stage, counted, box.numbers, box.texts)


def _roles(proposal: OpenProposal, board: Replica) -> tuple[str, ...]:
    """Return the role of each seat; of a panel's free ones an empty text."""
    if (panel := proposal.panel) is None:
        return board.roles(proposal.opened.electorate)
    return (*panel.roles, *[""] * (panel.size - len(panel.roles)))


def _names(entry: Entry, proposal: str) -> bool:
    """Say whether an entry's links or payload name a proposal."""
    linked = any(link.entry == proposal for link in entry.links)
    return linked or proposal in [v for v in entry.payload.values() if isinstance(v, str)]


def _posted(
    record: Entries | Posts, kinds: Mapping[str, KindOnBoard]
) -> Iterator[tuple[str, int, str, str, Mapping[str, Any]]]:
    """Yield id, agent, kind, layer and payload of each entry; of many rows, few payloads."""
    at = (record.round, record.stage)
    if isinstance(record, Entries):
        for name, entry in named(record):
            yield name, entry.agent, entry.kind, entry.layer, entry.payload
        return
    agents = indices(record.agents).tolist()
    seqs = np.frombuffer(record.seqs, "<u2").tolist() if record.seqs else [0] * len(agents)
    columns = {name: np.frombuffer(data, "<f8") for name, data in record.columns.items()}
    kept = len(kinds[record.kind].rows) if record.kind in kinds else 0
    for row, (agent, seq) in enumerate(zip(agents, seqs, strict=True)):
        is_shown = kept + row < ROWS_KEPT
        values = {n: float(c[row]) for n, c in columns.items()} if is_shown else {}
        yield entry_id(*at, agent, seq), agent, record.kind, record.layer, values


def _act_of(board: Replica, agent: int) -> str:
    """Return what an agent posted last in the round at hand, in columns, as text."""
    for kind, rows in reversed(board.latest.items()):
        row = np.flatnonzero(rows.agents == agent)
        if rows.round == board.round and row.size:
            values = [f"{name} {float(c[row[0]]):.6g}" for name, c in rows.columns.items()]
            return f"{kind} {', '.join(values)}"
    return ""
