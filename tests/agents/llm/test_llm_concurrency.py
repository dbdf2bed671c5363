import asyncio

import pytest

from agents.llm.calls import ModelError, Prompt, Reply, Request
from agents.llm.concurrency import Bounded


class Gate:
    """Answers nobody before the gate opens, and keeps the order in which it was asked."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.asked: list[int] = []

    async def complete(self, request: Request) -> Reply:
        self.asked.append(request.agent)
        await self.opened.wait()
        if request.agent == 1:
            raise ModelError("broken")
        return Reply("")


def request(agent: int) -> Request:
    prompt = Prompt(rules="", board="", own="")
    return Request(agent=agent, role="r", round=1, stage=1, prompt=prompt)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_calls_reach_the_limit_and_the_rest_wait_their_turn() -> None:
    async def ask() -> tuple[Gate, Bounded, tuple[int, int]]:
        gate = Gate()
        bounded = Bounded(gate, 3)
        calls = [asyncio.create_task(bounded.complete(request(agent))) for agent in range(10)]
        await settle()
        before = (bounded.in_flight, len(gate.asked))
        gate.opened.set()
        await asyncio.gather(*calls, return_exceptions=True)
        return gate, bounded, before

    gate, bounded, before = asyncio.run(ask())

    assert before == (3, 3)
    assert gate.asked == list(range(10))
    assert (bounded.in_flight, bounded.most_in_flight) == (0, 3)


def test_one_who_gives_up_waiting_leaves_the_place_to_the_next() -> None:
    async def ask() -> list[int]:
        gate = Gate()
        bounded = Bounded(gate, 1)
        calls = [asyncio.create_task(bounded.complete(request(agent))) for agent in (0, 2, 3)]
        await settle()
        calls[1].cancel()
        await settle()
        gate.opened.set()
        await asyncio.gather(*calls, return_exceptions=True)
        assert bounded.in_flight == 0
        return gate.asked

    assert asyncio.run(ask()) == [0, 3]


def test_one_who_gives_up_in_flight_frees_the_place() -> None:
    async def ask() -> list[int]:
        gate = Gate()
        bounded = Bounded(gate, 1)
        calls = [asyncio.create_task(bounded.complete(request(agent))) for agent in (0, 2)]
        await settle()
        calls[0].cancel()
        await settle()
        asked = list(gate.asked)
        gate.opened.set()
        await asyncio.gather(*calls, return_exceptions=True)
        return asked

    assert asyncio.run(ask()) == [0, 2]


def test_the_bound_works_on_one_loop_after_another() -> None:
    class Echo:
        async def complete(self, request: Request) -> Reply:
            await asyncio.sleep(0)
            return Reply(str(request.agent))

    bounded = Bounded(Echo(), 1)

    async def ask() -> list[str]:
        replies = await asyncio.gather(*[bounded.complete(request(agent)) for agent in range(3)])
        return [reply.text for reply in replies]

    assert [asyncio.run(ask()), asyncio.run(ask())] == [["0", "1", "2"]] * 2


def test_a_limit_of_none_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1, got 0"):
        Bounded(Gate(), 0)
