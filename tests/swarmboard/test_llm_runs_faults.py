"""Endpoints fail in every way there is: agents decide or abstain by cause, and the run goes on."""

import os
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from agents.llm import retrying
from swarmboard.doubles.stub import Stub
from swarmboard.result import Result
from swarmboard.testing import stub_server
from tests.swarmboard.model_runs import QUESTION, causes, recorded, tasks, team_run

QUICK = {"attempts": 1, **QUESTION}
CALLS = {"transient": 3, "final": 1, "text": 2}
"""The most calls for one question, with two retries and one repair."""


@pytest.fixture(scope="module")
def shared_stub() -> Iterator[Stub]:
    with stub_server(retry_after_s=0.01, slow_s=0.05) as stub:
        yield stub


@pytest.fixture
def stub(shared_stub: Stub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    monkeypatch.setattr(retrying, "FIRST_PAUSE_S", 0.005)
    shared_stub.reset()
    yield shared_stub
    shared_stub.fail_all = False


def ask(out: Path, stub: Stub, fault: str, **terms: Any) -> Result:
    """Run four agents against a model that fails in one way."""
    model = f"openai/fault-{fault}" if fault else "openai/planted"
    return team_run(out, **{"agents": 4, "model": model, "api_base": stub.url, **QUICK, **terms})


@pytest.mark.parametrize(
    ("fault", "cause", "kind"),
    [
        ("429", "error", "transient"),
        ("429-after", "error", "transient"),
        ("500", "error", "transient"),
        ("503", "error", "transient"),
        ("reset", "error", "transient"),
        ("401", "error", "final"),
        ("context", "error", "final"),
        ("hang", "late", "transient"),
        ("html", "error", "transient"),
        ("nochoices", "invalid", "transient"),
        ("badjson", "invalid", "text"),
        ("extra", "invalid", "text"),
        ("wrongtype", "invalid", "text"),
        ("long", "invalid", "text"),
        ("empty", "invalid", "transient"),
        ("truncated", "invalid", "text"),
    ],
)
def test_a_fault_that_lasts_is_an_abstention_with_its_cause_after_bounded_calls(
    tmp_path: Path, stub: Stub, fault: str, cause: str, kind: str
) -> None:
    timeout_s = 0.15 if fault == "hang" else 20.0

    result = ask(tmp_path / "run", stub, fault, retries=2, timeout_s=timeout_s)

    assert result.summary["status"] == "failed"  # nobody answered anything
    assert set(causes(result)) == {cause}
    rows = recorded(result.path, "SELECT text, cause, detail FROM outcomes")
    assert {row[1] for row in rows} == {cause}
    assert all(detail and "\n" not in detail for _, _, detail in rows)
    assert stub.calls == CALLS[kind] * len(rows)
    assert result.summary["decisions"][0]["outcome"] == "expired"


@pytest.mark.parametrize("fault", ["fenced", "slow", "flaky"])
def test_a_fault_that_passes_costs_nobody_the_vote(tmp_path: Path, stub: Stub, fault: str) -> None:
    result = ask(tmp_path / "run", stub, fault, retries=10)

    assert causes(result) == {}
    [decided] = result.summary["decisions"]
    assert decided["approve_weight"] + decided["reject_weight"] == 4


@pytest.mark.usefixtures("stub")
def test_a_busy_provider_costs_nobody_the_vote(tmp_path: Path) -> None:
    with stub_server(fault_rate=0.2, seed=3) as busy:
        result = ask(tmp_path / "run", busy, "", agents=64, retries=6)

    assert causes(result) == {}
    assert busy.failed > 10
    assert busy.calls == busy.failed + result.summary["tokens"]["calls"]
    assert result.summary["metrics"]["tasks"] == 1


def test_an_outage_in_mid_run_is_abstained_from_and_the_next_attempt_works(
    tmp_path: Path, stub: Stub
) -> None:
    outage = {1: True, 2: False}

    def watch(model: Any, accounts: Any) -> None:
        stub.fail_all = outage.get(model.leader.round, False)

    result = team_run(
        tmp_path / "run",
        agents=4,
        model="openai/planted/accuracy=1.0",
        api_base=stub.url,
        tasks=tasks(2),
        attempts=2,
        retries=1,
        watch=watch,
    )

    assert result.summary["status"] == "done"
    assert [row["outcome"] for row in result.summary["decisions"]] == [
        *("accepted", "expired", "accepted")
    ]
    failed = recorded(result.path, "SELECT DISTINCT round FROM outcomes WHERE cause = 'error'")
    assert failed == [(2,)]
    assert set(causes(result)) == {"error"}


def test_calls_in_flight_reach_the_tiers_limit_and_not_more(
    tmp_path: Path,
) -> None:
    began = count(1)

    with stub_server(latency_s=lambda request: 2.0 if next(began) <= 64 else 0.0) as stub:
        result = ask(tmp_path / "run", stub, "", agents=256, concurrency=64, layers="none")

    assert stub.most_in_flight == 64
    assert stub.calls == 256
    assert causes(result) == {}


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts in /proc")
def test_file_descriptors_are_flat_over_two_hundred_rounds(tmp_path: Path, stub: Stub) -> None:
    opened: list[int] = []

    def watch(model: Any, accounts: Any) -> None:
        opened.append(len(os.listdir("/proc/self/fd")))  # noqa: PTH208

    team_run(
        tmp_path / "run",
        agents=1,
        model="openai/planted",
        api_base=stub.url,
        tasks=tasks(200),
        attempts=1,
        layers="none",
        watch=watch,
    )

    assert len(opened) == 200
    assert max(opened[20:]) <= opened[19] + 4
