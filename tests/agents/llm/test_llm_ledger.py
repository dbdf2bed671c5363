from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agents.llm.calls import PURPOSES, Prompt, Reply, Request, Usage
from agents.llm.ledger import CLASSES, Ledger, Split, split
from agents.llm.pricing import Prices
from agents.llm.recording import Recording
from agents.llm.recording_tables import copy_rounds

PROMPT = Prompt("r" * 300, "b" * 500, "o" * 200)
REQUEST = Request(
    agent=0, role="critic", round=1, stage=1, prompt=PROMPT, tier="fast", model="stub/one"
)
REPLY = Reply("{}", "stub/one", Usage(1000, 100, 400), 0.5)


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    with Recording.open(tmp_path, mode="record") as opened:
        yield opened


def test_a_first_call_is_all_work() -> None:
    assert split(REQUEST, Usage(1000, 100), is_waste=False) == Split(work=1100)


def test_what_the_provider_had_in_its_cache_is_cached_whatever_it_was_for() -> None:
    usage = Usage(1000, 100, 400)

    assert split(REQUEST, usage, is_waste=False) == Split(work=700, cached=400)
    assert split(REQUEST, usage, is_waste=True) == Split(waste=700, cached=400)


def test_what_was_shown_before_and_is_not_cached_is_reconstruction() -> None:
    seen = replace(REQUEST, seen=0.4)

    assert split(seen, Usage(1000, 100), is_waste=False) == Split(work=700, reconstruction=400)
    more = replace(REQUEST, seen=0.6)
    assert split(more, Usage(1000, 100, 400), is_waste=False) == Split(
        work=500, reconstruction=200, cached=400
    )


def test_the_rest_is_what_the_call_was_for() -> None:
    assert split(replace(REQUEST, purpose="coordination"), Usage(10, 1), is_waste=False) == Split(
        coordination=11
    )
    assert split(replace(REQUEST, purpose="verification"), Usage(10, 1), is_waste=False) == Split(
        verification=11
    )


@given(
    st.tuples(*[st.integers(0, 50)] * 3),
    st.tuples(*[st.integers(0, 10_000)] * 3),
    st.floats(0, 1),
    st.sampled_from(PURPOSES),
    st.booleans(),
)
def test_the_classes_of_a_call_sum_to_its_bill(
    sizes: tuple[int, ...], counts: tuple[int, ...], seen: float, purpose: str, is_waste: bool
) -> None:
    prompt = Prompt(*("x" * size for size in sizes))
    request = replace(REQUEST, prompt=prompt, seen=seen, purpose=purpose)

    parts = msgspec.structs.astuple(split(request, Usage(*counts), is_waste=is_waste))

    assert sum(parts) == counts[0] + counts[1]
    assert min(parts) >= 0


def test_a_summary_sums_to_what_was_billed(recording: Recording) -> None:
    ledger = Ledger(recording, {"fast": Prices(1.0, 4.0, 0.1)})

    ledger.add(REQUEST, REPLY)
    ledger.add(replace(REQUEST, agent=1, purpose="coordination", seen=0.8), REPLY)
    ledger.add(replace(REQUEST, agent=2), REPLY, is_waste=True)
    ledger.add_failed(replace(REQUEST, agent=3, purpose="verification"), Usage(50, 0), 0.01)
    tokens = ledger.summary()

    assert sum(tokens[name] for name in CLASSES) == tokens["input"] + tokens["output"] == 3350
    assert {name: tokens[name] for name in CLASSES} == {
        "work": 700,
        "coordination": 300,
        "reconstruction": 400,
        "verification": 0,
        "waste": 750,
        "cached": 1200,
    }
    assert (tokens["calls"], tokens["cost_usd"]) == (4, pytest.approx(1.51))
    assert sum(tokens["cost_by_class"].values()) == pytest.approx(tokens["cost_usd"], rel=1e-12)


def test_the_cost_of_a_call_is_shared_among_its_classes_by_price(recording: Recording) -> None:
    ledger = Ledger(recording, {"fast": Prices(1.0, 4.0, 0.1)})

    ledger.add(replace(REQUEST, seen=0.8), REPLY)
    costs = ledger.cost_by_class()

    assert costs["cached"] == pytest.approx(0.5 * 40 / 1040)
    assert costs["reconstruction"] == pytest.approx(0.5 * 400 / 1040)
    assert costs["work"] == pytest.approx(0.5 * 600 / 1040)


def test_what_a_recording_or_another_call_answered_costs_nothing(recording: Recording) -> None:
    ledger = Ledger(recording)

    ledger.add(REQUEST, replace(REPLY, is_recorded=True))
    ledger.add(REQUEST, replace(REPLY, is_shared=True))
    ledger.recalled(3)
    tokens = ledger.summary()

    assert (tokens["calls"], tokens["input"], tokens["cost_usd"]) == (0, 0, 0.0)
    assert tokens["recorded_calls"] == 4


def test_a_run_without_calls_has_a_summary_of_zeros(recording: Recording) -> None:
    tokens = Ledger(recording).summary()

    assert all(tokens[name] == 0 for name in (*CLASSES, "calls", "cost_usd", "input", "output"))


def test_calls_are_summed_by_whom_what_and_when(recording: Recording) -> None:
    ledger = Ledger(recording)
    for agent in range(3):
        for round in (1, 2):
            ledger.add(replace(REQUEST, agent=agent, round=round), REPLY)

    by_agent, by_round = ledger.by("agent"), ledger.by("round")

    assert [(row["agent"], row["calls"], row["work"]) for row in by_agent] == [
        (0, 2, 1400),
        (1, 2, 1400),
        (2, 2, 1400),
    ]
    assert [(row["round"], row["input"], row["cost_usd"]) for row in by_round] == [
        (1, 3000, 1.5),
        (2, 3000, 1.5),
    ]


def test_rows_are_one_per_round_stage_role_tier_and_model(recording: Recording) -> None:
    ledger = Ledger(recording)
    ledger.add(REQUEST, REPLY)
    ledger.add(replace(REQUEST, agent=1), REPLY)
    ledger.add(replace(REQUEST, agent=2, tier="strong", model="stub/two"), REPLY)

    rows = ledger.rows()

    assert [(row["stage"], row["tier"], row["model"], row["calls"]) for row in rows] == [
        (1, "fast", "stub/one", 2),
        (1, "strong", "stub/two", 1),
    ]


def test_every_attempt_is_a_call_of_its_own_also_after_an_interruption(tmp_path: Path) -> None:
    with Recording.open(tmp_path, mode="record") as recording:
        ledger = Ledger(recording)
        ledger.add_failed(REQUEST, Usage(10), 0.0)
        ledger.add(REQUEST, REPLY)

    with Recording.open(tmp_path, mode="record") as recording:
        resumed = Ledger(recording)
        resumed.add(REQUEST, REPLY)

        assert [(call.attempt, call.is_waste) for call in resumed.calls()] == [
            (0, True),
            (1, False),
            (2, False),
        ]


def test_the_accounts_of_a_run_that_is_over_can_be_read(tmp_path: Path) -> None:
    with Recording.open(tmp_path, mode="live") as recording:
        ledger = Ledger(recording)
        ledger.add(REQUEST, REPLY)
        summary = ledger.summary()

    read = Ledger.read(tmp_path)

    assert {**read.summary(), "recorded_calls": 0} == summary


def test_a_fork_counts_only_what_it_spent_itself(tmp_path: Path) -> None:
    parent, child = tmp_path / "parent", tmp_path / "child"
    parent.mkdir()
    child.mkdir()
    with Recording.open(parent, mode="record") as recording:
        Ledger(recording).add(REQUEST, REPLY)
    copy_rounds(parent, child, 1)

    with Recording.open(child, mode="record") as recording:
        ledger = Ledger(recording)
        ledger.add(replace(REQUEST, round=2), REPLY)

        assert ledger.summary()["calls"] == 1
        assert [call.round for call in ledger.calls()] == [2]
