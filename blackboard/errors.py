"""Everything that can go wrong on a board, one class for each thing a caller may catch."""

from collections.abc import Mapping
from typing import Any


class SwarmboardError(Exception):
    """Base of all errors that Swarmboard raises on purpose; they travel between processes."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


class BadInput(SwarmboardError):
    """Raised for what a user typed or supplied: one line, the value seen, the next step."""


class ServerUnavailable(SwarmboardError):
    """Raised when no server could be found, started or reached; the message has the next step."""


class ServerTooOld(BadInput):
    """Raised for a server that cannot keep a board: before Redis 7.0, or without Functions."""

    def __init__(self, kind: str, version: str) -> None:
        self.kind, self.version = kind, version
        super().__init__(
            f"the server is {self.kind} {self.version}; a board needs Redis 7.0 or later, or "
            "Valkey, with Functions: upgrade it, or leave out --board to use the bundled server"
        )


class Refused(SwarmboardError):
    """Base of what a board refuses; nothing of the refused write was applied."""


class BallotRefused(Refused):
    """Raised for a second ballot of an agent in one voting round, or one of a non-voter."""

    def __init__(self, proposal: str, *, agents: tuple[int, ...], why: str = "") -> None:
        self.proposal, self.agents = proposal, agents
        named = ", ".join(map(str, agents[:5])) + (" ..." if len(agents) > 5 else "")
        what = why or "voted already in this round; a ballot is final until the next one"
        super().__init__(f"proposal {proposal}: agent {named} {what}")


class NotOpen(Refused):
    """Raised for a ballot on, or a close of, a proposal that is not open."""

    def __init__(self, proposal: str) -> None:
        self.proposal = proposal
        super().__init__(
            f"proposal {proposal} is not open: it was decided, or never opened; "
            "see the board's open proposals"
        )


class WrongStage(Refused):
    """Raised for a write into a stage that is not the current one."""

    def __init__(self, wanted: tuple[int, int], *, current: tuple[int, int]) -> None:
        self.wanted, self.current = wanted, current
        super().__init__(
            f"a write for round {wanted[0]}, stage {wanted[1]} came while the board is at "
            f"round {current[0]}, stage {current[1]}; refresh and write again"
        )


class LeaseLost(Refused):
    """Raised for a runner that another one has replaced."""

    def __init__(self, runner: str, *, epoch: int, current: int) -> None:
        self.runner, self.epoch, self.current = runner, epoch, current
        super().__init__(
            f"runner {runner} leads no longer: epoch {epoch} was followed by {current}; "
            "another runner has taken the run over"
            if epoch
            else f"runner {runner} cannot lead: another one does, in epoch {current}; wait until "
            "it ends or its lease runs out"
        )


class Moved(Refused):
    """Raised for a close that counted at a revision which others have written past."""

    def __init__(self, *, seen: int, current: int) -> None:
        self.seen, self.current = seen, current
        super().__init__(
            f"counted at revision {seen}, but the board is at {current}; read on and count again"
        )


class OutOfOrder(Refused):
    """Raised for a write older than the writer's last one."""

    def __init__(self, writer: str, *, seq: int, last: int) -> None:
        self.writer, self.seq, self.last = writer, seq, last
        super().__init__(
            f"writer {writer} sent write {seq} after write {last}; one process may use a writer "
            "name at a time"
        )


class FieldConflict(Refused):
    """Raised for a compare-and-set that lost: someone wrote the field in between."""

    def __init__(self, key: str, *, expected: int, current: int) -> None:
        self.key, self.expected, self.current = key, expected, current
        super().__init__(
            f"field {key!r} is at revision {current}, not {expected}; read it and try again"
        )


class BodyLost(Refused):
    """Raised when the server has lost a staged body before its commit arrived."""

    def __init__(self, writer: str) -> None:
        self.writer = writer
        super().__init__(
            f"the staged body of writer {writer} is gone from the server; send it again"
        )


class BoardFull(SwarmboardError):
    """Raised when the server has no memory left; nothing was written."""


class InvalidAction(SwarmboardError):
    """Raised for an action the board cannot take: unknown kind, option or agent, not finite."""


class InvalidVerdict(SwarmboardError):
    """Raised when a rule returns something that is no verdict on its proposal."""

    def __init__(self, rule: str, *, returned: str, allowed: str) -> None:
        self.rule, self.returned, self.allowed = rule, returned, allowed
        super().__init__(f"the rule {rule} returned {returned}; it has to return {allowed}")


class LogDamaged(SwarmboardError):
    """Raised for an event log that cannot be read, with the position of the damage."""


class Diverged(LogDamaged):
    """Raised when a run that is executed again does something else than its log says."""

    def __init__(self, log: object, logged: Any, again: Any, *, turn: str = "round") -> None:
        self.log, self.logged, self.again = log, logged, again
        kind, place = type(logged).__name__.lower(), logged or again
        if logged is None:
            what = f"the log ends, now comes {type(again).__name__.lower()}"
        elif type(again) is not type(logged):
            now = type(again).__name__.lower() if again else "nothing more"
            what = f"the log has {kind}, now comes {now}"
        else:
            names = [n for n in logged.__struct_fields__ if getattr(logged, n) != getattr(again, n)]
            what = f"{kind} differs in {', '.join(names)}"
        super().__init__(
            f"executed again, {what} in {turn} {place.round}, stage {place.stage} of {log}: the "
            "code, its packages or the processor differ, or the log was altered"
        )


class TooLate(SwarmboardError):
    """Raised in a worker whose leader went on without it: it has to start from the log again."""


class RunEnded(SwarmboardError):
    """Raised in a worker when its leader has ended the run, or died."""


class Stopped(SwarmboardError):
    """Raised between stages when a run was asked to stop."""


class NotPlain(SwarmboardError):
    """Raised for a state that holds more than plain values, and so cannot be kept."""

    def __init__(self, where: str, kind: str) -> None:
        self.where, self.kind = where, kind
        super().__init__(
            f"{where or 'the state'}: {kind} cannot be kept in a snapshot; make it plain "
            "values (numbers, strings, lists, dicts, numpy arrays), or give the class that holds "
            "it state() and restore(), which turn it into such"
        )


class SnapshotDamaged(SwarmboardError):
    """Raised for a snapshot that cannot be read."""

    def __init__(self, file: Any, what: str) -> None:
        self.file, self.what = str(file), what
        super().__init__(f"the snapshot {file} is damaged: {what}; an older one, or none, will do")


def _rebuild(
    kind: type[SwarmboardError], args: tuple[Any, ...], facts: Mapping[str, Any]
) -> SwarmboardError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(facts)
    return error
