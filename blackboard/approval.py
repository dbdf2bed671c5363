"""A person's say: what a run may not do without an answer, and how long it waits for one."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from .open_proposal import OpenProposal
from .records import INPUT, Answered

type Approver = Callable[[OpenProposal], bool | None]
"""Asked in the run's own process whether to execute a proposal, again and again while it waits;
None leaves it to others."""
NO_PERSON = ("approver", "nobody in time", "veto")
"""Names under which a log knows what no person did: nobody may act by one of them."""


@dataclass(frozen=True, slots=True)
class Approval:
    """Which proposals wait for a person, and how long."""

    above: float | None = None
    """Proposals whose declared impact is larger wait; None lets all pass."""
    within_s: float = 300.0
    """Seconds after which silence means no."""
    approver: Approver | None = None

    def holds(self, proposal: OpenProposal) -> bool:
        """Say whether a proposal's declared impact passes the limit."""
        impact = proposal.opened.impact
        return self.above is not None and impact is not None and abs(impact) > self.above


class Patience:
    """What becomes of held proposals in one close: who is asked, and how long."""

    def __init__(self, approval: Approval) -> None:
        self._approval = approval
        self._deadline = time.monotonic() + approval.within_s
        self._asked: set[str] = set()

    @property
    def left_s(self) -> float:
        """Seconds left, from 0."""
        return max(0.0, self._deadline - time.monotonic())

    def fresh(self, held: Iterable[OpenProposal]) -> list[OpenProposal]:
        """Return those that nobody has been asked about yet."""
        new = [proposal for proposal in held if proposal.id not in self._asked]
        self._asked.update(proposal.id for proposal in new)
        return new

    def answers(self, held: Iterable[OpenProposal], at: tuple[int, int]) -> list[Answered]:
        """Return the answers that are there: the approver's, and no where the time is up."""
        found: list[Answered] = []
        is_over = not self.left_s
        for proposal in held:
            said = self._approval.approver(proposal) if self._approval.approver else None
            if said is not None:
                answer: Literal["approve", "veto"] = "approve" if said else "veto"
                found.append(Answered(INPUT, *at, proposal.id, answer, "approver"))
            elif is_over:
                why = f"no answer within {self._approval.within_s:g} s"
                found.append(Answered(INPUT, *at, proposal.id, "veto", None, why))
        return found

    def announcement(self, proposal: OpenProposal) -> str:
        """Return what people are told of a proposal that waits for them."""
        return (
            f"proposal {proposal.id} waits for a person: its impact of "
            f"{proposal.opened.impact:,.6g} passes the limit of {self._approval.above:,.6g}; "
            f"without an answer within {self._approval.within_s:,.6g} s it is not executed"
        )
