"""What the staff publishes to be drawn: queues, how long customers waited, what became of them."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import swarmboard
from blackboard import Display, read_log
from scenarios.customer_service.floor import REVIEW, Floor, Item
from scenarios.customer_service.scene import ENDS, LATENCIES, LATENCY, OUTCOMES, SHARES, STAFF


@pytest.fixture
def run(tmp_path: Path) -> tuple[Any, dict[str, Any], list[dict[str, Any]]]:
    result = swarmboard.run(
        "customer-service", agents=8, tickets=60, parts=0.3, patience_s=2, out=tmp_path / "run"
    )
    records = [r for r in read_log(tmp_path / "run/events.log") if isinstance(r, Display)]
    scene = next(r.payload for r in records if r.name == "scene")
    return result, scene, [r.payload for r in records if r.name == "frame"]


def test_percentiles_are_times_that_customers_waited(run: Any) -> None:
    result, _, frames = run
    tickets, last = result.tables["tickets"], frames[-1]
    closed = _closed(last, tickets)

    for column, name, times in (
        (LATENCIES[0], "wait", (closed["begun_s"] - closed["arrived_s"]).dropna()),
        (LATENCIES[1], "resolution", closed["latency_s"][closed["outcome"] != "abandoned"]),
    ):
        exact = np.percentile(times, SHARES, method="inverted_cdf")
        assert last[f"{LATENCY}:{column}"] == pytest.approx(exact, rel=1e-5)
        assert [last[f"{name}_p{share}"] for share in SHARES] == pytest.approx(exact)


def test_each_closed_ticket_counts_for_every_skill_that_it_touches(run: Any) -> None:
    result, scene, frames = run
    last = frames[-1]
    chart = scene["charts"][OUTCOMES]

    closed = _closed(last, result.tables["tickets"])

    counted = Counter(
        (skill, outcome)
        for skills, outcome in zip(closed["skills"], closed["outcome"], strict=True)
        for skill in skills.split("+")
    )
    assert list(chart["columns"]) == [
        ENDS[end] for end in ("right", "wrong", "escalated", "abandoned")
    ]
    for end in ("right", "wrong", "escalated", "abandoned"):
        drawn = last[f"{OUTCOMES}:{ENDS[end]}"].tolist()
        assert drawn == [counted[skill, end] for skill in chart["rows"]]


def test_everybody_does_one_thing(run: Any) -> None:
    _, scene, frames = run

    for frame in frames:
        doing = [frame[f"{STAFF}:{name}"] for name in scene["charts"][STAFF]["columns"]]
        assert sum(doing).tolist() == [3, 3, 2]
        assert doing[0].sum() + doing[1].sum() == frame["busy"]


def test_queues_leave_out_what_is_work_no_more() -> None:
    floor = Floor([(0,), (1,)], [0, 0])
    for ticket, skill in ((1, 0), (2, 1), (3, 1), (4, REVIEW)):
        floor.put(0, Item(ticket, 0, 0, skill))

    queues = floor.queues(2, lambda item: item.ticket == 3)

    assert queues == [1, 1, 1]


def _closed(frame: dict[str, Any], tickets: Any) -> Any:
    """Return the tickets that were closed when a frame was drawn."""
    many = round(float(sum(_many(frame))))
    order = tickets.sort_values("closed_s", kind="stable")
    for count in range(len(order) + 1):
        if order["skills"][:count].str.count(r"\+").sum() + count == many:
            return order[:count]
    raise AssertionError(f"no {many} tickets were closed")


def _many(frame: dict[str, Any]) -> list[float]:
    return [values.sum() for name, values in frame.items() if name.startswith(OUTCOMES)]
