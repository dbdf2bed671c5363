"""Where a run stands that goes on: its round, whether it is paused, whom it waits for."""

from dataclasses import dataclass
from typing import Any

from blackboard import Board, Note, OpenProposal, RunDirectory, decode

from .lengths import seconds_text
from .reaching import described, reached, read_address

SHOWN = 10
"""Open proposals that are shown."""


@dataclass(frozen=True, slots=True)
class Live:
    """A run as it stands now."""

    scenario: str
    status: str
    """`running`, `paused`, or `waiting` for a person's answer."""
    round: int
    """In event-driven runs the instant."""
    now_s: float | None
    """Simulated seconds since the run began; None in runs that count rounds."""
    stage: int
    agents: int
    """How many have joined, the chair left out."""
    runner_pid: int | None
    proposals: tuple[OpenProposal, ...]
    """All that are open."""
    waiting: tuple[OpenProposal, ...]
    """Those that are not executed without a person's answer, for which the run waits."""

    def as_json(self) -> dict[str, Any]:
        """Return it as `swarmboard show --json` prints it."""
        waiting = {proposal.id for proposal in self.waiting}
        return {
            "scenario": self.scenario,
            "status": self.status,
            "round": self.round,
            "simulated_s": self.now_s,
            "stage": self.stage,
            "agents": self.agents,
            "runner_pid": self.runner_pid,
            "proposals": [
                {
                    "proposal": proposal.id,
                    "impact": proposal.opened.impact,
                    "deadline_round": None
                    if proposal.accumulates
                    else proposal.opened.deadline_round,
                    "is_waiting": proposal.id in waiting,
                }
                for proposal in self.proposals
            ],
        }


def live_state(directory: RunDirectory) -> Live:
    """Return where a run stands.

    Raises:
        BadInput: it has ended, or its board cannot be reached.
    """
    config = directory.read_json("config.json") or {}
    with reached(directory, what="see") as board:
        board.refresh()
        meta, held = board.store.meta(), _held(board)
        proposals = tuple(board.replica.open.values())
        waiting = tuple(proposal for proposal in proposals if proposal.id in held)
        status = "paused" if meta.status == "paused" else "waiting" if waiting else "running"
        pid = (read_address(directory) or {}).get("runner_pid")
        joined = [block for block in board.replica.joined if block.role != "chair"]
        agents = sum(block.count for block in joined)
        where = (meta.round, board.replica.now_s, meta.stage, agents, pid)
        return Live(str(config.get("scenario", "?")), status, *where, proposals, waiting)


def state_text(directory: RunDirectory, now: Live) -> str:
    """Return what `swarmboard show` prints of a run that goes on."""
    turn = "stage" if now.now_s is None else "instant"
    at = f"round {now.round:,}"
    if now.now_s is not None:
        at = f"instant {now.round:,} at {seconds_text(now.now_s)} simulated seconds"
    lines = [
        f"run         {now.scenario}, {now.agents:,} agents, {at}, "
        f"stage {now.stage}, in process {now.runner_pid or 'unknown'}"
    ]
    if now.status == "paused":
        lines.append(
            f"paused      `swarmboard unpause` goes on, `step` takes one {turn}, `stop` ends"
        )
    elif now.status == "running":
        lines.append(f"running     `swarmboard pause` holds it before its next {turn}")
    for proposal in now.waiting:
        lines.append(
            f"waits for   an answer to {proposal.id} ({described(proposal)}): `swarmboard approve` "
            f"or `veto {directory.path} {proposal.id}`"
        )
    others = [proposal for proposal in now.proposals if proposal not in now.waiting]
    lines += [f"open        {p.id} ({described(p)})" for p in others[:SHOWN]]
    if len(others) > SHOWN:
        lines.append(f"            and {len(others) - SHOWN:,} more")
    return "\n".join([*lines, f"results     {directory.path}"])


def _held(board: Board) -> frozenset[str]:
    """Return the proposals about which the run has asked people."""
    held = board.store.published().get("held")
    note = decode(held) if held else None
    return frozenset(note.detail.get("proposals", ()) if isinstance(note, Note) else ())
