"""People act on a run in another process: pause, step, stop, approve, veto and inject."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from blackboard import (
    Answered,
    Decided,
    Entries,
    EventLog,
    Joined,
    Note,
    OpenProposal,
    Posts,
    Record,
    RunDirectory,
    RunLock,
    read_log,
)
from swarmboard import run
from swarmboard.people import name_of

type Cli = Callable[..., Any]
type Start = Callable[..., subprocess.Popen[str]]

SCENARIO = """
import time

from swarmboard import Population, Post, Proposal, RuleAgent, Scenario, Stage, Vote


class Voter(RuleAgent):
    def vote(self, view):
        return Vote("approve", proposal=view.proposals[-1].id)


class Spender(Scenario):
    name = "spender"
    summary = "spends money, most of it in its third round"
    default_agents = 24
    default_rounds = {rounds}
    kinds = {{"price": ("low", "high")}}

    def populate(self, model):
        return [Population("voter", [Voter(model) for _ in range(self.agents)])]

    def stages(self, board):
        impact = {impact}
        terms = Proposal(payload={{"money": impact}}, impact=impact)
        yield Stage("vote", ("voter",), (terms,), votes=True)
        time.sleep({pace_s})
"""
THIRD = "50.0 if board.round == 3 else 5.0"
LIMIT = ("--set", "approval_above=10")


def eventually(is_so: Callable[[], bool], *, within_s: float = 30.0) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.02)
    return is_so()


def records(run: Path) -> list[Record]:
    log = run / "events.log"
    return [*read_log(log)] if log.is_file() and log.stat().st_size > 8 else []


def rounds_logged(run: Path) -> int:
    return max((record.round for record in records(run)), default=0)


@pytest.fixture
def start(tmp_path: Path, cli: Cli) -> Iterator[Start]:
    """Start a run in a process of its own."""
    started: list[subprocess.Popen[str]] = []

    def start(
        *words: str,
        impact: str = "5.0",
        rounds: int = 100_000,
        pace_s: float = 0.01,
        command: tuple[str, ...] = ("run", "./spender.py", "--out", "run"),
    ) -> subprocess.Popen[str]:
        text = SCENARIO.format(impact=impact, rounds=rounds, pace_s=pace_s)
        (tmp_path / "spender.py").write_text(text)
        process = subprocess.Popen(
            [sys.executable, "-m", "swarmboard", *command, *words],
            cwd=tmp_path,
            env={k: v for k, v in os.environ.items() if k != "SWARMBOARD_URL"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def stands(cli: Cli) -> Callable[[], dict[str, Any]]:
    """Say where the run stands, as `swarmboard show --json` does; nothing while it begins."""

    def stands() -> dict[str, Any]:
        said = cli("show", "run", "--json")
        found: dict[str, Any] = json.loads(said.out) if said.code == 0 else {"status": "?"}
        return found

    return stands


def until(stands: Callable[[], dict[str, Any]], status: str) -> dict[str, Any]:
    """Wait until the run stands so."""
    seen: list[dict[str, Any]] = []

    def is_so() -> bool:
        seen.append(stands())
        return bool(seen[-1]["status"] == status)

    assert eventually(is_so), seen[-1]
    return seen[-1]


def test_a_run_is_paused_stepped_unpaused_and_stopped_from_outside(
    start: Start, cli: Cli, tmp_path: Path, stands: Callable[[], dict[str, Any]]
) -> None:
    process = start()
    until(stands, "running")
    people = ("--by", "anna", "--reason", "to look")

    assert cli("pause", "run", *people).out.startswith("pause received: it takes effect before")
    paused = until(stands, "paused")
    assert "paused" in cli("show", "run").out
    assert cli("step", "run", *people).code == 0
    assert eventually(lambda: stands()["round"] == paused["round"] + 1)
    stepped = until(stands, "paused")
    assert cli("unpause", "run", *people).code == 0
    assert eventually(lambda: stands()["round"] > stepped["round"] + 2)
    assert cli("stop", "run", *people).code == 0
    out, err = process.communicate(timeout=30)

    assert stepped["round"] == paused["round"] + 1
    assert process.returncode == 3
    summary = json.loads((tmp_path / "run/summary.json").read_text())
    assert f"stopped in round {summary['rounds'] + 1}: `swarmboard resume run` goes on" in err
    assert "(stopped)" in out
    notes = [r for r in records(tmp_path / "run") if isinstance(r, Note)]
    assert [note.name for note in notes] == ["pause", "step", "unpause", "stop"]
    assert all(note.detail == {"by": "anna", "reason": "to look"} for note in notes)
    assert (summary["status"], summary["determinism"]) == ("stopped", "closed")


def address_of(run: Path) -> dict[str, Any]:
    """Return what `board.json` says; nothing while there is none."""
    try:
        found: dict[str, Any] = json.loads((run / "board.json").read_text())
    except (OSError, ValueError):
        return {}
    return found


def test_a_paused_run_stays_paused_when_its_server_dies(
    start: Start, cli: Cli, tmp_path: Path, stands: Callable[[], dict[str, Any]]
) -> None:
    process = start()
    until(stands, "running")
    assert cli("pause", "run", "--by", "anna").code == 0
    before, server = until(stands, "paused"), address_of(tmp_path / "run")["pid"]

    os.kill(server, signal.SIGKILL)
    assert eventually(lambda: address_of(tmp_path / "run").get("pid", server) != server)
    after = until(stands, "paused")
    assert cli("stop", "run", "--by", "anna").code == 0
    _, err = process.communicate(timeout=30)

    assert (after["round"], process.returncode) == (before["round"], 3)
    assert err.count("the bundled server ended in round") == 1
    assert rounds_logged(tmp_path / "run") <= before["round"]


def test_a_command_that_only_the_dead_server_had_received_is_obeyed_on_the_next(
    start: Start, cli: Cli, tmp_path: Path, stands: Callable[[], dict[str, Any]]
) -> None:
    process = start()
    until(stands, "running")
    process.send_signal(signal.SIGSTOP)
    assert cli("stop", "run", "--by", "anna").code == 0

    os.kill(address_of(tmp_path / "run")["pid"], signal.SIGKILL)
    process.send_signal(signal.SIGCONT)
    process.communicate(timeout=30)

    assert process.returncode == 3
    [note] = [r for r in records(tmp_path / "run") if isinstance(r, Note) and r.name == "stop"]
    assert note.detail["by"] == "anna"


def test_a_proposal_above_the_limit_is_executed_once_a_person_has_approved_it(
    start: Start, cli: Cli, tmp_path: Path, stands: Callable[[], dict[str, Any]]
) -> None:
    process = start(*LIMIT, impact=THIRD, rounds=4)
    [held] = until(stands, "waiting")["proposals"]

    assert held["impact"] == 50
    assert f"approve` or `veto run {held['proposal']}`" in cli("show", "run").out
    said = cli("approve", "run", held["proposal"], "--by", "anna", "--reason", "it is due")
    _, err = process.communicate(timeout=30)

    assert said.code == 0
    assert said.out.startswith(f"approve of {held['proposal']} received (impact 50; money 50)")
    assert process.returncode == 0
    assert "waits for a person: its impact of 50 passes the limit of 10" in err
    summary = json.loads((tmp_path / "run/summary.json").read_text())
    assert (summary["consensus"]["accepted"], summary["determinism"]) == (4, "recorded")
    explained = cli("explain", "run", held["proposal"]).out
    assert "Accepted in round 3 by anna" in explained
    assert "anna approved it: 'it is due'" in explained
    replayed = cli("replay", "run", "--verify")
    assert replayed.code == 0, replayed.err
    assert f"answered   {held['proposal']} approved by anna: it is due\n" in replayed.out


def test_a_vetoed_proposal_is_not_executed_and_the_first_answer_stands(
    start: Start, cli: Cli, tmp_path: Path, stands: Callable[[], dict[str, Any]]
) -> None:
    process = start(*LIMIT, impact=THIRD, rounds=4)
    [held] = until(stands, "waiting")["proposals"]

    assert cli("veto", "run", held["proposal"], "--by", "anna").code == 0
    process.communicate(timeout=30)

    assert process.returncode == 0
    [vetoed] = [r for r in records(tmp_path / "run") if isinstance(r, Decided) and r.by]
    assert (vetoed.proposal, vetoed.outcome, vetoed.by) == (held["proposal"], "vetoed", "anna")


def test_without_an_answer_in_time_a_proposal_is_not_executed(start: Start, tmp_path: Path) -> None:
    process = start(*LIMIT, "--set", "approval_s=0.1", impact=THIRD, rounds=4)

    process.communicate(timeout=30)

    assert process.returncode == 0
    [vetoed] = [r for r in records(tmp_path / "run") if isinstance(r, Decided) and r.by]
    assert (vetoed.outcome, vetoed.by) == ("vetoed", "nobody in time")
    [said] = [r for r in records(tmp_path / "run") if isinstance(r, Answered)]
    assert (said.by, said.reason) == (None, "no answer within 0.1 s")


def test_a_run_that_is_stopped_or_killed_while_it_waits_waits_again_when_it_is_resumed(
    start: Start, cli: Cli, tmp_path: Path, stands: Callable[[], dict[str, Any]]
) -> None:
    stopped = start(*LIMIT, impact=THIRD, rounds=4)
    until(stands, "waiting")
    stopped.send_signal(signal.SIGTERM)
    stopped.communicate(timeout=30)
    assert stopped.returncode == 3
    assert "has ended (stopped)" in cli("approve", "run", "3.1.24.0").err

    killed = start(impact=THIRD, rounds=4, command=("resume", "run"))
    until(stands, "waiting")
    killed.kill()
    killed.communicate()
    died = cli("approve", "run", "3.1.24.0")
    assert (died.code, died.err.count("\n")) == (2, 1)
    assert "`swarmboard resume run` goes on" in died.err

    resumed = start(impact=THIRD, rounds=4, command=("resume", "run"))
    until(stands, "waiting")
    assert cli("approve", "run", "3.1.24.0", "--by", "anna").code == 0
    resumed.communicate(timeout=30)
    assert resumed.returncode == 0
    decided = [r for r in records(tmp_path / "run") if isinstance(r, Decided)]
    assert [(d.outcome, d.by) for d in decided][2] == ("accepted", "anna")


def test_an_answer_that_only_the_server_had_received_counts_when_the_run_is_resumed(
    start: Start, cli: Cli, tmp_path: Path, stands: Callable[[], dict[str, Any]]
) -> None:
    process = start(*LIMIT, impact=THIRD, rounds=4)
    [held] = until(stands, "waiting")["proposals"]
    process.send_signal(signal.SIGSTOP)
    assert cli("approve", "run", held["proposal"], "--by", "anna").code == 0
    process.kill()
    process.communicate()
    assert not [r for r in records(tmp_path / "run") if isinstance(r, Answered)]

    resumed = start(impact=THIRD, rounds=4, command=("resume", "run"))
    resumed.communicate(timeout=30)

    assert resumed.returncode == 0
    decided = [r for r in records(tmp_path / "run") if isinstance(r, Decided)]
    assert [(d.outcome, d.by) for d in decided][2] == ("accepted", "anna")


@pytest.mark.slow
def test_people_act_on_a_run_with_workers_as_on_any_other(
    start: Start, cli: Cli, tmp_path: Path, stands: Callable[[], dict[str, Any]]
) -> None:
    process = start(*LIMIT, "--workers", "3", "--agents", "48", impact=THIRD, rounds=6)
    [held] = until(stands, "waiting")["proposals"]
    began = time.monotonic()

    assert cli("pause", "run", "--by", "bo").code == 0
    assert cli("approve", "run", held["proposal"], "--by", "anna").code == 0
    until(stands, "paused")
    assert eventually(lambda: time.monotonic() > began + 2.0)
    assert cli("unpause", "run", "--by", "bo").code == 0
    process.communicate(timeout=60)

    assert process.returncode == 0
    summary = json.loads((tmp_path / "run/summary.json").read_text())
    assert [(w["late"], w["restarts"]) for w in summary["workers"]] == [(0, 0)] * 3
    assert summary["consensus"]["accepted"] == 6


def test_an_injected_entry_stands_on_the_board_in_the_persons_name(
    start: Start, cli: Cli, tmp_path: Path, stands: Callable[[], dict[str, Any]]
) -> None:
    process = start(pace_s=0.0)
    until(stands, "running")
    note = '{"kind": "note", "payload": {"text": "line 7"}, "layer": "coordination", "to": 3}'
    price = '{"kind": "price", "payload": {"low": 1, "high": 2.5}}'

    said = [
        cli("inject", "run", "--entry", note, "--by", "anna", "--reason", "I saw it"),
        cli("inject", "run", "--entry", price, "--by", "anna"),
    ]
    cli("stop", "run")
    process.communicate(timeout=30)

    assert [s.code for s in said] == [0, 0], said
    assert "received from anna (agent 25)" in said[0].out
    found = [r for r in records(tmp_path / "run") if r.event_class == "input"]
    [joined] = [r for r in found if isinstance(r, Joined)]
    assert (joined.role, joined.names, joined.votes, joined.first) == (
        "person",
        ("anna",),
        False,
        25,
    )
    [entries] = [r for r in found if isinstance(r, Entries)]
    [entry] = entries.entries
    assert (entry.agent, entry.kind, entry.layer, entry.to) == (25, "note", "coordination", 3)
    assert (entry.payload, entry.reasons) == ({"text": "line 7"}, ("I saw it",))
    [posted] = [r for r in found if isinstance(r, Posts)]
    assert posted.kind == "price"


def test_what_a_board_refuses_is_said_in_one_line(
    start: Start, cli: Cli, stands: Callable[[], dict[str, Any]]
) -> None:
    start(*LIMIT, impact=THIRD)
    until(stands, "waiting")

    said = {
        "unknown": cli("approve", "run", "9.9.9.9"),
        "beginning": cli("approve", "run", "3.1"),
        "decided": cli("veto", "run", "2.1.24.0"),
        "columns": cli("inject", "run", "--entry", '{"kind": "price", "payload": {"low": 1}}'),
        "proposal": cli("inject", "run", "--entry", '{"kind": "proposal"}'),
    }

    assert {name: (s.code, s.err.count("\n")) for name, s in said.items()} == dict.fromkeys(
        said, (2, 1)
    )
    assert "no proposal '9.9.9.9'; open is 3.1.24.0" in said["unknown"].err
    assert "did you mean 3.1.24.0 (impact 50; money 50)?" in said["beginning"].err
    assert "2.1.24.0 is not open any more: accepted in round 2" in said["decided"].err


@pytest.mark.parametrize(("says", "outcome"), [(True, "accepted"), (False, "vetoed")])
def test_in_python_a_function_may_answer_for_a_person(
    tmp_path: Path, says: bool, outcome: str
) -> None:
    (tmp_path / "spender.py").write_text(SCENARIO.format(impact=THIRD, rounds=4, pace_s=0.0))
    asked: list[OpenProposal] = []

    def approver(proposal: OpenProposal) -> bool:
        asked.append(proposal)
        return says

    result = run(
        str(tmp_path / "spender.py"),
        board="memory://",
        out=tmp_path / "run",
        approval_above=10,
        approver=approver,
    )

    assert [proposal.payload for proposal in asked] == [{"money": 50.0}]
    assert list(result.decisions["outcome"]) == ["accepted", "accepted", outcome, "accepted"]
    assert list(result.decisions["by"].dropna()) == ["approver"]


def test_a_fork_holds_what_its_own_limit_forbids_and_keeps_what_was_answered_before(
    cli: Cli, tmp_path: Path
) -> None:
    (tmp_path / "spender.py").write_text(SCENARIO.format(impact=THIRD, rounds=5, pace_s=0.0))
    out = ("--out", "run", "--board", "memory://")
    assert cli("run", "./spender.py", *out, *LIMIT, "--set", "approval_s=0").code == 0

    limits = ("--set", "approval_above=1", "--set", "approval_s=0")
    said = cli("fork", "run", "--at-round", "3", *limits, "--out", "child")

    assert said.code == 0, said.err
    decided = [r for r in records(tmp_path / "child") if isinstance(r, Decided)]
    assert [d.outcome for d in decided] == ["accepted", "accepted", "vetoed", "vetoed", "vetoed"]
    assert "4.1.24.0 waits for a person: its impact of 5 passes the limit of 1" in said.err


def test_a_run_in_memory_is_out_of_reach(start: Start, cli: Cli, tmp_path: Path) -> None:
    start("--board", "memory://")
    assert eventually(lambda: rounds_logged(tmp_path / "run") > 1)

    said = cli("pause", "run")

    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "nobody else can reach it" in said.err
    assert "approver=" in said.err


def test_a_run_that_does_not_exist_or_has_ended_is_said_so(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "spender.py").write_text(SCENARIO.format(impact="1.0", rounds=2, pace_s=0.0))
    assert cli("run", "./spender.py", "--out", "run", "--board", "memory://").code == 0

    missing, done = cli("pause", "nothing"), cli("stop", "run")

    assert (missing.code, done.code) == (2, 2)
    assert "no run named 'nothing'" in missing.err
    assert done.err == "swarmboard: run is done: nothing to stop\n"


def test_a_server_that_is_gone_is_said_in_one_line(cli: Cli, tmp_path: Path) -> None:
    run = kept(tmp_path / "run")
    address = {"url": f"unix://{tmp_path}/gone.sock", "runner_pid": 1}
    (run / "board.json").write_text(json.dumps(address))

    with RunLock(run / "run.lock") as lock:
        assert lock.take()
        said = cli("pause", "run")

    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "does not answer" in said.err


def test_the_python_of_the_page_on_oversight_prints_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    page = (Path(__file__).parents[2] / "docs" / "oversight.md").read_text("utf-8")
    [program] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)

    exec(program, {})

    [printed] = re.findall(r"^It prints `(.*?)`", page, re.MULTILINE)
    assert capsys.readouterr().out == f"{printed}\n"


def kept(path: Path) -> Path:
    """Make the directory of a run that nobody runs."""
    path.mkdir()
    (path / "config.json").write_text('{"run_id": "r", "scenario": "jury"}')
    EventLog(path / "events.log").close()
    assert RunDirectory.open(path)
    return path


@pytest.mark.parametrize("by", ["", "  ", "two\nlines", "x" * 101, "veto", "nobody in time"])
def test_a_name_that_says_nothing_is_refused(cli: Cli, tmp_path: Path, by: str) -> None:
    kept(tmp_path / "run")

    said = cli("pause", "run", "--by", by)

    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "--by" in said.err


def test_people_are_called_by_their_login_unless_they_say_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "carla")

    assert (name_of(None), name_of(" anna ")) == ("carla", "anna")
