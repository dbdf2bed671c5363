"""`swarmboard report`: one offline file with the views of a run and its words."""

import base64
import json
import os
import re
import sys
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from swarmboard import run
from swarmboard.cli import main
from tests.viz.opinions import Opinions

type Report = Callable[..., tuple[int, str]]
OPINIONS = Path(__file__).with_name("opinions.py")


@pytest.fixture
def report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Report:
    """Run `swarmboard report ...` in an empty directory; return its code and what it said."""
    monkeypatch.chdir(tmp_path)

    def report(*words: object) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["swarmboard", "report", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out + told.err

    return report


def scenes_of(page: Path) -> list[dict[str, Any]]:
    found = re.search(r'id="scenes">([^<]*)<', page.read_text("utf-8"))
    assert found is not None
    scenes: list[dict[str, Any]] = json.loads(zlib.decompress(base64.b64decode(found[1])))
    return scenes


def embedded(page: Path, name: str) -> Any:
    found = re.search(f'id="{name}">([^<]*)<', page.read_text("utf-8"))
    assert found is not None
    return json.loads(found[1])


def test_a_report_has_all_rounds_and_says_what_the_run_came_to(
    report: Report, tmp_path: Path
) -> None:
    result = run(
        "jury", agents=20, trials=9, trials_per_round=3, board="memory://", out=tmp_path / "r"
    )

    code, said = report("r")

    page = tmp_path / "r" / "report.html"
    text = page.read_text("utf-8")
    assert (code, said.startswith("wrote r/report.html (0.")) == (0, True)
    assert [scene["number"] for scene in scenes_of(page)] == [1, 2, 3]
    assert result.summary["digest"] in text
    assert "jury, swarm of 20, seed 0, 3 rounds" in text
    assert "swarmboard run jury --threshold 80 --agents 20" in text


def test_a_scene_has_the_votes_that_the_log_has(report: Report, tmp_path: Path) -> None:
    result = run(
        "jury", agents=20, trials=3, trials_per_round=1, board="memory://", out=tmp_path / "r"
    )

    report("r")

    last = scenes_of(tmp_path / "r" / "report.html")[-1]
    cast = result.ballots.query("round == 3")["choice"].value_counts()
    tally = last["field"]["vote"]["tally"]
    assert sorted(n for n in tally if n) == sorted(n for n in cast.tolist() if n)
    assert sum(tally) == 20


def test_a_report_loads_nothing_from_anywhere(report: Report, tmp_path: Path) -> None:
    run("jury", agents=5, trials=2, trials_per_round=1, board="memory://", out=tmp_path / "r")

    report("r", "--out", "sent.html")

    text = (tmp_path / "sent.html").read_text("utf-8")
    assert "default-src 'none'" in text
    assert not re.findall(r"(?:src|href)=\"(?!data:)[^\"]+\"|@import|url\((?!#)", text)


@pytest.mark.slow
def test_a_thousand_agents_and_a_hundred_rounds_fit_into_five_megabytes(
    report: Report, tmp_path: Path
) -> None:
    run(
        str(OPINIONS),
        agents=1024,
        rounds=100,
        confident=True,
        board="memory://",
        out=tmp_path / "r",
    )

    report("r")

    page = tmp_path / "r" / "report.html"
    assert len(scenes_of(page)) == 100
    assert embedded(page, "views")["about"]["modes"] == ["vote", "confidence", "leaning"]
    assert page.stat().st_size <= 5_000_000


def test_a_run_too_long_for_its_room_gets_fewer_moments_and_says_so(tmp_path: Path) -> None:
    from viz import Told, write_report

    run(str(OPINIONS), agents=300, rounds=40, confident=True, board="memory://", out=tmp_path / "r")
    page = tmp_path / "r.html"

    written = write_report(
        tmp_path / "r", page, Told([], "", "", ""), digest=None, most_bytes=390_000
    )

    numbers = [scene["number"] for scene in scenes_of(page)]
    assert written.size <= 390_000
    assert 2 <= written.shown == len(numbers) < written.moments == 40
    assert (numbers[0], numbers[-1]) == (1, 40)
    assert f"The slider has {written.shown} of 40 rounds" in page.read_text("utf-8")


def test_names_that_look_like_markup_stay_words(tmp_path: Path) -> None:
    from viz import Told, write_report

    run("jury", agents=5, trials=2, trials_per_round=1, board="memory://", out=tmp_path / "<b>r")
    evil = "</script><script>alert(1)</script>{{SCRIPT}}"

    write_report(
        tmp_path / "<b>r", tmp_path / "p.html", Told([(evil, evil)], evil, evil, evil), digest=evil
    )

    text = (tmp_path / "p.html").read_text("utf-8")
    assert "<script>alert" not in text
    assert "<b>r" not in text
    assert text.count("{{SCRIPT}}") == 5


def test_what_is_wrong_is_said_in_one_line(report: Report, tmp_path: Path) -> None:
    run("jury", agents=5, trials=2, trials_per_round=1, board="memory://", out=tmp_path / "r")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "config.json").write_text("{}")
    wrong = {
        ("nowhere",): "no run named 'nowhere'",
        ("empty",): "empty has no events.log",
        ("r", "--out", "no/where.html"): "there is no folder no",
        ("r", "--out", "empty"): "is a folder",
        ("r", "--out", "/proc/report.html"): "cannot be written",
    }

    said = {words: report(*words) for words in wrong}

    assert [code for code, _ in said.values()] == [2] * len(wrong)
    assert all(wrong[words] in text for words, (_, text) in said.items())
    assert all(text.count("\n") == 1 for _, text in said.values())


def test_a_log_without_a_round_has_nothing_to_show(report: Report, tmp_path: Path) -> None:
    run("jury", agents=5, trials=2, trials_per_round=1, board="memory://", out=tmp_path / "r")
    (tmp_path / "r" / "events.log").write_bytes(b"")

    code, said = report("r")

    assert code == 2
    assert "has nothing to show" in said


@pytest.mark.skipif(sys.platform != "linux", reason="names elsewhere are letters")
def test_a_folder_whose_name_is_no_text_has_a_report(report: Report, tmp_path: Path) -> None:
    folder = os.fsdecode(os.fsencode(tmp_path) + b"/\xffr")
    run("jury", agents=5, trials=2, trials_per_round=1, board="memory://", out=tmp_path / "r")
    (tmp_path / "r").rename(folder)

    code, said = report(folder, "--out", "sent.html")

    assert (code, said.startswith("wrote sent.html")) == (0, True)
    assert "<title>?r" in (tmp_path / "sent.html").read_text("utf-8")


@pytest.mark.parametrize("part", ["timing", "consensus", "metrics", "status"])
def test_a_summary_with_a_part_missing_is_said_to_be_damaged(
    report: Report, tmp_path: Path, part: str
) -> None:
    run("jury", agents=5, trials=2, trials_per_round=1, board="memory://", out=tmp_path / "r")
    summary = tmp_path / "r" / "summary.json"
    known = json.loads(summary.read_text("utf-8"))
    known[part] = None
    if part == "status":
        del known[part]
    summary.write_text(json.dumps(known), "utf-8")

    code, _ = report("r")

    is_told = "parts of summary.json are missing" in (tmp_path / "r" / "report.html").read_text()
    assert (code, is_told) == (0, part != "metrics")


class Endless(Opinions):
    """Publishes a number that JSON has not."""

    name = "endless"

    def frame(self) -> Mapping[str, Any]:
        """Return a spread without end."""
        return {**super().frame(), "spread": float("inf")}


def test_a_number_that_is_not_finite_is_left_out_of_a_report(tmp_path: Path) -> None:
    from viz import Told, write_report

    run(Endless, agents=20, rounds=4, board="memory://", out=tmp_path / "r")
    page = tmp_path / "r.html"

    written = write_report(tmp_path / "r", page, Told([], "", "", ""), digest=None)

    at = scenes_of(page)[0]["series_names"].index("spread")
    assert written.moments == 4
    assert [scene["series"][at] for scene in scenes_of(page)] == [None] * 4
