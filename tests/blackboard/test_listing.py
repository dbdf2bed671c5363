"""The runs whose boards a server keeps, wherever they were started."""

import os
from collections.abc import Callable

import pytest
import redis

from blackboard import ServerUnavailable, runs_on
from blackboard.keys import Keys
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


@pytest.mark.parametrize("kind", KINDS)
def test_keys_of_others_do_no_harm(kind: str, server_url: Callable[[str], str]) -> None:
    url, own = server_url(kind), name(f"{kind}-own")
    store = RedisStore(url, own)
    store.join("writer", 1, role="node", name="n", votes=True)
    store.close()
    with redis.Redis.from_url(url) as client:
        client.set(Keys(name("text")).meta, "no hash")
        client.hset(Keys(name("words")).meta, "rev", "many")
        client.hset(b"{sb:\xff}:meta", "rev", "1")

        found = [run.run_id for run in runs_on(url)]

        client.delete(Keys(name("text")).meta, Keys(name("words")).meta, b"{sb:\xff}:meta")

    assert own in found
    assert not {name("text"), name("words")} & {*found}


def test_a_run_that_a_server_names_twice_is_listed_once(
    server_url: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, own = server_url("valkey"), name("twice")
    store = RedisStore(url, own)
    store.join("writer", 1, role="node", name="n", votes=True)
    store.close()
    key = Keys(own).meta.encode()
    monkeypatch.setattr(redis.Redis, "scan", lambda *_, **__: (0, [key, key]))

    assert [run.run_id for run in runs_on(url)] == [own]
