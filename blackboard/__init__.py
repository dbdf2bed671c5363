"""What is shared: the board, its entries, ballots and rules, the event log, the run directory."""

from .board import Board
from .errors import (
    BadInput,
    BallotRefused,
    BoardFull,
    FieldConflict,
    InvalidAction,
    LeaseLost,
    LogDamaged,
    Moved,
    NotOpen,
    OutOfOrder,
    Refused,
    ServerTooOld,
    ServerUnavailable,
    SwarmboardError,
    WrongStage,
)
from .rules import (
    ABSTAINED,
    NO_BALLOT,
    Rule,
    Tally,
    Verdict,
    ahead_by_k,
    describe,
    first_to_k,
    passes,
    plurality,
    quorum,
    threshold,
    veto,
)
from .view import View
from .writes import (
    Abstain,
    Claim,
    Leave,
    Link,
    Post,
    PostBlock,
    Proposal,
    Release,
    SetField,
    Vote,
    VoteBlock,
)

__all__ = sorted(name for name in dir() if not name.startswith("_"))
