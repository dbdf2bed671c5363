"""The form of a new run: what the schemas say, what may be filled in, and the words it becomes."""

import sys
from pathlib import Path

import pytest

from blackboard import BadInput
from swarmboard.listing import scenario_schemas
from viz.launch import Commands, Field, Form, read_form, words_of

FORMS = {schema["name"]: read_form(schema) for schema in scenario_schemas()}


def field(scenario: str, name: str) -> Field:
    return next(one for one in FORMS[scenario].fields if one.name == name)


@pytest.mark.parametrize("scenario", FORMS)
def test_every_option_of_a_scenario_has_a_field(scenario: str) -> None:
    schema = next(one for one in scenario_schemas() if one["name"] == scenario)

    names = [one.name for one in FORMS[scenario].fields]

    assert names[:5] == ["agents", "structure", "threshold", "rounds", "seed"]
    assert names[5:] == list(schema["options"]["properties"])


@pytest.mark.parametrize("scenario", FORMS)
def test_the_default_of_each_field_may_be_filled_in(scenario: str) -> None:
    form = FORMS[scenario]

    assert form.complaints({one.name: one.default for one in form.fields}) == {}


def test_a_field_knows_its_kind_its_range_and_its_unit() -> None:
    regret = field("grid-dispatch", "regret_percent")

    assert (regret.label, regret.kind, regret.default) == ("Regret, %", "number", "1")
    assert regret.range_text == "above 0 to 100"
    assert field("grid-dispatch", "convention").choices == ("pglib", "matpower")
    assert field("grid-dispatch", "quarantine").choices == ("true", "false")
    assert field("customer-service", "panel").kind == "whole"
    assert field("customer-service", "tickets").kind == "text"
    assert field("customer-service", "arrivals_per_s").label == "Arrivals, per s"


@pytest.mark.parametrize(
    ("scenario", "name", "given", "said"),
    [
        ("jury", "agents", "many", "'many' is not a whole number, 1 or more"),
        ("jury", "agents", "0", "0 is out of range: a whole number, 1 or more"),
        ("jury", "threshold", "0.8", "'0.8' is not a whole number, 1 to 100; did you mean 80?"),
        ("jury", "competence", "3", "3 is out of range: a number, 0 to 1"),
        ("jury", "competence", "nan", "'nan' is not a number, 0 to 1"),
        ("grid-dispatch", "regret_percent", "0", "0 is out of range: a number, above 0 to 100"),
        ("grid-dispatch", "population", "crowd", "'crowd' is none of cohort, objects"),
    ],
)
def test_what_the_schema_forbids_is_said_beside_the_field(
    scenario: str, name: str, given: str, said: str
) -> None:
    assert FORMS[scenario].complaints({name: given}) == {name: said}


def test_what_was_filled_in_becomes_the_words_of_the_command() -> None:
    values = {"agents": " 50 ", "competence": "0.6", "seed": "", "structure": "solo"}

    words = words_of(FORMS["jury"], values)

    assert words == [
        *("run", "jury", "--agents", "50", "--structure", "solo"),
        *("--set", "competence=0.6"),
    ]


def test_scenarios_are_asked_for_once(tmp_path: Path) -> None:
    counted = tmp_path / "asked"
    program = (
        f"import pathlib; pathlib.Path({str(counted)!r}).open('a').write('x'); "
        'print(\'[{"name": "toy", "options": {}}]\')'
    )
    commands = Commands(tmp_path, command=(sys.executable, "-c", program))

    forms = [commands.forms(), commands.forms()]

    assert forms[0] is forms[1]
    assert isinstance(forms[0][0], Form)
    assert counted.read_text() == "x"


def test_a_run_begins_in_the_folder_with_the_ordinary_command(tmp_path: Path) -> None:
    commands = Commands(tmp_path)

    launch = commands.start(["run", "jury", "--agents", "5", "--set", "trials=10"])

    assert launch.process.wait(60) == 0
    assert launch.path.parent == tmp_path
    assert launch.has_begun
    assert launch.failure is None


def test_a_run_that_is_refused_says_why_in_one_line(tmp_path: Path) -> None:
    launch = Commands(tmp_path).start(["run", "jury", "--set", "compet=3"])

    launch.process.wait(60)

    assert launch.failure
    assert "did you mean competence?" in launch.failure
    assert not launch.failure.startswith("swarmboard:")


def test_a_command_that_cannot_act_says_why(tmp_path: Path) -> None:
    said = Commands(tmp_path).say("stop", str(tmp_path / "none"))

    assert not said.is_done
    assert "no run named" in said.text


@pytest.mark.parametrize("word", ["x" * 3_000_000, "nu\0l"])
def test_words_that_no_process_takes_are_an_answer_in_one_line(tmp_path: Path, word: str) -> None:
    said = Commands(tmp_path).say("inject", word)

    assert not said.is_done
    assert said.text.startswith("no process could be started with this")
    with pytest.raises(BadInput, match="no process could be started"):
        Commands(tmp_path).start(["run", word])


def test_a_boards_password_is_no_argument_of_the_run(tmp_path: Path) -> None:
    url, seen = "redis://me:s3cret@host:1", tmp_path / "seen"
    program = f"import os; open({str(seen)!r}, 'w').write(os.environ['SWARMBOARD_URL'])"

    launch = Commands(tmp_path, url, command=(sys.executable, "-c", program)).start(["run", "jury"])
    launch.process.wait(timeout=30)

    assert launch.failure is None
    assert "s3cret" not in " ".join(launch.words)
    assert seen.read_text() == url


def test_where_the_case_has_the_number_of_agents_the_form_promises_none() -> None:
    agents = field("grid-dispatch", "agents")

    assert agents.default == ""
    assert "empty for as many as the case has" in agents.description
    assert field("jury", "agents").default != ""
