"""Each kind of fault does to those it hits what it says, and to nobody else."""

from collections.abc import Callable, Sequence
from typing import Any

import mesa
import numpy as np
import pytest

from agents import Population, Randomness, RuleAgent
from blackboard import Claim, Entries, Post, View
from swarmboard.faults import read_faults
from swarmboard.injection import Injector

type NewGame = Callable[..., Any]
"""Makes a game with some faults."""

AGENTS = 20


def others(agents: Sequence[int]) -> list[int]:
    return [agent for agent in range(AGENTS) if agent not in agents]


@pytest.mark.parametrize(("kind", "cause"), [("crash", "error"), ("hang", "late")])
@pytest.mark.parametrize("cohort", [False, True])
def test_who_is_down_abstains_until_it_is_restarted(
    game: NewGame, kind: str, cause: str, cohort: bool
) -> None:
    swarm = game({"kind": kind, "agents": [3, 17], "at_round": 2}, cohort=cohort)
    assert swarm.play()["vote"].causes() == {}

    during = swarm.play(2)
    swarm.injector.restarted([17])
    after = swarm.play()

    assert during["bid"].causes() == during["vote"].causes() == {cause: [3, 17]}
    assert sorted(during["bid"].bids()) == during["vote"].voters() == others([3, 17])
    assert after["vote"].causes() == {cause: [3]}
    assert swarm.row() == {
        "kind": kind,
        "hits": "agents",
        "injected": 2,
        "detected": 2,
        "recovered": 1,
        "rounds_to_recovery_median": 2.0,
        "rounds_to_recovery_max": 2,
    }


def test_who_is_down_is_not_asked(game: NewGame) -> None:
    swarm = game({"kind": "crash", "agents": [0]})

    swarm.play(3)

    assert [trader.asked for trader in swarm.population.members][:2] == [0, 3]


def test_a_crash_for_some_rounds_is_over_after_them(game: NewGame) -> None:
    swarm = game({"kind": "crash", "agents": [5], "at_round": 2, "for_rounds": 3})

    down = [bool(swarm.play()["vote"].causes()) for _ in range(6)]

    assert down == [False, True, True, True, False, False]
    assert swarm.row()["rounds_to_recovery_max"] == 3


def test_a_share_is_drawn_once_and_exactly(game: NewGame) -> None:
    swarm = game({"kind": "silent", "share": 0.3}, {"kind": "silent", "share": 0.3})

    swarm.play(3)

    first, second = (note["agents"] for note in swarm.notes)
    assert len(first) == len(second) == 6
    assert first != second


def test_a_rate_draws_anew_each_round_until_the_round_given(game: NewGame) -> None:
    swarm = game({"kind": "loss", "rate": 0.25, "until_round": 30}, agents=400)

    swarm.play(40)

    hit = [note["agents"] for note in swarm.notes]
    assert len(hit) == 30
    assert len(set(map(tuple, hit))) == 30
    assert 2700 < sum(map(len, hit)) < 3300
    row = swarm.row()
    assert row["recovered"] == row["injected"] == sum(map(len, hit))


def test_the_silent_do_nothing_and_are_missed_in_the_vote(game: NewGame) -> None:
    swarm = game({"kind": "silent", "agents": [1]})

    stages = swarm.play()

    assert stages["bid"].causes() == {}
    assert 1 not in stages["bid"].bids()
    assert stages["vote"].causes() == {"silent": [1]}
    assert (swarm.row()["detected"], swarm.row()["recovered"]) == (1, 0)


def test_the_slow_delay_a_stage_once_however_many_they_are(game: NewGame) -> None:
    waits: list[float] = []
    slow = {"kind": "slow", "share": 0.5, "delay_s": 0.2, "at_round": 2, "for_rounds": 1}
    swarm, healthy = game(slow, sleep=waits.append), game()

    swarm.play(3)
    healthy.play(3)

    assert waits == [0.2, 0.2]
    assert swarm.digest == healthy.digest


@pytest.mark.parametrize("cohort", [False, True])
def test_random_output_keeps_to_what_is_possible(game: NewGame, cohort: bool) -> None:
    swarm = game({"kind": "random", "share": 0.5, "at_round": 2}, cohort=cohort)
    swarm.play()

    stages = swarm.play()

    [note] = swarm.notes
    prices = stages["bid"].bids()
    assert len(note["agents"]) == 10
    assert all(100 <= prices[agent][0] <= 119 for agent in note["agents"])
    assert all(prices[agent] == [200.0 + agent] for agent in others(note["agents"]))
    choices = np.array(stages["vote"].choices())
    assert set(choices[note["agents"]].tolist()) == {0, 1}
    assert set(choices[others(note["agents"])].tolist()) == {0}


def test_the_first_random_number_keeps_to_twice_the_agents_own(game: NewGame) -> None:
    swarm = game({"kind": "random", "share": 1.0})

    prices = swarm.play()["bid"].bids()

    assert all(0 <= prices[agent][0] <= 2 * (100 + agent) for agent in range(AGENTS))
    assert len({price for [price] in prices.values()}) == AGENTS


class Speaker(RuleAgent):
    """Says what is no column, and later something the board cannot take."""

    def speak(self, view: View) -> Any:
        if view.round == 3:
            return 7
        return [Post("word", {"size": 10, "heat": 0.5, "text": "so"}), Claim(f"item-{self.index}")]


def test_free_entries_keep_their_keys_and_their_kind_of_number(game: NewGame) -> None:
    swarm = game()
    population = Population("trader", [Speaker(mesa.Model(rng=1)) for _ in range(4)])
    population.seat(0)
    faults = read_faults([{"kind": "random", "agents": [1]}, {"kind": "loss", "agents": [2]}])
    swarm.population = population
    swarm.injector = Injector(faults, Randomness(7), [population])

    stages = []
    for round in (1, 2, 3):
        swarm.leader.begin_round()
        swarm.injector.begin_round(round)
        stages.append(swarm.stage("speak"))
        swarm.leader.end_round()

    [said] = [record for record in stages[0].closed.records if isinstance(record, Entries)]
    payloads = {entry.agent: entry.payload for entry in said.entries}
    assert sorted(payloads) == [0, 1, 3]
    assert payloads[1].keys() == payloads[0].keys()
    assert isinstance(payloads[1]["size"], int)
    assert 0 <= payloads[1]["size"] <= 20
    assert 0 <= payloads[1]["heat"] <= 1
    assert payloads[1]["text"] == "so"
    assert stages[2].causes() == {"invalid": [0, 1, 3]}


@pytest.mark.parametrize("cohort", [False, True])
def test_the_stale_see_the_board_as_it_was(game: NewGame, cohort: bool) -> None:
    stale = {"kind": "stale", "agents": [4, 9], "at_round": 4, "stages_ago": 5}
    swarm = game(stale, cohort=cohort)
    swarm.play(4)

    stages = swarm.play()

    prices = stages["bid"].bids()
    assert prices[4] == [204.0]  # of round 2: five stages before this one round 2 voted
    assert prices[5] == [505.0]
    assert not cohort or swarm.population.members.asked == 5


def test_a_stale_ballot_on_what_is_decided_is_invalid_and_noticed(game: NewGame) -> None:
    swarm = game({"kind": "stale", "agents": [4], "at_round": 2}, cohort=True)
    swarm.play(3)

    stages = swarm.play()

    assert stages["vote"].causes() == {"invalid": [4]}
    assert swarm.row()["detected"] == 1


@pytest.mark.parametrize("cohort", [False, True])
def test_lost_messages_never_arrive(game: NewGame, cohort: bool) -> None:
    swarm = game({"kind": "loss", "agents": [2], "loss": 0.5}, cohort=cohort)

    stages = [swarm.play() for _ in range(40)]

    arrived = sum(2 in stage["bid"].bids() for stage in stages)
    voted = sum(2 in stage["vote"].voters() for stage in stages)
    assert 10 < arrived < 30
    assert 10 < voted < 30
    assert all(len(stage["bid"].bids()) >= AGENTS - 1 for stage in stages)
    assert swarm.row()["detected"] == 1


@pytest.mark.parametrize("cohort", [False, True])
def test_a_storm_is_stored_whole_and_noticed(game: NewGame, cohort: bool) -> None:
    swarm = game({"kind": "storm", "agents": [6], "copies": 7, "for_rounds": 1}, cohort=cohort)

    stages = swarm.play()

    assert stages["bid"].bids()[6] == [106.0] * 8
    assert len(stages["bid"].bids()) == AGENTS
    assert stages["vote"].voters() == list(range(AGENTS))
    assert swarm.row()["detected"] == 1
    swarm.play()
    assert swarm.row()["rounds_to_recovery_max"] == 1


def test_when_everybody_storms_the_copies_give_it_away(game: NewGame) -> None:
    swarm = game({"kind": "storm", "share": 1.0, "copies": 2})

    swarm.play()

    assert swarm.row()["detected"] == AGENTS
