"""Mixes of acts are counted from the records, and a mix that changes is found."""

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from agents.anchoring import ActionCounts, MixWatch, js_divergence
from blackboard.records import (
    OUTCOME,
    Abstained,
    Ballots,
    Electorate,
    Entries,
    Entry,
    Opened,
    Posts,
    Requested,
    u4,
)

AT = (OUTCOME, 1, 1)
AGENTS = 24


def opening(options: tuple[str, ...] = ("approve", "reject")) -> list[object]:
    opened = Opened(*AT, "1.1.9.0", options, "e1", "threshold(80)", 9, True, {})
    return [Electorate(*AT, "e1", u4(range(AGENTS))), opened]


def votes(choices: list[int]) -> Ballots:
    return Ballots(*AT, "1.1.9.0", bytes(choices))


def posts(kind: str, agents: list[int]) -> Posts:
    return Posts(*AT, kind, "task", u4(agents), b"", {})


def test_divergence_is_that_of_jensen_and_shannon() -> None:
    p, q = np.random.default_rng(2).random((2, 6, 5))

    found = js_divergence(p, q)

    assert found == pytest.approx(jensenshannon(p, q, 2.0, axis=1) ** 2)


def test_divergence_goes_from_none_to_one() -> None:
    same, other = np.array([3.0, 1.0, 0.0]), np.array([0.0, 0.0, 2.0])

    assert js_divergence(same, 2 * same) == 0
    assert js_divergence(same, other) == 1


def test_acts_are_counted_by_kind_choice_and_cause() -> None:
    entries = tuple(Entry(agent, 0, "draft", "task", {}) for agent in (2, 2, 5))
    records = [
        *opening(),
        posts("bid", [0, 1, 2]),
        Entries(*AT, entries),
        votes([0, 1, 254, *[255] * (AGENTS - 3)]),
        Abstained(*AT, "1.1.9.0", "late", u4([3])),
        Requested(*AT, 4, 0, "claim", "item"),
    ]

    counts = ActionCounts(AGENTS)
    found = counts.of(records)

    done = [
        {kind: int(n) for kind, n in zip(counts.kinds, row, strict=True) if n} for row in found[:6]
    ]
    assert done == [
        {"post bid": 1, "vote approve": 1},
        {"post bid": 1, "vote reject": 1},
        {"post bid": 1, "post draft": 2, "vote abstain": 1},
        {"abstain late": 1},
        {"claim": 1},
        {"post draft": 1},
    ]


def rounds(random: np.random.Generator, changed_from: int = 99) -> list[list[object]]:
    """Rounds in which all post and vote alike, and agents 0 and 1 from some round on do not."""
    made = []
    for round in range(16):
        is_other = np.isin(np.arange(AGENTS), (0, 1)) & (round >= changed_from)
        posting = np.where(is_other, random.random(AGENTS) < 0.1, random.random(AGENTS) < 0.9)
        choice = np.where(is_other, 254, (random.random(AGENTS) < 0.1).astype(int))
        records = [posts("bid", np.flatnonzero(posting).tolist()), votes(choice.tolist())]
        made.append([*(opening() if round == 0 else []), *records])
    return made


def alarms(watch: MixWatch, made: list[list[object]]) -> set[int]:
    return {agent for at, records in enumerate(made) for agent in watch.observe(at, records)}


def test_only_those_whose_mix_changed_alarm() -> None:
    found = alarms(MixWatch(AGENTS), rounds(np.random.default_rng(3), changed_from=8))

    assert found == {0, 1}


def test_a_swarm_that_changes_its_mind_together_does_not_drift() -> None:
    made = rounds(np.random.default_rng(4))
    for at in range(8, 16):
        made[at] = [posts("bid", list(range(AGENTS))), votes([1] * AGENTS)]

    assert alarms(MixWatch(AGENTS), made) == set()


def test_a_restored_watch_goes_on_as_the_first_would() -> None:
    made = rounds(np.random.default_rng(5), changed_from=7)
    whole, first, second = MixWatch(AGENTS), MixWatch(AGENTS), MixWatch(AGENTS)
    expected = [whole.observe(at, records) for at, records in enumerate(made)]

    found = [first.observe(at, made[at]) for at in range(9)]
    second.restore(first.state())
    found += [second.observe(at, made[at]) for at in range(9, 16)]

    assert found == expected
    assert any(expected)
    assert second.kinds == whole.kinds
