"""A benchmark's tasks as tickets of a run: scripts, floors, lookups, and calls put to the vote."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from agents import Request
from blackboard import BadInput, Entries, RunDirectory, World
from swarmboard.cli import main
from swarmboard.replaying import replay, verify
from swarmboard.report_card import text_card
from swarmboard.testing import scenario_checks
from tests.scenarios.customer_service.model_staff import SHOP, Staff, answered
from tests.swarmboard.model_runs import records

CANCEL = {"order_id": "#W1", "reason": "no longer needed"}
FLOORS = {"floor_passed": pytest.approx(1 / 6), "floor_database": pytest.approx(2 / 6)}


def shop(out: Path, answers: Any = None, /, **terms: Any) -> Any:
    return answered(out, answers, tau2=str(SHOP), **terms)


def only(result: Any, ticket: int) -> dict[str, Any]:
    table = result.tables["tickets"]
    row: dict[str, Any] = table[table["ticket"] == ticket].iloc[0].to_dict()
    return row


def done(result: Any) -> list[tuple[int, str, bool]]:
    """Return the calls that were carried out."""
    rows = [record.row for record in records(result, World) if record.name == "call"]
    return [(row["ticket"], row["name"], row["is_done"]) for row in rows]


def looked_up(result: Any) -> list[dict[str, Any]]:
    entries = [entry for record in records(result, Entries) for entry in record.entries]
    return [entry.payload for entry in entries if entry.kind == "lookup"]


@pytest.mark.unrepeatable
@pytest.mark.parametrize(
    "check",
    scenario_checks(
        "customer-service", stores=("memory://",), agents=24, staff="gold", tau2=str(SHOP)
    ),
    ids=str,
)
def test_a_scripted_run_keeps(check: Callable[[], None]) -> None:
    check()


def test_the_benchmarks_own_calls_pass_every_task(tmp_path: Path) -> None:
    metrics = shop(tmp_path / "run", staff="gold").summary["metrics"]

    shares = {name: metrics[name] for name in ("passed", "database_right", "communicated")}
    assert shares == {"passed": 1.0, "database_right": 1.0, "communicated": 1.0}
    assert metrics["completion"] == 1.0


def test_doing_nothing_scores_the_floors(tmp_path: Path) -> None:
    metrics = shop(tmp_path / "run", staff="nothing").summary["metrics"]

    assert {name: metrics[name] for name in FLOORS} == FLOORS
    assert metrics["passed"] == metrics["floor_passed"]
    assert metrics["database_right"] == metrics["floor_database"]


@pytest.mark.skipif("SWARMBOARD_TAU2" not in os.environ, reason="SWARMBOARD_TAU2 is not set")
@pytest.mark.parametrize(("staff", "passed", "database"), [("gold", 114, 114), ("nothing", 7, 11)])
def test_scripts_score_on_the_real_files_as_published(
    tmp_path: Path, staff: str, passed: int, database: int
) -> None:
    out = tmp_path / "run"
    metrics = answered(out, staff=staff, agents=128, tau2=os.environ["SWARMBOARD_TAU2"]).summary[
        "metrics"
    ]

    assert metrics["tickets"] == 114
    assert metrics["passed"] == pytest.approx(passed / 114)
    assert metrics["database_right"] == pytest.approx(database / 114)
    assert metrics["floor_database"] == pytest.approx(11 / 114)


@pytest.mark.parametrize("staff", ["gold", "nothing", "models"])
def test_the_floors_stand_on_every_report_card(tmp_path: Path, staff: str) -> None:
    result = shop(tmp_path / "run", staff=staff)

    card = " ".join(text_card(result.summary, result.path).split())

    assert "floor_passed 0.1667" in card
    assert "floor_database 0.3333" in card


def test_the_floors_are_those_of_the_tasks_that_come(tmp_path: Path) -> None:
    metrics = shop(tmp_path / "run", staff="gold", tickets=3).summary["metrics"]

    assert metrics["tickets"] == 3
    assert (metrics["floor_passed"], metrics["floor_database"]) == (0.0, 0.0)


def test_each_task_is_tried_as_often_as_asked_for(tmp_path: Path) -> None:
    result = shop(tmp_path / "run", staff="nothing", repeats=3)

    metrics, table = result.summary["metrics"], result.tables["tickets"]
    assert [metrics[f"pass_{k}"] for k in (1, 2, 3)] == [pytest.approx(1 / 6)] * 3
    assert sorted(zip(table["name"], table["trial"], strict=True)) == [
        (str(task), trial) for task in range(6) for trial in (1, 2, 3)
    ]


def test_what_is_looked_up_stands_on_the_board_when_the_draft_is_asked_for(tmp_path: Path) -> None:
    def draft(request: Request) -> dict[str, Any]:
        if "LOOKUPS" not in request.prompt.board:
            return {"calls": [{"name": "get_order_details", "arguments": {"order_id": "#W1"}}]}
        return {"reply": "Done.", "calls": [{"name": "cancel_pending_order", "arguments": CANCEL}]}

    staff = Staff(draft)
    result = shop(tmp_path / "run", staff, tickets=3)

    assert [found["name"] for found in looked_up(result)] == ["get_order_details"] * 3
    assert "pending" in staff.boards("draft")[3]
    assert "CALLS\n- cancel_pending_order" in staff.boards("review")[0]
    assert done(result) == [(number, "cancel_pending_order", True) for number in range(3)]
    assert only(result, 2)["database_right"]


def test_a_draft_takes_its_time_again_with_every_turn(tmp_path: Path) -> None:
    def draft(request: Request) -> dict[str, Any]:
        turns = request.prompt.board.count("get_order_details")
        look = {"name": "get_order_details", "arguments": {"order_id": "#W1"}}
        return {"calls": [look]} if turns < 2 else {"reply": "Done."}

    result = shop(tmp_path / "run", Staff(draft), tickets=1, draft_s=10.0, review_s=1.0)

    assert only(result, 0)["latency_s"] == pytest.approx(31.0)
    assert only(result, 0)["drafts"] == 1


def test_whoever_has_no_turns_left_drafts_without_an_answer(tmp_path: Path) -> None:
    look = {"name": "get_order_details", "arguments": {"order_id": "#W1"}}
    staff = Staff(lambda _: {"reply": "Done.", "calls": [look]})

    result = shop(tmp_path / "run", staff, tickets=1, turns=1)

    assert looked_up(result) == []
    assert "give the draft now" in staff.boards("draft")[0]
    assert only(result, 0)["reply"] == "Done."


def test_nothing_is_done_that_was_not_accepted(tmp_path: Path) -> None:
    calls = [{"name": "cancel_pending_order", "arguments": CANCEL}]
    staff = Staff(lambda _: {"reply": "Cancelled.", "calls": calls}, lambda _: {"vote": "reject"})

    result = shop(tmp_path / "run", staff, tickets=3)

    assert done(result) == []
    assert set(result.tables["tickets"]["outcome"]) == {"escalated"}
    assert result.summary["metrics"]["passed"] == 0.0


def test_what_the_shop_refuses_is_said_before_the_vote(tmp_path: Path) -> None:
    def draft(request: Request) -> dict[str, Any]:
        reason = "no longer needed" if "LOOKUPS" in request.prompt.board else "changed my mind"
        arguments = {"order_id": "#W1", "reason": reason}
        return {
            "reply": "Done.",
            "calls": [{"name": "cancel_pending_order", "arguments": arguments}],
        }

    result = shop(tmp_path / "run", Staff(draft), tickets=1)

    (refused,) = looked_up(result)
    assert refused["answer"].startswith("error: ")
    assert done(result) == [(0, "cancel_pending_order", True)]


def test_a_tool_that_is_not_offered_is_refused_and_asked_for_again(tmp_path: Path) -> None:
    def draft(request: Request) -> dict[str, Any]:
        name = "get_order_details" if "was refused" in request.prompt.own else "delete_everything"
        if "LOOKUPS" in request.prompt.board:
            return {"reply": "Done."}
        return {"calls": [{"name": name, "arguments": {"order_id": "#W1"}}]}

    result = shop(tmp_path / "run", Staff(draft), tickets=1)

    assert [found["name"] for found in looked_up(result)] == ["get_order_details"]
    assert only(result, 0)["outcome"] != "escalated"


def test_every_ticket_finds_the_shop_as_its_file_has_it(tmp_path: Path) -> None:
    calls = [{"name": "cancel_pending_order", "arguments": CANCEL}]
    staff = Staff(lambda _: {"reply": "You get 1020 back.", "calls": calls})

    result = shop(tmp_path / "run", staff, repeats=2)

    assert all(is_done for _, _, is_done in done(result))
    assert [only(result, ticket)["passed"] for ticket in (2, 8)] == [True, True]


def test_the_policy_and_the_tools_come_first_in_every_prompt(tmp_path: Path) -> None:
    staff = Staff()

    shop(tmp_path / "run", staff, tickets=2)

    policy = (SHOP / "policy.md").read_text("utf-8").strip()
    assert all(policy in request.prompt.rules for request in staff.requests)
    assert {request.prompt.rules for request in staff.asked("draft")} == {
        staff.asked("draft")[0].prompt.rules
    }
    assert "- cancel_pending_order CHANGES: " in staff.asked("draft")[0].prompt.rules


def test_a_run_with_lookups_is_repeated_from_its_log(tmp_path: Path) -> None:
    out = tmp_path / "run"
    result = shop(out, staff="models", model="planted/accuracy=0.6")

    directory = RunDirectory.find(str(out))
    again = verify(directory, replay(directory))

    assert again.leader.digest.hex == result.summary["digest"]
    assert looked_up(result)


def test_tasks_come_at_their_own_times_where_a_rate_is_given(tmp_path: Path) -> None:
    together = shop(tmp_path / "one", staff="gold").tables["tickets"]
    spread = shop(tmp_path / "other", staff="gold", arrivals_per_s=0.5).tables["tickets"]

    assert set(together["arrived_s"]) == {0.0}
    assert pd.Series(spread["arrived_s"]).is_unique


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        ({"staff": "gold", "tau2": "nowhere"}, "no directory 'nowhere'"),
        ({"staff": "gold", "tau2": str(SHOP.parent)}, "no tasks.json"),
        ({"staff": "rules", "tau2": str(SHOP)}, "set staff=models, gold or nothing"),
        ({"staff": "gold"}, "set tau2=DIR"),
        ({"staff": "gold", "tau2": str(SHOP), "tickets": "mine.csv"}, "leave one away"),
        ({"staff": "gold", "tau2": str(SHOP), "turns": 3}, "turns=3"),
        ({"staff": "gold", "tau2": str(SHOP), "load": 0.5}, "load=0.5"),
        ({"staff": "gold", "tau2": str(SHOP), "model": "openai/x"}, "model=openai/x"),
        ({"staff": "rules", "repeats": 2}, "repeats=2"),
    ],
)
def test_what_cannot_be_is_one_clear_line(tmp_path: Path, terms: dict[str, Any], why: str) -> None:
    with pytest.raises(BadInput) as refused:
        answered(tmp_path / "run", **terms)

    assert why in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_wrong_directory_is_bad_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--set", "staff=gold", "--set", f"tau2={tmp_path}", "--board", "memory://"]
    monkeypatch.setattr("sys.argv", ["swarmboard", "run", "customer-service", *asked])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
