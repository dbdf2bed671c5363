"""The gateway to models: every wrapper stacked in one place, and a stage's questions answered.

Outermost first, a tier's stack is: recorded, single flight, retrying, budgeted, bounded, traced,
priced, guarded, and innermost the model itself. Only the innermost knows a provider.
"""

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

import msgspec
from msgspec.structs import replace

from blackboard import SwarmboardError

from .answering import Answering
from .budget import Budget, Budgeted
from .calls import Ask, Hook, Model, ModelError, Outcome, Request
from .calls_now import CallsNow
from .coalescing import SingleFlight
from .concurrency import Bounded
from .embedding import Distances
from .guarding import Guarded, is_cancelled, named, storable
from .ledger import Ledger
from .loop import shared_loop
from .pricing import Priced, Prices, prices_of
from .recording import Recorded, Recording
from .request_keys import call_key, question_of, request_key
from .retrying import Retrying
from .routing import tier_for
from .settings import TeamConfig, TierConfig
from .standing_heap import standing_heap
from .tracing import Traced

POLL_S = 0.25
"""How often whoever waits for answers looks after something else."""
WORTH_CACHING = 4_096
"""Characters of a shared prefix, about 1,024 tokens, from which providers cache it."""
TRACEBACK_KEPT = 2_000
"""Characters of the traceback of a coroutine that failed."""
BURST = 3
"""Questions with the same prefix from which one is sent ahead."""


@dataclass(slots=True)
class _Question:
    """A question that is asked once, whoever wants to know."""

    agent: int
    key: str
    ask: Ask
    rows: list[int] = field(default_factory=list)
    """Who gets the answer, by place among all that is asked."""

    @property
    def is_whole(self) -> bool:
        """Whether the key covers all that is asked."""
        return bool(self.ask.request or self.ask.compare or self.ask.question)


class Gateway:
    """Has questions answered by the models of a team, or by the user's own coroutines.

    Args:
        team: Tiers, roles, caps and routing.
        recording: What was answered before, and where answers are kept.
        models: Models by tier that stand in for those that the tiers name; they stay open.
        hooks: Told of each call to a model as it begins and ends.
    """

    def __init__(
        self,
        team: TeamConfig,
        recording: Recording,
        *,
        models: Mapping[str, Model] | None = None,
        hooks: Sequence[Hook] = (),
    ) -> None:
        self.team, self.recording = team, recording
        self._made: list[Any] = []
        """What it made itself, and closes."""
        self._bounds: dict[str, Bounded] = {}
        self._asked = self._answered = 0
        """Questions of the latest stage, and those of them that have come to their end."""
        given = models or {}
        is_replayed = recording.mode == "replay"  # nothing is billed, so litellm is not loaded
        self._prices = {
            name: own_prices(tier) if name in given or is_replayed else tier_prices(tier)
            for name, tier in team.tiers.items()
        }
        self.ledger = Ledger(recording, self._prices)
        self.budget = Budget(team.budget)
        self.budget.resume(self.ledger.calls())
        stacks = {
            name: self._stack(name, tier, given.get(name), hooks)
            for name, tier in team.tiers.items()
        }
        self._answering = Answering(stacks, team, self.ledger)
        self._distances = self._measure(team.embedding) if team.embedding else None
        self._embedding = team.embedding.model if team.embedding else ""

    @property
    def most_in_flight(self) -> Mapping[str, int]:
        """The most calls that were in flight at a time, by tier."""
        return {name: bounded.most_in_flight for name, bounded in self._bounds.items()}

    @property
    def in_flight(self) -> Mapping[str, int]:
        """The calls that are in flight now, by tier; any thread may look."""
        return {name: bounded.in_flight for name, bounded in self._bounds.items()}

    def now(self) -> CallsNow:
        """Return where the questions of the latest stage stand; any thread may ask."""
        replied_at = max((one.replied_at or 0.0 for one in self._bounds.values()), default=0.0)
        return CallsNow(
            in_flight=sum(self.in_flight.values()),
            answered=self._answered,
            left=self._asked - self._answered,
            tokens=self.budget.spent[0],
            reply_age_s=max(0.0, time.monotonic() - replied_at) if replied_at else None,
        )

    def answer(
        self,
        asked: Sequence[tuple[int, Ask]],
        at: tuple[int, int],
        *,
        meanwhile: Callable[[], None],
    ) -> list[Outcome]:
        """Return what finally came of each question of a stage, in the order given.

        Args:
            asked: Agents and what they ask, in agent order; all against the same board.
            at: The round and the stage.
            meanwhile: Called again and again while it waits; what it raises ends the waiting.

        Raises:
            NotRecorded: the run is to be replayed, and a reply was never recorded.
        """
        outcomes: list[Outcome | None] = [None] * len(asked)
        open_questions: list[_Question] = []
        questions = self._questions(asked)
        self._asked, self._answered = len(questions), 0
        for question in questions:
            known = self.recording.outcome(
                *at, question.agent, 0, question.key, is_whole=question.is_whole
            )
            if known is None:
                open_questions.append(question)
                continue
            self.ledger.recalled(1)
            self._answered += 1
            for row in question.rows:
                outcomes[row] = known
        if open_questions:
            loop = shared_loop()
            with standing_heap():
                future = loop.run(self._answer_all(open_questions, at))
                answers = loop.wait(future, every_s=POLL_S, meanwhile=meanwhile)
            for question, outcome in zip(open_questions, answers, strict=True):
                for row in question.rows:
                    outcomes[row] = outcome
        self.recording.flush()
        assert all(outcome is not None for outcome in outcomes)
        return outcomes  # type: ignore[return-value]

    def close(self) -> None:
        """Keep what was answered, and let go of connections that it opened itself."""
        self.recording.flush()
        closers = [model for model in self._made if hasattr(model, "aclose")]
        if closers:
            loop = shared_loop()
            closing = loop.run(_close_all(closers))
            loop.wait(closing, every_s=POLL_S, meanwhile=lambda: None)
        self.recording.close()

    def _stack(
        self, name: str, tier: TierConfig, model: Model | None, hooks: Sequence[Hook]
    ) -> Model:
        if model is None:
            model = innermost(tier)
            self._made.append(model)
        prices = self._prices[name]
        bounded = Bounded(Traced(Priced(Guarded(model), prices), hooks), tier.concurrency)
        self._bounds[name] = bounded
        budgeted = Budgeted(bounded, self.budget, prices, failed=self.ledger.add_failed)
        retrying = Retrying(budgeted, retries=tier.retries)
        return Recorded(SingleFlight(retrying), self.recording)

    def _measure(self, tier: TierConfig) -> Distances:
        from .litellm_model import LitellmEmbeddings  # which loads litellm

        prices = own_prices(tier) if self.recording.mode == "replay" else prices_of(tier)
        embeddings = LitellmEmbeddings(tier)
        self._made.append(embeddings)
        return Distances(embeddings, self.budget, self.ledger, prices, model=tier.model)

    def _questions(self, asked: Sequence[tuple[int, Ask]]) -> list[_Question]:
        """Put together what need only be asked once, and number what is asked again.

        Agents that share a voice ask for the same sample and share its answer. Who has a voice of
        its own gets an answer of its own, be the question the same as another's: its sample is
        the number of its occurrence in agent order.
        """
        questions: dict[str, _Question] = {}
        repeats: dict[Hashable, count[int]] = {}
        for row, (agent, ask) in enumerate(asked):
            if ask.request is None:
                key = call_key(agent, ask, embedding=self._embedding)
                questions[key] = _Question(agent, key, ask, [row])
                continue
            request = self._placed(ask.request)
            if request.sample < 0:
                number = next(repeats.setdefault(question_of(request), count()))
                request = replace(request, sample=number)
            key = request_key(request)
            if key not in questions:
                questions[key] = _Question(agent, key, Ask(request=request))
            questions[key].rows.append(row)
        return list(questions.values())

    def _placed(self, request: Request) -> Request:
        tier = tier_for(request, self.team)
        config = self.team.tiers[tier]
        endpoint = config.api_base or ""
        if (request.tier, request.model, request.endpoint) == (tier, config.model, endpoint):
            return request
        return replace(request, tier=tier, model=config.model, endpoint=endpoint)

    async def _answer_all(
        self, questions: Sequence[_Question], at: tuple[int, int]
    ) -> list[Outcome]:
        """Ask everything at once, but for calls that go ahead so that others find a warm cache."""
        first, rest = self._ahead(questions)
        answers = dict(
            zip(first, await self._gather([questions[i] for i in first], at), strict=True)
        )
        answers |= zip(rest, await self._gather([questions[i] for i in rest], at), strict=True)
        return [answers[i] for i in range(len(questions))]

    def _ahead(self, questions: Sequence[_Question]) -> tuple[list[int], list[int]]:
        """Split questions into those that warm a provider's cache, and the rest."""
        bursts: dict[tuple[str, str], list[int]] = {}
        for i, question in enumerate(questions):
            request = question.ask.request
            if request and self._is_warmed_up(request):
                bursts.setdefault((request.tier, request.prompt.board), []).append(i)
        first = sorted(members[0] for members in bursts.values() if len(members) >= BURST)
        ahead = set(first)
        return first, [i for i in range(len(questions)) if i not in ahead]

    def _is_warmed_up(self, request: Request) -> bool:
        prompt = request.prompt
        if len(prompt.rules) + len(prompt.board) < WORTH_CACHING:
            return False
        wished = self.team.tiers[request.tier].warm_up
        prices = self._prices[request.tier]
        return prices.cached < prices.input if wished is None else wished

    async def _gather(self, questions: Sequence[_Question], at: tuple[int, int]) -> list[Outcome]:
        """Start questions in order, and await them all; the first defect ends the others."""
        tasks = [asyncio.ensure_future(self._answer_one(one, at)) for one in questions]
        try:
            return await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise

    async def _compared(
        self, texts: Sequence[str], agent: int, at: tuple[int, int]
    ) -> list[float | None]:
        if self._distances is None:
            raise ModelError("no embedding model is configured", cause="error")
        return await self._distances.far(texts, agent=agent, at=at)

    async def _answer_one(self, question: _Question, at: tuple[int, int]) -> Outcome:
        ask = question.ask
        if ask.request is not None:
            outcome = await self._answering.answer(ask.request)
        else:
            if self.recording.mode == "replay":
                raise SwarmboardError(
                    f"agent {question.agent} calls code of its own in round {at[0]}, stage "
                    f"{at[1]}, and what came of it is not recorded; use recording=auto to call it"
                )
            call = ask.call or partial(self._compared, ask.compare, question.agent, at)
            outcome = await _called(call, timeout_s=ask.timeout_s)
        outcome = replace(outcome, text=storable(outcome.text), detail=storable(outcome.detail))
        self.recording.keep_outcome(*at, question.agent, 0, question.key, outcome)
        self._answered += 1
        return outcome


def is_planted(tier: TierConfig) -> bool:
    """Say whether a tier's model is the simulated one."""
    return tier.model.partition("/")[0] == "planted"


def why_unreachable(tier: TierConfig, *, needs_key: bool = True) -> str | None:
    """Return why a tier's model cannot be asked: unknown, served nowhere, or without its key."""
    from .litellm_model import missing_endpoint, missing_key, unknown_model  # which loads litellm

    if why := unknown_model(tier) or missing_endpoint(tier):
        return why
    if needs_key and (variable := missing_key(tier)):
        return f"{tier.model} needs a key: set {variable}, or api_base for a server of your own"
    return None


def innermost(tier: TierConfig) -> Model:
    """Return the model that a tier names: planted ones are here, all others litellm knows.

    Raises:
        BadInput: a planted model is named with a property that there is not.
    """
    if is_planted(tier):
        from .planted import PlantedModel

        return PlantedModel.named(tier.model)
    from .litellm_model import LitellmModel

    return LitellmModel(tier)


def tier_prices(tier: TierConfig) -> Prices:
    """Return what a tier costs; a simulated model costs what the tier says, or nothing."""
    return own_prices(tier) if is_planted(tier) else prices_of(tier)


def own_prices(tier: TierConfig) -> Prices:
    """Return the prices that a tier itself names, 0 for those that it does not."""
    cost = (tier.usd_per_million_input, tier.usd_per_million_output, tier.usd_per_million_cached)
    input, output, cached = (price or 0.0 for price in cost)
    return Prices(input, output, cached)


async def _called(call: Callable[[], Awaitable[Any]], *, timeout_s: float) -> Outcome:
    """Await a coroutine of the user's own; whatever it raises is the agent's abstention."""
    limit = asyncio.timeout(timeout_s)
    try:
        async with limit:
            result = await asyncio.ensure_future(call())  # a task, lest it cancel this one
    except TimeoutError as error:
        is_ours = limit.expired()
        return Outcome("", "late", f"no answer within {timeout_s:g} s" if is_ours else named(error))
    except ModelError as error:
        return Outcome("", error.cause, str(error))
    except asyncio.CancelledError as error:
        if is_cancelled():
            raise
        return Outcome("", "error", named(error))
    except Exception as error:
        traced = "".join(traceback.format_exception(error))[-TRACEBACK_KEPT:]
        return Outcome("", "error", f"{named(error)}\n{traced}")
    try:
        return Outcome(msgspec.json.encode(result).decode())
    except (TypeError, ValueError) as error:
        return Outcome("", "invalid", f"what was returned is no JSON: {error}")


async def _close_all(models: Sequence[Any]) -> None:
    for model in models:
        await model.aclose()
