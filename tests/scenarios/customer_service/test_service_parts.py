"""Replies of several parts: what contradicts is found before the vote, or sent."""

from pathlib import Path

import numpy as np
import pytest

from blackboard import Entries, Link, entry_id, read_log
from swarmboard import Result
from tests.scenarios.customer_service.service_runs import service

TERMS = {"agents": 64, "tickets": 300, "parts": 0.7, "conflicts": 0.5, "seed": 5}
SKILLS = {"inquiry", "recommendation", "after-sales"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Result]:
    """The same customers, with the parts of replies compared and without."""
    folder = tmp_path_factory.mktemp("parts")
    return {
        coordinates: service(folder, coordination=coordinates, **TERMS)
        for coordinates in (True, False)
    }


def test_most_conflicts_are_found_before_the_vote_where_parts_are_compared(
    runs: dict[bool, Result],
) -> None:
    found, without = (runs[compared].summary["metrics"] for compared in (True, False))

    assert found["conflicts_found"] >= 0.9
    assert found["conflicts_sent"] <= 0.05
    assert without["conflicts_found"] == without["conflicts_alarms"] == 0
    assert without["conflicts_sent"] > 0.1
    assert found["completion"] > without["completion"] + 0.05
    assert min(found["conflicts_planted"], without["conflicts_planted"]) > 80
    assert found["conflicts_alarms"] < 0.1 * found["conflicts_planted"]


@pytest.mark.parametrize("compared", [True, False])
def test_what_was_planted_is_in_the_rows(runs: dict[bool, Result], compared: bool) -> None:
    rows, metrics = runs[compared].tables["tickets"], runs[compared].summary["metrics"]

    planted = rows["conflicts"].sum()
    assert metrics["conflicts_planted"] == planted
    assert metrics["conflicts_found"] == pytest.approx(rows["found"].sum() / planted)
    assert metrics["conflicts_sent"] == pytest.approx(rows["sent"].sum() / planted)
    assert metrics["conflicts_alarms"] == rows["alarms"].sum()
    assert (rows["found"] <= rows["conflicts"]).all()
    assert (rows["found"] + rows["sent"] <= rows["conflicts"]).all()
    assert set(rows.loc[rows["sent"] > 0, "outcome"]) <= {"wrong"}
    assert not rows.loc[~rows["skills"].str.contains("+", regex=False), "conflicts"].any()


def test_as_many_tickets_have_parts_as_were_asked_for_and_as_many_conflicts(
    runs: dict[bool, Result],
) -> None:
    rows = runs[False].tables["tickets"]

    several = rows["skills"].str.contains("+", regex=False)
    replies = (rows["drafts"] // 2)[several].sum()
    assert several.mean() == pytest.approx(0.7, abs=4.5 * (0.7 * 0.3 / 300) ** 0.5)
    share = rows["conflicts"].sum() / replies
    assert share == pytest.approx(0.5, abs=4.5 * (0.25 / replies) ** 0.5)
    assert (rows["drafts"][several] % 2 == 0).all()
    assert set(rows["skills"].str.split("+").explode()) == SKILLS


def test_each_part_is_drafted_by_its_own_skill_and_no_two_by_the_same(
    runs: dict[bool, Result],
) -> None:
    result = runs[True]
    roles, wanted = result.tables["staff"]["role"], result.tables["tickets"]["skills"]

    authors: dict[tuple[int, int], dict[int, int]] = {}
    for record in read_log(result.path / "events.log"):
        for entry in record.entries if isinstance(record, Entries) else ():
            if entry.kind == "draft":
                its = entry.payload
                assert roles[entry.agent] == wanted[its["ticket"]].split("+")[its["part"]]
                authors.setdefault((its["ticket"], its["draft"]), {})[its["part"]] = entry.agent

    several = [parts for parts in authors.values() if len(parts) > 1]
    assert len(several) > 200
    assert all(len(set(parts.values())) == len(parts) for parts in several)


def test_what_contradicts_is_on_the_board_with_links_to_both_parts(
    runs: dict[bool, Result],
) -> None:
    drafts: dict[str, int] = {}
    conflicts: list[tuple[int, tuple[Link, ...]]] = []
    for record in read_log(runs[True].path / "events.log"):
        for entry in record.entries if isinstance(record, Entries) else ():
            ticket = entry.payload["ticket"]
            if entry.kind == "draft":
                name = entry_id(record.round, record.stage, entry.agent, entry.seq)
                drafts[name] = ticket
            elif entry.kind == "conflict":
                assert entry.layer == "coordination"
                conflicts.append((ticket, entry.links))

    metrics = runs[True].summary["metrics"]
    planted = metrics["conflicts_found"] * metrics["conflicts_planted"]
    assert len(conflicts) >= round(planted) > 0
    assert all(len(links) == 2 for _, links in conflicts)
    assert all(drafts[link.entry] == ticket for ticket, links in conflicts for link in links)


def test_soloists_send_every_conflict(tmp_path: Path) -> None:
    result = service(tmp_path, structure="separate", **{**TERMS, "tickets": 100})

    metrics, rows = result.summary["metrics"], result.tables["tickets"]
    assert metrics["conflicts_sent"] == 1
    assert metrics["conflicts_found"] == 0
    assert (rows["conflicts"] == rows["sent"]).all()
    assert metrics["messages_per_ticket"] == pytest.approx(np.mean(rows["drafts"]))
