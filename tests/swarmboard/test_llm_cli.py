"""The commands around runs of models: what is wrong is one line, and what is shown is short."""

import json
from pathlib import Path
from typing import Any

import pytest

from blackboard import BadInput
from swarmboard import run
from swarmboard.testing import ScriptedModel

SMALL = ("run", "open-task", "--board", "memory://", "--agents", 4)
DEAD = "http://127.0.0.1:9"
"""Where nobody listens."""


def refused(**terms: Any) -> str:
    """Return the line with which `run` refuses something."""
    with pytest.raises(BadInput) as caught:
        run("open-task", board="memory://", **terms)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture(autouse=True)
def in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("[tiers.fast]\nmodel = 'planted'\nconcurrency = 0", "tiers.fast.concurrency=0 is wrong"),
        ("[tiers.fast]\nmodle = 'planted'", "tiers.fast.modle is unknown: did you mean model?"),
        ("[tiers.fast]\nretries = 1", "tiers.fast.model is missing"),
        ("[budget]\ntoken = 5", "budget.token is unknown: did you mean tokens?"),
        ("[budget.classes.werk]\ntokens = 5", "budget.classes.werk='werk' is wrong"),
        ("[budget.tiers.fats]\ntokens = 5", "budget.tiers.fats: there is no such tier"),
        ("[roles]\nplaner = 'default'", "roles.planer: nobody has this role"),
        ("[roles]\nplanner = 'strong'", "role planner is to use the tier 'strong'"),
        ("[routing]\nstrong_above = 2", "routing.strong_above=2 is wrong"),
        ("[routing]\nstrong_above = 0.9", "chooses between the tiers fast and strong: name both"),
        (
            "[options]\nmodel = 'openai/x'\n[tiers.fast]\nmodel = 'planted'",
            "model=openai/x and [tiers] both name models: leave one of them away",
        ),
        (
            "[options]\nretries = 0\n[tiers.fast]\nmodel = 'planted'",
            "retries=0 and [tiers]: set retries of each tier there instead",
        ),
        (
            "[tiers.fast]\nmodel = 'planted'\napi_base = 'http://here'",
            "api_base=http://here with the model planted: name the model that is served there",
        ),
    ],
)
def test_a_wrong_table_is_one_line_with_its_name(cli, tmp_path: Path, table, says) -> None:
    (tmp_path / "team.toml").write_text(f'scenario = "open-task"\nboard = "memory://"\n{table}\n')

    said = cli("run", "--config", "team.toml")

    assert said.code == 2
    assert said.err.count("\n") == 1
    assert says in said.err
    assert not (tmp_path / "runs").exists() or not list((tmp_path / "runs").iterdir())


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"tiers": {"fast": {"model": "planted", "concurrency": 0}}}, "tiers.fast.concurrency=0"),
        ({"models": {"fast": ScriptedModel()}}, "models has a model for the tier 'fast'"),
        ({"models": {"default": "gpt"}}, "models['default']='gpt' cannot be asked"),
        ({"models": "gpt"}, "models='gpt': give models by tier"),
        ({"budget": {"usd": -1}}, "budget.usd=-1 is wrong"),
        ({"roles": {"planer": "default"}}, "roles.planer: nobody has this role"),
        ({"model": "planted/acuracy=1"}, "did you mean accuracy?"),
        ({"api_base": "http://here"}, "api_base=http://here with the model planted: name the"),
        ({"recorded": "first"}, "recorded=first is not read with recording=record: choose"),
        ({"recorded": "first", "recording": "live"}, "is not read with recording=live"),
        ({"recording": "replay"}, "recording=replay takes every reply from another run"),
        ({"task": ""}, "task='' is wrong: say what is to be done or answered, or leave task away"),
        ({"task": " "}, "task=' ' is wrong: say what is to be done"),
        ({"learn": True}, "open-task: learn=true needs a memory=FILE to learn into; "),
        ({"task": "x" * 30_000}, "xxx… is wrong: string should have at most 20000 characters"),
    ],
)
def test_python_refuses_the_same_in_one_line(terms: dict[str, Any], says: str) -> None:
    assert says in refused(**terms)


def test_a_run_on_tiers_is_repeated_from_its_configuration(cli, tmp_path: Path) -> None:
    tiers = "".join(f"[tiers.{name}]\nmodel = 'planted'\n" for name in ("fast", "strong"))
    routing = "[routing]\nstrong_above = 0.9\n"
    (tmp_path / "team.toml").write_text(f'scenario = "open-task"\n{tiers}{routing}')
    at = ("--board", "memory://", "--out")

    first = cli("run", "--config", "team.toml", *at, "first", "--json")
    again = cli("run", "--config", "first/config.json", *at, "again", "--json")

    assert again.code == 0
    assert json.loads(again.out)["digest"] == json.loads(first.out)["digest"]


def test_models_are_refused_where_a_scenario_asks_none() -> None:
    with pytest.raises(BadInput, match="jury asks none"):
        run("jury", board="memory://", models={"default": ScriptedModel()})


def test_tiers_roles_budget_and_routing_are_given_in_python() -> None:
    tiers = {name: {"model": f"planted/seed={name == 'fast':d}"} for name in ("fast", "strong")}

    result = run(
        "open-task",
        board="memory://",
        agents=4,
        tiers=tiers,
        roles={"critic": "strong"},
        budget={"tokens": 10**6},
        routing={"strong_above": 0.9, "escalate_below": 0.0},
    )

    asked = dict(zip(result.tokens.role, result.tokens.tier, strict=True))
    assert asked == {"planner": "fast", "critic": "strong"}


def test_a_model_of_no_provider_is_one_line(cli) -> None:
    said = cli(*SMALL, "--set", "model=opnai/gpt-4o")

    assert said.code == 2
    assert said.err.count("\n") == 1
    assert "opnai/gpt-4o names no provider" in said.err


def test_a_missing_key_is_one_line_that_names_the_variable(cli, monkeypatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    said = cli(*SMALL, "--set", "model=openai/gpt-4o-mini")

    assert said.code == 2
    assert said.err.count("\n") == 1
    assert "OPENAI_API_KEY" in said.err


def test_an_endpoint_that_nobody_answers_at_is_said_and_not_a_silent_expiry(cli) -> None:
    where = ("--set", "model=hosted_vllm/x", "--set", f"api_base={DEAD}", "--set", "retries=0")

    said = cli(*SMALL, *where, "--set", "attempts=1", "--set", "layers=task", "--out", "run")

    assert said.code == 1
    assert "no model answered any of " in said.err
    assert "hosted_vllm/x could not be reached" in said.err
    assert "unanswered" in said.out


@pytest.fixture
def stopped(cli) -> Any:
    """Return what a run said whose budget was too small."""
    planted = ("--set", "model=planted/approves=0", "--set", "task=Name the tram line")
    return cli(*SMALL, *planted, "--set", "budget_tokens=5000", "--out", "small")


def test_a_budget_that_is_used_up_stops_the_run_and_says_which_cap_to_raise(stopped) -> None:
    assert stopped.code == 3
    assert stopped.err.count("\n") == 1
    assert "budget.tokens=5,000 is used up" in stopped.err
    assert "--set budget_tokens=N" in stopped.err


def test_a_run_begun_again_with_more_asks_only_what_is_new(cli, stopped, tmp_path: Path) -> None:
    planted = ("--set", "model=planted/approves=0", "--set", "task=Name the tram line")
    reuse = ("--set", "recording=auto", "--set", "recorded=small")

    again = cli(*SMALL, *planted, *reuse, "--set", "budget_tokens=90000", "--json", "--out", "big")

    spent = json.loads((tmp_path / "small/summary.json").read_text())["tokens"]
    summary = json.loads(again.out)
    assert again.code == 0
    assert summary["abstentions"]["budget"] == 0
    assert summary["tokens"]["recorded_calls"] == spent["calls"]


def test_an_explanation_says_what_entries_say_before_anything_else(cli) -> None:
    cli(*SMALL, "--set", "task=Name the tram line", "--set", "model=planted", "--out", "run")

    said = cli("explain", "run")

    assert said.code == 0
    assert "put to the vote: Plan: Name the tram line" in " ".join(said.out.split())
    assert "(goal " in said.out


def test_an_explanation_says_why_nobody_answered(cli) -> None:
    cli(*SMALL, "--set", "model=planted/misuse=1", "--set", "attempts=1", "--out", "run")

    said = cli("explain", "run")

    assert "4 invalid: " in said.out
    assert "reply refused twice" in " ".join(said.out.split())


def test_two_runs_of_models_are_compared_by_what_agents_did(cli) -> None:
    for accuracy in (0.4, 0.9):
        model = f"model=planted/accuracy={accuracy}"
        cli(*SMALL, "--set", model, "--out", f"run{accuracy}")

    said = cli("compare", "run0.4", "run0.9")

    assert said.code == 0
    assert "first differing event: " in said.out
    assert "planner #0 posted reasoning" in " ".join(said.out.split())


def test_options_are_listed_as_people_write_them(cli) -> None:
    said = cli("scenarios")

    lines = [line.strip() for line in said.out.splitlines()]
    assert any(one.startswith("--set layers=task,reasoning,coordination  ") for one in lines)
    assert any(one.startswith("--set choices=  ") for one in lines)
    assert any(one.startswith("--set anchor=true  ") for one in lines)
    assert "None" not in said.out


def test_the_doctor_names_keys_and_never_shows_them(cli, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")

    said = cli("doctor", "--board", "memory://")

    assert "litellm      1." in said.out
    assert "OPENAI_API_KEY" in said.out
    assert "sk-secret" not in said.out
