"""People and mishaps in a run in simulated time: pause, step, stop, veto, kill, take over."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from blackboard import Answered, Board, Closed, Decided, Note, RunDirectory, read_log
from swarmboard import Population, RuleAgent, Scenario, run
from swarmboard.config import make_config, read_config
from swarmboard.plan import prepare
from swarmboard.replaying import replay, verify
from swarmboard.resuming import resume
from tests.swarmboard.repair_desk import RepairDesk

type Start = Callable[..., subprocess.Popen[str]]
DESK = Path(__file__).with_name("repair_desk.py")
PEOPLE = ("--by", "anna", "--reason", "to look")


@pytest.fixture
def start(tmp_path: Path, cli: Any) -> Iterator[Start]:
    """Start a command in a process of its own, a run of the repair desk unless told otherwise."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str, command: tuple[str, ...] = ("run", str(DESK), "--out", "run")) -> Any:
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


def eventually(is_so: Callable[[], Any], *, within_s: float = 40.0) -> Any:
    deadline = time.monotonic() + within_s
    while not (found := is_so()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert found
    return found


@pytest.fixture
def stands(cli: Any) -> Callable[[str], Any]:
    """Wait until the run stands so, and say where that is."""

    def stands(status: str) -> Any:
        def now() -> Any:
            said = cli("show", "run", "--json")
            found = json.loads(said.out) if said.code == 0 else {}
            return found if found.get("status") == status and found["round"] else None

        return eventually(now)

    return stands


SLOW = ("--set", "jobs=2000", "--set", "slow_s=0.004")


def test_a_run_is_paused_stepped_and_stopped_instant_by_instant(
    start: Start, cli: Any, stands: Any, tmp_path: Path
) -> None:
    process = start(*SLOW)
    stands("running")

    assert "before the next stage (or instant" in cli("pause", "run", *PEOPLE).out
    paused = stands("paused")
    shown = cli("show", "run").out
    cli("step", "run", *PEOPLE)
    stepped = eventually(lambda: (now := stands("paused"))["round"] > paused["round"] and now)
    cli("stop", "run", *PEOPLE)
    out, err = process.communicate(timeout=30)

    assert f"instant {paused['round']:,} at " in " ".join(shown.split())
    assert "`step` takes one instant" in shown
    assert stepped["round"] == paused["round"] + 1
    assert stepped["simulated_s"] > paused["simulated_s"]
    assert process.returncode == 3
    assert f"stopped in instant {stepped['round']}: `swarmboard resume run` goes on" in err
    assert "(stopped)" in out
    notes = [r.name for r in read_log(tmp_path / "run/events.log") if isinstance(r, Note)]
    assert notes == ["pause", "step", "stop"]


class Ticking(Scenario):
    """A world in which time passes, and nobody ever acts."""

    name = "ticking"
    summary = "nobody acts"
    is_event_driven = True
    default_agents = 2
    _given = Scenario._given | {"model"}

    def populate(self, model: Any) -> list[Population]:
        self.model = model
        return [Population("idler", [RuleAgent(model) for _ in range(self.agents)])]

    def start(self, model: Any) -> None:
        model.call_at(0.0, None, "tick")

    def tick(self) -> None:
        self.model.call_at(self.model.now_s + 1.0, None, "tick")

    def stages(self, board: Any) -> Any:
        yield from ()


def test_a_run_in_which_nobody_acts_is_stopped_from_outside_and_goes_on(tmp_path: Path) -> None:
    def stop(model: Any, accounts: Any) -> None:
        if model.leader.round == 5:
            Board(model.leader._channel.store).command("stop", by="anna")

    terms = {"board": "memory://", "rounds": 5000}
    summary = run(Ticking, out=tmp_path / "run", watch=stop, **terms).summary
    directory = RunDirectory.find(str(tmp_path / "run"))
    stopped = replay(directory)
    plan = prepare(make_config(read_config(directory.path / "config.json")), kind=Ticking)
    verify(directory, stopped, plan=plan)
    again = resume(directory, kind=Ticking).summary

    assert summary["status"] == "stopped"
    assert 5 <= summary["instants"] == stopped.rounds < 5000
    assert (again["status"], again["instants"]) == ("done", 5000)
    assert again["digest"] == run(Ticking, out=tmp_path / "whole", **terms).summary["digest"]


def test_ctrl_c_ends_a_run_between_two_instants_and_resume_goes_on(
    start: Start, cli: Any, stands: Any, tmp_path: Path
) -> None:
    process = start(*SLOW, "--set", "jobs=150")
    stands("running")

    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    stopped = json.loads((tmp_path / "run/summary.json").read_text())
    said = cli("resume", "run", "--json")

    assert process.returncode == 3
    assert f"stopped after instant {stopped['instants']}" in err
    assert stopped["metrics"]
    assert said.code == 0
    assert json.loads(said.out)["instants"] == 600
    assert cli("replay", "run", "--verify").code == 0


def test_a_run_whose_server_is_killed_goes_on_with_another(
    start: Start, stands: Any, tmp_path: Path
) -> None:
    process = start(*SLOW, "--set", "jobs=150", "--json")
    stands("running")

    os.kill(json.loads((tmp_path / "run/board.json").read_text())["pid"], signal.SIGKILL)
    out, err = process.communicate(timeout=60)

    assert "the bundled server ended in instant" in err
    summary = json.loads(out)
    assert (summary["status"], summary["board"]["restarts"]) == ("done", 1)
    again = run(str(DESK), jobs=150, board="memory://", out=tmp_path / "whole")
    assert summary["digest"] == again.summary["digest"]


def test_a_paused_run_is_taken_over_and_goes_on(start: Start, cli: Any, stands: Any) -> None:
    first = start(*SLOW, "--set", "jobs=100")
    stands("running")
    cli("pause", "run", *PEOPLE)
    stands("paused")

    second = start("--json", command=("resume", "run", "--take-over"))
    out, err = second.communicate(timeout=60)
    _, lost = first.communicate(timeout=30)

    assert second.returncode == 0, err
    assert first.returncode == 1
    assert "another runner has taken the run over" in lost.splitlines()[-1]
    assert json.loads(out)["instants"] == 400


def test_a_veto_from_outside_is_an_input_and_repeats(
    start: Start, cli: Any, stands: Any, tmp_path: Path
) -> None:
    process = start(*SLOW, "--set", "jobs=100")
    stands("running")
    cli("pause", "run", *PEOPLE)
    open_now = stands("paused")["proposals"]
    while not open_now:
        cli("step", "run", *PEOPLE)
        open_now = stands("paused")["proposals"]
    name = open_now[0]["proposal"]

    said = cli("veto", "run", name, *PEOPLE)
    cli("unpause", "run", *PEOPLE)
    process.communicate(timeout=60)

    assert said.code == 0
    assert open_now[0]["deadline_round"] is None
    records = [*read_log(tmp_path / "run/events.log")]
    assert [r.proposal for r in records if isinstance(r, Answered)] == [name]
    [vetoed] = [r for r in records if isinstance(r, Decided) and r.outcome == "vetoed"]
    assert (vetoed.proposal, vetoed.by) == (name, "anna")
    summary = json.loads((tmp_path / "run/summary.json").read_text())
    assert (summary["determinism"], summary["metrics"]["vetoed"]) == ("recorded", 1)
    assert cli("replay", "run", "--verify").code == 0
    assert "anna decided it" in cli("explain", "run", name).out


def test_what_a_person_has_to_approve_waits_while_simulated_time_stands_still(
    tmp_path: Path,
) -> None:
    asked: list[Any] = []

    def approver(proposal: Any) -> bool:
        asked.append(proposal.payload["job"])
        return bool(proposal.payload["job"] % 2)

    result = run(
        RepairDesk,
        jobs=8,
        board="memory://",
        out=tmp_path / "run",
        approval_above=4.5,
        approver=approver,
    )

    assert asked == [5, 6, 7]
    assert result.summary["metrics"]["vetoed"] == 1
    assert result.summary["simulated_s"] == pytest.approx(7.95)
    assert result.summary["determinism"] == "recorded"
    assert [by for by in result.decisions["by"] if isinstance(by, str)] == ["approver"] * 3


def test_an_entry_from_outside_reaches_an_instant(
    start: Start, cli: Any, stands: Any, tmp_path: Path
) -> None:
    process = start(*SLOW, "--set", "jobs=60")
    stands("running")

    said = cli("inject", "run", "--entry", '{"kind": "hint", "payload": {"n": 1}}', "--by", "anna")
    process.communicate(timeout=60)

    assert said.code == 0
    summary = RunDirectory.find(str(tmp_path / "run")).read_json("summary.json")
    assert summary
    assert (summary["status"], summary["determinism"]) == ("done", "recorded")
    assert cli("replay", "run", "--verify").code == 0


def test_vetoes_in_whatever_stage_leave_no_ticket_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blackboard.instants.WINDOW_S", -1.0)
    boards: list[Board] = []

    def veto(model: Any, accounts: Any) -> None:
        if not boards:
            boards.append(Board(model.leader._channel.store))
        boards[0].refresh()
        if model.leader.round % 5 == 0:
            for name in [*boards[0].replica.open][:1]:
                boards[0].answer(name, "veto", by="anna")

    terms = {"agents": 12, "tickets": 120, "arrivals_per_s": 14.0, "parts": 0.3}
    result = run("customer-service", board="memory://", out=tmp_path / "run", watch=veto, **terms)

    outcomes = result.tables["tickets"]["outcome"].value_counts()
    vetoed = result.decisions[result.decisions["outcome"] == "vetoed"]
    records = [*read_log(result.path / "events.log")]
    at = {(r.round, r.stage) for r in records if isinstance(r, Decided) and r.outcome == "vetoed"}
    uncounted = {(r.round, r.stage) for r in records if isinstance(r, Closed) and not r.counts}
    assert len(at & uncounted) > 5
    assert len(vetoed) > 20
    assert outcomes.sum() == 120
    assert outcomes["escalated"] >= len(vetoed)
