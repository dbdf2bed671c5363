"""A dry run says what a run may cost, and is right about it."""

import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents import TeamConfig, TierConfig
from blackboard import BadInput
from swarmboard import run
from swarmboard.config import make_config
from swarmboard.desk import check_reachable
from swarmboard.foretelling import cost_ahead, foretold
from swarmboard.plan import prepare
from swarmboard.testing import stub_server

CONFIGURATIONS = 40
LONG = (
    "Plan the move of the archive: " + "each box has a place, and no day has more than two. " * 20
)
TASKS = (
    {"task": "Which gate is open?", "choices": ["north", "south"], "answer": "north"},
    {"task": "Which road is dry?", "choices": ["high", "low", "middle"], "answer": "low"},
    {"task": "Write down how to close the bridge."},
)


def drawn(number: int) -> dict[str, Any]:
    """Return one of many unlike configurations."""
    draw = np.random.default_rng(number)

    def one_of(*values: Any) -> Any:
        return values[int(draw.integers(len(values)))]

    planted = {
        "accuracy": one_of(0.3, 0.6, 0.9),
        "misuse": one_of(0, 0, 0.05, 0.2),
        "contradictions": one_of(0, 0.1, 0.5),
        "corrects": one_of(0.2, 1),
        "approves": one_of(0.2, 0.9),
        "volunteers": one_of(0, 0.3),
        "seed": number,
    }
    options: dict[str, Any] = one_of(
        {"task": "Name the new tram line."},
        {"task": LONG},
        {"task": "Where shall it stop?", "choices": ["hill", "mill", "quay"], "answer": "quay"},
        {"tasks": TASKS},
        {},
    )
    return {
        "structure": one_of("swarm", "swarm", "separate", "solo", "chorus"),
        "agents": one_of(1, 2, 3, 8, 13, 32, 64),
        "seed": number,
        "rounds": one_of(None, None, None, 2),
        "options": options
        | {
            "model": "planted/" + ",".join(f"{name}={value}" for name, value in planted.items()),
            "attempts": one_of(1, 2, 3),
            "archetypes": one_of(0, 0, 4),
            "route": one_of("team", "team", "auto"),
            "corrections": one_of(0, 1, 2),
            "layers": one_of("task,reasoning,coordination", "task,reasoning", "task", "none"),
        },
    }


def bracketed(values: Mapping[str, Any]) -> tuple[bool, str]:
    """Say whether a run cost what was foretold, and both figures."""
    plan = prepare(make_config({"scenario": "open-task", "board": "memory://", **values}))
    said = cost_ahead(plan)
    options = values["options"]
    terms = {name: value for name, value in values.items() if name != "options"}
    spent = run("open-task", board="memory://", **terms, **options).summary["tokens"]
    tokens = spent["input"] + spent["output"]
    is_right = (
        said.calls.low <= spent["calls"] <= said.calls.high
        and said.tokens.low <= tokens <= said.tokens.high
    )
    return is_right, f"{spent['calls']} calls of {said.calls}, {tokens} tokens of {said.tokens}"


def test_what_is_foretold_brackets_what_runs_cost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    found = {number: bracketed(drawn(number)) for number in range(CONFIGURATIONS)}

    wrong = {number: figures for number, (is_right, figures) in found.items() if not is_right}
    assert len(wrong) <= 0.05 * CONFIGURATIONS, wrong


def test_a_dry_run_names_model_calls_tokens_usd_and_minutes_and_touches_nothing(
    cli, tmp_path: Path
) -> None:
    said = cli("run", "open-task", "--agents", 6, "--dry-run", "--out", "run")

    assert said.code == 0
    first, figures, *_ = said.out.splitlines()
    assert first.endswith("6 agents, structure swarm, seed 0, at most 3 rounds; model planted")
    assert all(word in figures for word in (" calls, ", " tokens, ", "0 USD, ", " minutes"))
    assert not list(tmp_path.iterdir())


def test_a_dry_run_on_the_planted_model_loads_no_litellm() -> None:
    code = (
        "import sys; from swarmboard.cli import main\n"
        "sys.argv = ['swarmboard', 'run', 'open-task', '--dry-run']\n"
        "try:\n    main()\nexcept SystemExit:\n    print('litellm' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "False"


def test_a_dry_run_prices_a_real_model_without_its_key_and_says_that_one_is_needed(
    cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    said = cli("run", "open-task", "--set", "model=openai/gpt-4o-mini", "--dry-run")

    assert said.code == 0
    assert " USD" in said.out
    assert ", 0 USD" not in said.out
    assert "not yet: openai/gpt-4o-mini needs a key: set OPENAI_API_KEY" in said.out


def test_a_dry_run_says_where_no_price_is_known(cli) -> None:
    mine = ("--set", "model=hosted_vllm/mine", "--set", "api_base=http://127.0.0.1:9/v1")

    said = cli("run", "open-task", *mine, "--dry-run")

    assert "no price is known for default, counted as free: set usd_per_million_input" in said.out


def test_a_model_that_is_served_nowhere_is_refused_before_anything_is_asked(
    cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOSTED_VLLM_API_BASE", raising=False)
    team = TeamConfig(tiers={"default": TierConfig(model="hosted_vllm/x")})

    said = cli("run", "open-task", "--set", "model=hosted_vllm/x", "--dry-run")
    with pytest.raises(BadInput, match="tier default: hosted_vllm/x needs an endpoint") as refused:
        check_reachable(team)

    assert (said.code, said.err) == (2, f"swarmboard: {refused.value}\n")


UNPRICED = "openai/mine"


@pytest.mark.parametrize(
    ("budget", "tier"),
    [
        ({"usd": 1}, "mine"),
        ({"tiers": {"mine": {"usd": 1}}}, "mine"),
        ({"roles": {"critic": {"usd": 1}}}, "mine"),
        ({"agent": {"usd": 1}}, "mine"),
        ({"classes": {"work": {"usd": 1}}}, "mine"),
        ({"tiers": {"free": {"usd": 1}}}, None),
        ({"roles": {"planner": {"usd": 1}}}, None),
        ({"tokens": 10}, None),
    ],
)
def test_a_cap_in_usd_is_refused_where_the_price_is_not_known(
    budget: dict[str, Any], tier: str | None
) -> None:
    tiers = {"free": {"model": "planted"}, "mine": {"model": UNPRICED, "api_base": "http://x/v1"}}
    values = {"scenario": "open-task", "tiers": tiers, "roles": {"critic": "mine"}}
    plan = prepare(make_config(values | {"budget": budget}))

    with pytest.raises(BadInput) if tier else nullcontext() as refused:
        foretold(plan)

    if tier:
        assert f"usd is no cap on the tier {tier}, as no price is known for {UNPRICED}: " in str(
            refused.value
        )


def test_who_says_that_a_model_costs_nothing_may_cap_its_usd(tmp_path: Path) -> None:
    free = {"usd_per_million_input": 0, "usd_per_million_output": 0}
    tiers = {"mine": {"model": UNPRICED, "api_base": "http://127.0.0.1:9/v1", **free}}

    said = foretold(
        prepare(make_config({"scenario": "open-task", "tiers": tiers, "budget": {"usd": 1}}))
    )

    assert "the budget ends the run at 1 USD" in said


def test_a_cap_in_usd_without_a_price_refuses_run_and_dry_run_alike(cli, tmp_path: Path) -> None:
    mine = ("--set", f"model={UNPRICED}", "--set", "api_base=http://127.0.0.1:9/v1")
    terms = ("run", "open-task", "--board", "memory://", *mine, "--set", "budget_usd=0.01")

    said = [cli(*terms), cli(*terms, "--dry-run")]

    assert [one.code for one in said] == [2, 2]
    assert said[0].err == said[1].err
    assert "usd_per_million_input and usd_per_million_output" in said[0].err
    assert not [*(tmp_path / "runs").glob("*")]


UNFORETOLD = """
from scenarios import ModelOptions
from swarmboard import Population, Proposal, RuleAgent, Scenario, Stage


class Mine(Scenario):
    name = "mine"
    summary = "does not say what it asks"
    Options = ModelOptions

    def populate(self, model):
        return [Population("expert", [RuleAgent(model) for _ in range(self.agents)])]

    def stages(self, board):
        yield Stage("vote", ("expert",), (Proposal(),), votes=True)
"""


def test_what_a_scenario_does_not_say_beforehand_is_unknown_and_not_zero(
    cli, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(UNFORETOLD)

    said = cli("run", "./mine.py", "--dry-run", "--set", "budget_tokens=900")
    figures = json.loads(cli("run", "./mine.py", "--dry-run", "--json").out)

    assert (
        "mine does not say beforehand what it asks: calls, tokens and USD are unknown" in said.out
    )
    assert "the budget ends the run at 900 tokens" in said.out
    assert "0 model calls" not in said.out
    assert {figures[name] for name in ("calls", "tokens", "usd", "minutes")} == {None}


def test_a_dry_run_as_json_has_the_same_figures(cli) -> None:
    values = {"scenario": "open-task", "agents": 6}

    said = cli("run", "open-task", "--agents", 6, "--dry-run", "--json")

    expected = cost_ahead(prepare(make_config(values)))
    figures = json.loads(said.out)
    assert figures["models"] == {"default": "planted"}
    for name in ("calls", "tokens", "usd", "minutes"):
        assert figures[name] == pytest.approx(getattr(expected, name)._asdict())


def test_what_is_likely_is_about_what_runs_of_planted_models_cost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    said = cost_ahead(prepare(make_config({"scenario": "open-task"})))
    spent = run("open-task", board="memory://").summary["tokens"]

    assert spent["calls"] / 3 < said.calls.likely < 3 * spent["calls"]
    assert (
        (spent["input"] + spent["output"]) / 4
        < said.tokens.likely
        < 4 * (spent["input"] + spent["output"])
    )


def test_a_replay_of_a_real_models_run_loads_no_litellm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    options = {"task": "Name the new tram line.", "attempts": 1}
    with stub_server() as stub:
        terms = options | {"model": "openai/planted", "api_base": stub.url}
        first = run("open-task", agents=3, board="memory://", out="first", **terms)
    code = (
        "import sys; from swarmboard import run\n"
        f"again = run('open-task', agents=3, board='memory://', out='again', **{terms!r},"
        " recording='replay', recorded='first')\n"
        "print(again.summary['digest'], 'litellm' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == [first.summary["digest"], "False"]


def test_a_dry_run_refuses_a_model_that_nobody_has(cli) -> None:
    said = cli("run", "open-task", "--set", "model=opnai/gpt-4o", "--dry-run")

    assert said.code == 2
    assert said.err.count("\n") == 1
    assert "opnai/gpt-4o names no provider" in said.err


def test_a_replayed_run_is_foretold_to_cost_nothing(cli) -> None:
    settings = ("--set", "recording=replay", "--set", "recorded=elsewhere")

    said = cli("run", "open-task", *settings, "--dry-run")

    assert "0 model calls, 0 tokens, 0 USD: all replies are recorded ones" in said.out


@pytest.mark.parametrize("structure", ["swarm", "solo", "separate", "chorus"])
def test_what_an_embedding_model_measures_is_foretold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, structure: str
) -> None:
    monkeypatch.chdir(tmp_path)
    options = {"task": "Name the new tram line.", "embedding": "openai/stub-embedding"}
    values: dict[str, Any] = {"scenario": "open-task", "structure": structure}

    with stub_server() as stub:
        options |= {"model": "openai/stub", "api_base": stub.url}
        said, without = (
            cost_ahead(prepare(make_config(values | {"options": options | more})))
            for more in ({}, {"embedding": None})
        )
        spent = run("open-task", board="memory://", structure=structure, **options)

    tokens = spent.summary["tokens"]
    assert said.calls.low <= tokens["calls"] <= said.calls.high
    assert said.tokens.low <= tokens["input"] + tokens["output"] <= said.tokens.high
    surveys = 2 if structure in ("swarm", "solo") else 0
    assert said.calls.low == without.calls.low + surveys


def test_a_dry_run_says_that_the_embedding_model_needs_a_key(
    cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    model = "openai/text-embedding-3-small"

    said = cli("run", "open-task", "--set", f"embedding={model}", "--dry-run")

    assert f"models default: planted, embedding: {model}" in said.out
    assert f"not yet: {model} needs a key: set OPENAI_API_KEY" in said.out


def test_a_budget_bounds_what_is_foretold() -> None:
    options = {"budget_tokens": 5_000}

    said = cost_ahead(prepare(make_config({"scenario": "open-task", "options": options})))

    assert said.tokens.high == 5_000


def test_a_baseline_is_counted_in() -> None:
    alone, both = (
        cost_ahead(prepare(make_config({"scenario": "open-task", "baseline": baseline})))
        for baseline in (None, "single")
    )

    assert both.calls.low == alone.calls.low + 2  # one agent reasons and votes


def test_each_role_is_priced_by_its_own_tier() -> None:
    dear = {"model": "planted", "usd_per_million_input": 10, "usd_per_million_output": 10}
    free = {"model": "planted"}
    tiers, roles = {"cheap": free, "dear": dear}, {"critic": "dear", "planner": "cheap"}
    values = {"scenario": "open-task", "tiers": tiers}

    mixed, all_dear = (
        cost_ahead(prepare(make_config(values | {"roles": roles | changed})))
        for changed in ({}, {"planner": "dear"})
    )

    assert 0 < mixed.usd.low < all_dear.usd.low
    assert mixed.calls == all_dear.calls


def test_a_strong_tier_may_be_asked_again_and_need_not_be() -> None:
    tiers = {name: {"model": "planted"} for name in ("fast", "strong")}
    values = {"scenario": "open-task", "options": {"task": "Which way?", "choices": ("a", "b")}}

    routed, plain = (
        cost_ahead(prepare(make_config(values | more))) for more in ({"tiers": tiers}, {})
    )

    assert routed.calls.low == plain.calls.low
    assert routed.calls.high > 1.9 * plain.calls.high


def test_a_scenario_without_models_costs_nothing(cli) -> None:
    said = cli("run", "jury", "--dry-run")

    assert said.out.rstrip().endswith("0 model calls, 0 tokens, 0 USD")
