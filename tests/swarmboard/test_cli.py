"""The commands do what they say, and say it where it belongs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from blackboard import RunDirectory
from swarmboard import run
from swarmboard.progress import Progress

SMALL = ("run", "jury", "--set", "trials=30", "--agents", 11, "--board", "memory://")


def test_run_prints_its_card_and_where_the_results_are(cli, tmp_path: Path) -> None:
    said = cli(*SMALL)

    [path] = (tmp_path / "runs").iterdir()
    assert said.code == 0
    assert said.out.startswith("run         jury, swarm of 11, seed 0, 1 round\n")
    assert str(path.relative_to(tmp_path)) in said.out
    assert not said.err


def test_json_is_all_there_is_on_stdout(cli, tmp_path: Path) -> None:
    said = cli(*SMALL, "--json", "--out", "run")

    assert json.loads(said.out) == json.loads((tmp_path / "run/summary.json").read_text())
    assert not said.err


def test_a_dry_run_touches_nothing(cli, tmp_path: Path) -> None:
    said = cli(*SMALL, "--dry-run", "--out", "run")

    assert said.out.startswith("would run jury (trials=30): 11 agents, structure swarm, seed 0")
    assert "0 tokens" in said.out
    assert not list(tmp_path.iterdir())


def test_the_command_line_beats_the_file(cli, tmp_path: Path) -> None:
    (tmp_path / "jury.toml").write_text(
        'scenario = "jury"\nagents = 5\nseed = 3\nthreshold = 60\n'
        'board = "memory://"\n[options]\ntrials = 20\ncompetence = 0.9\n'
    )

    said = cli("run", "--config", "jury.toml", "--seed", 4, "--set", "trials=10", "--json")

    summary = json.loads(said.out)
    assert (summary["agents"], summary["seed"]) == (5, 4)
    assert summary["consensus"]["threshold_percent"] == 60
    [found] = RunDirectory.all(tmp_path / "runs")
    options = (found.read_json("config.json") or {})["options"]
    assert (options["trials"], options["competence"]) == (10, 0.9)


@pytest.mark.parametrize("structure", ["swarm", "solo"])
def test_a_runs_config_repeats_it(cli, tmp_path: Path, structure: str) -> None:
    first = cli(*SMALL, "--structure", structure, "--seed", 9, "--threshold", 70, "--out", "first")

    again = cli("run", "--config", "first/config.json", "--out", "again", "--json")

    summary = json.loads((tmp_path / "first/summary.json").read_text())
    assert first.code == 0
    assert json.loads(again.out)["digest"] == summary["digest"]
    assert json.loads(again.out)["run_id"] != summary["run_id"]


def test_a_runs_config_written_as_toml_repeats_it(cli, tmp_path: Path) -> None:
    cli(*SMALL, "--seed", 9, "--out", "first")
    config = json.loads((tmp_path / "first/config.json").read_text())
    options = config.pop("options")
    plain = {n: v for n, v in config.items() if v is not None and not isinstance(v, dict)}
    lines = [f"{name} = {json.dumps(value)}" for name, value in plain.items()]
    lines += ["[options]", *(f"{name} = {json.dumps(value)}" for name, value in options.items())]
    (tmp_path / "again.toml").write_text("\n".join(lines))

    again = cli("run", "--config", "again.toml", "--out", "again", "--json")

    first = json.loads((tmp_path / "first/summary.json").read_text())
    assert json.loads(again.out)["digest"] == first["digest"]


def test_list_shows_runs_oldest_first_wherever_they_are(cli, tmp_path: Path) -> None:
    cli(*SMALL)
    cli(*SMALL, "--out", "elsewhere/mine")

    here, both = cli("list"), cli("list", "--runs", "runs", "--runs", "elsewhere")

    ids = [found.run_id for found in RunDirectory.all(tmp_path / "runs", tmp_path / "elsewhere")]
    assert here.out.count("\n") == 1
    assert [line.split()[0] for line in both.out.splitlines()] == ids
    assert sum("elsewhere/mine" in line for line in both.out.splitlines()) == 1


def test_list_says_so_when_there_are_none(cli) -> None:
    assert "no runs in runs/ yet" in cli("list").out


def test_show_takes_an_id_its_beginning_or_a_path(cli, tmp_path: Path) -> None:
    cli(*SMALL)
    [found] = RunDirectory.all(tmp_path / "runs")

    cards = [
        cli("show", name).out for name in (found.run_id, found.run_id[:8], f"runs/{found.run_id}")
    ]

    assert cards[0].startswith("run         jury")
    assert [card.splitlines()[:-1] for card in cards] == [cards[0].splitlines()[:-1]] * 3


def test_show_finds_a_run_by_its_id_in_another_folder(cli, tmp_path: Path) -> None:
    cli(*SMALL, "--out", "elsewhere/mine")
    [found] = RunDirectory.all(tmp_path / "elsewhere")

    assert cli("show", found.run_id).code == 2
    assert cli("show", found.run_id, "--runs", "elsewhere").code == 0


def test_an_ambiguous_beginning_is_refused(cli) -> None:
    cli(*SMALL)
    cli(*SMALL)

    said = cli("show", "20")

    assert said.code == 2
    assert "2 runs named '20'" in said.err


def test_a_baseline_is_the_matched_run_of_one_agent(cli, tmp_path: Path) -> None:
    said = cli(*SMALL, "--baseline", "single", "--out", "run", "--json")

    baseline = json.loads(said.out)["baseline"]
    assert (baseline["kind"], baseline["structure"], baseline["agents"]) == ("single", "solo", 1)
    assert (
        baseline["digest"] == json.loads(cli(*SMALL, "--structure", "solo", "--json").out)["digest"]
    )


def test_scenarios_lists_every_option_with_its_meaning(cli) -> None:
    text, schemas = cli("scenarios").out, json.loads(cli("scenarios", "--json").out)

    assert "--set competence=0.85  chance that a juror is right (0-1)" in text
    assert {"grid-dispatch", "jury"} <= {schema["name"] for schema in schemas}
    properties = [option for s in schemas for option in s["options"]["properties"].values()]
    assert all(option["description"] for option in properties)


def test_structures_are_listed(cli) -> None:
    assert {line.split()[0] for line in cli("structures").out.splitlines()} >= {"swarm", "solo"}


def test_doctor_takes_a_decision_on_the_board(cli) -> None:
    said = cli("doctor", "--board", "memory://")

    assert said.code == 0
    assert said.out.endswith("all is well\n")
    assert "3 of 3 approved, accepted" in said.out


def test_doctor_says_what_is_wrong(cli) -> None:
    said = cli("doctor", "--board", "redis://127.0.0.1:1/0")

    assert said.code == 1
    assert "FAILED: no server" in said.out


def loaded_by(*words: str, cwd: Path) -> set[str]:
    """Return which heavy packages a command imports."""
    program = (
        f"import sys; sys.argv = {['swarmboard', *words]!r}\n"
        "from swarmboard.cli import main\n"
        "try: main()\n"
        "except SystemExit as ended: assert not ended.code, ended.code\n"
        "heavy = ('mesa', 'litellm', 'solara', 'redis', 'numpy', 'pandas')\n"
        "print('loaded', *(name for name in heavy if name in sys.modules))"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=cwd
    )
    return set(told.stdout.splitlines()[-1].split()[1:])


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    assert not loaded_by("--help", cwd=tmp_path) & {"mesa", "litellm", "solara", "redis", "pandas"}


def test_a_rule_based_run_imports_no_model_gateway_and_no_dashboard(tmp_path: Path) -> None:
    words = [str(word) for word in SMALL]

    assert not loaded_by(*words, cwd=tmp_path) & {"litellm", "solara", "redis"}


def test_progress_goes_to_stderr_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")

    with Progress(is_shown=True, rounds=3) as progress:
        terms = {"agents": 11, "trials": 30, "trials_per_round": 10}
        run("jury", watch=progress.update, board="memory://", out=tmp_path / "run", **terms)

    told = capsys.readouterr()
    assert "round" in told.err
    assert "accepted" in told.err
    assert not told.out
