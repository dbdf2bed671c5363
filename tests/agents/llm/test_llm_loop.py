import asyncio
import os
import sys
import threading
from collections.abc import Iterator

import pytest

from agents.llm.loop import EventLoopThread, shared_loop


@pytest.fixture
def loop() -> Iterator[EventLoopThread]:
    loop = EventLoopThread()
    yield loop
    loop.close()


async def thread_and_loop() -> tuple[int, int]:
    return threading.get_ident(), id(asyncio.get_running_loop())


def test_all_work_runs_on_one_loop_in_a_thread_of_its_own(loop: EventLoopThread) -> None:
    first, second = (loop.wait(loop.run(thread_and_loop())) for _ in range(2))

    assert first == second
    assert first[0] != threading.get_ident()


def test_who_waits_is_called_every_so_often(loop: EventLoopThread) -> None:
    renewed = threading.Event()

    async def until_renewed() -> str:
        while not renewed.is_set():
            await asyncio.sleep(0.001)
        return "done"

    result = loop.wait(loop.run(until_renewed()), every_s=0.001, meanwhile=renewed.set)

    assert result == "done"


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, ValueError])
def test_an_interrupt_cancels_the_work_and_is_raised(
    interrupt: type[BaseException], loop: EventLoopThread
) -> None:
    cancelled = threading.Event()

    async def for_ever() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    def meanwhile() -> None:
        raise interrupt

    with pytest.raises(interrupt):
        loop.wait(loop.run(for_ever()), every_s=0.01, meanwhile=meanwhile)

    assert cancelled.wait(10)


def test_what_the_work_raises_reaches_who_waits(loop: EventLoopThread) -> None:
    async def fail() -> None:
        raise TimeoutError("the work's own")

    with pytest.raises(TimeoutError, match="the work's own"):
        loop.wait(loop.run(fail()))


def test_closing_cancels_what_still_runs() -> None:
    loop = EventLoopThread()
    began = threading.Event()

    async def for_ever() -> None:
        began.set()
        await asyncio.Event().wait()

    future = loop.run(for_ever())
    began.wait(10)
    loop.close()
    loop.close()

    assert future.cancelled()
    assert not loop.is_usable


def test_the_process_has_one_loop_until_it_is_closed() -> None:
    first = shared_loop()

    same = shared_loop()
    first.close()
    other = shared_loop()

    assert same is first
    assert other is not first
    assert other.wait(other.run(thread_and_loop()))[1] == id(other.loop)
    other.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks the process")
@pytest.mark.skipif(sys.platform == "darwin", reason="forking with threads is unsafe there")
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_after_a_fork_there_is_a_new_loop() -> None:
    parents = shared_loop()
    reading, writing = os.pipe()

    child = os.fork()
    if child == 0:
        childs = shared_loop()
        works = childs.wait(childs.run(thread_and_loop()))[1] == id(childs.loop)
        os.write(writing, b"y" if works and childs is not parents else b"n")
        os._exit(0)
    os.waitpid(child, 0)

    assert os.read(reading, 1) == b"y"
    assert parents.is_usable
    os.close(reading)
    os.close(writing)
    parents.close()
