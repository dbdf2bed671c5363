"""Tickets of several parts in front of few agents: every reply finds its panel."""

from pathlib import Path
from typing import Any

import pytest

from blackboard import BadInput
from tests.scenarios.customer_service.service_log import Audit
from tests.scenarios.customer_service.service_runs import service

FEW: dict[str, tuple[int, dict[str, Any]]] = {
    "two, who draft both parts": (0, {"agents": 2, "tickets": 60}),
    "three": (1, {"agents": 3, "tickets": 60}),
    "four, all in parts": (2, {"agents": 4, "tickets": 60, "parts": 1.0}),
    "five": (3, {"agents": 5, "tickets": 120}),
    "five, many skills": (3, {"agents": 5, "tickets": 60, "cross_training": 3}),
    "six": (4, {"agents": 6, "tickets": 60}),
    "seven": (5, {"agents": 7, "tickets": 60}),
    "teams of five": (3, {"agents": 10, "structure": "hierarchy", "teams": 2, "tickets": 100}),
    "teams of three": (1, {"agents": 12, "structure": "hierarchy", "teams": 4, "tickets": 80}),
    "uneven teams": (1, {"agents": 7, "structure": "hierarchy", "teams": 2, "tickets": 80}),
}
APART = ("two, who draft both parts", "five, many skills", "six", "seven")
"""Where every skill has two who hold it, the parts of a reply have different authors."""


@pytest.mark.parametrize("name", FEW)
def test_tickets_of_several_parts_are_all_closed_however_few_there_are(
    tmp_path: Path, name: str
) -> None:
    panel, terms = FEW[name]

    result = service(tmp_path, **{"parts": 0.5, "seed": 2, "early": False, **terms})

    metrics, rows = result.summary["metrics"], result.tables["tickets"]
    audit = Audit(result, is_apart=name in APART)
    assert result.summary["status"] == "done"
    assert (metrics["tickets"], metrics["open"], len(rows)) == (terms["tickets"], 0, len(rows))
    assert (audit.faults, audit.open, audit.waiting, audit.seats) == ([], 0, {}, {})
    first = rows[(rows["drafts"] == 1) & (rows["outcome"] == "right")]
    assert set(first["ballots"]) <= {panel}


def test_a_panel_leaves_out_as_many_as_may_have_drafted_the_reply(tmp_path: Path) -> None:
    said = r"panel=4: .* 5 agents, of whom 2 may have drafted it, can give a panel of 3 at the most"

    with pytest.raises(BadInput, match=said):
        service(tmp_path, agents=5, parts=0.5, panel=4)


def test_one_who_alone_can_draft_every_part_takes_no_more_than_one_from_the_panel(
    tmp_path: Path,
) -> None:
    tickets, roster = tmp_path / "tickets.csv", tmp_path / "roster.csv"
    tickets.write_text("arrival,skill\n" + "1,loans+deeds\n2,help\n" * 10, "utf-8")
    roster.write_text("agents,skills\n1,loans+deeds\n3,help\n", "utf-8")
    (tmp_path / "runs").mkdir()

    result = service(
        tmp_path / "runs", tickets=str(tickets), roster=str(roster), panel=3, early=False
    )

    rows = result.tables["tickets"]
    assert result.summary["metrics"]["tickets"] == 20
    assert set(rows["ballots"] % 3) == {0}
    assert Audit(result, is_apart=False).faults == []
