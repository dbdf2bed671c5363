"""Every command on runs in simulated time: what it says, and what it refuses in one line."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from swarmboard import run
from swarmboard.progress import Progress

DESK = Path(__file__).with_name("repair_desk.py")
CLUSTER = ("run", "customer-service", "--set", "tickets=20")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs: two of the repair desk, and one that counts rounds."""
    folder = tmp_path_factory.mktemp("made")
    run(str(DESK), jobs=6, board="memory://", out=folder / "a")
    run(str(DESK), jobs=6, strict=True, board="memory://", out=folder / "b")
    run("jury", agents=5, trials=3, board="memory://", out=folder / "jury")
    return folder


@pytest.fixture
def runs(made: Path, tmp_path: Path, cli: Any) -> Path:
    """Copies of them in the directory where commands are given."""
    shutil.copytree(made, tmp_path / "runs")
    return tmp_path / "runs"


def one_line(said: Any) -> str:
    """Return the one line with which a command refused."""
    assert said.code == 2
    assert not said.out
    [line] = said.err.splitlines()
    assert line.startswith("swarmboard: ")
    return str(line)


def words(text: str) -> str:
    return " ".join(text.split())


def test_run_tells_instants_and_simulated_seconds(cli: Any) -> None:
    said = cli("run", DESK, "--set", "jobs=4", "--board", "memory://")

    assert "seed 0, 16 instants in 3.95 simulated seconds" in words(said.out)
    assert "accepted 4, rejected 0" in said.out


def test_run_prints_its_summary_as_json(cli: Any) -> None:
    said = cli("run", DESK, "--set", "jobs=4", "--board", "memory://", "--json")

    summary = json.loads(said.out)
    assert (summary["rounds"], summary["instants"], summary["simulated_s"]) == (None, 16, 3.95)


@pytest.mark.parametrize(
    ("limit", "said"),
    [((), "until nothing is to come in simulated time"), (("--rounds", "7"), "at most 7 instants")],
)
def test_a_dry_run_says_how_long_it_may_be(cli: Any, limit: tuple[str, ...], said: str) -> None:
    assert said in cli("run", DESK, "--dry-run", *limit).out


def test_a_limit_of_rounds_is_one_of_instants_and_help_says_so(cli: Any) -> None:
    said = cli("run", DESK, "--rounds", "1", "--board", "memory://")

    assert "1 instant in 0 simulated seconds" in words(said.out)
    assert "instants" in cli("run", "--help").out


def test_list_names_what_each_run_counts(cli: Any, runs: Path) -> None:
    listed = cli("list").out

    assert listed.count(" 24 instants ") == 2
    assert listed.count(" rounds ") == 1


def test_show_tells_what_run_told(cli: Any, runs: Path) -> None:
    assert "24 instants in 5.95 simulated seconds" in words(cli("show", runs / "a").out)


def test_two_runs_in_simulated_time_are_compared(cli: Any, runs: Path) -> None:
    said = words(cli("compare", runs / "a", runs / "b").out)

    assert "options.strict False True" in said
    assert "metrics.rejected 0 2 +2" in said
    assert "in instant 11, stage 1: hand #1 voted on 10.1.5.0: choice approve in A, reject" in said


def test_one_that_counts_rounds_is_compared_too(cli: Any, runs: Path) -> None:
    said = words(cli("compare", runs / "a", runs / "jury").out)

    assert re.search(r" rounds None \d+ ", said)
    assert " instants 24 None " in said


def test_a_run_without_a_summary_is_compared_by_its_log(cli: Any, runs: Path) -> None:
    (runs / "a" / "summary.json").unlink()

    assert "status unfinished done" in words(cli("compare", runs / "a", runs / "b").out)


def test_explain_says_who_sat_on_a_panel_and_what_they_voted(cli: Any, runs: Path) -> None:
    said = words(cli("explain", runs / "b", "10.1.5.0").out)

    assert "opened in instant 10 at 2.75 s" in said
    assert "Rejected in instant 11 at 2.85 s" in said
    assert (
        "2 seats: hand #1 rejected at 2.85 s; hand #2 took a seat at 2.75 s and cast no ballot."
        in said
    )
    assert "1 rejected, saying 'job 2': hand #1" in said


def test_explain_names_seats_that_nobody_took(cli: Any, tmp_path: Path) -> None:
    out = tmp_path / "short"
    run(str(DESK), jobs=2, agents=3, rounds=2, board="memory://", out=out)

    told = json.loads(cli("explain", out, "--json").out)

    assert [seat["name"] for seat in told["panel"]] == ["hand #1", "hand #2"]
    assert [seat["choice"] for seat in told["panel"]] == [None, None]
    assert (told["outcome"], told["deadline_round"]) == ("open", None)


def test_explain_without_an_agent_recounts_and_does_not_run_again(cli: Any, runs: Path) -> None:
    said = words(cli("explain", runs / "a", "--without", "1").out)

    assert "The same ballots without hand #1, still counted as eligible: expired" in said
    assert "Not run again: agents are silenced from a round on" in said


def test_replay_reads_counts_and_executes_again(cli: Any, runs: Path) -> None:
    said = cli("replay", runs / "a", "--verify")

    assert "read 24 instants" in words(said.out)
    assert "with the same records in every instant" in said.out
    part = cli("replay", runs / "a", "--to-round", "5", "--verify")
    assert "read 5 instants" in words(part.out)


def test_fork_names_the_instants_there_are(cli: Any, runs: Path) -> None:
    assert "ends with instant 24" in one_line(cli("fork", runs / "a", "--at-round", "99"))


def test_scenarios_and_structures_are_listed_as_ever(cli: Any) -> None:
    listed = cli("scenarios").out

    assert "customer-service: staff draft, review and vote" in listed
    assert "Undefined" not in listed
    assert "hierarchy" in cli("structures").out


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        (("--workers", "2"), "--workers 2 with customer-service: an event-driven scenario has one"),
        (("--structure", "chorus"), "does not support the structure 'chorus'"),
        (("--agents", "0"), "agents='0' is wrong"),
        (("--agents", "3", "--set", "panel=9"), "panel=9: nobody reviews a reply of its own"),
        (
            ("--agents", "4", "--structure", "hierarchy", "--set", "teams=9"),
            "team 0 of 4 has 1 agent, and nobody has the skill",
        ),
        (("--set", "competence=cooking=0.5"), "competence of 'cooking': no ticket has this skill"),
        (("--set", "tickets=nowhere.csv"), "nowhere.csv: no such file"),
        (("--set", "tickets=0"), "tickets=0: 1 to 2,000,000 can be generated"),
        (("--set", "tickets=-4"), "tickets=-4: 1 to 2,000,000 can be generated"),
        (("--set", "tickets=2.5"), "tickets=2.5 is wrong"),
        (("--set", "arrivals=nowhere.csv"), "nowhere.csv: no such file"),
        (("--set", "roster=nowhere.csv"), "nowhere.csv: no such file"),
        (("--baseline", "chorus"), "--baseline chorus needs the structure chorus"),
    ],
)
def test_wrong_use_is_refused_in_one_line(cli: Any, terms: tuple[str, ...], said: str) -> None:
    assert said in one_line(cli(*CLUSTER, *terms))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[faults]]\nkind = "silent"\nshare = 0.1\nat_round = 3\n', "[faults] counts rounds"),
        ("[supervision]\n", "[supervision] counts rounds"),
    ],
)
def test_what_counts_rounds_is_refused(cli: Any, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "more.toml").write_text(text)

    assert said in one_line(cli(*CLUSTER, "--config", "more.toml"))


def test_a_roster_and_another_number_of_agents_disagree(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("agents,skills\n6,inquiry+recommendation+after-sales\n")

    line = one_line(cli(*CLUSTER, "--set", "roster=roster.csv", "--agents", "50"))

    assert "--agents 50 and roster=roster.csv, which lists 6" in line


TICKETS = "arrival,skill\n0,a\n1,b\n2.5,a\n3,b\n"
HELD = (
    *("run", "customer-service", "--set", "tickets=mine.csv", "--agents", "6"),
    *("--out", "own", "--board", "memory://"),
)


@pytest.fixture
def own(cli: Any, tmp_path: Path) -> Path:
    """A run on a user's own tickets, and the file that it was made from."""
    path = tmp_path / "mine.csv"
    path.write_text(TICKETS)
    assert cli(*HELD).code == 0
    return path


def test_a_run_knows_its_files_again_from_another_directory(
    cli: Any, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own.parent / "elsewhere").mkdir()
    monkeypatch.chdir(own.parent / "elsewhere")

    assert cli("replay", own.parent / "own", "--verify").code == 0
    config = json.loads((own.parent / "own/config.json").read_text())
    assert [*config["inputs"]] == [str(own)] == [config["options"]["tickets"]]


@pytest.mark.parametrize(
    "command",
    [("replay", "own", "--verify"), ("fork", "own", "--at-round", "3")],
    ids=lambda command: command[0],
)
@pytest.mark.parametrize("is_there", [True, False])
def test_files_that_changed_or_vanished_are_named(
    cli: Any, own: Path, command: tuple[str, ...], is_there: bool
) -> None:
    own.unlink()
    if is_there:
        own.write_text(TICKETS + "9,a\n")

    line = one_line(cli(*command))

    said = "has changed since the run own was made from it" if is_there else "is gone, from which"
    assert f"{own} {said}" in line


def test_a_run_is_not_resumed_with_other_tickets(cli: Any, own: Path) -> None:
    (own.parent / "own/summary.json").unlink()
    own.write_text(TICKETS + "9,a\n")

    assert "has changed since the run" in one_line(cli("resume", "own"))


def test_without_its_files_a_run_is_still_read_and_recounted(cli: Any, own: Path) -> None:
    own.unlink()

    said = cli("replay", "own")

    assert said.code == 0
    assert "all as recorded" in said.out
    assert f"executed not again: {own} is gone" in words(said.out)


def test_progress_follows_simulated_time_and_is_not_drawn_at_every_instant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    follow: Callable[..., None]
    with Progress(is_shown=True, rounds=None) as progress:
        assert progress._bar
        monkeypatch.setattr(
            progress._bar, "update", lambda task, description, **_: said.append(description)
        )
        follow = progress.update
        run(str(DESK), jobs=40, board="memory://", out=tmp_path / "run", watch=follow)

    assert 0 < len(said) < 40
    assert "s simulated" in said[0]
    assert "instants" in said[0]
