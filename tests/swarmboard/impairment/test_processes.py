"""Faults of workers, the server and the network are told in time, and counted."""

from collections.abc import Callable
from typing import Any

type NewGame = Callable[..., Any]
"""Makes a game with some faults."""


def test_workers_are_struck_in_the_round_and_counted_once(game: NewGame) -> None:
    fault = {"kind": "crash", "target": "workers", "workers": [1], "at_round": 3}
    swarm = game(fault, workers=2)
    injector = swarm.injector

    swarm.play(3)
    injector.lost("workers", 1)
    swarm.play(2)
    injector.back("workers", 1)

    assert swarm.notes == [{"fault": 1, "kind": "crash", "workers": [1]}]
    row = swarm.row()
    assert (row["injected"], row["detected"], row["recovered"]) == (1, 1, 1)
    assert row["rounds_to_recovery_max"] == 2


def test_the_server_is_killed_in_the_round(game: NewGame) -> None:
    swarm = game({"kind": "server-kill", "at_round": 2})

    swarm.play(2)
    swarm.injector.lost("server")
    swarm.injector.back("server")

    assert swarm.notes == [{"fault": 1, "kind": "server-kill", "server": [0]}]
    assert (swarm.row()["detected"], swarm.row()["recovered"]) == (1, 1)


def test_the_network_is_as_bad_as_all_its_faults(game: NewGame) -> None:
    swarm = game(
        {"kind": "network", "drop": 0.5, "at_round": 2},
        {"kind": "network", "drop": 0.5, "delay_s": 0.1, "at_round": 3, "for_rounds": 1},
    )

    troubles = [swarm.injector.network(round) for round in (1, 2, 3, 4)]
    swarm.injector.cut_off(times=5, reconnected=4)

    assert troubles[0] is None
    assert [(t.drop, t.delay_s) for t in troubles if t] == [(0.5, 0.0), (0.75, 0.1), (0.5, 0.0)]
    row = swarm.row()
    assert (row["injected"], row["detected"], row["recovered"]) == (5, 4, 4)
