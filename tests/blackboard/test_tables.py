"""The tables of a run say what its log says, whatever was voted on and in however many parts."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from blackboard import (
    Ballots,
    Board,
    EventLog,
    Proposal,
    Vote,
    VoteBlock,
    plurality,
    read_log,
    recount,
    tables,
    threshold,
    write_tables,
)
from blackboard.records import Electorate, Opened, indices

COLUMNS = [
    "round",
    "stage",
    "proposal",
    "agent",
    "choice",
    "weight",
    "confidence",
    "reason",
    "reason_text",
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with motions and options, weights, panels, reasons in words and in numbers."""
    path = tmp_path / "events.log"
    everybody = np.arange(7, dtype=np.uint32)
    with EventLog(path) as events, Board.open("memory://") as board:
        leader = board.lead(log=events)
        leader.welcome("voter", 7)
        for number in range(1, 6):
            leader.begin_round()
            draft = leader.begin(
                [
                    Proposal(id=f"motion-{number}"),
                    Proposal(
                        id=f"choice-{number}",
                        options=("red", "green", "blue"),
                        electorate=[1, 2, 5],
                        weights=[3, 2, number],
                        rule=plurality(),
                    ),
                    Proposal(id=f"silent-{number}", rule=threshold(100)),
                ]
            )
            choices = np.array([0, 1, 254, 255, 0, 0, number % 2], np.uint8)
            has_reasons = number % 2
            draft.add(
                everybody,
                VoteBlock(
                    choices,
                    f"motion-{number}",
                    confidence=np.linspace(0, 1, 7) if has_reasons else None,
                    reasons=np.array([1.5, np.nan, 3, 4, 5, 6, 7]) if has_reasons else None,
                ),
            )
            draft.act(2, Vote("blue", f"choice-{number}", reason="it is calm"))
            draft.act(5, Vote("abstain", f"choice-{number}", confidence=0.25))
            leader.commit(draft)
            leader.close(counts=True)
            leader.end_round()
        leader.finish("done")
    return path


def rows_of(log: Path) -> list[dict[str, Any]]:
    """Read the ballots off the log one by one, as slowly and plainly as possible."""
    rows: list[dict[str, Any]] = []
    electorates: dict[str, Electorate] = {}
    opened: dict[str, Opened] = {}
    for record in read_log(log):
        if isinstance(record, Electorate):
            electorates[record.name] = record
        elif isinstance(record, Opened):
            opened[record.proposal] = record
        elif isinstance(record, Ballots):
            terms = opened[record.proposal]
            seats = electorates[terms.electorate]
            agents = indices(seats.agents).tolist()
            for seat, code in enumerate(record.choices):
                if code == 255:
                    continue
                number = np.frombuffer(record.numbers, "<f8")[seat] if record.numbers else np.nan
                row = (
                    record.round,
                    record.stage,
                    record.proposal,
                    agents[seat],
                    "abstain" if code == 254 else terms.options[code],
                    np.frombuffer(seats.weights, "<i8")[seat] if seats.weights else 1,
                    np.frombuffer(record.confidence, "<f8")[seat] if record.confidence else 1.0,
                    None if np.isnan(number) else number,
                    (record.texts[seat] or None) if record.texts else None,
                )
                rows.append(dict(zip(COLUMNS, row, strict=True)))
    return rows


@pytest.mark.parametrize("seats_a_part", [1, 8, 17, 1 << 19])
def test_ballots_are_those_of_the_log(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seats_a_part: int
) -> None:
    monkeypatch.setattr(tables, "SEATS_A_PART", seats_a_part)

    write_tables(log, tmp_path)

    assert pq.read_table(tmp_path / "ballots.parquet").to_pylist() == rows_of(log)
    assert len(rows_of(log)) == 5 * 8


def test_decisions_are_one_row_each(log: Path, tmp_path: Path) -> None:
    write_tables(log, tmp_path)

    rows = pq.read_table(tmp_path / "decisions.parquet").to_pylist()
    assert len(rows) == 15
    assert [row["opened_round"] for row in rows] == [row["round"] for row in rows]
    assert {row["option"] for row in rows} == {None, "blue"}
    assert {row["outcome"] for row in rows} == {"accepted", "expired", "rejected"}


def test_rounds_count_what_was_cast(log: Path, tmp_path: Path) -> None:
    write_tables(log, tmp_path)

    rounds = pq.read_table(tmp_path / "rounds.parquet")
    assert rounds["round"].to_pylist() == [1, 2, 3, 4, 5]
    assert rounds["ballots"].to_pylist() == [8] * 5
    assert rounds["decisions"].to_pylist() == [3] * 5


def test_a_log_without_ballots_makes_empty_tables(tmp_path: Path) -> None:
    EventLog(tmp_path / "events.log").close()

    write_tables(tmp_path / "events.log", tmp_path)

    assert pq.read_table(tmp_path / "ballots.parquet").num_rows == 0
    assert pq.read_table(tmp_path / "ballots.parquet").column_names == COLUMNS


def test_more_options_than_a_signed_byte_holds_keep_their_names(tmp_path: Path) -> None:
    options = tuple(f"option {number}" for number in range(200))
    with EventLog(tmp_path / "events.log") as events, Board.open("memory://") as board:
        leader = board.lead(log=events)
        leader.welcome("voter", 1)
        leader.begin_round()
        draft = leader.begin([Proposal(options=options)])
        draft.act(0, Vote("option 199"))
        leader.commit(draft)
        leader.close(counts=True)
        leader.finish("done")

    write_tables(tmp_path / "events.log", tmp_path)

    choice = pq.read_table(tmp_path / "ballots.parquet")["choice"].to_pylist()
    assert choice == ["option 199"]


def test_decisions_count_again_to_what_they_were(log: Path) -> None:
    pairs = list(recount(read_log(log)))

    assert len(pairs) == 15
    assert all(logged == again for logged, again in pairs)
