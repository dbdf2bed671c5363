"""The page on studies: its files are good, its commands work, and its figures are true."""

import re
import shlex
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from swarmboard.cli import main
from swarmboard.studies import StudyConfig, make_study, plan_study

PAGE = (Path(__file__).resolve().parents[2] / "docs/studies.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


STUDIES = [block for block in blocks("toml") if "[vary]" in block]


@pytest.mark.parametrize("text", STUDIES)
def test_its_study_files_are_good(text: str, tmp_path: Path) -> None:
    plan = plan_study(make_study(tomllib.loads(text)), folder=tmp_path)

    assert plan.count > 0


def test_it_says_how_many_points_a_condition_leaves(tmp_path: Path) -> None:
    (text,) = (block for block in STUDIES if "[when]" in block and "grid-dispatch" in block)

    plan = plan_study(make_study(tomllib.loads(text)), folder=tmp_path)

    assert "These are four points, not six." in PAGE
    assert plan.points.count == 4


def test_its_first_study_comes_out_as_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SWARMBOARD_URL", "memory://")
    Path("jury.toml").write_text(STUDIES[0])
    dry_run, sweep = blocks("bash")[0].splitlines()
    foretold, means = blocks("text")[:2]
    read, in_python = blocks("python")[:2]

    def said(line: str) -> str:
        monkeypatch.setattr(sys, "argv", shlex.split(line))
        with pytest.raises(SystemExit, match="0"):
            main()
        return capsys.readouterr().out

    told = said(dry_run)
    said(f"{sweep} --engine serial")
    exec(read, {})
    printed = capsys.readouterr().out
    exec(in_python, {})

    assert told.startswith(foretold)
    assert lines(printed)[: len(lines(means))] == lines(means)
    ours, again = (
        pd.read_parquet(f"{folder}/table.parquet").filter(regex=r"^(?!run_id|timing\.)")
        for folder in ("juries", "juries-again")
    )
    pd.testing.assert_frame_equal(ours, again)


def lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_it_names_everything_that_a_study_file_takes() -> None:
    named = re.findall(r"`\[?(\w+)\]?`", "".join(re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)))

    assert set(StudyConfig.model_fields) <= set(named)
