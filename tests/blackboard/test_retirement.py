"""Boards of ended runs do not stay on a shared server for ever."""

import redis

from blackboard import Board
from blackboard.server import EmbeddedServer


def test_what_an_ended_run_left_on_a_server_expires_within_a_day() -> None:
    with EmbeddedServer.start(None, durable=False) as server:
        with Board.open(server.url, run="ended") as board:
            leader = board.lead()
            leader.welcome("agent", 2)
            leader.begin_round()
            leader.commit(leader.begin())
            leader.close()
            leader.finish("done")
        with redis.Redis.from_url(server.url) as client:
            lifetimes = [client.ttl(key) for key in client.keys("*")]

    assert lifetimes
    assert all(0 < seconds <= 24 * 3600 for seconds in lifetimes)


def test_a_run_that_goes_on_keeps_its_data() -> None:
    with (
        EmbeddedServer.start(None, durable=False) as server,
        Board.open(server.url, run="going") as board,
        redis.Redis.from_url(server.url) as client,
    ):
        board.lead().welcome("agent", 2)

        lifetime = client.ttl("{sb:going}:meta")

    assert lifetime == -1
