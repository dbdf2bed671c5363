"""Keys and seeds belong to parameters, not to the way in which a study is written."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmboard.studies import Job, StudyPlan, jobs, make_study, plan_study

SCENARIO = Path(__file__).parents[2] / "scenarios/jury/scenario.py"
parameters = st.fixed_dictionaries(
    {
        "agents": st.integers(1, 5),
        "threshold": st.integers(50, 53),
        "competence": st.sampled_from([0, 0.25, 0.5, 1, 1.0]),
    }
)


def plan(vary: dict[str, Any], *, folder: Path = Path(), **settings: Any) -> StudyPlan:
    content = {"scenario": "jury", "seed": 7, "vary": vary, **settings}
    return plan_study(make_study(content), folder=folder)


def only(found: StudyPlan) -> Job:
    (job,) = found.jobs()
    return job


@given(parameters, parameters)
def test_keys_are_equal_where_parameters_are_and_nowhere_else(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    keys = [only(plan({name: [value] for name, value in p.items()})).key for p in (one, other)]

    assert (keys[0] == keys[1]) == (one == other)


def test_what_is_fixed_counts_like_what_varies() -> None:
    varied = only(plan({"agents": [4], "threshold": [50]}))

    fixed = only(plan({"agents": [4]}, fixed={"threshold": 50}))

    assert (fixed.key, fixed.seed) == (varied.key, varied.seed)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=5, unique=True), st.integers(61, 90))
def test_another_value_leaves_keys_and_seeds_of_the_others_as_they_were(
    agents: list[int], further: int
) -> None:
    before = {(j.key, j.seed) for j in plan({"agents": agents}, replicates=3).jobs()}

    after = {(j.key, j.seed) for j in plan({"agents": [further, *agents]}, replicates=4).jobs()}

    assert before < after
    assert len(after) == 4 * (len(agents) + 1)


def test_replicates_have_seeds_of_their_own() -> None:
    found = list(plan({"agents": [4, 8]}, replicates=50).jobs())

    assert len({job.seed for job in found}) == len({job.key for job in found}) == 100
    assert [job.replicate for job in found] == [*range(50), *range(50)]


def test_common_streams_give_every_point_the_same_seeds() -> None:
    found = list(plan({"agents": [4, 8]}, replicates=3, streams="common").jobs())

    assert [j.seed for j in found[:3]] == [j.seed for j in found[3:]]
    assert len({j.seed for j in found}) == 3
    assert len({j.key for j in found}) == 6


def test_another_seed_of_the_study_changes_every_run() -> None:
    one = {job.seed for job in plan({"agents": [4, 8]}, replicates=3).jobs()}

    other = {job.seed for job in plan({"agents": [4, 8]}, replicates=3, seed=8).jobs()}

    assert not one & other


def test_other_code_changes_the_key_and_leaves_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = only(plan({"agents": [4]}))

    monkeypatch.setattr(jobs, "_sources", lambda: "other")
    after = only(plan({"agents": [4]}))

    assert after.key != before.key
    assert after.seed == before.seed


def test_a_file_of_ones_own_counts_with_what_is_in_it(tmp_path: Path) -> None:
    own = tmp_path / "mine.py"
    own.write_text(SCENARIO.read_text().replace("from ..base", "from scenarios"))
    settings = {"scenario": "mine.py", "folder": tmp_path}
    before = only(plan({"agents": [4]}, **settings))

    own.write_text(own.read_text() + "\n# changed\n")
    after = only(plan({"agents": [4]}, **settings))

    assert before.values["scenario"] == str(own)
    assert after.key != before.key


def test_a_data_file_counts_by_its_content_wherever_it_is(tmp_path: Path) -> None:
    texts = {"one": "a poem", "two": "a poem", "three": "a novel"}
    keys = {}
    for name, text in texts.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "tasks.jsonl").write_text(json.dumps({"task": f"write {text}"}))
        settings = {"scenario": "open-task", "fixed": {"tasks": "tasks.jsonl", "model": "planted"}}
        found = plan({"agents": [4]}, folder=tmp_path / name, **settings)
        point = next(found.settings())
        keys[name] = found.job(point, 0).key

    assert keys["one"] == keys["two"]
    assert keys["three"] != keys["one"]


def test_a_dotted_name_reaches_into_a_table() -> None:
    fixed = {"faults": [{"kind": "silent", "share": 0.5}]}

    found = plan({"faults.0.at_round": [3, 4]}, fixed={**fixed, "agents": 8})

    assert [job.values["faults"][0]["at_round"] for job in found.jobs()] == [3, 4]
    assert [job.varied for job in found.jobs()] == [
        {"faults.0.at_round": 3},
        {"faults.0.at_round": 4},
    ]


def test_what_does_not_apply_is_no_parameter_of_the_run() -> None:
    found = plan(
        {"structure": ["solo", "swarm"], "competence": [0.6, 0.7]},
        when={"competence": {"structure": "swarm"}},
        replicates=2,
    )

    options = [job.values["options"] for job in found.jobs()]

    assert options == [{}, {}, *[{"competence": 0.6}] * 2, *[{"competence": 0.7}] * 2]
    assert found.count == 6


def test_a_path_is_the_same_file_however_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(SCENARIO.read_text().replace("from ..base", "from scenarios"))
    (tmp_path / "tasks.jsonl").write_text(json.dumps({"task": "write a poem"}))
    names = ("mine.py", "./mine.py", str(tmp_path / "mine.py"))

    own = [only(plan({"agents": [4]}, scenario=name, folder=tmp_path)) for name in names]
    data = [
        only(
            plan(
                {"agents": [4]},
                scenario="open-task",
                fixed={"tasks": name, "model": "planted"},
                folder=tmp_path,
            )
        )
        for name in ("tasks.jsonl", "./tasks.jsonl")
    ]

    assert len({(job.key, job.seed) for job in own}) == 1
    assert len({(job.key, job.seed) for job in data}) == 1


def test_a_number_in_a_table_counts_as_it_is_read() -> None:
    one, other = (
        only(
            plan(
                {"faults.0.share": [share]},
                fixed={"faults": [{"kind": "silent", "at_round": at_round}], "agents": 8},
            )
        )
        for share, at_round in ((1, 3.0), (1.0, 3))
    )

    assert (one.key, one.seed) == (other.key, other.seed)
