"""A run in simulated time, from its first event to its tables, apart from any cluster."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blackboard import (
    Board,
    EventLog,
    InstantLeader,
    NotPlain,
    RunDirectory,
    Snapshots,
    SwarmboardError,
    read_rounds,
    read_segments,
)
from blackboard.memory_store import MemoryStore
from swarmboard import Population, RuleAgent, Scenario, Stage, run
from swarmboard.forking import fork
from swarmboard.future import Future
from swarmboard.questions import settle
from swarmboard.replaying import replay, verify
from swarmboard.resuming import resume
from swarmboard.testing import scenario_checks
from tests.swarmboard.repair_desk import RepairDesk

type Call = Callable[..., Any]
STORES = ("memory://", "bundled")


class Idler(RuleAgent):
    """Is called, and says so."""

    def called(self, what: str) -> None:
        self.model.world.heard.append((self.model.now_s, what))


class Bench(Scenario):
    """Asks for the calls that a test wants."""

    name = "bench"
    summary = "asks for calls"
    is_event_driven = True
    default_agents = 3
    _given = Scenario._given | {"model"}

    def populate(self, model: Any) -> list[Population]:
        self.model = model
        self.heard: list[tuple[float, str]] = []
        self.seen: list[tuple[float, tuple[int, ...]]] = []
        return [Population("idler", [Idler(model) for _ in range(self.agents)])]

    def stages(self, board: Any) -> Any:
        self.seen.append((board.now_s, board.due))
        yield Stage("look", ("idler",))

    def told(self, what: str) -> None:
        self.heard.append((self.model.now_s, what))


@pytest.fixture
def bench(tmp_path: Path) -> Call:
    """Run a world whose first calls a test asks for; return the world."""

    def bench(start: Callable[[Any], Any], **methods: Any) -> Any:
        worlds: list[Any] = []

        def begin(self: Any, model: Any) -> None:
            worlds.append(self)
            start(model)

        kind = type("Bench", (Bench,), {"start": begin, "__module__": __name__, **methods})
        run(kind, board="memory://", out=tmp_path / "run")
        return worlds[0]

    return bench


# what is to come


def test_calls_come_in_order_of_time_then_of_asking(bench: Call) -> None:
    def start(model: Any) -> None:
        model.call_at(2.0, None, "told", what="c")
        model.call_at(0.0, 1, "called", what="a")
        model.call_at(2.0, 0, "called", what="d")
        model.call_at(2.0, 2, "called", what="e")
        model.call_at(0.5, None, "told", what="b")

    world = bench(start)

    assert world.heard == [(0.0, "a"), (0.5, "b"), (2.0, "c"), (2.0, "d"), (2.0, "e")]
    assert world.seen == [(0.0, (1,)), (0.5, ()), (2.0, (0, 2))]


def test_a_method_that_nobody_has_is_refused_when_it_is_asked_for(bench: Call) -> None:
    with pytest.raises(SwarmboardError, match="agent 1 has no method 'fly'"):
        bench(lambda model: model.call_at(1.0, 1, "fly"))


def test_a_value_that_no_state_can_hold_is_refused_when_it_is_asked_for(bench: Call) -> None:
    with pytest.raises(NotPlain):
        bench(lambda model: model.call_at(1.0, None, "told", what=object()))


def test_nothing_to_come_is_the_end(bench: Call, tmp_path: Path) -> None:
    world = bench(lambda model: None)

    assert world.seen == []
    summary = RunDirectory.find(str(tmp_path / "run")).read_json("summary.json")
    assert summary
    assert (summary["status"], summary["rounds"]) == ("done", None)
    assert (summary["instants"], summary["simulated_s"]) == (0, None)


def test_a_call_is_taken_back(bench: Call) -> None:
    def start(model: Any) -> None:
        number = model.call_at(1.0, None, "told", what="never")
        model.call_at(1.5, None, "told", what="b")
        model.call_off(number)

    world = bench(start)

    assert world.heard == [(1.5, "b")]
    assert [at for at, _ in world.seen] == [1.5]


def test_a_call_is_taken_back_by_another_at_the_same_time(bench: Call) -> None:
    def refuse(self: Any) -> None:
        self.model.call_off(2)

    def start(model: Any) -> None:
        model.call_at(1.0, None, "refuse")
        model.call_at(1.0, 0, "called", what="never")
        model.call_at(1.0, 1, "called", what="b")

    world = bench(start, refuse=refuse)

    assert world.heard == [(1.0, "b")]
    assert world.seen == [(1.0, (1,))]


def test_taking_back_what_has_come_changes_nothing(bench: Call) -> None:
    def late(self: Any) -> None:
        self.model.call_off(1)
        self.model.call_off(99)

    def start(model: Any) -> None:
        model.call_at(1.0, None, "told", what="a")
        model.call_at(2.0, None, "late")
        model.call_at(3.0, None, "told", what="c")

    assert bench(start, late=late).heard == [(1.0, "a"), (3.0, "c")]


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (-0.5, "told of the world was asked for at -0.5 s, and a run begins at 0 s"),
        (float("nan"), "asked for at nan s"),
        (float("inf"), "asked for at inf s"),
    ],
)
@pytest.mark.unrepeatable
def test_a_call_before_the_run_begins_is_refused(bench: Call, at: float, said: str) -> None:
    with pytest.raises(SwarmboardError, match=said):
        bench(lambda model: model.call_at(at, None, "told", what="x"))


@pytest.mark.parametrize("later_s", [0.0, -1.0])
@pytest.mark.unrepeatable
def test_an_event_lies_in_the_future(bench: Call, later_s: float) -> None:
    def again(self: Any) -> None:
        self.model.call_at(self.model.now_s + later_s, 2, "called", what="x")

    with pytest.raises(SwarmboardError, match=r"called of agent 2 .* and it is 3.0 s now") as told:
        bench(lambda model: model.call_at(3.0, None, "again"), again=again)

    assert "a further stage of the instant" in str(told.value)


class Clock:
    """A Mesa model as far as `Future` needs one."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    def schedule_event(self, act: Any, *, at: float) -> None:
        self.asked.append(at)


def test_what_is_to_come_is_plain_and_goes_on_in_another_process() -> None:
    future = Future(Clock(), lambda due: None)
    future.call(2.0, 1, "b", {"n": 2})
    off = future.call(1.0, None, "a", {})
    future.call(3.0, None, "c", {})
    future.call_off(off)
    state = future.state()

    clock = Clock()
    again = Future(clock, lambda due: None)
    again.restore(state)

    assert state == {"count": 3, "coming": [(2.0, 1, 1, "b", {"n": 2}), (3.0, 3, None, "c", {})]}
    assert (again.state(), again.next_at, clock.asked) == (state, 2.0, [2.0, 3.0])
    assert again.call(9.0, None, "d", {}) == 4


# a run and its repetitions


@pytest.fixture(params=STORES)
def desk(request: Any, tmp_path: Path) -> Call:
    """Run the repair desk on a store."""

    def desk(name: str = "run", **terms: Any) -> Any:
        return run(RepairDesk, **{"board": request.param, "out": tmp_path / name} | terms)

    return desk


def test_a_run_counts_instants_and_simulated_seconds(desk: Call) -> None:
    result = desk(jobs=6, strict=True)

    summary = result.summary
    assert (summary["rounds"], summary["instants"], summary["simulated_s"]) == (None, 24, 5.95)
    assert summary["metrics"] == {"accepted": 4, "rejected": 2, "expired": 0, "vetoed": 0}
    assert (summary["consensus"]["accepted"], summary["consensus"]["rejected"]) == (4, 2)
    assert summary["determinism"] == "closed"


def test_its_tables_have_the_time_of_each_instant(desk: Call) -> None:
    result = desk(jobs=3)

    assert result.rounds["at_s"].tolist()[:4] == [0.0, 0.75, 0.85, 0.95]
    assert result.rounds["at_s"].is_monotonic_increasing
    assert result.rounds["ballots"].sum() == len(result.ballots) == 6
    assert sorted(result.ballots["agent"].unique()) == [1, 2]
    assert result.decisions["outcome"].tolist() == ["accepted"] * 3
    assert result.tables["outcomes"]["jobs"].tolist() == [3, 0, 0, 0]


def test_stores_seeds_and_windows_do_not_change_what_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = [
        run(RepairDesk, board=store, out=tmp_path / f"{place}").summary["digest"]
        for place, store in enumerate(STORES)
    ]
    monkeypatch.setattr("blackboard.instants.WINDOW_S", -1.0)
    single = run(RepairDesk, board="memory://", out=tmp_path / "single")

    assert {*digests, single.summary["digest"]} == {digests[0]}
    written = [len([*read_segments(p / "events.log")]) for p in (tmp_path / "0", single.path)]
    assert written[0] < written[1]


def test_the_watch_is_called_at_each_instant(desk: Call) -> None:
    times: list[float] = []

    result = desk(jobs=4, watch=lambda model, accounts: times.append(model.now_s))

    assert times == result.rounds["at_s"].tolist()


def test_while_models_are_waited_for_the_log_has_all_instants_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blackboard.instants.WINDOW_S", 1e9)
    seen: list[int] = []

    class Waiting:
        recorded_calls = 0

        def answer(self, asked: Any, at: Any, *, meanwhile: Any) -> list[Any]:
            seen.extend(number for number, _ in read_rounds(tmp_path / "events.log"))
            return []

    with EventLog(tmp_path / "events.log") as log:
        leader = Board(MemoryStore()).lead(kind=InstantLeader, log=log)
        leader.begin_instant(0.0)
        leader.end_round()
        leader.begin_instant(1.0)
        leader.begin()

        settle([], leader, Waiting())

    assert seen == [0, 1]


def test_a_limit_of_rounds_is_one_of_instants(desk: Call) -> None:
    summary = desk(rounds=7).summary

    assert (summary["instants"], summary["status"]) == (7, "done")


@pytest.mark.parametrize("at_round", [0, 1, 17, 30])
def test_a_fork_without_changes_comes_to_the_same(
    desk: Call, tmp_path: Path, at_round: int
) -> None:
    parent = desk(snapshot_every=1, board="memory://")

    child = fork(
        RunDirectory.find(str(parent.path)), at_round=at_round, changes={}, kind=RepairDesk
    )

    assert child.summary["digest"] == parent.summary["digest"]
    assert child.summary["parent"]["round"] == at_round


def test_a_fork_cuts_within_a_segment_and_goes_on_with_changes(desk: Call, tmp_path: Path) -> None:
    parent = desk(jobs=12)
    assert len([*read_segments(parent.path / "events.log")]) < 10

    child = fork(
        RunDirectory.find(str(parent.path)),
        at_round=21,
        changes={"strict": "true"},
        out=tmp_path / "child",
        kind=RepairDesk,
    )

    directory = RunDirectory.find(str(child.path))
    assert child.summary["metrics"]["rejected"] == 3
    assert (
        replay(directory).digests[:22] == replay(RunDirectory.find(str(parent.path))).digests[:22]
    )
    assert child.rounds["round"].tolist() == [*range(1, len(child.rounds) + 1)]


def test_an_instant_that_the_log_does_not_hold_cannot_be_forked(desk: Call) -> None:
    parent = desk(jobs=2)
    directory = RunDirectory.find(str(parent.path))

    with pytest.raises(SwarmboardError, match=r"the log of .* ends with instant 8; name one"):
        fork(directory, at_round=99, changes={}, kind=RepairDesk)


@pytest.mark.unrepeatable
@pytest.mark.parametrize("stop_at", [3, 5, 20])
def test_a_run_that_broke_goes_on_to_the_same_digest(
    desk: Call, tmp_path: Path, stop_at: int
) -> None:
    whole = desk("whole").summary["digest"]

    def breaks(model: Any, accounts: Any) -> None:
        if model.leader.round == stop_at:
            raise RuntimeError("the lights went out")

    with pytest.raises(RuntimeError, match="the lights went out"):
        desk("run", watch=breaks)
    broken = RunDirectory.find(str(tmp_path / "run"))

    assert resume(broken, kind=RepairDesk).summary["digest"] == whole


def test_snapshots_are_taken_every_hundred_instants_for_a_round(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("swarmboard.keeping.LONGEST_S", 1e9)

    result = run(RepairDesk, jobs=120, board="memory://", out=tmp_path / "run", snapshot_every=2)

    taken = Snapshots(result.path / "snapshots").rounds()
    assert result.summary["instants"] == 480
    assert set(taken) <= {200, 400, 480}
    assert 480 in taken


def test_snapshots_are_taken_every_few_seconds_of_computing_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("swarmboard.keeping.LONGEST_S", -1.0)

    result = run(RepairDesk, jobs=3, board="memory://", out=tmp_path / "run")

    assert 11 in Snapshots(result.path / "snapshots").rounds()


def test_a_run_is_verified_up_to_any_instant(desk: Call) -> None:
    result = desk(jobs=5)
    directory = RunDirectory.find(str(result.path))

    digests = replay(directory).digests
    for last, reached in ((0, 1), (1, 1), (13, 13)):  # who joined ends where the first begins
        found = replay(directory, to_round=last)
        rehearsed = verify(directory, found, to_round=last, plan=_plan(directory))
        assert (found.rounds, found.digest) == (last, digests[last])
        assert rehearsed.leader.digest.hex == digests[reached]


def _plan(directory: RunDirectory) -> Any:
    from swarmboard.config import make_config, read_config
    from swarmboard.plan import prepare

    return prepare(make_config(read_config(directory.path / "config.json")), kind=RepairDesk)


@pytest.mark.unrepeatable
@pytest.mark.parametrize("check", scenario_checks(RepairDesk, jobs=60), ids=str)
def test_the_repair_desk_keeps(check: Callable[[], None]) -> None:
    check()
