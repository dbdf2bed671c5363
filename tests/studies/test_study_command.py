"""`swarmboard sweep`: what it says, its exit codes, and one line for whatever is wrong."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq
import pytest

from blackboard import StudyDirectory
from swarmboard.cli import main

HEAD = 'scenario = "jury"\nboard = "memory://"\n'
SMALL = f"{HEAD}replicates = 2\n[fixed]\ntrials = 3\n[vary]\nagents = [4, 5]\n"


class Said(NamedTuple):
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


type Sweep = Callable[..., Said]


@pytest.fixture
def sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Sweep:
    """Run `swarmboard sweep STUDY.toml ...` on a study file of that text."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SWARMBOARD_URL", raising=False)

    def sweep(text: str, *words: str) -> Said:
        Path("study.toml").write_text(text)
        monkeypatch.setattr(sys, "argv", ["swarmboard", "sweep", "study.toml", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return Said(int(ended.value.code or 0), told.out, told.err)

    return sweep


def vary(text: str, *, more: str = "", fixed: str = "") -> str:
    return f"{more}\n{HEAD}[fixed]\n{fixed}\n[vary]\n{text}\n"


FAR = "{low = 1, high = 1000000000, steps = 1000000000}"
WHEN = "agents = [4]\nthreshold = [50, 80]\n[when]\n"
# A study file, the value that the answer names, and the next step that it gives.
WRONG = [
    ("hello", "study.toml is not TOML", "'='"),
    ("[vary]\nagents = [4]", "which scenario?", 'scenario = "jury"'),
    ('scenario = "jurry"\n[vary]\nagents = [4]', "'jurry'", "did you mean jury?"),
    ('scenario = "./no.py"\n[vary]\nagents = [4]', "no.py", "swarmboard new NAME"),
    (vary("agents = [4]", more="replicate = 2"), "'replicate'", "did you mean replicates?"),
    (vary("agents = [4]", more="replicates = 0"), "replicates = 0", "docs/studies.md"),
    (vary("agents = [4]", more="seed = -1"), "seed = -1", "greater than or equal to 0"),
    (vary("agents = [4]", more="timeout_s = 3e6"), "timeout_s = 3000000.0", "1000000"),
    (vary("agents = [4]", more="retries = 101"), "retries = 101", "less than or equal to 100"),
    (vary(f"agents = [{10**19}]"), "vary.agents = 1000", "at most 9,007"),
    (vary(f"trials = {{low = 1, high = {10**19}, steps = 3}}"), "1e+19", "at most 9,007"),
    (vary("agents = {low = 4, high = 1e300, steps = 3}"), "high=1e+300", "at most 9,007"),
    (vary(f"{WHEN}threshold = {{agents = []}}"), "agents = []", "name one"),
    (vary(f"{WHEN}threshold = {{threshold = [50]}}"), "circle", "waits for itself"),
    (vary("agents = [4]", more='timeout_s = "x"'), "timeout_s = 'x'", "docs/studies.md"),
    (vary("agents = [4]", more='design = "lhs"'), "design = 'lhs'", "'latin-hypercube'"),
    (vary("agents = [4]", more='design = "sobol"'), "'sobol'", "samples = 64"),
    (vary("agents = [4]", more='design = "sobol"\nsamples = 60'), "samples = 60", "32 or 64"),
    (vary("agents = [4]", more="samples = 8"), "samples = 8", "leave samples away"),
    (vary(""), "nothing varies", "[vary]"),
    (vary("agent = [4]"), "'agent'", "did you mean agents?"),
    (vary("agents = [4]", fixed="competense = 0.5"), "'competense'", "did you mean competence?"),
    (vary("seed = [1, 2]"), "vary.seed", "top of the study file"),
    (vary("agents = []"), "vary.agents is empty", "leave it away"),
    (vary("agents = 4"), "vary.agents = 4", "under [fixed]"),
    (vary("agents = [4, 8, 4]"), "vary.agents has 4 twice", "leave one of them away"),
    (vary('agents = [4, "4"]'), "4 and '4' are the same", "leave one of them away"),
    (vary("agents = [4]\nagents = [5]"), "is not TOML", "line 8"),
    (vary("agents = [4]", fixed="agents = 4"), "agents is fixed and varies", "leave one"),
    (vary("agents = {low = 9, high = 4, steps = 3}"), "low=9", "is not below high=4"),
    (vary("agents = {low = 1, high = 4}"), "vary.agents", "how many values"),
    (vary("agents = {low = 1, hight = 4}"), "'hight'", "did you mean high?"),
    (vary("agents = {low = 1, high = 4, steps = 2.5}"), "steps = 2.5", "valid integer"),
    (vary("agents = {low = 1, high = 4, steps = 9}"), "steps=9", "at most 4 differ"),
    (vary("agents = {low = 1.5, high = 4, steps = 2}"), "low=1.5", "whole number"),
    (vary('agents = {low = 0, high = 4, steps = 3, scale = "log2"}'), "low=0", "linear"),
    (vary("competence = {low = 0.1, high = inf, steps = 3}"), "= inf", "finite number"),
    (vary(f"agents = {FAR}"), "1,000,000,000 runs", "sampled design"),
    (vary("competence = [0.5, 1.5]"), "competence=1.5", "less than or equal to 1"),
    (vary("threshold = [0.8]"), "--threshold 0.8", "did you mean 80?"),
    (vary('structure = ["swarm", "swrm"]'), "'swrm'", "did you mean swarm?"),
    (vary("agents = [4]", fixed='baseline = "twin"'), "'twin'", "single"),
    (vary("agents = [2020-01-01]"), "datetime.date(2020, 1, 1)", "texts, numbers"),
    (vary('"faults.0.share" = [0.1]'), "faults.0.share=0.1", "[[faults]]"),
    (vary("agents = [4]\n[when]\nrounds = {agents = [4]}"), "when.rounds", "[vary]"),
    (vary(f'{WHEN}threshold = {{structure = ["swarm"]}}'), "structure", "[vary]"),
    (vary(f"{WHEN}threshold = {{agents = [5]}}"), "agents = 5", "none of its values [4]"),
    (vary(f"{WHEN}threshold = {{agents = 4}}\nagents = {{threshold = 50}}"), "circle", "wait"),
    (
        HEAD.replace("jury", "grid-dispatch") + '[vary]\ncase = ["ieee14", "ieee41"]',
        "'ieee41'",
        "ieee30",
    ),
    (vary("agents = [4]\n[report]\nresponse = []"), "'response'", "responses"),
]


@pytest.mark.parametrize(("text", "value", "next_step"), WRONG)
def test_a_bad_study_is_refused_in_one_line_before_anything_runs(
    sweep: Sweep, text: str, value: str, next_step: str
) -> None:
    said = sweep(text, "--out", "out")

    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert value in said.err
    assert next_step in said.err
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("words", "value", "next_step"),
    [
        (["--jobs", "0"], "--jobs 0", "at least 1"),
        (["--jobs", "two"], "--jobs two", "whole number"),
        (["--engine", "locla"], "'locla'", "local"),
        (["--out", "study.toml"], "study.toml", "--out"),
        (["--out", "."], "is not empty, and holds no study", "--out"),
    ],
)
def test_a_bad_option_is_refused_in_one_line(
    sweep: Sweep, words: list[str], value: str, next_step: str
) -> None:
    said = sweep(SMALL, *words)

    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert value in said.err
    assert next_step in said.err


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("board", SMALL.replace("memory://", "redis://me:secret@127.0.0.1:1")),
        ("$SWARMBOARD_URL", SMALL.replace('board = "memory://"\n', "")),
    ],
)
def test_a_server_that_is_not_there_is_named_before_anything_runs(
    sweep: Sweep, monkeypatch: pytest.MonkeyPatch, where: str, text: str
) -> None:
    monkeypatch.setenv("SWARMBOARD_URL", "redis://127.0.0.1:1")

    said = sweep(text, "--out", "out")

    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert f"{where}: no server to use at redis://127.0.0.1:1" in said.err
    assert "secret" not in said.err
    assert not Path("out").exists()


def test_a_missing_key_of_any_model_is_named_before_anything_runs(
    sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    models = 'model = ["planted/accuracy=0.7", "openai/gpt-4o-mini"]'

    said = sweep(f'scenario = "open-task"\n[vary]\nagents = [4]\n{models}', "--out", "out")

    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert "openai/gpt-4o-mini needs a key: set OPENAI_API_KEY" in said.err
    assert not Path("out").exists()


def test_a_study_that_is_done_needs_no_server(
    sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = SMALL.replace('board = "memory://"\n', "")
    monkeypatch.setenv("SWARMBOARD_URL", "memory://")
    assert sweep(text, "--engine", "serial", "--out", "out").code == 0
    monkeypatch.setenv("SWARMBOARD_URL", "redis://127.0.0.1:1")

    assert sweep(text, "--engine", "serial", "--out", "out").code == 0


def test_the_study_file_of_a_directory_goes_on_with_a_scenario_of_ones_own(
    sweep: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("mine.py").write_text(
        "from scenarios.jury import Jury\n\n\nclass Mine(Jury):\n    name = 'mine'\n"
    )
    assert sweep(SMALL.replace("jury", "mine.py"), "--engine", "serial", "--out", "out").code == 0
    again = ["sweep", "out/study.toml", "--engine", "serial", "--out", "out"]
    monkeypatch.setattr(sys, "argv", ["swarmboard", *again])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 0


def test_a_study_file_that_is_not_there_is_named(sweep: Sweep) -> None:
    said = sweep(SMALL, "more.toml")

    assert said.code == 2
    assert "more.toml" in said.err


def test_a_large_study_needs_yes_where_nobody_can_be_asked(sweep: Sweep) -> None:
    said = sweep(SMALL.replace("replicates = 2", "replicates = 5001"), "--out", "out")

    assert (said.code, said.out) == (2, "")
    assert "study.toml has 10,002 runs: give --yes" in said.err
    assert not Path("out").exists()


def test_a_sweep_says_what_came_of_it(sweep: Sweep) -> None:
    said = sweep(SMALL, "--engine", "serial", "--out", "out")

    assert said == (0, "4 of 4 runs done, 0 failed: out/table.parquet\n", "")
    assert pq.read_table("out/table.parquet").num_rows == 4


def test_a_sweep_says_it_in_json(sweep: Sweep) -> None:
    said = sweep(SMALL, "--engine", "serial", "--out", "out", "--json")

    assert json.loads(said.out) == {
        "path": "out",
        "runs": 4,
        "done": 4,
        "failed": 0,
        "table": "out/table.parquet",
    }


def test_the_same_command_again_does_nothing_twice(sweep: Sweep) -> None:
    sweep(SMALL, "--engine", "serial", "--out", "out")

    said = sweep(SMALL, "--engine", "serial", "--out", "out")

    assert said.code == 0
    assert said.err == "swarmboard: going on: 4 runs done before\n"


def test_a_dry_run_tells_points_runs_and_the_first_key(sweep: Sweep) -> None:
    told = sweep(SMALL, "--dry-run").out
    first = json.loads(sweep(SMALL, "--dry-run", "--json").out)["first"]
    sweep(SMALL, "--engine", "serial", "--out", "out")

    assert "2 points (grid) x 2 replicates = 4 runs, seed 0" in told
    assert "point 1: agents=5" in told
    assert f"first run: key {first['key']}, seed {first['seed']}" in told
    assert "0 model calls" in told
    assert first["key"] in StudyDirectory(Path("out")).finished()


def test_a_failed_run_is_said_and_makes_the_exit_code(
    sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: object) -> None:
        raise RuntimeError("no verdict")

    monkeypatch.setattr("scenarios.jury.scenario.Jury.metrics", fails)

    said = sweep(SMALL, "--engine", "serial", "--out", "out", "--no-progress")

    assert said.code == 1
    assert "0 of 4 runs done, 4 failed" in said.out
    assert "the first that failed: " in said.out
    assert "(agents=4): RuntimeError: no verdict" in said.out
    failures = StudyDirectory(Path("out")).failures()
    assert len(failures) == 4
    assert all("resume" not in failure for failure in failures.values())
