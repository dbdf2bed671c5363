"""Progress on stderr: rounds so far, the last approval, decisions, and time."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from .accounts import Accounts, percent
from .model import SwarmModel


class Progress:
    """A line that follows a run; shows nothing where nobody looks."""

    def __init__(self, *, is_shown: bool, rounds: int | None) -> None:
        self._bar: Bar | None = None
        self._task = TaskID(0)
        if is_shown:
            self._bar = Bar(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._bar.add_task("starting", total=rounds)

    def update(self, model: SwarmModel, accounts: Accounts) -> None:
        """Show where the run stands."""
        if self._bar is None:
            return
        text = f"round {model.leader.round}"
        if accounts.last:
            last = accounts.last[-1]
            share = percent(max(last.weights.values()), last.eligible)
            text += f" · {share:.1f} % agree · {accounts.outcomes['accepted']} accepted"
        self._bar.update(self._task, completed=model.leader.round, description=text)

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.stop()
