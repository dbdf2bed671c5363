"""Moments are told from records: what was decided, who changed sides, nothing that is sealed."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import swarmboard
from blackboard import NO_BALLOT, Ballots, Closed, Ended, read_log
from tests.viz.opinions import Opinions
from viz.feed import Teller, entropy_bits
from viz.feed.facts import charts_of
from viz.feed.teller import stride_of
from viz.feed.votes import flips_between
from viz.moment import Moment, Vote


def told(path: Path, **terms: int) -> tuple[Teller, list[Moment]]:
    teller = Teller("run", json.loads((path / "config.json").read_text()), **terms)
    moments = [
        moment for record in read_log(path / "events.log") if (moment := teller.take(record))
    ]
    return teller, moments


@pytest.fixture
def grid(tmp_path: Path) -> Path:
    swarmboard.run("grid-dispatch", case="ieee14", board="memory://", out=tmp_path / "grid")
    return tmp_path / "grid"


def test_each_round_of_a_grid_has_a_moment_with_its_vote_frame_and_numbers(grid: Path) -> None:
    rounds = pq.read_table(grid / "rounds.parquet").to_pydict()

    teller, moments = told(grid)

    assert [moment.number for moment in moments] == rounds["round"]
    votes = [moment.vote for moment in moments]
    assert [vote and vote.approval_percent for vote in votes] == rounds["approval_percent"]
    assert [m.series["energy_price"] for m in moments] == rounds["energy_price"]
    assert [vote and vote.gate for vote in votes] == rounds["gate"]
    scene = teller.facts.scene
    assert scene is not None
    assert set(scene.fields) <= set(moments[-1].frame)
    assert len(moments[-1].frame["edge:loading"]) == len(scene.edges)
    assert len(moments[-1].frame["price"]) == len(scene.positions)


def test_the_facts_name_roles_agents_and_the_rule(grid: Path) -> None:
    teller, _ = told(grid)

    facts = teller.facts

    assert facts.roles == (("node", 0, 14), ("planner", 14, 2), ("critic", 16, 20))
    assert (facts.agents, facts.scenario, facts.structure) == (36, "grid-dispatch", "swarm")
    assert (facts.threshold_percent, facts.is_event_driven) == (80, False)
    assert facts.names[13:15] == ("bus 14", "planner #14")
    assert facts is teller.facts


def test_the_counts_are_those_of_the_summary(tmp_path: Path) -> None:
    run = swarmboard.run("jury", agents=20, trials=60, trials_per_round=20, out=tmp_path / "jury")

    _, moments = told(tmp_path / "jury")

    assert [moment.number for moment in moments] == [1, 2, 3]
    counts, said = moments[-1].counts, run.summary["consensus"]
    outcomes = ("accepted", "rejected", "expired", "vetoed", "escalated")
    assert [counts[name] for name in outcomes] == [said[name] for name in outcomes]
    assert counts["ballots"] == 20 * 60
    assert moments[0].counts["ballots"] == 20 * 20


def test_votes_on_unrelated_trials_are_not_compared(tmp_path: Path) -> None:
    swarmboard.run("jury", agents=20, trials=60, trials_per_round=20, out=tmp_path / "jury")

    _, moments = told(tmp_path / "jury")

    assert len({moment.vote.proposal for moment in moments if moment.vote}) == 3
    assert [moment.flips for moment in moments] == [None] * 3


def test_plans_for_one_question_are_compared(grid: Path) -> None:
    _, moments = told(grid)

    assert len(moments) > 1
    assert all(moment.flips is not None for moment in moments[1:])
    assert len({moment.vote.proposal for moment in moments if moment.vote}) == len(moments)


def test_voting_rounds_of_one_proposal_are_compared_and_those_of_others_are_not() -> None:
    vote = Vote(
        *("1.1.0.0", ("approve", "reject"), "threshold(50)", 50, np.arange(4, dtype=np.uint32)),
        *(
            np.array([0, 0, 1, 255], np.uint8),
            np.empty(0, np.float32),
            {"approve": 2},
            0,
            4,
            3,
            False,
        ),
    )
    later = replace(vote, choices=np.array([0, 1, 1, 0], np.uint8))
    other = replace(later, proposal="2.1.0.0")

    flips = flips_between(vote, later)

    assert flips is not None
    assert flips[0].tolist() == [1, 1, 0, 0]
    assert flips[3].tolist() == [1, 0, 0, 0]
    assert flips_between(vote, other) is None
    assert np.array_equal(flips_between(vote, other, is_one_question=True), flips)


def test_a_frame_has_the_columns_of_charts_too(grid: Path) -> None:
    teller, moments = told(grid)

    scene = teller.facts.scene
    assert scene is not None
    [(name, chart)] = scene.charts.items()
    assert chart.kind == "stack"
    assert {len(moments[-1].frame[f"{name}:{column}"]) for column in chart.columns} == {
        len(chart.rows)
    }
    assert set(chart.marks) <= set(moments[-1].series)


@pytest.mark.parametrize(
    "chart",
    [
        None,
        3,
        {"kind": "pie"},
        {"kind": ["bars"]},
        {"kind": "bars", "rows": 5},
        {"kind": "bars", "fixed": {"x": "y"}},
    ],
)
def test_a_chart_that_cannot_be_read_is_left_out(chart: object) -> None:
    good = {"kind": "bars", "columns": {"x": "m"}, "rows": ["one"], "fixed": {"x": [1.0]}}

    found = charts_of({"bad": chart, "good": good})

    assert list(found) == ["good"]
    assert found["good"].fixed["x"].tolist() == [1.0]
    assert charts_of(chart) == {}


def test_abstentions_are_counted_by_cause(tmp_path: Path) -> None:
    run = swarmboard.run(Opinions, agents=200, rounds=6, out=tmp_path / "run")

    _, moments = told(tmp_path / "run")

    said = run.summary["abstentions"]
    assert said["cast"] > 0
    counts = moments[-1].counts
    assert {cause: counts[f"abstained_{cause}"] for cause in said} == said
    assert counts["abstentions"] == sum(said.values())


def test_flips_lead_from_one_voting_round_to_the_next(tmp_path: Path) -> None:
    swarmboard.run(Opinions, agents=50, rounds=4, out=tmp_path / "run")

    _, moments = told(tmp_path / "run")

    assert moments[0].flips is None
    for before, after in pairwise(moments):
        assert before.vote is not None
        assert after.vote is not None
        assert after.flips is not None
        assert after.flips.sum(axis=1)[:2].tolist() == [*before.vote.weights.values()]
        assert after.flips.sum(axis=0)[:2].tolist() == [*after.vote.weights.values()]
        assert after.flips.sum(axis=0)[2] == after.vote.abstained


def test_sealed_ballots_are_told_only_once_their_round_was_counted(tmp_path: Path) -> None:
    swarmboard.run(Opinions, agents=12, rounds=2, out=tmp_path / "run")
    teller, seen = Teller("run"), []

    for record in read_log(tmp_path / "run" / "events.log"):
        teller.take(record)
        if isinstance(record, Ballots):
            voting = teller.voting()
            assert voting is not None
            seen.append(teller.now(looks_at=voting, cast=3).vote)
        elif isinstance(record, Closed) and record.counts:
            assert teller.voting() is None
            seen.append(teller.now().vote)

    for hidden, shown in ((seen[0], seen[1]), (seen[2], seen[3])):
        assert hidden is not None
        assert shown is not None
        assert hidden.is_sealed
        assert hidden.cast == 12
        assert set(hidden.choices.tolist()) == {NO_BALLOT}
        assert set(hidden.weights.values()) == {0}
        assert (hidden.abstained, hidden.approval_percent) == (0, None)
        assert (hidden.still_needed, entropy_bits(hidden)) == (None, None)
        assert not shown.is_sealed
        assert NO_BALLOT not in shown.choices.tolist()


def test_an_event_driven_run_is_told_at_evenly_spaced_instants(tmp_path: Path) -> None:
    options = {"agents": 12, "tickets": 40}
    swarmboard.run("customer-service", **options, board="memory://", out=tmp_path / "run")

    teller, moments = told(tmp_path / "run", most_instants=50)

    numbers = [moment.number for moment in moments]
    assert all(number % stride_of(number, 50) == 0 for number in numbers)
    kept = [number for number in numbers if number % stride_of(numbers[-1], 50) == 0]
    assert len(kept) <= 50
    assert teller.facts.is_event_driven
    assert all(moment.now_s is not None and moment.flips is None for moment in moments)
    assert moments[-1].counts["ballots"] > 0


def test_a_panel_is_told_with_the_seats_that_are_taken(tmp_path: Path) -> None:
    swarmboard.run("customer-service", agents=12, tickets=10, out=tmp_path / "run")

    _, moments = told(tmp_path / "run")

    decided = [moment.vote for moment in moments if moment.vote and moment.vote.outcome]
    assert decided
    assert all(len(vote.agents) == len(vote.choices) <= vote.eligible for vote in decided)
    assert all(int(vote.agents.max()) < 12 for vote in decided)
    before = [m.vote for m in moments if m.vote and not m.vote.outcome]
    assert before
    assert all(vote.is_sealed for vote in before)


def test_a_round_is_told_when_the_next_begins_though_nothing_says_that_it_ended(
    tmp_path: Path,
) -> None:
    swarmboard.run(Opinions, agents=9, rounds=5, out=tmp_path / "run")
    _, moments = told(tmp_path / "run")
    teller, heard = Teller("run"), []

    for record in read_log(tmp_path / "run" / "events.log"):
        if not isinstance(record, Ended) and (moment := teller.take(record)):
            heard.append(moment)
    last = teller.finish("done")

    assert last is not None
    assert [m.number for m in [*heard, last]] == [m.number for m in moments]
    assert last.status == "done"
    assert teller.finish("done") is None
    for one, other in zip([*heard, last], moments, strict=True):
        assert one.counts == other.counts
        assert one.vote is not None
        assert other.vote is not None
        assert np.array_equal(one.vote.choices, other.vote.choices)


@pytest.mark.parametrize(
    ("number", "most", "stride"), [(1, 10, 1), (10, 10, 1), (11, 10, 2), (20, 10, 2), (21, 10, 4)]
)
def test_strides_are_powers_of_two(number: int, most: int, stride: int) -> None:
    assert stride_of(number, most) == stride
