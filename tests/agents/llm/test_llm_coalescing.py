import asyncio
from collections.abc import Awaitable, Callable

import pytest
from msgspec.structs import replace

from agents.llm.calls import ModelError, Prompt, Reply, Request
from agents.llm.coalescing import SingleFlight

REQUEST = Request(
    agent=0, role="juror", round=1, stage=1, prompt=Prompt("rules", "board", "own"), model="stub"
)


class Held:
    """Answers when it is let go, and counts how often it was asked and given up."""

    def __init__(self) -> None:
        self.calls = self.given_up = 0
        self.error: Exception | None = None
        self.gate = asyncio.Event()

    async def complete(self, request: Request) -> Reply:
        self.calls += 1
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        if self.error:
            raise self.error
        return Reply(f"reply {self.calls}")


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


def on_a_loop(test: Callable[[Held, SingleFlight], Awaitable[None]]) -> None:
    async def run() -> None:
        held = Held()
        await test(held, SingleFlight(held))

    asyncio.run(run())


def test_equal_questions_in_flight_share_one_call() -> None:
    async def test(held: Held, model: SingleFlight) -> None:
        asked = [asyncio.ensure_future(model.complete(replace(REQUEST, agent=i))) for i in range(9)]
        await settle()
        held.gate.set()
        replies = await asyncio.gather(*asked)

        assert held.calls == 1
        assert {reply.text for reply in replies} == {"reply 1"}
        assert [reply.is_shared for reply in replies] == [False] + [True] * 8

    on_a_loop(test)


def test_different_samples_are_different_calls() -> None:
    async def test(held: Held, model: SingleFlight) -> None:
        held.gate.set()
        samples = [model.complete(replace(REQUEST, sample=i)) for i in range(3)]
        replies = await asyncio.gather(*samples)

        assert held.calls == 3
        assert not any(reply.is_shared for reply in replies)

    on_a_loop(test)


def test_who_asks_after_the_reply_begins_a_new_call() -> None:
    async def test(held: Held, model: SingleFlight) -> None:
        held.gate.set()
        await model.complete(REQUEST)
        again = await model.complete(REQUEST)

        assert held.calls == 2
        assert not again.is_shared

    on_a_loop(test)


def test_an_error_reaches_all_who_wait() -> None:
    async def test(held: Held, model: SingleFlight) -> None:
        held.error = ModelError("the provider is down")
        asked = [asyncio.ensure_future(model.complete(REQUEST)) for _ in range(3)]
        await settle()
        held.gate.set()
        results = await asyncio.gather(*asked, return_exceptions=True)

        assert held.calls == 1
        assert all(isinstance(result, ModelError) for result in results)

    on_a_loop(test)


def test_where_the_first_is_cancelled_the_next_asks_in_its_place() -> None:
    async def test(held: Held, model: SingleFlight) -> None:
        first = asyncio.ensure_future(model.complete(REQUEST))
        others = [asyncio.ensure_future(model.complete(REQUEST)) for _ in range(2)]
        await settle()
        first.cancel()
        await settle()
        held.gate.set()
        replies = await asyncio.gather(*others)

        assert [reply.text for reply in replies] == ["reply 2", "reply 2"]
        assert [reply.is_shared for reply in replies] == [False, True]
        with pytest.raises(asyncio.CancelledError):
            await first
        assert (held.calls, held.given_up) == (2, 1)

    on_a_loop(test)


def test_who_is_cancelled_as_the_reply_comes_leaves_the_others_a_reply_of_their_own() -> None:
    async def test(held: Held, model: SingleFlight) -> None:
        asked = [asyncio.ensure_future(model.complete(REQUEST)) for _ in range(3)]
        await settle()
        held.gate.set()
        asked[0].cancel()
        asked[1].cancel()
        results = await asyncio.gather(*asked, return_exceptions=True)

        assert [isinstance(result, asyncio.CancelledError) for result in results[:2]] == [True] * 2
        assert isinstance(results[2], Reply)
        assert not results[2].is_shared
        assert (held.calls, held.given_up) == (2, 1)

    on_a_loop(test)


def test_a_call_that_nobody_waits_for_is_given_up() -> None:
    async def test(held: Held, model: SingleFlight) -> None:
        asked = [asyncio.ensure_future(model.complete(REQUEST)) for _ in range(2)]
        await settle()
        for one in asked:
            one.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        held.gate.set()
        again = await model.complete(REQUEST)

        assert held.given_up == 1
        assert again.text == "reply 2"

    on_a_loop(test)
