"""A team on one task, from Python: registered, asked, decided, stopped and resumed."""

import asyncio
import contextvars
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents import PlantedModel, Situation
from blackboard import BadInput, RunDirectory, rundir
from swarmboard import Dissent, RuleAgent, Swarm, SwarmDecision, View, Vote, stop
from swarmboard.resuming import resume

CHOICES = ("bus", "tram")
TASK = "Which one shall the town buy?"
caller = contextvars.ContextVar[str]("caller")


@pytest.fixture
def new_swarm(tmp_path: Path) -> Callable[..., Swarm]:
    """Make teams whose boards are in memory, and whose runs are in a directory of the test."""

    def new_swarm(**terms: Any) -> Swarm:
        return Swarm(**{"board": "memory://", "out_dir": tmp_path / "runs", **terms})

    return new_swarm


def decide(swarm: Swarm, task: str = TASK, **terms: Any) -> SwarmDecision:
    return asyncio.run(swarm.decide(task, **terms))


def voting(option: str) -> Any:
    """Return a coroutine that votes for an option, and says so."""

    async def vote(situation: Situation) -> dict[str, Any]:
        due = {"vote": option} if situation.votes else {}
        return {"reasoning": f"{option} it is", "confidence": 0.9, **due}

    return vote


async def apply_it(decision: SwarmDecision, key: str) -> str:
    return f"{decision.text} by {key}"


def test_a_team_decides_and_dissent_is_kept(new_swarm: Callable[..., Swarm]) -> None:
    swarm = new_swarm()
    swarm.register("planner", voting("tram"), count=4)
    swarm.register("critic", voting("bus"))

    decision = decide(swarm, choices=CHOICES, consensus_threshold=0.8)

    assert decision
    assert (decision.outcome, decision.text, decision.percent) == ("accepted", "tram", 80.0)
    assert decision.eligible == 5
    assert [(d.agent, d.role, d.vote, d.reason) for d in decision.dissent] == [
        (4, "critic", "bus", "bus it is")
    ]
    assert all(isinstance(one, Dissent) for one in decision.dissent)
    assert decision.effect == "none"


def test_an_accepted_decision_is_acted_on_with_its_key(new_swarm: Callable[..., Swarm]) -> None:
    swarm = new_swarm()
    swarm.register("planner", count=3)

    decision = decide(swarm, "Write one line about trams.", on_accept=apply_it)

    run_id = decision.result.summary["run_id"]
    assert decision.effect == "done"
    assert decision.key == f"{run_id}/{decision.proposal}"
    assert decision.effect_result == f"{decision.text} by {decision.key}"


def test_what_is_not_accepted_starts_nothing(new_swarm: Callable[..., Swarm]) -> None:
    swarm = new_swarm()
    swarm.register("planner", voting("tram"))
    swarm.register("critic", voting("bus"))

    decision = decide(swarm, choices=CHOICES, attempts=2, on_accept=apply_it)

    assert not decision
    assert (decision.outcome, decision.text, decision.percent) == ("expired", None, 50.0)
    assert decision.effect == "none"
    assert not (decision.result.path / "effects.jsonl").exists()


def test_coroutines_are_awaited_on_the_callers_loop_and_in_its_context(
    new_swarm: Callable[..., Swarm],
) -> None:
    seen: set[tuple[bool, str]] = set()

    async def planner(situation: Situation) -> str:
        seen.add((asyncio.get_running_loop() is loops[0], caller.get("nobody")))
        return situation.votes[0] if situation.votes else "by bus"

    async def main() -> SwarmDecision:
        loops.append(asyncio.get_running_loop())
        caller.set("the test")
        return await swarm.decide(TASK, choices=CHOICES)

    loops: list[asyncio.AbstractEventLoop] = []
    swarm = new_swarm()
    swarm.register("planner", planner, count=3)

    decision = asyncio.run(main())

    assert decision
    assert seen == {(True, "the test")}


def test_the_callers_loop_stays_free_and_several_decide_at_once(
    new_swarm: Callable[..., Swarm],
) -> None:
    waiting: set[str] = set()
    both_wait = asyncio.Event()

    async def planner(situation: Situation) -> str:
        waiting.add(situation.task)
        if len(waiting) == 2:
            both_wait.set()
        await both_wait.wait()
        return situation.votes[0] if situation.votes else "by bus"

    async def main() -> list[SwarmDecision]:
        tasks = ("Buy a bus?", "Buy a tram?")
        return await asyncio.gather(*(swarm.decide(task, choices=CHOICES) for task in tasks))

    swarm = new_swarm()
    swarm.register("planner", planner, count=2)

    decisions = asyncio.run(main())

    assert all(decisions)
    assert len({decision.key for decision in decisions}) == 2


class Sceptic(RuleAgent):
    """Votes for the bus, whatever is said."""

    def vote(self, view: View) -> Vote:
        return Vote("bus")


def test_a_class_of_agents_acts_on_the_board_itself(new_swarm: Callable[..., Swarm]) -> None:
    swarm = new_swarm()
    swarm.register("planner", voting("tram"), count=3)
    swarm.register("sceptic", Sceptic)

    decision = decide(swarm, choices=CHOICES, consensus_threshold=0.75)

    assert decision.text == "tram"
    assert [(d.role, d.vote) for d in decision.dissent] == [("sceptic", "bus")]


def test_a_coroutine_that_fails_abstains(new_swarm: Callable[..., Swarm]) -> None:
    async def broken(situation: Situation) -> str:
        raise RuntimeError("out of ideas")

    swarm = new_swarm()
    swarm.register("planner", voting("tram"), count=3)
    swarm.register("critic", broken)

    decision = decide(swarm, choices=CHOICES, consensus_threshold=0.75)

    assert decision.text == "tram"
    assert decision.percent == 75.0
    assert decision.result.summary["abstentions"]["error"] > 0


def test_a_role_has_a_model_of_its_own(new_swarm: Callable[..., Swarm]) -> None:
    swarm = new_swarm(temperature=0.2)
    swarm.register("planner", count=2)
    swarm.register("critic", model="planted/accuracy=0.9")

    decision = decide(swarm, choices=CHOICES)

    config = json.loads((decision.result.path / "config.json").read_text("utf-8"))
    assert {name: tier["model"] for name, tier in config["tiers"].items()} == {
        "default": "planted",
        "critic": "planted/accuracy=0.9",
    }
    assert config["roles"] == {"critic": "critic"}


def test_models_may_be_objects(new_swarm: Callable[..., Swarm]) -> None:
    model = PlantedModel.named("planted")
    asked = []

    class Counting:
        async def complete(self, request: Any) -> Any:
            asked.append(request.agent)
            return await model.complete(request)

    swarm = new_swarm(models={"default": Counting()})
    swarm.register("planner", count=3)

    decide(swarm, choices=CHOICES)

    assert set(asked) == {0, 1, 2}


def test_a_budget_that_runs_out_decides_nothing(new_swarm: Callable[..., Swarm]) -> None:
    swarm = new_swarm(budget={"tokens": 10})
    swarm.register("planner", count=3)

    decision = decide(swarm, choices=CHOICES, on_accept=apply_it)

    assert (decision.outcome, decision.effect) == ("expired", "none")
    assert decision.result.summary["abstentions"]["budget"] > 0


def test_a_cancelled_decision_goes_on_where_it_was(
    new_swarm: Callable[..., Swarm], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stop, "GRACE_S", 0.0)
    asked: list[tuple[int, str]] = []

    async def planner(situation: Situation) -> str:
        asked.append((situation.agent, situation.stage))
        if not situation.votes:
            return "by tram"
        if is_blocked:
            has_come_to_the_vote.set()
            await asyncio.Event().wait()
        return "tram"

    async def cancel(swarm: Swarm) -> None:
        going = asyncio.ensure_future(swarm.decide(TASK, choices=CHOICES, out=out))
        await has_come_to_the_vote.wait()
        going.cancel()
        await going

    is_blocked, has_come_to_the_vote = True, asyncio.Event()
    swarm = new_swarm()
    out = swarm.out_dir / "stopped"
    swarm.register("planner", planner, count=2)

    with pytest.raises(asyncio.CancelledError) as cancelled:
        asyncio.run(cancel(swarm))
    told, before, is_blocked = cancelled.value.__notes__, list(asked), False
    decision = asyncio.run(swarm.resume(out, on_accept=apply_it))

    assert told == [f"the run in {out} was stopped; resume goes on with it"]
    assert (decision.text, decision.effect) == ("tram", "done")
    assert {stage for _, stage in before} == {"reason", "vote"}
    assert {stage for _, stage in asked[len(before) :]} == {"vote"}


def test_a_finished_run_starts_its_act_only_if_nobody_has(new_swarm: Callable[..., Swarm]) -> None:
    swarm = new_swarm()
    swarm.register("planner", voting("tram"), count=2)
    path = decide(swarm, choices=CHOICES).result.path

    first, second, third = (
        asyncio.run(swarm.resume(path, on_accept=act)) for act in (apply_it, apply_it, None)
    )

    assert first.effect == "done"
    assert first.effect_result == f"tram by {first.key}"
    assert (second.effect_result, third.effect_result) == (first.effect_result,) * 2


def test_another_team_cannot_go_on_with_a_run(new_swarm: Callable[..., Swarm]) -> None:
    swarm, other = new_swarm(), new_swarm()
    swarm.register("planner", voting("tram"), count=2)
    other.register("planner", count=2)
    path = decide(swarm, choices=CHOICES).result.path

    with pytest.raises(BadInput, match=r"began with 2 planner \(coroutine .*\) where 2 planner is"):
        asyncio.run(other.resume(path))


def test_what_only_its_own_program_can_make_is_not_resumed_by_others(
    new_swarm: Callable[..., Swarm],
) -> None:
    swarm = new_swarm()
    swarm.register("planner", voting("tram"), count=2)
    directory = RunDirectory.find(str(decide(swarm, choices=CHOICES).result.path))
    is_done = resume(directory)
    directory.forget_summary()

    with pytest.raises(BadInput, match="register the same team there"):
        resume(directory)

    assert is_done.path == directory.path


def test_a_run_that_is_not_of_a_swarm_is_left_to_the_command(
    new_swarm: Callable[..., Swarm],
) -> None:
    swarm = new_swarm()
    swarm.register("planner", count=2)
    path = decide(swarm, choices=CHOICES).result.path
    (path / "team.json").unlink()

    with pytest.raises(BadInput, match="was not begun by a Swarm: `swarmboard resume"):
        asyncio.run(swarm.resume(path))


def test_runs_that_begin_in_one_second_get_different_ids(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = iter(("a", "a", "b"))
    monkeypatch.setattr(rundir, "new_run_id", lambda: next(names))

    first, second = (RunDirectory.create(None, root=tmp_path) for _ in range(2))

    assert (first.run_id, second.run_id) == ("a", "b")


def plain(situation: Situation) -> str:
    return "by bus"


TWO_TIERS = {name: {"model": "planted"} for name in ("fast", "strong")}


async def without_argument() -> str:
    return "by bus"


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"role": "planner", "count": 17}, r"makes 17 agents of at most 16: raise max_agents"),
        ({"role": "planner", "count": 0}, r"count=0\): at least 1 is needed"),
        ({"role": "planner", "count": 2.5}, r"count=2\.5\): at least 1 is needed"),
        ({"role": "two words"}, "name the role with letters, digits and _ only"),
        ({"role": "known"}, "the role is registered; give its count at once"),
        ({"role": "planner", "answers": plain}, r"make it `async def plain\(situation\)`"),
        ({"role": "planner", "answers": without_argument}, "called with one argument"),
        ({"role": "planner", "answers": dict}, "the class is no Agent"),
        ({"role": "planner", "answers": "gpt"}, "a model is named with register"),
        ({"role": "planner", "answers": without_argument, "model": "planted"}, "one argument"),
        ({"role": "planner", "answers": Sceptic, "model": "planted"}, "either who answers, or a"),
        ({"role": "planner", "api_base": "http://here"}, "name the model there as well"),
        ({"role": "fast", "model": "planted"}, "a tier has that name; name the role otherwise"),
        ({"role": "planner", "skills": "law"}, r"write skills=\('law',\)"),
    ],
)
def test_who_cannot_be_in_a_team_is_refused_at_once(
    new_swarm: Callable[..., Swarm], terms: dict[str, Any], said: str
) -> None:
    swarm = new_swarm(max_agents=16)
    if terms["role"] == "known":
        swarm.register("known")

    with pytest.raises(BadInput, match=said):
        swarm.register(**terms)


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"max_agents": 0}, "max_agents=0: a whole number of at least 1"),
        ({"choices": CHOICES}, r"give it to decide\(task, choices=\.\.\.\)"),
        ({"archetype": 3}, "unknown option of open-task 'archetype': did you mean archetypes"),
        ({"tiers": {"fast": {"modle": "x"}}}, r"tiers\.fast"),
        ({"structure": "swrm"}, "unknown structure 'swrm': did you mean swarm"),
        ({"model": "planted", "tiers": TWO_TIERS}, "model=planted and tiers both name models"),
        (
            {"concurrency": 8, "tiers": TWO_TIERS},
            r"concurrency=8 and \[tiers\]: set concurrency of",
        ),
        ({"api_base": "http://here"}, "api_base=http://here with the model planted: name the"),
        ({"routing": {"strong_above": 0.9}}, "chooses between the tiers fast and strong"),
    ],
)
def test_a_swarm_that_cannot_be_is_refused_at_once(terms: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        Swarm(**terms)


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"task": " "}, "say in words what is to be done"),
        ({"consensus_threshold": 80}, r"no share: did you mean 0\.8"),
        ({"choices": ["bus"]}, "choices have to be two or more"),
        ({"choices": ["bus", ""]}, "choice 2 has to be one line of 1 to 160"),
        ({"choices": 2}, "choices=2 is wrong"),
        ({"on_accept": lambda: None}, "has to take the decision"),
        ({"attempts": 0}, "attempts=0 is wrong"),
    ],
)
def test_a_decision_that_cannot_be_leaves_nothing(
    new_swarm: Callable[..., Swarm], terms: dict[str, Any], said: str
) -> None:
    swarm = new_swarm()
    swarm.register("planner")

    with pytest.raises(BadInput, match=said):
        decide(swarm, **{"task": TASK, **terms})

    assert not swarm.out_dir.exists()


@pytest.mark.parametrize("answers", [voting("bus"), Sceptic])
def test_a_chorus_is_of_models_alone(new_swarm: Callable[..., Swarm], answers: Any) -> None:
    swarm = new_swarm(structure="chorus")

    with pytest.raises(BadInput, match="in a chorus one model speaks for everybody"):
        swarm.register("planner", answers, count=3)


def test_roles_with_models_of_their_own_keep_what_was_said_of_all_models(
    new_swarm: Callable[..., Swarm],
) -> None:
    swarm = new_swarm(model="planted/seed=5", concurrency=7)
    swarm.register("planner")
    swarm.register("lawyer", model="planted/seed=6")

    decision = decide(swarm)

    config = json.loads((decision.result.path / "config.json").read_text())
    asked = {name: (tier["model"], tier["concurrency"]) for name, tier in config["tiers"].items()}
    assert asked == {"default": ("planted/seed=5", 7), "lawyer": ("planted/seed=6", 7)}


def test_a_cap_in_usd_on_a_model_without_a_price_is_refused(
    new_swarm: Callable[..., Swarm],
) -> None:
    swarm = new_swarm(models={"default": PlantedModel.named("planted")}, budget={"usd": 1.0})
    swarm.register("planner")

    with pytest.raises(BadInput, match=r"budget\.usd is no cap on the tier default"):
        decide(swarm)


def test_an_empty_team_cannot_decide(new_swarm: Callable[..., Swarm]) -> None:
    with pytest.raises(BadInput, match="the team is empty: register"):
        decide(new_swarm())


def test_a_model_object_needs_a_tier_to_stand_in_for(new_swarm: Callable[..., Swarm]) -> None:
    swarm = new_swarm(models={"smart": PlantedModel.named("planted")})
    swarm.register("planner")

    with pytest.raises(BadInput, match="there is no such tier; there are default"):
        decide(swarm)
