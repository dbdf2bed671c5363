"""Runs that are cut, forked in the middle, disturbed from outside, or that cannot go on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blackboard import Ballots, Board, Claim, Granted, RunDirectory, Vote, read_log
from scenarios.customer_service.results import ROWS
from swarmboard import Result
from swarmboard.forking import fork
from swarmboard.replaying import replay
from swarmboard.report_card import text_card
from tests.scenarios.customer_service.service_log import NO_BALLOT, Audit
from tests.scenarios.customer_service.service_runs import service

type Sit = Callable[..., Result]


def test_a_run_that_is_cut_counts_work_under_way_and_what_is_open(tmp_path: Path) -> None:
    result = service(tmp_path, agents=8, tickets=200, arrivals_per_s=30.0, rounds=150)

    metrics, staff, audit = result.summary["metrics"], result.tables["staff"], Audit(result)
    capacity_s = 8 * result.summary["simulated_s"]
    assert result.summary["status"] == "done"
    assert "left_undone" not in result.summary
    assert metrics["open"] == audit.open > 5
    assert len(audit.busy) > 5
    assert metrics["utilisation"] == pytest.approx(audit.busy_s / capacity_s)
    assert staff["busy_s"].sum() == pytest.approx(audit.busy_s)


def test_a_run_that_is_cut_before_the_first_reply_says_what_is_open(tmp_path: Path) -> None:
    result = service(tmp_path, agents=8, tickets=20, arrivals_per_s=30.0, rounds=1)

    assert result.summary["metrics"]["open"] == 1
    assert result.summary["metrics"]["completion"] is None


@pytest.mark.parametrize("option", ["max_drafts", "coordination", "early"])
def test_a_fork_may_lower_an_option_while_drafts_are_under_way(tmp_path: Path, option: str) -> None:
    lower = {"max_drafts": "1", "coordination": "false", "early": "false"}[option]
    terms = {"agents": 12, "tickets": 60, "competence": 0.2, "parts": 0.3, "max_drafts": 6}
    first = service(tmp_path, snapshot_every=20, seed=4, **terms)
    middle = first.summary["instants"] // 2

    child = fork(
        RunDirectory.find(str(first.path)),
        at_round=middle,
        changes={option: lower},
        out=tmp_path / "child",
    )

    under_way = first.tables["tickets"]
    at_s = first.rounds["at_s"].iloc[middle - 1]
    busy = under_way[(under_way["begun_s"] < at_s) & (under_way["closed_s"] > at_s)]
    assert busy["drafts"].max() > 1
    assert child.summary["status"] == "done"
    assert child.summary["metrics"]["tickets"] == 60
    assert child.summary["digest"] != first.summary["digest"]
    assert replay(RunDirectory.find(str(child.path))).digest == child.summary["digest"]


@pytest.fixture
def sit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sit:
    """Run while somebody from outside takes seats in panels, and votes there or is silent."""
    monkeypatch.setattr("blackboard.instants.WINDOW_S", -1.0)

    def sit(*, most: int, votes: bool, **terms: Any) -> Result:
        boards: list[Board] = []
        asked: set[str] = set()
        seats: set[str] = set()
        me: list[int] = []

        def watch(model: Any, accounts: Any) -> None:
            if not boards:
                boards.append(Board(model.leader._channel.store))
                me.append(boards[0].join("eve"))
            board = boards[0]
            board.refresh()
            for name, proposal in board.replica.open.items():
                if proposal.panel and me[0] in proposal.panel.members:
                    seats.add(name)
                    place = proposal.panel.members.index(me[0])
                    if votes and proposal.box.choices[place] == NO_BALLOT:
                        board.vote(me[0], Vote("approve", name))
                elif name not in asked and len(seats) < most:
                    asked.add(name)
                    board.claim(me[0], Claim(name))

        return service(tmp_path, watch=watch, **terms)

    return sit


def test_somebody_from_outside_in_a_panel_upsets_no_others_seat(sit: Sit) -> None:
    terms = {"agents": 8, "tickets": 60, "arrivals_per_s": 9.0, "early": False}

    result = sit(most=40, votes=True, **terms)

    staff, rows = result.tables["staff"], result.tables["tickets"]
    records = [*read_log(result.path / "events.log")]
    granted = [r for r in records if isinstance(r, Granted) and r.agent >= 8 and r.granted]
    panels = {r.proposal for r in records if isinstance(r, Ballots)}
    assert result.summary["status"] == "done"
    assert result.summary["metrics"]["open"] == 0
    assert len(granted) > 10
    assert result.summary["yardstick"]["expected"] == {}
    assert staff["reviews"].sum() == rows["ballots"].sum() == 5 * len(panels) - len(granted)


@pytest.mark.parametrize("shifts", [1, 2])
def test_a_run_in_which_a_ticket_cannot_be_closed_ends_and_has_failed(
    sit: Sit, shifts: int
) -> None:
    terms = {"agents": 12, "tickets": 60, "arrivals_per_s": 30.0, "early": False}

    result = sit(most=1, votes=False, shifts=shifts, day_s=4.0, **terms)

    summary = result.summary
    assert summary["status"] == "failed"
    assert summary["metrics"]["open"] == 1
    assert summary["metrics"]["tickets"] == 59
    said = "1 ticket stays open, and nothing is to come that could close it"
    assert summary["left_undone"] == said
    assert said in " ".join(text_card(summary, result.path).split())
    last_s = result.tables["tickets"]["closed_s"].max()
    assert summary["simulated_s"] <= last_s + 3 * 4.0 * (shifts > 1)


def test_rows_over_time_stay_some_hundred_where_all_come_at_once(tmp_path: Path) -> None:
    path = tmp_path / "rush.csv"
    path.write_text("arrival,skill\n" + "0,help\n" * 400, "utf-8")
    (tmp_path / "runs").mkdir()

    result = service(tmp_path / "runs", agents=12, tickets=str(path))

    rounds, closed = result.rounds, result.tables["tickets"].sort_values("closed_s")
    told = rounds[rounds["open"].notna()]
    assert result.summary["instants"] > 4 * ROWS
    assert ROWS < len(told) < 5 * ROWS
    last = told.iloc[-1]
    before = closed[closed["closed_s"] <= last["at_s"]]
    assert last["closed"] == len(before) > 350
    assert last["completion"] == pytest.approx((before["outcome"] == "right").mean())
    assert replay(RunDirectory.find(str(result.path))).digest == result.summary["digest"]
