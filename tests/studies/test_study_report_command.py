"""`swarmboard report` of a study directory."""

from collections.abc import Callable
from pathlib import Path

import pytest

from blackboard import BadInput
from swarmboard import study
from swarmboard.cli import main
from swarmboard.studies.reporting import write_study_report

type Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command line in this process: exit code, stdout and stderr."""

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["swarmboard", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A study of real runs."""
    path = tmp_path / "juries"
    study(
        "jury",
        vary={"agents": [3, 9, 27]},
        fixed={"trials": 20, "trials_per_round": 20, "threshold": 60},
        replicates=2,
        seed=7,
        engine="serial",
        out=path,
    )
    return path


def test_a_study_directory_gets_a_page_with_theory_beside_what_was_run(
    folder: Path, command: Command
):
    code, out, _ = command("report", folder)

    page = (folder / "report/index.html").read_text("utf-8")
    assert code == 0
    assert f"wrote {folder}/report/index.html" in out
    assert "Lines join the exact values from theory." in page
    assert "swarmboard sweep study.toml --out juries" in page


def test_another_folder_can_be_named_but_no_file(folder: Path, command: Command, tmp_path: Path):
    page = tmp_path / "page.html"
    page.write_text("x")

    written, refused = (command("report", folder, "--out", out) for out in (tmp_path / "a", page))

    assert written[0] == 0
    assert (tmp_path / "a/tables/runs.parquet").is_file()
    assert refused[0] == 2
    assert f"--out {page} is a file: name a folder" in refused[2]


def test_a_directory_without_a_study_is_told_in_a_line(tmp_path: Path):
    with pytest.raises(BadInput, match="holds no study"):
        write_study_report(tmp_path)
