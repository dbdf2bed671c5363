"""Who said what, as a table."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from blackboard import Entries, Entry, EventLog, Joined, Link, write_tables
from blackboard.records import OUTCOME, encode


def write_log(folder: Path, *entries: Entry) -> None:
    with EventLog(folder / "events.log") as log:
        records = [Joined(OUTCOME, 0, 0, "planner", 0, 2), Entries(OUTCOME, 1, 2, entries)]
        log.append([encode(record) for record in records if record.round == 0 or entries])


def test_an_entry_is_one_row_with_its_words_its_author_and_what_it_rests_on(
    tmp_path: Path,
) -> None:
    links = (Link("supports", "1.1.0.0"),)
    said = Entry(1, 0, "plan", "task", {"text": "go", "cost": 3}, links=links)
    write_log(tmp_path, said)

    write_tables(tmp_path / "events.log", tmp_path)

    [row] = pq.read_table(tmp_path / "entries.parquet").to_pylist()
    assert (row["id"], row["role"], row["kind"]) == ("1.2.1.0", "planner", "plan")
    assert (row["text"], row["payload"], row["links"]) == ("go", '{"cost": 3}', "supports 1.1.0.0")


def test_where_nobody_said_anything_there_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "entries.parquet").write_bytes(b"of an earlier log")
    write_log(tmp_path)

    write_tables(tmp_path / "events.log", tmp_path)

    assert not (tmp_path / "entries.parquet").exists()


def test_a_payload_that_is_no_json_is_shown_as_text(tmp_path: Path) -> None:
    when = datetime(2026, 11, 20, tzinfo=UTC)
    write_log(tmp_path, Entry(1, 0, "note", "task", {"when": when, "all": np.arange(3.0)}))

    write_tables(tmp_path / "events.log", tmp_path)

    [row] = pq.read_table(tmp_path / "entries.parquet").to_pylist()
    assert row["payload"] == '{"when": "2026-11-20 00:00:00+00:00", "all": "3 numbers"}'
