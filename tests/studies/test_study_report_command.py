"""`swarmboard report` of a study directory."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from blackboard import BadInput
from swarmboard import study
from swarmboard.cli_app import app
from swarmboard.studies.reporting import write_study_report

pytestmark = pytest.mark.unrepeatable  # runs of a study are in a process's shared server


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of real runs."""
    path = tmp_path_factory.mktemp("study") / "juries"
    study(
        "jury",
        vary={"agents": [3, 9, 27]},
        fixed={"trials": 20, "trials_per_round": 20, "threshold": 60},
        replicates=3,
        seed=7,
        engine="serial",
        out=path,
    )
    return path


def test_a_study_directory_gets_a_page_with_theory_beside_what_was_run(folder: Path):
    done = CliRunner().invoke(app, ["report", str(folder)])

    page = (folder / "report/index.html").read_text("utf-8")
    assert done.exit_code == 0
    assert f"wrote {folder}/report/index.html" in done.output
    assert "Lines join the exact values from theory." in page
    assert "swarmboard sweep study.toml --out juries" in page


def test_another_folder_can_be_named(folder: Path, tmp_path: Path):
    done = CliRunner().invoke(app, ["report", str(folder), "--out", str(tmp_path / "here")])

    assert done.exit_code == 0
    assert (tmp_path / "here/tables/runs.parquet").is_file()


def test_a_file_in_place_of_a_folder_is_refused(folder: Path, tmp_path: Path):
    (tmp_path / "page.html").write_text("x")

    done = CliRunner().invoke(app, ["report", str(folder), "--out", str(tmp_path / "page.html")])

    assert isinstance(done.exception, BadInput)
    assert "is a file: name a folder" in str(done.exception)


def test_a_directory_without_a_study_is_told_in_a_line(tmp_path: Path):
    with pytest.raises(BadInput, match="holds no study"):
        write_study_report(tmp_path)
