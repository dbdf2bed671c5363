"""Carrying out one run of a study in the process that an engine chose for it."""

import os
import shutil
import traceback
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from blackboard import (
    EmbeddedServer,
    RunDirectory,
    ServerUnavailable,
    SwarmboardError,
    forget_runs,
)

from ..config import make_config
from ..execution import execute, how_to_go_on
from ..plan import prepare
from ..stop import Stop
from .job import Finished, Job
from .table import failed_row, row_of


class CarryOut:
    """Carries out jobs, one at a time; travels to other processes without its server.

    Runs that name no board share one server of this process. It keeps nothing on disk, because a
    run that is broken off is begun anew. Any server forgets each run at its end.
    """

    def __init__(self, folder: Path, *, board: str | None = None, keep_runs: str = "all") -> None:
        """Take where the run directories go, each under its key.

        Args:
            folder: An absolute path, the same wherever jobs are carried out.
            board: An outside server for all runs; None means `$SWARMBOARD_URL`, else one's own.
            keep_runs: Of which runs the directory stays: `all`, `failed` or `none`.
        """
        self.folder, self.board, self.keep_runs = folder, board, keep_runs
        self._server: EmbeddedServer | None = None

    def __call__(self, job: Job) -> Finished:
        """Carry out a job; whatever error happens in it is told, not raised."""
        out = self.folder / job.key
        self._forget_outside(job, out)
        shutil.rmtree(out, ignore_errors=True)  # of an earlier try, which nobody goes on with
        try:
            try:
                finished = self._carry_out(job, out)
            finally:
                self._forget_outside(job, out)
            if self.keep_runs != "all" and not finished.has_failed:
                shutil.rmtree(out, ignore_errors=True)
            return finished
        except (Exception, SystemExit) as error:
            notes = getattr(error, "__notes__", [])
            if (note := how_to_go_on(out)) in notes:  # a run of a study is begun anew instead
                notes.remove(note)
            text = "".join(traceback.format_exception(error))
            why = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            causes = (error, error.__cause__)
            may_retry = any(isinstance(one, ServerUnavailable) for one in causes)
            return Finished(job, failed_row(job, why), text, may_retry)
        finally:
            self._forget()

    def close(self) -> None:
        """End the server, if there is one."""
        server, self._server = self._server, None
        if server:
            server.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_server": None}

    def _carry_out(self, job: Job, out: Path) -> Finished:
        values = {**job.values, "seed": job.seed, "out": out, "board": self._url(job)}
        summary = execute(prepare(make_config(values)), stop=_NoStop()).summary
        row = row_of(job, summary)
        if row["status"] == "done" or summary.get("stopped_by"):
            return Finished(job, row)
        why = str(row["error"] or f"the run was {row['status']} by a person")
        return Finished(job, {**row, "status": "failed", "error": why}, why)

    def _url(self, job: Job) -> str:
        """Return the board of a run: the study's, or this process's own server."""
        if outside := self._outside(job):
            return outside
        if self._server is None or self._server.has_ended:
            self.close()
            self._server = EmbeddedServer.start(None)
        return self._server.url

    def _outside(self, job: Job) -> str | None:
        """Return the board of a run if it is none of this process's own."""
        named = job.values.get("board") or self.board or os.environ.get("SWARMBOARD_URL")
        return str(named) if named and named != "bundled" else None

    def _forget_outside(self, job: Job, out: Path) -> None:
        """Have an outside server forget a run, and its baseline: thousands would fill it."""
        if (url := self._outside(job)) is None:
            return
        found = map(RunDirectory.open, (out, out / "baseline"))
        runs = [directory.run_id for directory in found if directory]
        if runs:
            with suppress(SwarmboardError):  # its keys expire in a day
                forget_runs(url, runs)

    def _forget(self) -> None:
        """Have one's own server forget the run, or do without it if it cannot."""
        if self._server is None:
            return
        try:
            self._server.clear()
        except ServerUnavailable:
            self.close()


class _NoStop(Stop):
    """Leaves signals to the sweep: a run is not to take a Ctrl-C for a wish of its own."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass
