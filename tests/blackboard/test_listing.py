"""The runs whose boards a server keeps, wherever they were started."""

import os
from collections.abc import Callable

import pytest

from blackboard import ServerUnavailable, runs_on
from blackboard.redis_store import RedisStore

KINDS = ("valkey", "redis-7", "redis-8")


def name(word: str) -> str:
    return f"listed-{os.getpid()}-{word}"


@pytest.mark.parametrize("kind", KINDS)
def test_runs_are_listed_with_where_they_stand(kind: str, server_url: Callable[[str], str]) -> None:
    url = server_url(kind)
    led, left = name(f"{kind}-a"), name(f"{kind}-b")
    for run in (led, left):
        with_agents = RedisStore(url, run)
        with_agents.join("writer", 1, role="node", name="n", votes=True)
        if run == led:
            with_agents.lease("runner", ttl_ms=60_000)
        with_agents.close()

    found = {run.run_id: run for run in runs_on(url)}

    assert (found[led].is_led, found[left].is_led) == (True, False)
    assert (found[led].agents, found[led].round) == (1, 0)


def test_a_server_that_is_not_there_is_said_to_be_so() -> None:
    with pytest.raises(ServerUnavailable):
        runs_on("redis://127.0.0.1:1")
