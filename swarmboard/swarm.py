"""`Swarm`: a team that decides on one task, from Python."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from agents import DEFAULT_TIER, FAST, STRONG, BudgetConfig, Model, RoutingConfig, TierConfig
from blackboard import BadInput, RunDirectory, threshold
from scenarios import ModelOptions, OpenTask

from .config import check_options, make_config
from .desk import beside_tiers, check_heeded, tier_of
from .effects import Effects, check_act
from .execution import execute
from .plan import Plan, prepare
from .resuming import resume
from .roster import Registered, check_answers, check_roster, keep_roster
from .runner import percent_of
from .stop import Stop
from .swarm_decision import SwarmDecision, read_decision
from .waiting import in_thread, to_its_end

type Accept = Callable[[SwarmDecision, str], Any]
"""Called with an accepted decision and its idempotency key."""

_OF_ONE_TASK = ("task", "choices", "answer", "tasks", "attempts", "team", "skills")
"""Options of the scenario that `register` and `decide` are told instead."""


class Swarm:
    """A team that reasons on one board, criticises, and votes on one task at a time.

    Args:
        model: `provider/name`, as litellm names it, for all who have no other; `planted`, which
            None means, is a simulated one, built in.
        max_agents: The most that may be registered.
        api_base: The model's endpoint, where it is not the provider's own.
        tiers: Several models by name, in place of `model`: `{"fast": {"model": ...}, ...}`.
        roles: The tier of each role that is not routed.
        budget: Caps, with the names of `[budget]`.
        routing: When the strong tier is asked, with the names of `[routing]`.
        models: Models by tier, as objects of your own; the only tier of a `model` is `default`.
        structure: `swarm`, or one to compare with: `solo`, `separate`, `chorus`.
        seed: The same seed, with recorded replies, repeats a run.
        board: As for `run`: None means `$SWARMBOARD_URL`, else the bundled server.
        out_dir: Where run directories go.
        **options: Other options of `open-task`: archetypes, recording, recorded, memory, learn,
            layers, route, temperature ...

    Raises:
        BadInput: something given is wrong; the message names it and the next step.
    """

    def __init__(
        self,
        model: str | None = None,
        max_agents: int = 1024,
        *,
        api_base: str | None = None,
        tiers: Mapping[str, TierConfig | Mapping[str, Any]] | None = None,
        roles: Mapping[str, str] | None = None,
        budget: BudgetConfig | Mapping[str, Any] | None = None,
        routing: RoutingConfig | Mapping[str, Any] | None = None,
        models: Mapping[str, Model] | None = None,
        structure: str = "swarm",
        seed: int = 0,
        board: str | None = None,
        out_dir: Path | str = "runs",
        **options: Any,
    ) -> None:
        if not isinstance(max_agents, int) or max_agents < 1:
            raise BadInput(f"max_agents={max_agents!r}: a whole number of at least 1 is needed")
        for name in set(_OF_ONE_TASK) & options.keys():
            where = "register a role" if name in ("team", "skills") else f"decide(task, {name}=...)"
            raise BadInput(f"Swarm({name}=...): that belongs to one task; give it to {where}")
        self.max_agents, self.out_dir = max_agents, Path(out_dir)
        self._models = dict(models or {})
        if model is not None and tiers:
            raise BadInput(f"model={model} and tiers both name models: leave one of them away")
        self._options = {"api_base": api_base, **options}
        self._options |= {} if model is None else {"model": model}
        self._tiers, self._roles = dict(tiers or {}), dict(roles or {})
        self._values = {"scenario": OpenTask.name, "structure": structure, "seed": seed}
        self._values |= {"board": board, "budget": budget}
        self._values |= {"routing": routing} if routing is not None else {}
        self._team: dict[str, Registered] = {}
        checked = check_options(OpenTask, self._options)
        self._config = make_config(self._values | {"tiers": self._tiers, "roles": self._roles})
        assert isinstance(checked, ModelOptions)
        check_heeded(self._config, checked)
        self._only_tier = tier_of(checked)
        self._beside_tiers = beside_tiers(checked)

    def register(
        self,
        role: str,
        answers: Any = None,
        count: int = 1,
        *,
        model: str | None = None,
        api_base: str | None = None,
        skills: Sequence[str] = (),
    ) -> None:
        """Add the agents of a role; `critic` judges what others think, all others contribute.

        Args:
            role: A name of letters, digits and underscores.
            answers: Who answers for them: None means a model. A coroutine function is awaited
                with a `Situation`, on the event loop of whoever calls `decide`, and returns a
                text, a `Decision`, a dict of its fields, or None to abstain. A class of agents is
                made with the Mesa model and acts on the board itself.
            count: How many.
            model: A model of their own.
            api_base: Its endpoint.
            skills: What they can do, for requests that name a skill.

        Raises:
            BadInput: something given is wrong; nobody is added.
        """
        if not isinstance(role, str) or not role.isidentifier():
            raise BadInput(f"register({role!r}): name the role with letters, digits and _ only")
        if role in self._team:
            raise BadInput(f"register({role!r}): the role is registered; give its count at once")
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise BadInput(f"register({role!r}, count={count!r}): at least 1 is needed")
        size = sum(one.count for one in self._team.values()) + count
        if size > self.max_agents:
            raise BadInput(
                f"register({role!r}, count={count}) makes {size} agents of at most "
                f"{self.max_agents}: raise max_agents, or register fewer"
            )
        check_answers(role, answers)
        if answers is not None and self._values["structure"] == "chorus":
            raise BadInput(
                f"register({role!r}, ...): in a chorus one model speaks for everybody; register "
                "the role without who answers, or choose another structure"
            )
        if isinstance(skills, str):
            raise BadInput(f"register({role!r}, skills={skills!r}): write skills=({skills!r},)")
        tier = self._own_tier(role, model, api_base, answers)
        self._team[role] = Registered(role, count, answers, tuple(skills), tier)

    async def decide(
        self,
        task: str,
        *,
        consensus_threshold: float = 0.8,
        on_accept: Accept | None = None,
        choices: Sequence[str] = (),
        attempts: int = 3,
        out: Path | str | None = None,
    ) -> SwarmDecision:
        """Have the team work on a task, and return what it came to.

        The run goes on in a thread of its own, so that the event loop stays free; decisions may
        be made at the same time. A cancellation, such as Ctrl-C in `asyncio.run`, ends the run
        after its stage, or in the middle of one that takes longer than a second; `resume` goes on
        with it. A coroutine that was still awaited then is awaited anew.

        `on_accept(decision, key)` is started at most once for an accepted decision, whoever is
        killed meanwhile: its intent is on the disk before it starts, its result after it ended.
        `key` is for whatever it calls: the run's id and the proposal's, unique among runs. A
        coroutine function is awaited here; any other is called in a thread. What it raises does
        not come out here: `effect` says `failed`, and `effect_error` why.

        Args:
            task: What is to be done or answered.
            consensus_threshold: The share of the eligible that has to agree.
            on_accept: Started once the decision is accepted.
            choices: Answers to choose from; none means that the team writes a plan.
            attempts: Votes until the task expires.
            out: The run directory; None means `<out_dir>/<run id>`.

        Raises:
            BadInput: something given is wrong; nothing has happened.
        """
        if on_accept is not None:
            check_act(on_accept)
        if not isinstance(task, str) or not task.strip():
            raise BadInput(f"decide({task!r}): say in words what is to be done or answered")
        loop = asyncio.get_running_loop()
        options = {"task": task, "attempts": attempts}
        is_many = isinstance(choices, Iterable) and not isinstance(choices, str)
        options["choices"] = tuple(choices) if is_many else choices
        plan = self._plan(loop, options, percent_of(consensus_threshold))
        directory = RunDirectory.create(Path(out) if out else None, root=self.out_dir)
        team = tuple(self._team.values())
        keep_roster(directory, team, list(self._models))
        stop = Stop()

        def work() -> SwarmDecision:
            result = execute(plan, stop=stop, directory=directory)
            return read_decision(result, _roles(team))

        return await self._finish(directory, work, stop, on_accept)

    async def resume(self, run: Path | str, *, on_accept: Accept | None = None) -> SwarmDecision:
        """Go on with a decision that was stopped or killed, with the same team registered again.

        What models and coroutines answered before is not asked again. `on_accept` is started only
        if no process has started it yet; else the decision says what became of it.

        Args:
            run: The run's directory.
            on_accept: Started once the decision is accepted.

        Raises:
            BadInput: there is no such run, or another team began it.
        """
        if on_accept is not None:
            check_act(on_accept)
        directory = RunDirectory.find(str(run), roots=(self.out_dir,))
        team = tuple(self._team.values())
        check_roster(directory, team, list(self._models))
        kind = _scenario(team, asyncio.get_running_loop())
        stop = Stop()

        def work() -> SwarmDecision:
            result = resume(directory, kind=kind, models=self._models or None, stop=stop)
            return read_decision(result, _roles(team))

        return await self._finish(directory, work, stop, on_accept)

    async def _finish(
        self,
        directory: RunDirectory,
        work: Callable[[], SwarmDecision],
        stop: Stop,
        on_accept: Accept | None,
    ) -> SwarmDecision:
        """Have the run come to its end in a thread, and act on what was decided."""
        try:
            decision = await to_its_end(in_thread(work), on_cancel=stop.ask)
        except asyncio.CancelledError as cancelled:
            cancelled.add_note(f"the run in {directory.path} was stopped; resume goes on with it")
            raise
        if decision.proposal is None:
            return decision
        effects = Effects(directory)
        if decision and on_accept is not None:
            effect = await effects.once(
                on_accept, decision, proposal=decision.proposal, key=decision.key
            )
        else:
            effect = effects.found(decision.proposal)
        return decision.with_effect(effect)

    def _plan(
        self, loop: asyncio.AbstractEventLoop, options: Mapping[str, Any], percent: int
    ) -> Plan:
        """Return the run of one task."""
        team = tuple(self._team.values())
        if not team:
            raise BadInput("the team is empty: register('planner', count=8) first")
        own = {one.role: one.tier for one in team if one.tier}
        tiers: dict[str, Any] = dict(self._tiers)
        if own and not tiers:
            tiers[DEFAULT_TIER] = self._only_tier
        tiers |= own
        known = tiers.keys() | {DEFAULT_TIER} if not self._tiers else tiers.keys()
        if unknown := sorted(self._models.keys() - known):
            raise BadInput(
                f"models={{{unknown[0]!r}: ...}}: there is no such tier; there are "
                f"{', '.join(sorted(known))}"
            )
        values = self._values | {
            "tiers": tiers,
            "roles": self._roles | {role: role for role in own},
        }
        seats = tuple((one.role, one.count) for one in team)
        skills = {one.role: one.skills for one in team if one.skills}
        common = self._options
        if tiers:  # the only tier, which has them, is among these
            common = {name: common[name] for name in common if name not in self._beside_tiers}
        values["options"] = {**common, **options, "team": seats, "skills": skills}
        config = make_config(values)
        kind = _scenario(team, loop)
        return prepare(config, rule=threshold(percent), kind=kind, models=self._models or None)

    def _own_tier(
        self, role: str, model: str | None, api_base: str | None, answers: Any
    ) -> TierConfig | None:
        """Return the tier of a role with a model of its own."""
        if model is None:
            if api_base is not None:
                raise BadInput(f"register({role!r}, api_base=...): name the model there as well")
            return None
        if answers is not None:
            raise BadInput(f"register({role!r}): give either who answers, or a model")
        if role in (*self._tiers, DEFAULT_TIER, FAST, STRONG):
            raise BadInput(
                f"register({role!r}, model=...): a tier has that name; name the role otherwise"
            )
        return self._only_tier.model_copy(update={"model": model, "api_base": api_base})


def _roles(team: Sequence[Registered]) -> list[str]:
    """Return the role of each agent, by its number on the board."""
    return [one.role for one in team for _ in range(one.count)]


def _scenario(team: Sequence[Registered], loop: asyncio.AbstractEventLoop) -> type[OpenTask]:
    """Return the scenario with a team of one's own in its seats."""

    class TeamTask(OpenTask):
        seats = tuple(one.seat(loop) for one in team)

    return TeamTask
