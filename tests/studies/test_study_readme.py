"""The README's study: its commands work, and say what it says they say."""

import re
import shlex
import sys
from pathlib import Path

import pytest

from swarmboard.cli import main

README = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")
SECTION = README.partition("## Studies\n")[2].partition("\n## ")[0]


@pytest.mark.slow  # twelve figures, and each run is executed again
def test_the_study_of_the_readme_comes_out_as_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (file,) = re.findall(r"^```toml\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL)
    commands, promised = re.findall(r"^```text\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SWARMBOARD_URL", "memory://")
    Path("jury.toml").write_text(file)

    for command in commands.splitlines():
        words = shlex.split(command, comments=True)
        serial = ["--engine", "serial"] if "sweep" in words else []
        monkeypatch.setattr(sys, "argv", [*words, *serial])
        with pytest.raises(SystemExit, match="0"):
            main()

    said = capsys.readouterr().out
    sizes = re.compile(r"\(.*? MB, ")
    assert sizes.sub("", said) == sizes.sub("", promised)
