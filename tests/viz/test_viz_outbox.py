"""Messages to a page leave in order, without anybody waiting for each, until the page is gone."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from viz.serve.outbox import LineClosed, Outbox


class Line:
    """A websocket that takes messages while it is open."""

    def __init__(self) -> None:
        self.taken: list[str | bytes] = []
        self.is_open = asyncio.Event()
        self.failure: Exception | None = None

    async def send(self, data: str | bytes) -> None:
        await self.is_open.wait()
        if self.failure:
            raise self.failure
        self.taken.append(data)


async def settled(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():
            await asyncio.sleep(0)


def test_messages_of_several_threads_all_arrive_each_threads_in_order() -> None:
    async def talk() -> list[str | bytes]:
        line = Line()
        line.is_open.set()
        outbox = Outbox(line.send, asyncio.get_running_loop())

        def speak(who: int) -> None:
            for number in range(200):
                outbox.put(f"{who} {number}")
                outbox.put(b"%d %d" % (who, number))

        await asyncio.gather(*(asyncio.to_thread(speak, who) for who in range(3)))
        await settled(lambda: len(line.taken) == 1200)
        return line.taken

    taken = asyncio.run(talk())

    for who in range(3):
        own = [one for one in taken if isinstance(one, str) and one.startswith(f"{who} ")]
        assert own == [f"{who} {number}" for number in range(200)]


def test_who_sends_to_a_page_that_is_gone_is_told_so_afterwards() -> None:
    async def talk() -> None:
        line = Line()
        line.is_open.set()
        line.failure = RuntimeError('Cannot call "send" once a close message has been sent.')
        outbox = Outbox(line.send, asyncio.get_running_loop())
        await asyncio.to_thread(outbox.put, "first")
        await settled(lambda: outbox.failure is not None)

        with pytest.raises(LineClosed):
            await asyncio.to_thread(outbox.put, "second")

    asyncio.run(talk())


def test_who_draws_waits_while_a_page_takes_nothing() -> None:
    async def talk() -> tuple[bool, list[str | bytes]]:
        line = Line()
        outbox = Outbox(line.send, asyncio.get_running_loop(), most_held_bytes=10)
        has_sent = threading.Event()

        def speak() -> None:
            for _ in range(4):
                outbox.put("sixteen letters.")
            has_sent.set()

        speaking = asyncio.create_task(asyncio.to_thread(speak))
        await settled(lambda: outbox.held_bytes > 10)
        was_done = has_sent.is_set()
        line.is_open.set()
        await speaking
        await settled(lambda: len(line.taken) == 4)
        return was_done, line.taken

    was_done, taken = asyncio.run(talk())

    assert not was_done
    assert taken == 4 * ["sixteen letters."]
