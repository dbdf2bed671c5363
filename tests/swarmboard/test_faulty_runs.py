"""Whole runs in which things go wrong: they end, they say what happened, and they repeat."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blackboard import BadInput, Board, Note, RunDirectory, Snapshots, read_log
from swarmboard.config import make_config
from swarmboard.disruption import Disruption
from swarmboard.execution import execute
from swarmboard.faults import agent_faults
from swarmboard.plan import prepare
from swarmboard.recovery import MOST_LOSSES, ServerLost
from swarmboard.replaying import replay, verify
from swarmboard.report_card import text_card
from swarmboard.resuming import resume
from swarmboard.runner import run

WORKS = '''
import numpy as np

from blackboard import Claim, Release, SetField
from swarmboard import Cohort, Population, Post, PostBlock, Proposal, RuleAgent, Scenario, Stage
from swarmboard import Vote, VoteBlock


class Smith(RuleAgent):
    """Claims an item that nobody holds, works on it for two rounds, and marks it done."""

    def __init__(self, model):
        super().__init__(model)
        self.item, self.worked = "", 0

    def work(self, view):
        if not self.item or view.holder(self.item) != self.index:
            free = view.brief["free"]
            self.item, self.worked = (free[self.index % len(free)], 0) if free else ("", 0)
            return Claim(self.item, 3) if self.item else None
        self.worked += 1
        if self.worked < 2:
            return None
        done, self.item = self.item, ""
        return [SetField("done " + done, 1), Post("made", {"worth": 1.0}), Release(done)]

    def vote(self, view):
        return Vote("approve" if self.worked < 2 else "reject", view.proposal.id)


class Judges(Cohort):
    """Post a price each, and approve."""

    def work(self, view):
        return PostBlock("price", {"price": 100.0 * view.round + self.indices})

    def vote(self, view):
        return VoteBlock(np.zeros(self.size, np.uint8), view.proposal.id)


class Works(Scenario):
    """Five items a round to be made, until fifteen rounds before the end."""

    name = "works"
    summary = "items to be made"
    default_agents = 50
    default_rounds = 100
    kinds = {"price": ("price",)}
    left = 0

    def populate(self, model):
        smiths = [Smith(model) for _ in range(self.agents - 10)]
        return [Population("smith", smiths), Population("judge", Judges(model, 10))]

    def stages(self, board):
        items = map(str, range(min(5 * board.round, 425)))
        left = [item for item in items if not board.field("done " + item)]
        self.left = len(left)
        free = [item for item in left if board.holder(item) is None]
        yield Stage("work", ("smith", "judge"), brief={"free": free})
        if board.round % 5 == 0:
            yield Stage("vote", ("smith", "judge"), (Proposal(),), votes=True)

    def metrics(self):
        return {"left": self.left}
'''
EVERYTHING: list[dict[str, Any]] = [
    {"kind": "crash", "role": "smith", "rate": 0.02},
    {"kind": "hang", "agents": [1, 2, 45], "at_round": 3},
    {"kind": "slow", "rate": 0.05, "delay_s": 1e-6},
    {"kind": "silent", "rate": 0.02},
    {"kind": "random", "share": 0.1, "at_round": 5, "for_rounds": 10},
    {"kind": "stale", "rate": 0.05, "stages_ago": 3},
    {"kind": "loss", "rate": 0.05, "loss": 0.5},
    {"kind": "storm", "rate": 0.02, "copies": 5},
]
SERVER_DIES = {"kind": "server-kill", "at_round": 4}
NETWORK = {"kind": "network", "drop": 0.1, "delay_s": 0.0005, "at_round": 2}

type Go = Callable[..., dict[str, Any]]


@pytest.fixture
def works(tmp_path: Path) -> Path:
    """Write the scenario of the works."""
    path = tmp_path / "works.py"
    path.write_text(WORKS)
    return path


@pytest.fixture
def go(works: Path, tmp_path: Path) -> Go:
    """Run the works with some faults, and return the summary with its path."""

    def go(*faults: Any, out: str = "run", watch: Any = None, **config: Any) -> dict[str, Any]:
        values = {"scenario": str(works), "rounds": 25, "faults": list(faults), **config}
        result = execute(prepare(make_config(values | {"out": tmp_path / out})), watch=watch)
        return {**result.summary, "path": result.path}

    return go


def notes(path: Path, name: str) -> list[dict[str, Any]]:
    found = (record for record in read_log(path / "events.log") if isinstance(record, Note))
    return [note.detail for note in found if note.name == name]


@pytest.mark.parametrize("fault", EVERYTHING, ids=lambda fault: fault["kind"])
def test_each_fault_of_agents_happens_is_counted_and_repeats(go: Go, fault: Any) -> None:
    calm = go(out="calm", board="memory://")

    first = go(fault, out="first", board="memory://")
    again = go(fault, out="again", board="memory://")

    [row] = first["faults"]
    assert (row["kind"], row["hits"], first["status"]) == (fault["kind"], "agents", "done")
    assert row["injected"] > 0
    assert len(notes(first["path"], "fault")) > 0
    assert (first["digest"] == calm["digest"]) == (fault["kind"] == "slow")
    assert (first["digest"], first["faults"]) == (again["digest"], again["faults"])


@pytest.mark.parametrize("kind", ["crash", "hang", "silent", "random", "stale", "loss"])
def test_a_jury_goes_on_with_faulty_jurors(tmp_path: Path, kind: str) -> None:
    fault = {"kind": kind, "share": 0.3, "at_round": 2, "for_rounds": 2}
    terms: dict[str, Any] = {"agents": 40, "trials": 60, "trials_per_round": 10, "seed": 3}

    result = run("jury", faults=[fault], board="memory://", out=tmp_path / "run", **terms)

    [row] = result.summary["faults"]
    assert (result.summary["status"], row["injected"], row["recovered"]) == ("done", 12, 12)
    assert result.summary["determinism"] == "closed"
    assert row["rounds_to_recovery_max"] == 2


@pytest.mark.slow
def test_faults_and_restarts_do_not_depend_on_the_number_of_workers(go: Go) -> None:
    terms: dict[str, Any] = {"supervision": {}, "snapshot_every": 7}

    alone = go(*EVERYTHING, out="alone", board="memory://", **terms)
    more = [go(*EVERYTHING, out=f"by {n}", workers=n, **terms) for n in (2, 3)]

    for summary in more:
        assert summary["digest"] == alone["digest"]
        assert summary["faults"] == alone["faults"]
        assert summary["supervision"] == alone["supervision"]
    assert alone["supervision"]["restarts"] > 0


def test_a_run_that_was_broken_off_comes_to_the_same_account(go: Go, tmp_path: Path) -> None:
    terms: dict[str, Any] = {"supervision": {}, "snapshot_every": 4, "board": "memory://"}
    whole = go(*EVERYTHING, **terms)

    def stop(model: Any, _: Any) -> None:
        if model.leader.round == 18:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        go(*EVERYTHING, out="part", watch=stop, **terms)
    directory = RunDirectory.open(tmp_path / "part")
    assert directory
    resumed = resume(directory).summary

    assert resumed["resumed"]["from_round"] > 0
    assert resumed["digest"] == whole["digest"]
    assert resumed["faults"] == whole["faults"]
    assert resumed["supervision"] == whole["supervision"]
    verify(directory, replay(directory))


def team_of(agent: int) -> list[int]:
    return list(range(agent // 8 * 8, agent // 8 * 8 + 8))


TIED: dict[str, Callable[[int], list[int]]] = {
    "one-for-one": lambda agent: [agent],
    "one-for-all": team_of,
    "rest-for-one": lambda agent: [other for other in team_of(agent) if other >= agent],
}


@pytest.mark.parametrize("strategy", TIED)
def test_a_run_that_loses_30_percent_of_its_agents_over_100_rounds_does_all_its_work(
    cli: Any, works: Path, tmp_path: Path, strategy: str
) -> None:
    (tmp_path / "run.toml").write_text(
        'scenario = "works.py"\nboard = "memory://"\n'
        f'[supervision]\nstrategy = "{strategy}"\n'
        '[[faults]]\nkind = "crash"\nrole = "smith"\nrate = 0.0036\n'
    )

    said = cli("run", "--config", "run.toml", "--out", "run", "--no-progress")

    summary = RunDirectory(tmp_path / "run", "").read_json("summary.json")
    assert said.code == 0, said.err
    assert summary
    [row] = summary["faults"]
    its = summary["supervision"]
    restarts = notes(tmp_path / "run", "restart")
    failed = [int(restart["failed"].removeprefix("agent ")) for restart in restarts]
    assert (summary["rounds"], summary["metrics"]["left"], its["items_left"]) == (100, 0, [])
    assert row["injected"] == row["detected"] == row["recovered"] >= 12
    assert its["by_strategy"] == {strategy: len(restarts)}
    assert [restart["agents"] for restart in restarts] == [TIED[strategy](a) for a in failed]
    assert f"crash: {row['injected']} injected" in said.out
    assert f"{its['restarts']} restarts" in " ".join(said.out.split())


@pytest.mark.slow
def test_a_worker_that_crashes_and_replies_that_get_lost_change_nothing(go: Go) -> None:
    calm = go(out="calm", board="memory://")
    fault = {"kind": "crash", "target": "workers", "workers": [1], "at_round": 4}

    summary = go(fault, NETWORK, workers=2)

    row, network = summary["faults"]
    restarts = [worker["restarts"] for worker in summary["workers"]]
    assert (summary["digest"], summary["determinism"]) == (calm["digest"], "closed")
    assert (row["injected"], row["detected"], row["recovered"]) == (1, 1, 1)
    assert network["injected"] == network["recovered"] > 0
    assert restarts[1] >= 1  # one that comes up may have its first replies cut off, too
    assert "2 processes" in text_card(summary, summary["path"])


@pytest.mark.slow
def test_of_a_worker_that_hangs_only_its_own_agents_are_late(go: Go, tmp_path: Path) -> None:
    fault = {"kind": "hang", "target": "workers", "workers": [1], "at_round": 5}

    summary = go(fault, workers=2, rounds=9, supervision={}, worker_deadline_s=3.0)

    [row] = summary["faults"]
    first, second = summary["workers"]
    directory = RunDirectory.open(summary["path"])
    assert directory
    assert (summary["status"], summary["determinism"]) == ("done", "recorded")
    assert (row["injected"], row["detected"], row["recovered"]) == (1, 1, 1)
    assert (first["late"], first["restarts"]) == (0, 0)
    assert (second["late"], second["restarts"]) == (1, 1)
    late = {
        agent
        for record in read_log(directory.log)
        if getattr(record, "cause", "") == "late"
        for agent in record.members.tolist()
    }
    span = range(second["first_agent"], second["first_agent"] + second["agents"])
    assert late == set(span)
    assert summary["supervision"]["agents_restarted"] == len(span)
    verify(directory, replay(directory))


def test_a_killed_server_changes_nothing(go: Go) -> None:
    calm = go(out="calm", board="memory://")

    summary = go(SERVER_DIES, {"kind": "server-kill", "at_round": 1}, snapshot_every=10)

    [row] = summary["faults"]
    assert (summary["digest"], summary["determinism"]) == (calm["digest"], "closed")
    assert (row["injected"], row["detected"], row["recovered"]) == (2, 2, 2)
    assert summary["board"]["restarts"] == 2
    assert "the server was started again 2 times" in text_card(summary, summary["path"])


def test_a_server_that_loses_its_data_changes_nothing_either(
    go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calm = go(out="calm", board="memory://")

    def strike(self: Disruption, board: Board, *rest: Any) -> bool:
        if is_killed := killing(self, board, *rest):
            shutil.rmtree(tmp_path / "run" / "board" / "appendonlydir")
        return is_killed

    killing = Disruption.strike
    monkeypatch.setattr(Disruption, "strike", strike)
    summary = go({"kind": "server-kill", "rate": 0.2}, snapshot_every=6)

    assert summary["board"]["restarts"] == summary["faults"][0]["recovered"] > 1
    assert summary["digest"] == calm["digest"]


def test_a_server_that_will_not_live_ends_the_run_which_can_be_resumed(
    go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calm = go(out="calm", board="memory://")

    def strike(self: Disruption, *where: Any) -> bool:
        self._killed_in.clear()
        return killing(self, *where)

    killing = Disruption.strike
    with monkeypatch.context() as always:
        always.setattr(Disruption, "strike", strike)
        with pytest.raises(ServerLost, match="the bundled server ended by itself in round 4"):
            go(SERVER_DIES)
    directory = RunDirectory.open(tmp_path / "run")
    assert directory
    failed = directory.read_json("summary.json")

    resumed = resume(directory).summary

    assert failed
    assert failed["status"] == "failed"
    assert resumed["digest"] == calm["digest"]
    assert MOST_LOSSES == 3


@pytest.mark.slow
def test_a_killed_server_and_its_workers_come_back(go: Go) -> None:
    calm = go(out="calm", board="memory://")

    summary = go(SERVER_DIES, workers=2)

    assert (summary["digest"], summary["determinism"]) == (calm["digest"], "closed")
    assert summary["board"]["restarts"] == 1


def test_replies_that_get_lost_change_nothing(go: Go) -> None:
    calm = go(out="calm", board="memory://")

    summary = go(NETWORK)

    [row] = summary["faults"]
    assert (summary["digest"], summary["determinism"]) == (calm["digest"], "closed")
    assert row["injected"] == row["detected"] == row["recovered"] > 0


def test_a_fault_for_nobody_is_refused_and_leaves_nothing(go: Go, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="unknown role 'smit': did you mean smith"):
        go({"kind": "crash", "role": "smit", "share": 0.5})

    assert not (tmp_path / "run").exists()


def test_a_wrong_supervision_is_refused_in_one_line(go: Go) -> None:
    with pytest.raises(BadInput, match=r"supervision\.strategy='one-for-al' is wrong"):
        go(supervision={"strategy": "one-for-al"})


def test_a_calm_run_says_nothing_of_faults(go: Go) -> None:
    summary = go(board="memory://")

    card = text_card(summary, summary["path"])
    assert (summary["faults"], summary["supervision"]) == ([], None)
    assert not re.search("^(faults|supervision|workers)", card, re.MULTILINE)


def test_a_supervised_run_keeps_its_health_in_snapshots(go: Go, tmp_path: Path) -> None:
    go(*EVERYTHING, supervision={}, board="memory://")

    state = Snapshots(tmp_path / "run" / "snapshots").read(25)

    assert set(state["model"]["health"]) == {"injector", "supervision"}


def test_faults_of_processes_keep_their_places_where_there_are_none() -> None:
    faults = agent_faults([SERVER_DIES, EVERYTHING[0], NETWORK])

    assert [fault.kind for fault in faults] == ["silent", "crash", "silent"]
    assert [fault.draws_in(4) for fault in faults] == [False, True, False]
