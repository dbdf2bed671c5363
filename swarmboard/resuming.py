"""Resuming a run: going on where its log ends, after whatever ended it."""

from collections.abc import Mapping, Sequence

from agents import Hook, Model
from blackboard import Approver, BadInput, Rule, RunDirectory, RunLock
from scenarios import Scenario

from .beginning import discard_void, find_beginning
from .config import make_config, read_config
from .execution import carry_out
from .ongoing import Run, Tell, Watch
from .plan import prepare
from .provenance import check_unchanged
from .result import Result
from .roster import check_shareable
from .stop import Stop
from .taking_over import take_over as take_from_runner
from .taking_over import wait_for_end, wait_for_lease
from .team_card import with_more


def resume(
    directory: RunDirectory,
    *,
    take_over: bool = False,
    board: str | None = None,
    watch: Watch | None = None,
    tell: Tell = lambda line: None,
    approver: Approver | None = None,
    kind: type[Scenario] | None = None,
    rule: Rule | None = None,
    models: Mapping[str, Model] | None = None,
    stop: Stop | None = None,
    hooks: Sequence[Hook] = (),
) -> Result:
    """Go on with a run to the digest it would have reached, and return the result.

    Everything comes from its directory: the last snapshot, and the log behind it, which is
    executed again and held against what it says. Neither the server nor its data are needed.

    Args:
        directory: The run.
        take_over: Take the run from a runner that still leads it; else wait for that one to end.
        board: Another board than the run was on; None means the same.
        watch: Called with the model and the accounts after each round.
        tell: Told what people have to know.
        approver: Asked about proposals that wait for a person.
        kind: The scenario's class, where it was given as one.
        rule: The run's rule, where it is a function of the user's own.
        models: Models by tier, where they were given as objects.
        stop: Ends the run from another thread, as Ctrl-C does from the keyboard.
        hooks: Told of each call to a model as it begins and ends.

    Raises:
        BadInput: the run is in memory in another process, or cannot be read, or its budget is
            used up.
        LogDamaged: the log is damaged before its end, or executed again the run differs.
        StoppedRehearsing: it was stopped before anything new happened; its directory is as it was.
    """
    with stop or Stop() as stop, RunLock(directory.lock) as lock:
        if not lock.take():
            act = take_from_runner if take_over else wait_for_end
            act(directory, lock, stop, tell)
        if not lock.keeps_apart and not take_over:
            wait_for_lease(directory, stop, tell)
        summary = directory.read_json("summary.json") or {}
        if summary.get("status") == "done":
            tell(f"{directory.path} is done; nothing is left to compute")
            return Result(directory)
        if summary.get("stopped_by"):
            raise BadInput(f"{directory.path} cannot go on: {with_more(summary, directory.path)}")
        if kind is None:
            check_shareable(directory)
        check_unchanged(directory)
        values = read_config(directory.path / "config.json")
        values |= {"board": board} if board else {}
        plan = prepare(make_config(values), rule=rule, kind=kind, models=models)
        beginning = find_beginning(directory)
        discard_void(directory, beginning)
        for path in beginning.damaged:
            tell(f"the snapshot {path} is damaged and was passed over")
        run = Run(
            *(plan, directory, stop, lock, watch, tell, approver, beginning, take_over), hooks=hooks
        )
        return carry_out(run)
