"""A person's word, written straight to the board of a run that goes on: it is there in an instant.

What cannot be said so, or not just now, is left to the command line, which also knows why.
"""

from contextlib import suppress
from pathlib import Path

from blackboard import NO_PERSON, BadInput, Board, NotOpen, RunDirectory, RunLock, SwarmboardError

from .command import Said

GOES_ON = ("new", "running", "paused")
"""What a board says of a run that goes on."""
EFFECTS = {
    "pause": "the run is held before its next stage, or instant",
    "step": "one stage (or instant) runs, then the run waits again",
    "unpause": "the run goes on with its next stage",
    "stop": "the run ends before its next stage (or instant) and can be resumed",
}
VERBS = {"approve": "approved", "veto": "vetoed"}
OUTLOOKS = {
    "approve": "it is executed once the vote accepts it, unless somebody answered before",
    "veto": "it is decided against when the stage closes, unless somebody answered before",
}


def say_to_board(path: Path, act: str, *, proposal: str, by: str, reason: str) -> Said | None:
    """Pause, step, unpause, stop, approve or veto, and say what will come of it.

    Args:
        path: The run directory.
        act: What is to be done.
        proposal: The one that is answered; empty for all that holds a run.
        by: Whose word it is.
        reason: Why.

    Returns:
        What is said of it; None where the command line has to be asked, which has not been heard
        of this act then.
    """
    if (act not in EFFECTS and act not in VERBS) or by in NO_PERSON:
        return None
    with suppress(SwarmboardError, OSError):
        directory = RunDirectory.open(path)
        if directory is None or not (url := _address(directory)):
            return None
        with Board.open(url, run=directory.run_id, name="person") as board:
            if board.store.meta().status not in GOES_ON:
                return None
            return _sent(board, act, proposal, by, reason)
    return None


def _sent(board: Board, act: str, proposal: str, by: str, reason: str) -> Said | None:
    """Write it; once that was tried, nobody else is asked, so that it is never done twice."""
    try:
        if act in VERBS:
            return _answered(board, act, proposal, by, reason)
        board.command(act, by=by, reason=reason)
    except SwarmboardError as error:
        return Said(False, f"{error}: see whether it was received, and try again")
    return Said(True, f"{act} received from {by}: {EFFECTS[act]}")


def _answered(board: Board, act: str, proposal: str, by: str, reason: str) -> Said | None:
    """Answer an open proposal; None where it is not open any more."""
    board.refresh()
    if proposal not in board.replica.open:
        return None
    if earlier := board.replica.answers.get(proposal):
        who = earlier.by or "nobody in time"
        said = f"{who} has {VERBS[earlier.answer]} {proposal} already: the first answer stands"
        return Said(False, said)
    try:
        board.answer(proposal, act, by=by, reason=reason)
    except NotOpen:
        return Said(False, f"{proposal} was decided just now: nothing to answer")
    return Said(True, f"{act} of {proposal} received from {by}: {OUTLOOKS[act]}")


def _address(directory: RunDirectory) -> str:
    """Return where a run's board is; empty where nobody leads the run, or nobody else sees it."""
    lock = RunLock(directory.lock)
    if lock.keeps_apart and lock.is_free():
        return ""
    with suppress(BadInput):
        url = str((directory.read_json("board.json") or {}).get("url") or "")
        return "" if url.startswith("memory:") else url
    return ""
