"""Leading a run on its board: opened, its address put down, and let go of in every case."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from blackboard import (
    NO_FLOOR,
    Approval,
    Board,
    Command,
    EventLog,
    Leader,
    LeaseLost,
    RunDirectory,
    ServerUnavailable,
    SwarmboardError,
    unframe,
)

from .ongoing import Run
from .plan import leader_kind
from .recovery import ServerLost


@contextmanager
def led_board(run: Run) -> Iterator[Leader]:
    """Open the run's board and lead it; let go of both in every case."""
    plan, directory, beginning = run.plan, run.directory, run.beginning
    url = plan.config.board or os.environ.get("SWARMBOARD_URL") or None
    limits = Approval(plan.config.approval_above, plan.config.approval_s, run.approver)
    with EventLog(directory.log, at=beginning.log_end if beginning else None) as log:
        board = Board.open(
            None if url == "bundled" else url,
            run=directory.run_id,
            kinds=plan.world.kinds,
            data_dir=directory.path / "board",
        )
        with board:
            run.board = board
            _hear(run, board)
            leader = run.leader = board.lead(
                rule=plan.setup.rule,
                sealed=plan.config.ballots == "sealed",
                log=log,
                approval=limits,
                script=beginning.script(directory.log) if beginning else None,
                floor=beginning.floor if beginning else NO_FLOOR,
                takes_over=beginning is not None and (run.takes_over or run.lock.keeps_apart),
                oversight=run.oversight,
                kind=leader_kind(plan),
            )
            if beginning and beginning.state:
                leader.restore(beginning.state["leader"])
            leader.oversight.is_stopped = run.stop.is_overdue
            leader.oversight.tell = run.tell
            address = {"url": board.url, "pid": board.server_pid, "runner": leader.runner}
            directory.write_json("board.json", address | {"runner_pid": os.getpid()})
            try:
                yield leader
            except LeaseLost:
                raise
            except BaseException as error:
                if isinstance(error, ServerUnavailable) and board.has_lost_server:
                    leader.history.break_off()
                    raise ServerLost(leader.round, plan.turn) from error
                _let_go(board, leader, error)
                raise
            finally:
                _forget_address(directory, leader.runner)


def _forget_address(directory: RunDirectory, runner: str) -> None:
    """Remove `board.json`, unless another runner has put its own there."""
    with suppress(OSError, ValueError):
        path = directory.path / "board.json"
        if json.loads(path.read_text("utf-8")).get("runner") == runner:
            path.unlink(missing_ok=True)


def _hear(run: Run, board: Board) -> None:
    """Take the commands that the server before had received and its leader had not read."""
    if run.leader is None:
        return
    revision = run.leader.revision
    while events := board.store.read(revision):
        for event in events:
            revision = event.rev
            for record in unframe(event.body) if event.is_outside else ():
                if isinstance(record, Command):
                    run.oversight.receive(record)


def _let_go(board: Board, leader: Leader, error: BaseException) -> None:
    """End the run on the board too, so far as it can still be reached."""
    with suppress(SwarmboardError):
        if leader.is_rehearsing:
            board.store.release(leader.runner)  # the board has not heard of it yet
            return
        leader.finish("stopped" if isinstance(error, KeyboardInterrupt) else "failed")
