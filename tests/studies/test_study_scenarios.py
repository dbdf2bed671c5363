"""Studies of several scenarios: options have their owners, and runs keep their keys."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from blackboard import BadInput
from swarmboard import study
from swarmboard.studies import StudyPlan, make_study, plan_study

BOTH = ["jury", "open-task"]
VARY = {"scenario": BOTH, "structure": ["swarm", "solo"], "trials": [5]}
WHEN = {"trials": {"scenario": ["jury"]}}
STUDY: dict[str, Any] = {"vary": VARY, "when": WHEN, "fixed": {"agents": 4}, "seed": 7}
OWN = Path(__file__).parents[2] / "scenarios/jury/scenario.py"


def plan(content: dict[str, Any], folder: Path = Path()) -> StudyPlan:
    return plan_study(make_study(content), folder=folder)


def test_each_scenario_is_crossed_with_what_both_have() -> None:
    found = list(plan(STUDY).points)

    assert found == [
        {"scenario": "jury", "structure": "swarm", "trials": 5},
        {"scenario": "jury", "structure": "solo", "trials": 5},
        {"scenario": "open-task", "structure": "swarm", "trials": None},
        {"scenario": "open-task", "structure": "solo", "trials": None},
    ]


def test_a_run_has_the_key_and_the_seed_that_it_has_in_a_study_of_its_scenario() -> None:
    alone = plan(
        {
            "scenario": "jury",
            "seed": 7,
            "fixed": {"agents": 4, "trials": 5},
            "vary": {"structure": ["swarm", "solo"]},
        }
    )

    together = plan(STUDY)

    keys = [(job.key, job.seed) for job in alone.jobs()]
    assert [(job.key, job.seed) for job in together.jobs()][:2] == keys


def test_a_file_of_ones_own_changes_the_keys_of_its_own_runs_alone(tmp_path: Path) -> None:
    own = tmp_path / "mine.py"
    own.write_text(OWN.read_text().replace("from ..base", "from scenarios"))
    content = {"vary": {"scenario": ["jury", "./mine.py"], "agents": [4]}}
    before = plan(content, tmp_path)

    own.write_text(own.read_text() + "\n# changed\n")
    after = plan(content, tmp_path)

    (jury, mine), (same, changed) = ([job.key for job in p.jobs()] for p in (before, after))
    assert (jury, mine) != (same, changed)
    assert jury == same
    assert before.code != after.code


def test_the_report_has_a_table_of_scenarios_and_structures(tmp_path: Path) -> None:
    done = study(
        vary=VARY,
        when=WHEN,
        fixed={"agents": 4},
        seed=7,
        replicates=2,
        engine="serial",
        board="memory://",
        out=tmp_path / "out",
    )

    page = done.report()

    sheet = pd.read_csv(page.parent / "tables/table-scenario-structure.csv")
    pairs = list(zip(sheet["scenario"], sheet["structure"], strict=True))
    assert pairs == [(one, structure) for one in BOTH for structure in ("solo", "swarm")]
    assert list(sheet["runs"]) == [2] * 4
    has_trials = sheet["correct (share)"].notna()
    assert list(has_trials) == [True, True, False, False]
    assert "jury and open-task" in page.read_text("utf-8")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scenario": "jury"}, r"scenario = 'jury' and \[vary\] scenario: keep one of them"),
        ({"vary": {"agents": [4]}}, r"which scenario\?"),
        ({"vary": {"scenario": "jury"}}, r"vary\.scenario = 'jury': give a list of names"),
        ({"vary": {**VARY, "scenario": ["jury", 3]}}, r"give a list of names"),
        ({"vary": {**VARY, "scenario": ["jury", "jurry"]}}, r"'jurry': did you mean jury\?"),
        ({"when": {}}, r"vary\.trials: open-task has no trials; .* {scenario = \[\"jury\"\]}"),
        ({"fixed": {"competence": 0.7}}, r"fixed\.competence: open-task has no competence"),
        ({"fixed": {"competense": 0.7}}, r"unknown parameter of jury or open-task 'competense'"),
        (
            {"vary": {**VARY, "structure": ["chorus"]}},
            r"jury does not support the structure 'chorus'",
        ),
        ({"when": {"trials": {"scenario": "grid"}}}, r"scenario = 'grid', which is none of its"),
    ],
)
def test_what_does_not_go_together_is_refused_in_one_line(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        plan({**STUDY, **changes})
