"""Reading runs again: what the log says holds by itself, and an altered byte is found."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from blackboard import BadInput, Diverged, LogDamaged, RunDirectory, RunLock, segment_ends
from swarmboard import replaying, run
from swarmboard.comparing import compare
from swarmboard.replaying import replay, report


@pytest.fixture(scope="module")
def dispatched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("replay") / "run"
    run("grid-dispatch", case="ieee30", board="memory://", out=out)
    return out


@pytest.fixture
def copy(dispatched: Path, tmp_path: Path) -> RunDirectory:
    return RunDirectory.find(str(shutil.copytree(dispatched, tmp_path / "copy")))


def test_a_log_alone_gives_the_digest_and_the_tables_again(copy: RunDirectory) -> None:
    before = {name: pq.read_table(copy.path / name) for name in ("rounds.parquet",)}
    summary = copy.read_json("summary.json")
    for name in ("rounds.parquet", "ballots.parquet", "decisions.parquet", "summary.json"):
        (copy.path / name).unlink()

    found = replay(copy)

    assert summary is not None
    assert found.digest == summary["digest"]
    assert found.recounted == found.decisions == summary["rounds"]
    assert pq.read_table(copy.path / "rounds.parquet").equals(before["rounds.parquet"])


def test_a_run_executed_again_has_the_same_records_in_every_round(copy: RunDirectory) -> None:
    text = report(copy, must_verify=True)

    assert "again, with the same records in every round" in text


def test_config_and_log_alone_give_everything_again(copy: RunDirectory) -> None:
    before = content_of(copy)
    for path in list(copy.path.iterdir()):
        if path.name not in ("config.json", "events.log"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    report(copy, must_verify=True)

    assert content_of(copy) == before


def content_of(directory: RunDirectory) -> dict[str, Any]:
    """Return everything that was derived from a run, but where and how fast it ran."""
    summary = directory.read_json("summary.json")
    assert summary
    facts = {name: summary[name] for name in summary if name not in ("timing", "board")}
    paths = [*directory.path.glob("*.parquet"), *directory.path.glob("results/*")]
    return {"summary": facts} | {
        path.name: pq.read_table(path).to_pydict()
        if path.suffix == ".parquet"
        else path.read_text()
        for path in paths
    }


def test_a_replay_can_stop_after_a_round(copy: RunDirectory) -> None:
    whole = replay(copy)

    found = replay(copy, to_round=3)

    assert found.rounds == found.decisions == 3
    assert found.digest == whole.digests[3]


def test_who_joined_can_be_verified_by_itself(copy: RunDirectory) -> None:
    assert "read       0 rounds" in report(copy, to_round=0, must_verify=True)


def test_a_replay_beyond_the_log_is_refused(copy: RunDirectory) -> None:
    with pytest.raises(BadInput, match=r"--to-round 999: the log of .* ends with round"):
        replay(copy, to_round=999)


def test_a_run_that_was_broken_off_is_verified_up_to_its_last_whole_round(
    copy: RunDirectory,
) -> None:
    (copy.path / "summary.json").unlink()
    content = copy.log.read_bytes()
    copy.log.write_bytes(content[: segment_ends(copy.log)[3]])

    text = report(copy, must_verify=True)

    assert "read       3 rounds" in text
    assert "again, with the same records in every round" in text


@pytest.mark.parametrize("place", [3, 20, 700, -30])
def test_a_flipped_byte_anywhere_is_found(copy: RunDirectory, place: int) -> None:
    content = bytearray(copy.log.read_bytes())
    content[place] ^= 1
    copy.log.write_bytes(content)

    with pytest.raises(LogDamaged):
        replay(copy)


def test_a_summary_of_another_history_is_found(copy: RunDirectory) -> None:
    summary = copy.read_json("summary.json")
    assert summary is not None
    copy.write_json("summary.json", summary | {"digest": "00" * 32})

    with pytest.raises(LogDamaged, match="one of the two was altered"):
        replay(copy)


def test_a_run_that_would_go_differently_now_is_told_by_its_first_round(
    copy: RunDirectory,
) -> None:
    config = json.loads((copy.path / "config.json").read_text())
    config["options"]["weight"] = "capacity"
    (copy.path / "config.json").write_text(json.dumps(config))

    with pytest.raises(Diverged, match="electorate differs in weights in round 1"):
        report(copy, must_verify=True)


def test_what_cannot_be_executed_again_is_read_all_the_same(copy: RunDirectory) -> None:
    config = json.loads((copy.path / "config.json").read_text())
    (copy.path / "config.json").write_text(json.dumps(config | {"scenario": "long-gone"}))

    text = report(copy)

    assert "executed   not again: unknown scenario 'long-gone'" in text
    assert "written    rounds.parquet" in text


def test_a_run_that_goes_on_is_replayed_as_of_one_round_and_nothing_is_written(
    copy: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, ends = copy.log.read_bytes(), segment_ends(copy.log)
    copy.log.write_bytes(whole[: ends[3] + 5])
    copy.write_json("summary.json", {"digest": "00" * 32, "status": "stopped"})
    content = {path: path.read_bytes() for path in copy.path.rglob("*") if path.is_file()}
    verify = replaying.verify

    def verify_later(*given: Any, **options: Any) -> Any:
        copy.log.write_bytes(whole)
        return verify(*given, **options)

    monkeypatch.setattr(replaying, "verify", verify_later)
    with RunLock(copy.lock) as lock:
        lock.take()
        text = report(copy, must_verify=True)

    assert "3 rounds" in text
    assert "(running: as of round 3)" in text
    assert "again, with the same records in every round" in text
    assert "written" not in text
    assert "as the summary says" not in text
    content = {**content, copy.log: whole, copy.lock: b""}
    left = {path: path.read_bytes() for path in copy.path.rglob("*") if path.is_file()}
    assert left == content


def test_a_directory_without_a_log_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nothing to replay"):
        replay(RunDirectory(tmp_path, "no-run"))


def test_a_run_compared_with_itself_is_the_same(copy: RunDirectory) -> None:
    text = compare(copy, copy)

    assert "parameters: the same" in text
    assert "the same, event for event" in text


def test_two_runs_are_compared_down_to_the_first_event(dispatched: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    run("grid-dispatch", case="ieee30", weight="capacity", board="memory://", out=other)

    text = compare(RunDirectory.find(str(dispatched)), RunDirectory.find(str(other)))

    assert "options.weight" in text
    assert "first differing event: number" in text
    assert "in round 1" in text
