"""Progress counts calls to models while they go on, and only where somebody looks."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from agents import Decision, ModelError, Reply, Request
from swarmboard import progress, run
from swarmboard.progress import Calls, CallsColumn, Progress

TERMS: dict[str, Any] = {
    "task": "Which way?",
    "choices": ("left", "right"),
    "layers": "task",
    "board": "memory://",
    "agents": 3,
    "attempts": 1,
}


class Looking:
    """Notes what progress shows while it is asked."""

    def __init__(self, calls: Calls) -> None:
        self.calls, self.seen = calls, []

    async def complete(self, request: Request) -> Reply:
        self.seen.append(str(self.calls))
        if request.agent == 1:
            raise ModelError("not now")
        return Reply(Decision(reasoning="near", vote="left").model_dump_json())


def test_calls_are_counted_while_they_go_on_and_when_they_are_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    calls = Calls()
    model = Looking(calls)

    run("open-task", **TERMS, models={"default": model}, hooks=[calls])

    assert model.seen[0] == "1 calls in flight, 0 done"
    assert str(calls) == "0 calls in flight, 2 done, 1 failed"


def test_what_was_spent_is_shown_as_soon_as_it_costs_anything() -> None:
    calls = Calls()

    calls("call-begins", {})
    calls("call-ends", {"swarmboard.cost_usd": 0.0213})

    assert str(calls) == "0 calls in flight, 1 done, 0.0213 USD"


def test_the_column_is_empty_where_no_models_are_asked() -> None:
    assert str(CallsColumn(Calls()).render(task=None)) == ""  # type: ignore[arg-type]


def test_nobody_is_told_of_calls_where_nothing_is_shown() -> None:
    hidden = Progress(is_shown=False, rounds=3)

    assert hidden.hooks == ()


def test_the_line_shows_calls_in_the_middle_of_a_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = io.StringIO()
    monkeypatch.setattr(
        progress, "Console", lambda stderr: Console(file=drawn, force_terminal=True, width=120)
    )

    with Progress(is_shown=True, rounds=3) as shown:
        for hook in shown.hooks:
            hook("call-begins", {})
        assert shown._bar
        shown._bar.refresh()

    assert "1 calls in flight, 0 done" in drawn.getvalue()
