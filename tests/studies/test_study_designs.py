"""Designs visit the points they promise, each once, and the same ones every time."""

import itertools
import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from blackboard import BadInput
from swarmboard.studies import make_study
from swarmboard.studies.designs import Points, points_of

NAMES = ("agents", "threshold", "trials")
COMPETENCE = {"low": 0.5, "high": 0.9}
grids = st.lists(
    st.lists(st.integers(1, 99), min_size=1, max_size=4, unique=True), min_size=1, max_size=3
)
ranges = st.tuples(st.integers(1, 500), st.integers(1, 500)).map(
    lambda two: {"low": min(two), "high": max(two) + 1}
)


def points(vary: dict[str, Any], **settings: Any) -> Points:
    config = make_study({"scenario": "jury", "vary": vary, **settings})
    is_whole = {name: name in NAMES for name in vary}
    return points_of(config, is_whole)


@given(grids)
def test_a_grid_is_the_product_in_the_order_in_which_it_is_stated(values: list[list[int]]) -> None:
    names = NAMES[: len(values)]

    found = points(dict(zip(names, values, strict=True)))

    wanted = [dict(zip(names, point, strict=True)) for point in itertools.product(*values)]
    assert list(found) == wanted
    assert found.count == len(wanted)


@given(ranges, st.integers(2, 40), st.sampled_from(["linear", "log2", "log10"]))
def test_steps_go_from_the_lowest_to_the_highest(
    ends: dict[str, int], steps: int, scale: str
) -> None:
    found = [
        p["competence"] for p in points({"competence": ends | {"steps": steps, "scale": scale}})
    ]

    assert (found[0], found[-1], len(found)) == (ends["low"], ends["high"], steps)
    gaps = [b - a if scale == "linear" else b / a for a, b in itertools.pairwise(found)]
    assert all(math.isclose(gap, gaps[0], rel_tol=1e-6) for gap in gaps)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"low": 0.1, "high": 0.9, "steps": 9}, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]),
        ({"low": 0.001, "high": 1, "steps": 4, "scale": "log10"}, [0.001, 0.01, 0.1, 1.0]),
        ({"low": 0, "high": 1.0, "steps": 4}, [0.0, 1 / 3, 2 / 3, 1.0]),
    ],
)
def test_steps_are_the_decimals_that_people_write(
    entry: dict[str, Any], expected: list[float]
) -> None:
    assert [point["competence"] for point in points({"competence": entry})] == expected


def test_whole_numbers_stay_whole_on_a_logarithmic_scale() -> None:
    found = list(points({"agents": {"low": 16, "high": 1024, "steps": 7, "scale": "log2"}}))

    assert [p["agents"] for p in found] == [16, 32, 64, 128, 256, 512, 1024]
    assert {type(p["agents"]) for p in found} == {int}


def test_shares_between_whole_ends_are_not_rounded() -> None:
    found = points({"competence": {"low": 0, "high": 1, "steps": 5}})

    assert [p["competence"] for p in found] == [0.0, 0.25, 0.5, 0.75, 1.0]


@pytest.mark.parametrize("design", ["random", "latin-hypercube", "sobol"])
@given(ends=ranges, seed=st.integers(0, 2**63))
def test_sampled_points_lie_in_range_and_come_again(
    design: str, ends: dict[str, int], seed: int
) -> None:
    vary = {"competence": COMPETENCE, "agents": ends, "threshold": [50, 80]}
    settings = {"design": design, "samples": 16, "seed": seed}

    found = list(points(vary, **settings))

    assert found == list(points(vary, **settings))
    assert all(0.5 <= p["competence"] <= 0.9 for p in found)
    assert all(ends["low"] <= p["agents"] <= ends["high"] for p in found)
    assert {type(p["agents"]) for p in found} == {int}
    assert {p["threshold"] for p in found} <= {50, 80}


@pytest.mark.parametrize("design", ["latin-hypercube", "sobol"])
def test_a_balanced_design_has_a_point_in_every_slice_of_every_parameter(design: str) -> None:
    vary = {"competence": {"low": 0.0, "high": 1.0}, "correlation": {"low": 0.0, "high": 1.0}}

    found = list(points(vary, design=design, samples=32, seed=3))

    for name in vary:
        assert sorted(int(32 * p[name]) for p in found) == list(range(32))


def test_a_logarithmic_range_is_sampled_evenly_over_its_magnitudes() -> None:
    vary = {"rate": {"low": 0.01, "high": 100.0, "scale": "log10"}}

    found = [p["rate"] for p in points(vary, design="latin-hypercube", samples=1000, seed=1)]

    assert [sum(10**e <= r < 10 ** (e + 1) for r in found) for e in range(-2, 2)] == [250] * 4


@given(grids, st.data())
def test_conditional_parameters_never_make_the_same_point_twice(
    values: list[list[int]], data: st.DataObject
) -> None:
    assume(len(values) > 1)
    names = NAMES[: len(values)]
    vary = dict(zip(names, values, strict=True))
    wanted = data.draw(st.lists(st.sampled_from(values[0]), min_size=1, unique=True))

    found = list(points(vary, when={names[1]: {names[0]: wanted}}))

    assert len({tuple(p.items()) for p in found}) == len(found)
    assert all((p[names[1]] is not None) == (p[names[0]] in wanted) for p in found)
    rest = math.prod(map(len, values[2:]))
    applies = len(wanted) * len(values[1]) + len(values[0]) - len(wanted)
    assert len(found) == applies * rest == points(vary, when={names[1]: {names[0]: wanted}}).count


def test_a_condition_may_name_a_parameter_that_is_stated_later() -> None:
    vary = {"trials": [1, 2], "structure": ["swarm", "solo"]}

    found = list(points(vary, when={"trials": {"structure": ["swarm"]}}))

    assert found == [
        {"trials": 1, "structure": "swarm"},
        {"trials": 2, "structure": "swarm"},
        {"trials": None, "structure": "solo"},
    ]


def test_what_a_sampled_point_does_not_need_makes_no_other_point() -> None:
    vary = {"structure": ["swarm", "solo"], "trials": [1, 2, 3]}
    settings: dict[str, Any] = {"design": "random", "samples": 200, "seed": 1}

    found = list(points(vary, when={"trials": {"structure": "swarm"}}, **settings))

    assert len(found) == 4
    assert found.count({"structure": "solo", "trials": None}) == 1


def test_more_samples_leave_the_first_points_of_a_sobol_design_as_they_were() -> None:
    few = list(points({"competence": COMPETENCE}, design="sobol", samples=8, seed=5))

    many = list(points({"competence": COMPETENCE}, design="sobol", samples=16, seed=5))

    assert many[:8] == few


@pytest.mark.parametrize(
    "vary",
    [
        {"agents": {"low": 1, "high": 10**9, "steps": 10**9}},
        {name: list(range(1, 1001)) for name in NAMES},
        {"agents": [1, 2], "threshold": {"low": 1, "high": 10**9, "steps": 10**9}},
    ],
)
@pytest.mark.parametrize("when", [{}, {"threshold": {"agents": [1]}}])
def test_a_design_of_far_too_many_points_is_refused_at_once(
    vary: dict[str, Any], when: dict[str, Any]
) -> None:
    with pytest.raises(BadInput, match=r"and 1,000,000 is the most"):
        points(vary, when=when if when.keys() <= vary.keys() else {})


def test_a_column_holds_one_type_whatever_a_study_lists() -> None:
    found = points({"competence": [1, 0.5], "faults": [[{"kind": "crash"}], []], "case": ["a", 2]})

    cells = [found.cells(given) for given in found]

    assert {type(c["competence"]) for c in cells} == {float}
    assert cells[0]["faults"] == '[{"kind": "crash"}]'
    assert {c["case"] for c in cells} == {"a", "2"}
