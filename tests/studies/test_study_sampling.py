"""Saltelli and Morris designs: the indices that a study was designed for come out of its runs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from blackboard import BadInput
from swarmboard import study
from swarmboard.studies import make_study
from swarmboard.studies.analysis import MethodSample, Sensitivity, sampled_sensitivity
from swarmboard.studies.designs import Points, points_of

ANGLE = {"low": -np.pi, "high": np.pi}
ANGLES = dict.fromkeys("abc", ANGLE)
WHOLE = {"a": {"low": 1, "high": 4}, "b": {"low": 1, "high": 4}}


def ishigami(given: dict[str, float]) -> float:
    a, b, c = given["a"], given["b"], given["c"]
    return float(np.sin(a) + 7 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a))


def designed(vary: dict[str, Any], design: str, samples: int, **settings: Any) -> Points:
    content = {"scenario": "jury", "vary": vary, "design": design, "samples": samples, "seed": 1}
    whole = dict.fromkeys(vary, vary is WHOLE)
    return points_of(make_study({**content, **settings}), whole)


def carried_out(
    points: Points, response: Callable[..., float], replicates: int = 1
) -> pd.DataFrame:
    """A row a run, as a study's table has them."""
    rows = [{**p, "point": number, "y": response(p)} for number, p in enumerate(points)]
    table = pd.DataFrame(rows)
    return table.loc[table.index.repeat(replicates)].reset_index(drop=True)


def sample_of(points: Points) -> MethodSample:
    names = tuple(axis.name for axis in points.axes)
    return MethodSample(points.design, names, tuple(points.visits), points.levels)


def indices_of(found: Sensitivity) -> tuple[dict[str, float], dict[str, float]]:
    first = {i.parameter: i.first.value for i in found.indices}
    return first, {i.parameter: i.total.value for i in found.indices if i.total}


def test_a_saltelli_design_finds_the_sobol_indices_of_ishigami() -> None:
    points = designed(ANGLES, "saltelli", 1024)

    found = sampled_sensitivity(carried_out(points, ishigami), "y", sample_of(points))

    first, total = indices_of(found)
    assert first == pytest.approx({"a": 0.3139, "b": 0.4424, "c": 0}, abs=0.04)
    assert total == pytest.approx({"a": 0.5576, "b": 0.4424, "c": 0.2437}, abs=0.04)
    assert all(i.first.low < i.first.value < i.first.high for i in found.indices)


def test_a_saltelli_design_has_a_row_for_each_base_point_and_each_of_its_companions() -> None:
    points = designed(ANGLES, "saltelli", 64)

    assert len(points.visits) == 64 * (3 + 2)
    assert points.count == len(set(points.visits)) == points.least


def test_points_that_rounding_makes_equal_are_visited_once_and_count_as_often_as_drawn() -> None:
    points = designed(WHOLE, "saltelli", 512)

    found = sampled_sensitivity(
        carried_out(points, lambda p: 3.0 * p["a"] + p["b"]), "y", sample_of(points)
    )

    first, total = indices_of(found)
    assert points.count == 16
    assert len(points.visits) == 512 * 4
    assert first == pytest.approx({"a": 0.9, "b": 0.1}, abs=0.05)
    assert total == pytest.approx({"a": 0.9, "b": 0.1}, abs=0.05)
    assert any("2,048 rows of the design are 16 points" in note for note in found.warnings)


def test_a_morris_design_finds_the_effects_of_a_plane_and_no_spread() -> None:
    points = designed({"a": ANGLE, "b": ANGLE, "c": ANGLE}, "morris", 20, levels=6)

    found = sampled_sensitivity(
        carried_out(points, lambda p: 3.0 * p["b"] + p["a"], 2), "y", sample_of(points)
    )

    first, _ = indices_of(found)
    assert [i.parameter for i in found.indices] == ["b", "a", "c"]
    assert first == pytest.approx({"b": 6 * np.pi, "a": 2 * np.pi, "c": 0}, abs=1e-9)
    assert [i.spread for i in found.indices] == pytest.approx([0, 0, 0], abs=1e-9)
    assert found.n == 2 * points.count


def test_a_morris_design_tells_a_bend_by_the_spread_of_effects() -> None:
    points = designed(ANGLES, "morris", 30)

    found = sampled_sensitivity(carried_out(points, ishigami), "y", sample_of(points))

    spread = {i.parameter: i.spread for i in found.indices}
    assert min(spread["b"], spread["c"]) > 1


def test_a_morris_design_stands_on_its_levels_alone_both_ends_among_them() -> None:
    points = designed(ANGLES, "morris", 30, levels=4)

    taken = {round(p["a"] / np.pi, 9) for p in points}

    assert taken == {-1.0, round(-1 / 3, 9), round(1 / 3, 9), 1.0}
    assert len(points.visits) == 30 * 4


def test_whole_numbers_of_a_morris_design_are_the_nearest_to_its_levels() -> None:
    vary = {"a": {"low": 3, "high": 33}, "b": {"low": 1, "high": 4}}
    config = make_study({"scenario": "jury", "vary": vary, "design": "morris", "samples": 40})

    points = points_of(config, {"a": True, "b": True})

    assert {p["a"] for p in points} == {3, 13, 23, 33}


def test_a_block_that_lacks_a_run_is_left_out_as_a_whole() -> None:
    points = designed(ANGLES, "saltelli", 1024)
    table = carried_out(points, ishigami)
    table.loc[table["point"] == points.visits[7], "y"] = np.nan

    found = sampled_sensitivity(table, "y", sample_of(points))

    first, _ = indices_of(found)
    assert first == pytest.approx({"a": 0.3139, "b": 0.4424, "c": 0}, abs=0.04)
    assert any("1 of 1024 blocks were left out" in note for note in found.warnings)


@pytest.mark.parametrize("design", ["saltelli", "morris"])
def test_a_design_comes_again(design: str) -> None:
    one, other = designed(ANGLES, design, 16), designed(ANGLES, design, 16)

    assert list(one) == list(other)
    assert one.visits == other.visits
    assert list(designed(ANGLES, design, 16, seed=2)) != list(one)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"design": "saltelli", "samples": 60}, r"a Saltelli design .* write 32 or 64"),
        ({"design": "saltelli", "samples": 4}, r"samples = 4 is too few .* better 256"),
        ({"design": "saltelli"}, r"'saltelli' needs a number of points"),
        ({"design": "morris", "samples": 20, "levels": 5}, r"levels = 5: .* write 6"),
        ({"design": "sobol", "samples": 64, "levels": 4}, r"levels = 4 is for design = \"morris\""),
        ({"design": "morris", "samples": 20, "vary": {"a": ANGLE}}, r"name two or more"),
        ({"design": "morris", "samples": 20, "when": {"b": {"a": 1}}}, r"needs every parameter"),
        ({"design": "saltelli", "samples": 2**30}, r"and 1,000,000 is the most"),
    ],
)
def test_a_design_that_its_method_cannot_read_is_refused(
    settings: dict[str, Any], message: str
) -> None:
    content = {"scenario": "jury", "vary": ANGLES, **settings}

    with pytest.raises(BadInput, match=message):
        points_of(make_study(content), dict.fromkeys("abc", False))


@pytest.mark.parametrize("design", ["saltelli", "morris"])
def test_the_report_of_a_real_study_has_the_indices_it_was_designed_for(
    design: str, tmp_path: Path
) -> None:
    done = study(
        "jury",
        design=design,
        samples=8,
        seed=3,
        fixed={"trials": 10},
        vary={"agents": {"low": 3, "high": 5}, "competence": [0.6, 0.95]},
        report={"responses": ["metrics.correct"]},
        engine="serial",
        board="memory://",
        out=tmp_path / "out",
    )

    sheet = pd.read_csv(done.report().parent / "tables/sensitivity-metrics-correct.csv")

    visits = done.description["visits"]
    assert sorted(set(visits)) == sorted(done.table["point"])
    assert len(visits) == 8 * (4 if design == "saltelli" else 3)
    assert sheet["parameter"][0] == "competence"
    named = "total index" if design == "saltelli" else "spread of effects"
    assert sheet[named].notna().all()
