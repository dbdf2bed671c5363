import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agents.llm.budget import (
    Budget,
    Budgeted,
    Reservation,
    tokens_at_most,
)
from agents.llm.calls import PURPOSES, ModelError, Prompt, Reply, Request, Usage
from agents.llm.ledger import Call
from agents.llm.pots import BudgetExceeded
from agents.llm.pricing import Prices
from agents.llm.settings import BudgetConfig, Cap

REQUEST = Request(
    agent=0,
    role="critic",
    round=1,
    stage=1,
    prompt=Prompt("rules", "board", "own"),
    tier="fast",
    max_tokens=100,
)
CAPS = BudgetConfig(
    tokens=1000,
    usd=1.0,
    tiers={"fast": Cap(tokens=700)},
    roles={"critic": Cap(tokens=600, usd=0.5)},
    agent=Cap(tokens=300),
    classes={"coordination": Cap(tokens=200), "work": Cap(usd=0.4)},
)


def paid(**changes: object) -> Call:
    """Make a row of the ledger."""
    call = Call(
        *(1, 1, 0, 0, 0), *("critic", "fast", "stub", "work"), *(0,) * 8, *(0.0,) * 3, False
    )
    return replace(call, **changes)


def test_a_reservation_holds_until_the_call_is_settled() -> None:
    budget = Budget(BudgetConfig(tokens=1000, usd=1.0))

    reservation = budget.reserve(REQUEST, 900, 0.5)
    assert budget.left == (100, 0.5)
    budget.settle(reservation, 250, 0.25)

    assert budget.spent == (250, 0.25)
    assert budget.left == (750, 0.75)


def test_what_was_released_is_there_again_and_only_once() -> None:
    budget = Budget(BudgetConfig(tokens=1000))

    reservation = budget.reserve(REQUEST, 900, 0.0)
    budget.release(reservation)
    budget.release(reservation)
    budget.settle(reservation, 900, 0.0)

    assert (budget.spent, budget.left) == ((0, 0.0), (1000, None))


@pytest.mark.parametrize(
    ("config", "cap"),
    [
        (BudgetConfig(tokens=99), "budget.tokens"),
        (BudgetConfig(usd=0.0009), "budget.usd"),
        (BudgetConfig(tiers={"fast": Cap(tokens=99)}), "budget.tiers.fast.tokens"),
        (BudgetConfig(roles={"critic": Cap(usd=0)}), "budget.roles.critic.usd"),
        (BudgetConfig(agent=Cap(tokens=99)), "budget.agent.tokens"),
        (BudgetConfig(classes={"work": Cap(tokens=99)}), "budget.classes.work.tokens"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_refusal_names_the_cap_and_leads_to_an_abstention(config: BudgetConfig, cap: str) -> None:
    with pytest.raises(BudgetExceeded, match=f"{cap}: a call may take") as refused:
        Budget(config).reserve(REQUEST, 100, 0.001)

    assert (refused.value.cap, refused.value.cause) == (cap, "budget")
    assert not refused.value.is_transient


def test_a_refusal_takes_nothing_from_any_pot() -> None:
    budget = Budget(BudgetConfig(tokens=1000, classes={"work": Cap(tokens=50)}))

    with pytest.raises(BudgetExceeded):
        budget.reserve(REQUEST, 100, 0.0)

    assert budget.left == (1000, None)


def test_a_coordination_cap_never_eats_the_work_budget() -> None:
    budget = Budget(BudgetConfig(tokens=1000, classes={"coordination": Cap(tokens=100)}))
    talk = replace(REQUEST, purpose="coordination")

    budget.settle(budget.reserve(talk, 100, 0.0), 100, 0.0)
    with pytest.raises(BudgetExceeded, match=r"budget\.classes\.coordination\.tokens"):
        budget.reserve(talk, 1, 0.0)
    budget.settle(budget.reserve(REQUEST, 900, 0.0), 900, 0.0)

    assert budget.spent == (1000, 0.0)


def test_each_agent_has_a_pot_of_its_own() -> None:
    budget = Budget(BudgetConfig(agent=Cap(tokens=100)))
    budget.reserve(REQUEST, 100, 0.0)

    budget.reserve(replace(REQUEST, agent=1), 100, 0.0)

    with pytest.raises(BudgetExceeded, match=r"budget\.agent\.tokens"):
        budget.reserve(REQUEST, 1, 0.0)


def test_a_bill_above_what_was_foreseen_is_counted() -> None:
    budget = Budget(BudgetConfig(tokens=100))

    budget.settle(budget.reserve(REQUEST, 100, 0.0), 130, 0.0)

    assert (budget.spent, budget.left) == ((130, 0.0), (0, None))


def test_what_was_spent_before_an_interruption_counts() -> None:
    budget = Budget(CAPS)

    budget.resume([paid(input=200, output=50, cost_usd=0.25), paid(agent=1, input=10)])

    assert budget.spent == (260, 0.25)
    with pytest.raises(BudgetExceeded, match=r"budget\.agent\.tokens"):
        budget.reserve(REQUEST, 51, 0.0)
    with pytest.raises(BudgetExceeded, match=r"budget\.classes\.work\.usd"):
        budget.reserve(replace(REQUEST, agent=1), 10, 0.151)


def test_reservations_are_refused_in_the_order_in_which_agents_ask() -> None:
    async def run() -> list[bool]:
        budget = Budget(BudgetConfig(tokens=350))
        model = Budgeted(Costly(100), budget, Prices(0, 0, 0))
        asked = [model.complete(replace(REQUEST, agent=i, max_tokens=77)) for i in range(6)]
        results = await asyncio.gather(*asked, return_exceptions=True)
        return [isinstance(result, Reply) for result in results]

    assert asyncio.run(run()) == [True, True, True, False, False, False]


def test_a_call_waits_for_what_those_in_flight_give_back() -> None:
    async def run() -> tuple[int, float]:
        budget = Budget(BudgetConfig(tokens=300))
        model = Budgeted(Costly(20), budget, Prices(0, 0, 0))
        await asyncio.gather(
            *(model.complete(replace(REQUEST, agent=i, max_tokens=150)) for i in range(5))
        )
        return budget.spent

    assert asyncio.run(run()) == (100, 100e-6)


def test_who_stops_waiting_leaves_its_turn_to_the_next() -> None:
    async def run() -> int:
        budget = Budget(BudgetConfig(tokens=100))
        first = await budget.reserved(REQUEST, 100, 0.0)
        waiting = [asyncio.ensure_future(budget.reserved(REQUEST, 90, 0.0)) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        budget.release(first)
        waiting[1].cancel()
        third = await waiting[2]
        budget.settle(third, 70, 0.0)
        return budget.spent[0]

    assert asyncio.run(run()) == 70


def test_a_class_that_waits_does_not_hold_up_another() -> None:
    async def run() -> tuple[bool, bool]:
        classes = {"coordination": Cap(tokens=100), "work": Cap(tokens=100)}
        budget = Budget(BudgetConfig(classes=classes))
        talk = replace(REQUEST, purpose="coordination")
        await budget.reserved(talk, 100, 0.0)
        ours = await budget.reserved(REQUEST, 100, 0.0)
        waiting = asyncio.ensure_future(budget.reserved(talk, 100, 0.0))
        behind = asyncio.ensure_future(budget.reserved(REQUEST, 100, 0.0))
        await asyncio.sleep(0)
        budget.release(ours)
        await behind
        done = (waiting.done(), behind.done())
        waiting.cancel()
        return done

    assert asyncio.run(run()) == (False, True)


def test_a_thousand_who_wait_all_get_their_turn() -> None:
    async def run() -> tuple[int, float]:
        budget = Budget(BudgetConfig(tokens=200_000))
        model = Budgeted(Costly(100), budget, Prices(0, 0, 0))
        await asyncio.gather(
            *(model.complete(replace(REQUEST, agent=i, max_tokens=90_000)) for i in range(1000))
        )
        return budget.spent

    assert asyncio.run(run())[0] == 100_000


class Costly:
    """Answers with a bill of so many tokens, or fails with it."""

    def __init__(self, tokens: int, error: ModelError | None = None) -> None:
        self.tokens, self.error = tokens, error

    async def complete(self, request: Request) -> Reply:
        await asyncio.sleep(0)
        if self.error:
            raise self.error
        return Reply("", usage=Usage(self.tokens), cost_usd=self.tokens / 1e6)


def test_a_failed_attempt_is_paid_where_the_provider_billed_it() -> None:
    budget, booked = Budget(BudgetConfig(tokens=1000)), []
    billed = Costly(0, ModelError("no choices", usage=Usage(40, 2)))
    model = Budgeted(billed, budget, Prices(1, 2, 1), failed=lambda *call: booked.append(call))

    with pytest.raises(ModelError, match="no choices"):
        asyncio.run(model.complete(REQUEST))

    assert budget.spent == (42, pytest.approx(44e-6))
    assert booked == [(REQUEST, Usage(40, 2), pytest.approx(44e-6))]


def test_a_failed_attempt_without_a_bill_costs_nothing() -> None:
    budget = Budget(BudgetConfig(tokens=1000))

    with pytest.raises(ModelError, match="refused"):
        asyncio.run(
            Budgeted(Costly(0, ModelError("refused")), budget, Prices(1, 1, 1)).complete(REQUEST)
        )

    assert (budget.spent, budget.left) == ((0, 0.0), (1000, None))


def test_a_token_is_foreseen_for_every_two_bytes_of_the_prompt() -> None:
    english = replace(REQUEST, prompt=Prompt("a" * 100, "b" * 60, "c" * 40))
    chinese = replace(REQUEST, prompt=Prompt("議" * 100, "", ""))

    assert tokens_at_most(english) == (116, 100)
    assert tokens_at_most(chinese) == (166, 100)


STEPS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(["critic", "planner"]),
        st.sampled_from(["fast", "strong"]),
        st.sampled_from(PURPOSES),
        st.integers(0, 250),
        st.floats(0, 0.3),
        st.sampled_from(["settle", "release", "leave"]),
        st.floats(0, 1),
    ),
    max_size=40,
)


@given(STEPS)
def test_no_sequence_of_calls_exceeds_any_cap(steps: list[tuple]) -> None:
    budget, open_ones, settled = Budget(CAPS), [], []

    for agent, role, tier, purpose, tokens, usd, act, share in steps:
        call = replace(REQUEST, agent=agent, role=role, tier=tier, purpose=purpose)
        try:
            open_ones.append((budget.reserve(call, tokens, usd), call, tokens, usd))
        except BudgetExceeded:
            continue
        if act != "leave":
            reservation, call, tokens, usd = open_ones.pop(0)
            finish(budget, reservation, act, (int(tokens * share), usd * share))
            settled += [(call, int(tokens * share), usd * share)] * (act == "settle")

    assert budget.spent[0] == sum(tokens for _, tokens, _ in settled) <= 1000
    assert budget.spent[1] == pytest.approx(sum(usd for *_, usd in settled), abs=1e-9)
    assert budget.spent[1] <= 1.0
    assert spent_on(settled, tier="fast")[0] <= 700
    assert spent_on(settled, role="critic")[0] <= 600
    assert spent_on(settled, role="critic")[1] <= 0.5 + 1e-9
    assert max(spent_on(settled, agent=agent)[0] for agent in range(4)) <= 300
    assert spent_on(settled, purpose="coordination")[0] <= 200
    assert spent_on(settled, purpose="work")[1] <= 0.4 + 1e-9


def finish(budget: Budget, reservation: Reservation, act: str, amounts: tuple[int, float]) -> None:
    if act == "settle":
        budget.settle(reservation, *amounts)
    else:
        budget.release(reservation)


def spent_on(settled: list[tuple], **which: object) -> tuple[int, float]:
    ours = [
        (tokens, usd)
        for call, tokens, usd in settled
        if all(getattr(call, name) == value for name, value in which.items())
    ]
    return sum(tokens for tokens, _ in ours), sum(usd for _, usd in ours)
