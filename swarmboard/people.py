"""People's hands on a run that goes on: commands, answers and entries from outside."""

import getpass
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from blackboard import (
    NO_PERSON,
    Approval,
    BadInput,
    Board,
    InvalidAction,
    Link,
    NotOpen,
    OpenProposal,
    Post,
    RunDirectory,
    WrongStage,
)

from .injected import InjectedEntry
from .reaching import described, find_open, reached

TRIES = 100
"""How often an entry is sent again because the round moved on meanwhile."""
_EFFECTS = {
    "pause": "it takes effect before the next stage (or instant of simulated time); `swarmboard "
    "unpause` or `step` goes on",
    "step": "one stage (or instant of simulated time) runs, then the run waits again",
    "unpause": "the run goes on with its next stage",
    "stop": "the run ends before its next stage (or instant) and can be resumed",
}


def name_of(by: str | None) -> str:
    """Return the name under which a person acts: the one given, else that of the login.

    Raises:
        BadInput: the name is empty, has several lines, or means something else in a log.
    """
    if by is None:
        try:
            by = getpass.getuser()
        except (OSError, KeyError) as error:
            raise BadInput("nobody is logged in here: say who you are with --by NAME") from error
    name = by.strip()
    if not name or not name.isprintable() or len(name) > 100:
        raise BadInput(f"--by {by!r}: a name of 1 to 100 printable characters is needed")
    if name in NO_PERSON:
        raise BadInput(f"--by {name}: in a log this stands for no person; use another name")
    return name


def command(directory: RunDirectory, act: str, *, by: str, reason: str = "") -> str:
    """Pause, step, unpause or stop a run; return what will happen.

    Raises:
        BadInput: the run cannot be reached; says why, and what to do instead.
    """
    with reached(directory, what=act) as board:
        board.command(act, by=by, reason=reason)
    return f"{act} received: {_EFFECTS[act]}"


def answer(directory: RunDirectory, proposal: str, said: str, *, by: str, reason: str = "") -> str:
    """Approve or veto an open proposal; return what will happen.

    Raises:
        BadInput: the run cannot be reached, or the proposal is not open or was answered.
    """
    with reached(directory, what=said) as board:
        found = find_open(board, proposal)
        if earlier := board.replica.answers.get(found.id):
            verb = {"approve": "approved", "veto": "vetoed"}[earlier.answer]
            raise BadInput(
                f"{earlier.by or 'nobody in time'} has {verb} {found.id} already, and the first "
                "answer stands"
            )
        with _as_bad_input():
            board.answer(found.id, said, by=by, reason=reason)
    return f"{said} of {found.id} received ({described(found)}): {_outlook(directory, found, said)}"


def inject(directory: RunDirectory, text: str, *, by: str, reason: str = "") -> str:
    """Put a person's entry on the board; return what will happen.

    The person joins the run once, in the role `person` and without a vote.

    Args:
        directory: The run.
        text: The entry as JSON: kind, payload, layer, reasons, confidence, links, to.
        by: The person's name.
        reason: One more reason of the entry.

    Raises:
        BadInput: the run cannot be reached, or the entry cannot be taken.
    """
    entry = InjectedEntry.read(text)
    if (directory.read_json("config.json") or {}).get("supervision") is not None:
        entry.check_restart()
    reasons = (*entry.reasons, reason) if reason else entry.reasons
    post = Post(
        entry.kind,
        entry.payload,
        entry.layer,
        reasons,
        entry.confidence,
        tuple(Link(relation, target) for relation, target in entry.links),
        entry.to,
    )
    with reached(directory, what="inject", kinds=_kinds(directory)) as board, _as_bad_input():
        check_no_agent(board, by)
        agent = board.join(by, role="person", votes=False, once=True)
        _post(board, agent, post)
    return (
        f"entry of kind {entry.kind!r} received from {by} (agent {agent}): agents see it once the "
        "stage that reads it has closed"
    )


def check_no_agent(board: Board, name: str) -> None:
    """Refuse the name of an agent: in accounts of the run the two could not be told apart."""
    board.refresh()
    for block in board.replica.joined:
        if block.role != "person" and name in block.names:
            raise BadInput(f"--by {name}: an agent of the run has that name; use your own")


def _post(board: Board, agent: int, post: Post) -> None:
    """Send an entry for the round in which the board is, whichever that has become."""
    for left in reversed(range(TRIES)):
        try:
            board.post(agent, post)
            return
        except WrongStage as error:
            if not left:
                raise BadInput(
                    "the rounds pass too quickly for an entry to arrive in one: pause the run, "
                    "inject, then unpause"
                ) from error


@contextmanager
def _as_bad_input() -> Iterator[None]:
    """Say as wrong input what the board refuses of it."""
    try:
        yield
    except NotOpen as error:
        raise BadInput(f"{error.proposal} was decided just now: nothing to answer") from error
    except InvalidAction as error:
        raise BadInput(f"the entry cannot be taken: {error}") from error


def _outlook(directory: RunDirectory, proposal: OpenProposal, said: str) -> str:
    """Say what an answer will come to."""
    if said == "veto":
        return "it is decided against when the stage closes, unless somebody answered before"
    config = directory.read_json("config.json") or {}
    above = config.get("approval_above")
    if not Approval(above).holds(proposal):
        limit = "the run has no limit" if above is None else f"the limit is {above:,.6g}"
        return f"{limit}, so the vote alone decides it; a veto would still count"
    return "it is executed once the vote accepts it, unless somebody answered before"


def _kinds(directory: RunDirectory) -> Mapping[str, tuple[str, ...]]:
    """Return the columns of the entry kinds that the run's scenario stores as columns."""
    from .catalog import find_scenario

    config = directory.read_json("config.json") or {}
    return find_scenario(str(config.get("scenario"))).kinds
