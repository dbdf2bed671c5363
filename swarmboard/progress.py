"""Progress on stderr: how far the run is, the last approval, decisions, calls, and time."""

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from .accounts import Accounts, percent
from .lengths import seconds_text
from .model import SwarmModel


class Calls:
    """Counts calls to models as they begin and end; told from the thread that makes them."""

    def __init__(self) -> None:
        self.in_flight = self.answered = self.failed = 0
        self.cost_usd = 0.0

    def __call__(self, event: str, attributes: Mapping[str, Any]) -> None:
        """Take in that a call begins, ends or fails."""
        if event == "call-begins":
            self.in_flight += 1
            return
        self.in_flight -= 1
        if event == "call-ends":
            self.answered += 1
            self.cost_usd += attributes["swarmboard.cost_usd"]
        else:
            self.failed += 1

    def __str__(self) -> str:
        if not (self.in_flight or self.answered or self.failed):
            return ""
        text = f"{self.in_flight:,} calls in flight, {self.answered:,} done"
        if self.failed:
            text += f", {self.failed:,} failed"
        return f"{text}, {self.cost_usd:.4f} USD" if self.cost_usd else text


class CallsColumn(ProgressColumn):
    """Shows calls to models as they are at the moment of drawing, in the middle of a stage too."""

    def __init__(self, calls: Calls) -> None:
        super().__init__()
        self._calls = calls

    def render(self, task: Task) -> Text:
        """Return the counts, or nothing where no models are asked."""
        return Text(str(self._calls))


SHOWN_EVERY_S = 0.1
"""The line is written anew at most so often: a run has thousands of instants a second."""


class Progress:
    """A line that follows a run; shows nothing where nobody looks."""

    def __init__(self, *, is_shown: bool, rounds: int | None) -> None:
        self._bar: Bar | None = None
        self._task = TaskID(0)
        self._shown_at = -SHOWN_EVERY_S
        self.calls = Calls()
        if is_shown:
            self._bar = Bar(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                CallsColumn(self.calls),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._bar.add_task("starting", total=rounds)

    @property
    def hooks(self) -> tuple[Calls, ...]:
        """What wants to be told of each call to a model; nobody where nobody looks."""
        return (self.calls,) if self._bar else ()

    def update(self, model: SwarmModel, accounts: Accounts) -> None:
        """Show where the run stands."""
        if self._bar is None:
            return
        now = time.monotonic()
        if now - self._shown_at < SHOWN_EVERY_S:
            return
        self._shown_at = now
        text = _where(model)
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


def _where(model: SwarmModel) -> str:
    """Return the round, or how far simulated time has come and after how many instants."""
    now_s = model.leader.replica.now_s
    if now_s is None:
        return f"round {model.leader.round:,}"
    return f"{seconds_text(now_s)} s simulated, {model.leader.round:,} instants"
