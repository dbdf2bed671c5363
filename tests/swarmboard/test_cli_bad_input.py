"""Whatever is wrong is said in one line that names the value and the next step."""

import shlex
from pathlib import Path

import pytest

JURY = "run jury --board memory://"
FILES = {
    "broken.toml": "agents = = 3",
    "unknown.toml": "agnets = 3",
    "share.toml": "threshold = 0.8",
    "contrary.toml": 'rule = "first_to_k(3)"\nthreshold = 80',
    "own_rule.toml": 'rule = "my_rule"',
    "no_rule.toml": 'rule = "3"',
    "list.json": "[1, 2]",
    "broken.json": "{",
    "syntax.py": "x = 1\ny = (\n",
    "nothing.py": "x = 1\n",
    "imports.py": "\nimport a_package_that_is_not_there\n",
    "raises.py": "\n\n1 / 0\n",
    "nameless.py": (
        "from swarmboard import Scenario\n"
        "class Mine(Scenario):\n"
        "    def populate(self, model): return []\n"
        "    def stages(self, board): yield\n"
    ),
    "used/notes.txt": "mine",
    "taken.py": "mine",
}
# What is typed, the value that the answer names, and the next step that it gives.
WRONG = [
    ("run jurry", "'jurry'", "did you mean jury?"),
    ("run nothing-like-it", "'nothing-like-it'", "there are"),
    ("run", "Name a scenario", "swarmboard scenarios"),
    ("run jury extra", "extra", "swarmboard run --help"),
    ("flyy", "'flyy'", "swarmboard --help"),
    (f"{JURY} --structure swrm", "'swrm'", "did you mean swarm?"),
    (f"{JURY} --agents 0", "agents='0'", "greater than or equal to 1"),
    (f"{JURY} --agents many", "agents='many'", "swarmboard run --help"),
    (f"{JURY} --seed -1", "seed='-1'", "greater than or equal to 0"),
    (f"{JURY} --rounds 0", "rounds='0'", "greater than or equal to 1"),
    (f"{JURY} --workers 3", "--workers 3", "leave --board away"),
    (f"{JURY} --threshold 0", "--threshold 0", "from 1 to 100"),
    (f"{JURY} --threshold 0.8", "--threshold 0.8", "did you mean 80?"),
    (f"{JURY} --threshold 101", "--threshold 101", "from 1 to 100"),
    (f"{JURY} --threshold 66.6", "--threshold 66.6", "from 1 to 100"),
    (f"{JURY} --threshold abc", "--threshold abc", "from 1 to 100"),
    (f"{JURY} --threshold nan", "--threshold nan", "from 1 to 100"),
    (f"{JURY} --set compet=3", "'compet'", "did you mean competence?"),
    (f"{JURY} --set competence=3", "competence='3'", "swarmboard scenarios"),
    (f"{JURY} --set trials=x", "trials='x'", "swarmboard scenarios"),
    (f"{JURY} --set trials", "--set trials", "--set key=value"),
    (f"{JURY} --set ballots=public", "'public'", "sealed, open"),
    (f"{JURY} --baseline separate", "--baseline separate", "--baseline single"),
    (f"{JURY} --baseline twin", "'twin'", "single"),
    (f"{JURY} --frobnicate", "--frobnicate", "swarmboard run --help"),
    (f"{JURY} --out used", "used", "--out"),
    (f"{JURY} --out taken.py", "taken.py", "--out"),
    ("run jury --board nonsense", "'nonsense'", "redis://"),
    ("run jury --board foo://x", "'foo'", "redis://"),
    ("run jury --board redis://127.0.0.1:1/0", "redis://127.0.0.1:1", "--board memory://"),
    ("run jury --board unix:///none.sock --out a/b", "none.sock", "--board memory://"),
    (f"{JURY} --config none.toml", "none.toml", "No such file"),
    (f"{JURY} --config broken.toml", "broken.toml", "line 1"),
    (f"{JURY} --config unknown.toml", "'agnets'", "did you mean agents?"),
    (f"{JURY} --config share.toml", "0.8", "did you mean 80?"),
    (f"{JURY} --config contrary.toml", "first_to_k(3)", "leave one"),
    (f"{JURY} --config own_rule.toml", "'my_rule'", "in Python"),
    (f"{JURY} --config no_rule.toml", "'3'", "first_to_k"),
    (f"{JURY} --config list.json", "list.json", "name"),
    (f"{JURY} --config broken.json", "broken.json", "JSON"),
    ("run ./none.py", "none.py", "swarmboard new"),
    ("run ./syntax.py", "syntax.py, line 2", "never closed"),
    ("run ./nothing.py", "0 scenario classes", "exactly one"),
    ("run ./imports.py", "imports.py, line 2", "a_package_that_is_not_there"),
    ("run ./raises.py", "raises.py, line 3", "ZeroDivisionError"),
    ("run ./nameless.py", "no name", "one line of text"),
    ("show zzz", "'zzz'", "swarmboard list"),
    ("show ''", "''", "swarmboard list"),
    ("new 1x", "'1x'", "my-market"),
    ("new class", "'class'", "my-market"),
    ("new ../up", "'../up'", "my-market"),
    ("new jury", "'jury'", "another name"),
    ("new taken", "taken.py", "another name"),
    ("new", "name", "swarmboard new --help"),
]


@pytest.mark.parametrize(("words", "value", "step"), WRONG, ids=[case[0] for case in WRONG])
def test_bad_input_is_one_line_and_leaves_nothing(
    cli, tmp_path: Path, words: str, value: str, step: str
) -> None:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    before = everything_in(tmp_path)

    said = cli(*shlex.split(words))

    assert said.code == 2
    assert said.err.startswith("swarmboard: ")
    assert said.err.count("\n") == 1
    assert value.lower() in said.err.lower()
    assert step in said.err
    assert not said.out
    assert everything_in(tmp_path) == before


def test_an_empty_directory_that_was_there_stays(cli, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()

    said = cli("run", "jury", "--board", "redis://127.0.0.1:1/0", "--out", "mine")

    assert said.code == 2
    assert (tmp_path / "mine").is_dir()
    assert not list((tmp_path / "mine").iterdir())


def test_a_wrong_board_in_the_environment_is_bad_input(
    cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWARMBOARD_URL", "foo://x")

    assert cli("run", "jury", "--set", "trials=10").code == 2
    assert cli("run", "jury", "--set", "trials=10", "--board", "memory://").code == 0


def test_asked_nothing_it_shows_its_help(cli) -> None:
    said = cli()

    assert "Usage: swarmboard" in said.out
    assert not said.err


def everything_in(folder: Path) -> list[str]:
    """Return all paths below a folder, but for what Python caches."""
    paths = (str(path.relative_to(folder)) for path in sorted(folder.rglob("*")))
    return [path for path in paths if "__pycache__" not in path]
