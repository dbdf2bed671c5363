"""Staff that are language models: drafts, reviews, parts, failures, and what is asked when."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents import ModelError, PlantedModel, Request, quoted
from blackboard import BadInput, Ballots, Entries, RunDirectory
from swarmboard.config import make_config
from swarmboard.foretelling import cost_ahead
from swarmboard.forking import fork
from swarmboard.plan import prepare
from swarmboard.replaying import replay
from swarmboard.testing import scenario_checks
from tests.scenarios.customer_service.model_staff import Staff, answered, tickets
from tests.swarmboard.model_runs import Asked, causes, records

ROW = "0,returns,My kettle is broken"
BOTH = "0,returns+advice,My kettle is broken. Which one lasts?"
EXAMPLE = Path(__file__).parents[3] / "examples/customer_service/tickets.csv"


def many(path: Path, count: int) -> str:
    return tickets(path, *(f"0,returns,Parcel {number} is missing" for number in range(count)))


def outcomes(result: Any) -> list[str]:
    return list(result.tables["tickets"]["outcome"])


def entries(result: Any, kind: str) -> list[Any]:
    return [e for r in records(result, Entries) for e in r.entries if e.kind == kind]


@pytest.mark.unrepeatable
@pytest.mark.parametrize(
    "check",
    [
        check
        for check in scenario_checks(
            "customer-service",
            stores=("memory://",),
            agents=24,
            staff="models",
            tickets=str(EXAMPLE),
            model="planted/accuracy=0.6,misuse=0.2,contradictions=0.5",
        )
        if check.name in ("same-seed-repeats", "goes-on-from-its-state", "failing-agent-abstains")
    ],
    ids=str,
)
def test_a_run_with_models_keeps(check: Callable[[], None]) -> None:
    check()


def test_a_reply_is_drafted_reviewed_and_sent(tmp_path: Path) -> None:
    staff = Staff(lambda _: {"reply": "Send it back.", "findings": [{"about": "a", "says": "b"}]})

    result = answered(tmp_path / "run", staff, tickets=tickets(tmp_path, ROW), early=False)

    table = result.tables["tickets"]
    assert (outcomes(result), list(table["reply"])) == (["sent"], ["Send it back."])
    assert [len(staff.asked(stage)) for stage in ("draft", "review")] == [1, 5]
    assert quoted("My kettle is broken") in staff.boards("draft")[0]
    assert quoted("Send it back.") in staff.boards("review")[0]


def test_nobody_says_whether_a_reply_of_its_own_was_right(tmp_path: Path) -> None:
    result = answered(tmp_path / "run", tickets=many(tmp_path, 5))

    metrics = result.summary["metrics"]
    unknown = ("completion", "wrong", "satisfaction", "conflicts_planted")
    assert [metrics[name] for name in unknown] == [None] * 4
    assert metrics["sent"] + metrics["escalated"] == pytest.approx(1.0)
    assert result.summary["yardstick"] is None


def test_planted_staff_sends_better_replies_than_it_drafts(tmp_path: Path) -> None:
    model = PlantedModel(accuracy=0.7)

    result = answered(tmp_path / "run", model, tickets=many(tmp_path, 150), agents=40)

    drafts = [
        model.is_good_reply(quoted(f"Parcel {e.payload['ticket']} is missing"), e.payload["text"])
        for e in entries(result, "draft")
    ]
    table = result.tables["tickets"].query("outcome == 'sent'")
    sent = [
        model.is_good_reply(quoted(f"Parcel {number} is missing"), reply)
        for number, reply in zip(table["ticket"], table["reply"], strict=True)
    ]
    assert np.mean([bool(good) for good in drafts]) == pytest.approx(0.7, abs=0.1)
    assert np.mean([bool(good) for good in sent]) > 0.87


def test_ballots_hold_the_reviewers_reasons_and_confidence(tmp_path: Path) -> None:
    review: dict[str, Any] = {"vote": "approve", "confidence": 0.25, "reasoning": "It fits."}
    staff = Staff(review=lambda _: review)

    result = answered(tmp_path / "run", staff, tickets=tickets(tmp_path, ROW))

    (ballots,) = records(result, Ballots)
    assert set(ballots.texts) == {"It fits."}
    assert set(np.frombuffer(ballots.confidence, "<f8")) == {0.25}


def test_all_whose_work_ends_at_the_same_time_are_asked_together(tmp_path: Path) -> None:
    staff = Staff()

    answered(tmp_path / "run", staff, tickets=many(tmp_path, 6), agents=36)

    rounds = {stage: {r.round for r in staff.asked(stage)} for stage in ("draft", "review")}
    assert [len(rounds[stage]) for stage in ("draft", "review")] == [1, 1]
    assert len(staff.asked("review")) == 30


def test_work_takes_as_long_as_the_options_say_and_never_varies(tmp_path: Path) -> None:
    terms = {"draft_s": 40.0, "review_s": 5.0, "agents": 36}

    result = answered(tmp_path / "run", Staff(), tickets=many(tmp_path, 6), **terms)

    assert set(result.tables["tickets"]["latency_s"]) == {45.0}


def test_the_next_draft_is_told_why_the_last_was_rejected(tmp_path: Path) -> None:
    def review(request: Request) -> dict[str, Any]:
        is_new = "New." in request.prompt.board
        return {"vote": "approve" if is_new else "reject", "reasoning": "Too short."}

    def draft(request: Request) -> dict[str, Any]:
        return {"reply": "New." if "REJECTED" in request.prompt.board else "Old."}

    staff = Staff(draft, review)
    result = answered(tmp_path / "run", staff, tickets=tickets(tmp_path, ROW), early=False)

    assert list(result.tables["tickets"]["reply"]) == ["New."]
    assert quoted("Old.") in staff.boards("draft")[1]
    assert staff.boards("draft")[1].count(f"objection {quoted('Too short.')}") == 5


def test_whoever_fails_leaves_the_draft_to_somebody_else(tmp_path: Path) -> None:
    failures = iter([ModelError("down")])
    staff = Staff(lambda _: next(failures, {"reply": "Here."}))

    result = answered(tmp_path / "run", staff, tickets=tickets(tmp_path, ROW), retries=0)

    assert outcomes(result) == ["sent"]
    assert len({request.agent for request in staff.asked("draft")}) == 2
    assert list(result.tables["tickets"]["drafts"]) == [1]


@pytest.mark.parametrize("agents", [1, 8])
def test_a_ticket_that_nobody_can_draft_is_escalated(tmp_path: Path, agents: int) -> None:
    staff = Staff(lambda _: ModelError("down"))
    terms = {"agents": agents, "retries": 0, "max_drafts": 2}

    result = answered(tmp_path / "run", staff, tickets=tickets(tmp_path, ROW, BOTH), **terms)

    assert outcomes(result) == ["escalated", "escalated"]
    assert result.summary["status"] == "failed"  # not one question was answered


def test_one_part_that_fails_is_drafted_again_and_the_others_stand(tmp_path: Path) -> None:
    failures = iter([ModelError("down")])

    def draft(request: Request) -> dict[str, Any] | Exception:
        ours = {"reply": f"On {request.role}.", "confidence": 0.9}
        return next(failures, ours) if request.role == "advice" else ours

    staff = Staff(draft)
    result = answered(tmp_path / "run", staff, tickets=tickets(tmp_path, BOTH), retries=0)

    assert [request.role for request in staff.asked("draft")].count("returns") == 1
    assert list(result.tables["tickets"]["reply"]) == ["On returns.\n\nOn advice."]


def test_a_panel_whose_seats_are_used_up_does_not_wait_for_ever(tmp_path: Path) -> None:
    staff = Staff(review=lambda _: ModelError("down"))
    terms = {"retries": 0, "max_drafts": 2}

    result = answered(tmp_path / "run", staff, tickets=tickets(tmp_path, ROW), **terms)

    assert outcomes(result) == ["escalated"]
    assert result.summary["consensus"]["expired"] == 2
    assert causes(result) == {"error": 10}


def test_a_reviewer_that_fails_leaves_its_seat_and_the_others_decide(tmp_path: Path) -> None:
    calls = iter([ModelError("down"), ModelError("down")])
    staff = Staff(review=lambda _: next(calls, {"vote": "approve"}))

    result = answered(tmp_path / "run", staff, tickets=tickets(tmp_path, ROW), retries=0)

    assert outcomes(result) == ["sent"]
    assert list(result.tables["tickets"]["ballots"]) == [3]
    assert causes(result) == {"error": 2}


def test_two_reviewers_short_of_the_threshold_expire_the_draft(tmp_path: Path) -> None:
    calls = iter([{"vote": "reject"}, {"vote": "reject"}, ModelError("down")])
    staff = Staff(review=lambda _: next(calls, {"vote": "approve"}))

    result = answered(tmp_path / "run", staff, tickets=tickets(tmp_path, ROW), retries=0)

    consensus = result.summary["consensus"]
    assert (consensus["expired"], consensus["accepted"]) == (1, 1)
    assert list(result.tables["tickets"]["drafts"]) == [2]


def test_a_draft_that_is_no_draft_is_asked_for_again_once(tmp_path: Path) -> None:
    def draft(request: Request) -> dict[str, Any]:
        is_repaired = "was refused" in request.prompt.own
        return {"reply": "Better." if is_repaired else "x" * 2001}

    result = answered(tmp_path / "run", Staff(draft), tickets=tickets(tmp_path, ROW))

    assert list(result.tables["tickets"]["reply"]) == ["Better."]
    assert result.summary["tokens"]["calls"] == 2 + 5


@pytest.mark.parametrize(
    "reply",
    [{}, {"reply": " "}, {"reply": "a", "mood": "b"}, {"reply": "a", "calls": [{"name": "x"}]}],
)
def test_what_is_no_reply_is_no_draft(tmp_path: Path, reply: dict[str, Any]) -> None:
    terms = {"max_drafts": 1, "tickets": tickets(tmp_path, ROW)}

    result = answered(tmp_path / "run", Staff(lambda _: reply), **terms)

    assert outcomes(result) == ["escalated"]
    assert result.summary["unanswered"]["first"].startswith("invalid: ")


def _contradicting(request: Request) -> dict[str, Any]:
    days = "30 days" if request.role == "returns" or "CONFLICT" in request.prompt.own else "14 days"
    found = {"about": "time to send it back", "says": days}
    return {"reply": f"Within {days}.", "findings": [found]}


def test_a_part_that_contradicts_another_is_drafted_again_by_one_who_is_told(
    tmp_path: Path,
) -> None:
    staff = Staff(_contradicting)

    result = answered(tmp_path / "run", staff, tickets=tickets(tmp_path, BOTH))

    told = [board for board in staff.boards("draft") if "CONFLICT" in board]
    assert len(told) == 1
    assert quoted("Within 30 days.") in told[0]
    assert result.summary["metrics"]["conflicts_seen"] == 1
    assert list(result.tables["tickets"]["reply"]) == ["Within 30 days.\n\nWithin 30 days."]
    assert len(entries(result, "conflict")) == 1


def test_without_coordination_contradictions_go_to_the_vote(tmp_path: Path) -> None:
    staff = Staff(_contradicting)
    terms = {"tickets": tickets(tmp_path, BOTH), "coordination": False}

    result = answered(tmp_path / "run", staff, **terms)

    assert result.summary["metrics"]["conflicts_seen"] == 0
    assert list(result.tables["tickets"]["reply"]) == ["Within 30 days.\n\nWithin 14 days."]


def test_reviewers_can_have_a_tier_of_their_own(tmp_path: Path) -> None:
    small, large = Staff(), Staff()
    tiers = {"small": {"model": "planted"}, "large": {"model": "planted"}}
    terms: dict[str, Any] = {"tiers": tiers, "roles": {"reviewer": "large"}}

    answered(
        tmp_path / "run",
        {"small": small, "large": large},
        tickets=tickets(tmp_path, ROW),
        **terms,
    )

    assert (len(small.asked("draft")), len(small.asked("review"))) == (1, 0)
    assert len(large.asked("review")) == 5


def test_reviews_are_booked_as_verification(tmp_path: Path) -> None:
    tokens = answered(tmp_path / "run", tickets=many(tmp_path, 4)).summary["tokens"]

    assert tokens["work"] > 0
    assert tokens["verification"] > tokens["work"]


def test_a_recorded_run_is_repeated_without_asking_anybody(tmp_path: Path) -> None:
    terms = {"tickets": many(tmp_path, 8), "model": "planted/misuse=0.3"}
    first = answered(tmp_path / "first", **terms)
    recorded = {"recording": "replay", "recorded": str(tmp_path / "first")}

    again = answered(tmp_path / "again", **terms, **recorded)

    assert again.summary["digest"] == first.summary["digest"]
    assert again.summary["tokens"]["calls"] == 0


def test_a_fork_asks_only_for_what_comes_after_it(tmp_path: Path) -> None:
    rows = [f"{number},returns,Parcel {number}?" for number in range(10)]
    first = answered(tmp_path / "run", Asked(), tickets=tickets(tmp_path, *rows), snapshot_every=1)
    directory = RunDirectory.find(str(first.path))

    child = fork(directory, at_round=15, changes={}, out=tmp_path / "child")

    assert replay(RunDirectory.find(str(child.path))).digest == first.summary["digest"]
    assert 0 < child.summary["tokens"]["calls"] < first.summary["tokens"]["calls"]


def test_what_a_run_costs_lies_within_what_was_foretold(tmp_path: Path) -> None:
    options = {"staff": "models", "tickets": str(EXAMPLE)}
    values = {"scenario": "customer-service", "agents": 24, "options": options}
    said = cost_ahead(prepare(make_config(values)))

    result = answered(tmp_path / "run", agents=24, tickets=str(EXAMPLE))

    tokens = result.summary["tokens"]
    assert said.calls.low <= tokens["calls"] <= said.calls.high
    assert said.tokens.low <= tokens["input"] + tokens["output"] <= said.tokens.high
    assert said.text().startswith("the whole run: ")


def test_a_row_without_a_text_is_named(tmp_path: Path) -> None:
    file = tickets(tmp_path, ROW, "1,returns,")

    with pytest.raises(BadInput, match=r"tickets\.csv, row 3, column text: nothing stands there"):
        answered(tmp_path / "run", tickets=file)


def test_rules_need_no_texts(tmp_path: Path) -> None:
    file = tickets(tmp_path, "0,returns,", "1,returns,")

    result = answered(tmp_path / "run", tickets=file, staff="rules")

    assert result.summary["metrics"]["tickets"] == 2
    assert result.summary["models"] is None


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        ({}, "set tickets=FILE.csv with a column text, or tau2=DIR"),
        ({"tickets": str(EXAMPLE), "competence": 0.5}, "competence=0.5 is for staff=rules"),
        ({"tickets": str(EXAMPLE), "archetypes": 2}, "archetypes=2 is not for this scenario"),
        ({"tickets": str(EXAMPLE), "turns": 3}, "turns=3 is for tau2=DIR"),
        ({"staff": "rules", "model": "openai/x"}, "model=openai/x is for staff=models"),
        ({"staff": "rules", "budget": {"tokens": 5}}, "asks none"),
        ({"tickets": str(EXAMPLE), "roles": {"boss": "default"}}, "nobody has this role"),
    ],
)
def test_what_nobody_would_heed_is_refused(tmp_path: Path, terms: dict[str, Any], why: str) -> None:
    with pytest.raises(BadInput) as refused:
        answered(tmp_path / "run", **terms)

    assert why in str(refused.value)
