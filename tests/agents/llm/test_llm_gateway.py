"""A stage's questions go through the gateway together, and come back in the order asked."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from agents.llm.calls import Ask, ModelError, Prompt, Reply, Request, Usage
from agents.llm.gateway import Gateway
from agents.llm.recording import NotRecorded, Recording
from agents.llm.settings import BudgetConfig, Cap, TeamConfig, TierConfig
from blackboard import SwarmboardError
from tests.swarmboard.held_model import HeldModel

type Open = Callable[..., Gateway]
TIER = TierConfig(model="planted", concurrency=4, retries=0)


class Echo:
    """Answers with who asks, after a while; the later asked, the sooner."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.answered = self.closed = 0

    async def complete(self, request: Request) -> Reply:
        self.asked.append(request)
        await asyncio.sleep(0.001 * (5 - request.agent % 5))
        if request.role == "broken":
            raise ModelError("out of order")
        if request.role == "defect":
            while not self.answered:
                await asyncio.sleep(0.001)
            for _ in range(50):  # what was answered makes its way out
                await asyncio.sleep(0)
            raise AssertionError("a defect of the program")
        if request.role == "odd":
            raise ValueError("half a pair: \ud83d")
        if request.role == "gone":
            raise asyncio.CancelledError
        if request.role == "text":
            return "no Reply"  # type: ignore[return-value]
        self.answered += 1
        number = len(self.asked)
        return Reply(f'{{"reasoning":"{request.agent} {number}"}}', "echo", Usage(50, 5))

    async def aclose(self) -> None:
        self.closed += 1


def question(agent: int, own: str | None = None, **more: Any) -> tuple[int, Ask]:
    prompt = Prompt("rules", more.pop("board", "board"), own or f"agent {agent}")
    fields: dict[str, Any] = {"role": "planner", "round": 1, "stage": 2, **more}
    return agent, Ask(Request(agent=agent, prompt=prompt, **fields))


@pytest.fixture
def model() -> Echo:
    return Echo()


@pytest.fixture
def gateway(tmp_path: Path, model: Echo) -> Iterator[Open]:
    opened: list[Gateway] = []

    def open_one(
        name: str = "own", *, mode: Any = "record", source: str | None = None, **team: Any
    ) -> Gateway:
        (tmp_path / name).mkdir(exist_ok=True)
        recording = Recording.open(
            tmp_path / name, mode=mode, source=tmp_path / source if source else None
        )
        config = TeamConfig(**({"tiers": {"default": TIER}} | team))
        models = dict.fromkeys(config.tiers, model)
        opened.append(Gateway(config, recording, models=models))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def ask(gateway: Gateway, *questions: tuple[int, Ask], at: tuple[int, int] = (1, 2)) -> list[str]:
    outcomes = gateway.answer(questions, at, meanwhile=lambda: None)
    return [outcome.text or f"{outcome.cause}: {outcome.detail}" for outcome in outcomes]


def test_answers_come_in_the_order_of_the_questions(gateway: Open, model: Echo) -> None:
    answers = ask(gateway(), *map(question, range(12)))

    assert [int(text.split('"')[3].split()[0]) for text in answers] == list(range(12))
    assert len(model.asked) == 12


def test_no_more_calls_than_the_tier_allows_are_in_flight(gateway: Open) -> None:
    opened = gateway()

    ask(opened, *map(question, range(30)))

    assert opened.most_in_flight == {"default": 4}


def test_calls_in_flight_and_questions_left_are_told_while_they_are_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.llm.gateway.POLL_S", 0.005)
    model, told = HeldModel(), []
    with Recording.open(tmp_path, mode="record") as recording:
        opened = Gateway(TeamConfig(tiers={"default": TIER}), recording, models={"default": model})

        def look() -> None:
            now = opened.now()
            if now.in_flight == 4 and (not told or now.answered > told[-1].answered):
                told.append(now)
                model.let(2) if len(told) == 1 else model.open()

        opened.answer([question(agent) for agent in range(6)], (1, 2), meanwhile=look)
        after = opened.now()
        opened.close()

    first, second = told
    assert (first.in_flight, first.answered, first.left, first.tokens) == (4, 0, 6, 0)
    assert first.reply_age_s is None
    assert (second.in_flight, second.answered, second.left) == (4, 2, 4)
    assert 0 < second.tokens < after.tokens
    assert second.reply_age_s is not None
    assert (opened.in_flight, after.answered, after.left) == ({"default": 0}, 6, 0)


def test_questions_that_a_recording_answers_count_as_answered(gateway: Open) -> None:
    questions = [question(agent) for agent in range(3)]
    ask(gateway(), *questions)
    opened = gateway()

    ask(opened, *questions)

    now = opened.now()
    assert (now.answered, now.left, now.reply_age_s) == (3, 0, None)


def test_who_shares_a_sample_shares_the_call_and_others_get_answers_of_their_own(
    gateway: Open, model: Echo
) -> None:
    opened = gateway()
    shared = [question(agent, "voice 1", sample=0) for agent in (3, 5, 8)]
    own = [question(agent, "the same question") for agent in (9, 10)]

    answers = ask(opened, *shared, *own)

    assert len(set(answers[:3])) == 1
    assert answers[3] != answers[4]
    assert sorted(request.sample for request in model.asked) == [0, 0, 1]
    assert opened.ledger.summary()["calls"] == 3


def test_what_was_answered_is_not_asked_again_in_the_same_place(gateway: Open, model: Echo) -> None:
    questions = [*map(question, range(4)), question(4, role="broken")]
    first = ask(gateway(), *questions)
    opened = gateway()

    again = ask(opened, *questions)

    assert again == first
    assert again[4] == "error: out of order"
    assert len(model.asked) == 5
    assert opened.ledger.recorded_calls == 5


def test_auto_never_uses_anothers_failure_for_another_question(gateway: Open, model: Echo) -> None:
    ask(gateway("theirs"), question(0, role="broken"))

    ask(gateway("mine", mode="auto", source="theirs"), question(0, round=2), at=(2, 2))

    assert len(model.asked) == 2


def test_a_replay_asks_nobody_and_names_what_is_missing(gateway: Open, model: Echo) -> None:
    ask(gateway("theirs"), question(0))
    replay = gateway("mine", mode="replay", source="theirs")

    with pytest.raises(NotRecorded, match="planner 1 in round 1, stage 2"):
        ask(replay, question(0), question(1))

    assert len(model.asked) == 1


def test_a_replay_does_not_call_code_of_ones_own(gateway: Open) -> None:
    async def call() -> str:
        return "called"

    ask(gateway("theirs"), question(0))
    replay = gateway("mine", mode="replay", source="theirs")

    with pytest.raises(SwarmboardError, match="agent 3 calls code of its own in round 1, stage 2"):
        ask(replay, (3, Ask(call=call)))


def test_a_defect_ends_the_stage_and_what_was_answered_is_kept(gateway: Open, model: Echo) -> None:
    opened = gateway()
    with pytest.raises(AssertionError, match="a defect of the program"):
        ask(opened, question(4), question(0, role="defect"), *map(question, (9, 14, 19)))
    opened.close()
    asked = len(model.asked)

    ask(gateway(), question(4))

    assert len(model.asked) == asked


def test_whoever_waits_looks_after_other_things_and_may_end_it(gateway: Open) -> None:
    def meanwhile() -> None:
        raise InterruptedError("enough")

    async def forever() -> None:
        await asyncio.Event().wait()

    with pytest.raises(InterruptedError, match="enough"):
        gateway().answer([(0, Ask(call=forever))], (1, 1), meanwhile=meanwhile)


def test_roles_tiers_and_complexity_choose_the_model(gateway: Open, model: Echo) -> None:
    tiers = {name: tier_of(name) for name in ("fast", "strong", "judge")}
    opened = gateway(tiers=tiers, roles={"critic": "judge"}, routing={"escalate_below": 0.0})

    ask(
        opened,
        question(0),
        question(1, complexity=0.9),
        question(2, role="critic", complexity=0.9),
        question(3, tier="strong"),
    )

    names = {request.agent: request.tier for request in model.asked}
    assert names == {0: "fast", 1: "strong", 2: "judge", 3: "strong"}
    assert {(r.tier, r.model) for r in model.asked} == {
        (n, f"planted/seed={len(n)}") for n in tiers
    }


def tier_of(name: str) -> TierConfig:
    return TIER.model_copy(update={"model": f"planted/seed={len(name)}"})


def test_a_budget_counts_what_was_spent_before_the_run_was_interrupted(
    gateway: Open, model: Echo
) -> None:
    spent = {"budget": BudgetConfig(agent=Cap(tokens=770))}
    ask(gateway(**spent), question(0))
    more = gateway(**spent)

    first = ask(more, question(0, "more", round=2), at=(2, 2))

    assert first[0].startswith("budget: budget.agent.tokens")
    assert len(model.asked) == 1


def test_one_question_goes_ahead_where_a_long_prefix_is_worth_caching(
    gateway: Open, model: Echo
) -> None:
    tier = TIER.model_copy(update={"concurrency": 64, "warm_up": True})
    flying: list[int] = []
    complete = model.complete

    async def noted(request: Request) -> Reply:
        flying.append(request.agent)
        if len(flying) == 1:
            await asyncio.sleep(0.02)
            assert flying == [0]
        return await complete(request)

    model.complete = noted  # type: ignore[method-assign]

    answers = ask(
        gateway(tiers={"default": tier}), *(question(i, board="b" * 5000) for i in range(9))
    )

    assert len(answers) == len(flying) == 9


def test_closing_closes_what_the_gateway_made_and_not_what_it_was_given(
    gateway: Open, model: Echo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Echo()
    monkeypatch.setattr("agents.llm.gateway.innermost", lambda tier: made)
    recording = Recording.open(tmp_path, mode="record")

    gateway().close()
    Gateway(TeamConfig(tiers={"default": TIER}), recording).close()

    assert (model.closed, made.closed) == (0, 1)


@pytest.mark.parametrize(
    ("role", "says"),
    [
        ("odd", "ValueError: half a pair: ?"),
        ("gone", "CancelledError"),
        ("text", "TypeError: it returned a str instead of a Reply"),
    ],
)
def test_whatever_a_model_object_raises_is_one_call_without_an_answer(
    gateway: Open, role: str, says: str
) -> None:
    answers = ask(gateway(), question(0, role=role), question(1))

    assert answers[0] == f"error: planted could not be asked: {says}"
    assert answers[1].startswith('{"reasoning"')


def test_half_a_surrogate_pair_becomes_a_question_mark(gateway: Open, model: Echo) -> None:
    async def odd(request: Request) -> Reply:
        return Reply('{"reasoning":"so \ud83d"}', "echo \ud83d", Usage(50, 5))

    async def broken() -> None:
        raise LookupError("\udfff")

    model.complete = odd  # type: ignore[method-assign]
    said, own = ask(gateway(), question(0), (1, Ask(call=broken)))

    assert said == '{"reasoning":"so ?"}'
    assert own.splitlines()[0] == "error: LookupError: ?"


def test_a_coroutine_that_cancels_itself_is_its_agents_abstention(gateway: Open) -> None:
    async def gives_up() -> None:
        raise asyncio.CancelledError

    async def ends_its_task() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.Event().wait()

    answers = ask(gateway(), (0, Ask(call=gives_up)), (1, Ask(call=ends_its_task)), question(2))

    assert answers[:2] == ["error: CancelledError"] * 2
    assert answers[2].startswith('{"reasoning"')


def test_a_time_limit_of_the_coroutines_own_is_told_apart_from_ours(gateway: Open) -> None:
    async def own() -> None:
        raise TimeoutError("the database took 2 s")

    async def ours() -> None:
        await asyncio.Event().wait()

    answers = ask(gateway(), (0, Ask(call=own)), (1, Ask(call=ours, timeout_s=0.01)))

    assert answers == [
        "late: TimeoutError: the database took 2 s",
        "late: no answer within 0.01 s",
    ]


def test_a_coroutines_answer_in_another_run_counts_for_the_same_question_only(
    gateway: Open,
) -> None:
    called: list[str] = []

    def own(agent: int, question: str) -> tuple[int, Ask]:
        async def call() -> str:
            called.append(question)
            return question

        return agent, Ask(call=call, question=question)

    ask(gateway("theirs"), own(0, "first"), own(1, "both"), own(2, ""))
    called.clear()

    asked = own(0, "second"), own(1, "both"), own(2, "")
    auto = ask(gateway("mine", mode="auto", source="theirs"), *asked)
    resumed = ask(gateway("mine", mode="auto", source="theirs"), *asked)

    assert auto == resumed == ['"second"', '"both"', '""']
    assert called == ["second", ""]


def test_an_empty_question_is_replayed(gateway: Open) -> None:
    async def call() -> int:
        return 7

    ask(gateway("theirs"), (0, Ask(call=call)))

    assert ask(gateway("mine", mode="replay", source="theirs"), (0, Ask(call=call))) == ["7"]


def test_auto_asks_again_where_another_run_failed(gateway: Open, model: Echo) -> None:
    broken = question(0, role="broken")
    failed = ask(gateway("theirs"), broken)

    replayed = ask(gateway("again", mode="replay", source="theirs"), broken)
    asked = len(model.asked)
    ask(gateway("mine", mode="auto", source="theirs"), broken)

    assert replayed == failed == ["error: out of order"]
    assert (asked, len(model.asked)) == (1, 2)


def test_one_name_at_two_endpoints_is_two_models(gateway: Open, model: Echo) -> None:
    names = ("fast", "strong")
    bases = {name: {"api_base": f"http://{name}/v1"} for name in names}
    tiers = {name: TIER.model_copy(update=base) for name, base in bases.items()}

    ask(gateway(tiers=tiers, routing={"escalate_below": 1.0}), question(0))

    assert [(request.tier, request.endpoint) for request in model.asked] == [
        ("fast", "http://fast/v1"),
        ("strong", "http://strong/v1"),
    ]


def test_the_same_question_with_another_place_is_answered_from_the_recorded_reply(
    gateway: Open, model: Echo
) -> None:
    opened = gateway()
    agent, asked = question(0, "the same", sample=0)
    assert asked.request is not None

    first = ask(opened, (agent, asked))
    moved = Ask(replace(asked.request, round=5, agent=7))
    again = ask(opened, (7, moved), at=(5, 2))

    assert again == first
    assert len(model.asked) == 1
