"""The shipped studies run, and what their pages say agrees with theory and with their files."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from swarmboard.studies.carrying_out import CarryOut
from swarmboard.studies.study_result import read_plan
from swarmboard.testing import PlantedModel

ROOT = Path(__file__).resolve().parents[2]
STUDIES = sorted((ROOT / "examples/studies").glob("*.toml"))
PAGES = {page: page.read_text("utf-8") for page in sorted((ROOT / "docs/studies").glob("*.md"))}
OVERVIEW = (ROOT / "docs/studies.md").read_text("utf-8")
STANDARD_ERRORS = 4.5
DIFFICULTIES = (0.9, 0.75, 0.6)
"""How often a voice is right, in the order of the page's columns."""
LARGEST_FIGURE = 60_000
"""Bytes."""


def command(study: Path) -> str:
    name = study.stem
    return f"sweep examples/studies/{name}.toml --out {name.replace('_', '-')} --jobs"


def rows_of(page: str, first: str) -> list[list[float]]:
    """Return the numbers of a page's table, by the name of its first column."""
    text = PAGES[ROOT / f"docs/studies/{page}.md"]
    _, _, behind = text.partition(f"\n| {first} |")
    lines = behind.split("\n\n")[0].splitlines()[2:]
    return [
        [float(cell.replace(",", "")) for cell in line.strip("| ").split("|")] for line in lines
    ]


def questions() -> list[dict[str, Any]]:
    sheets = sorted((ROOT / "examples/studies/questions").glob("*.jsonl"))
    return [json.loads(line) for sheet in sheets for line in sheet.read_text().splitlines()]


def assert_agrees(share: float, exact: float, count: int) -> None:
    error = max(exact * (1 - exact) / count, 0.0) ** 0.5
    rounding = 0.5 / count  # of figures with as many digits as the sample has
    assert abs(share - exact) <= STANDARD_ERRORS * error + rounding, (share, exact, count)


def majority(agents: int, accuracy: float, correlation: float, percent: int = 50) -> float:
    """Return the chance that a threshold vote on two options is right; a tie decides nothing."""
    needed = -(-percent * agents // 100)
    votes = range(needed, agents + 1)
    if correlation:
        scale = 1 / correlation - 1
        count = stats.betabinom(agents, accuracy * scale, (1 - accuracy) * scale)
    else:
        count = stats.binom(agents, accuracy)
    return float(sum(count.pmf(right) for right in votes if agents - right < needed))


def test_there_are_studies_for_every_question() -> None:
    assert len(STUDIES) == 11
    assert len(PAGES) == 7


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.stem)
def test_a_shipped_study_says_what_it_asks_and_how_to_repeat_it(study: Path) -> None:
    plan, text = read_plan(study)
    head = [line for line in text.splitlines() if line.startswith("#")]
    pages = [page for page in PAGES.values() if command(study) in page]

    assert plan.count > 1
    assert head[0].endswith("?") or head[1].endswith("?")
    assert any(line.startswith("# Expected: ") for line in head)
    assert command(study) in head[-1]
    assert len(pages) == 1
    assert f"{plan.count:,} runs" in pages[0]


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.stem)
def test_its_first_point_runs(study: Path, tmp_path: Path) -> None:
    plan, _ = read_plan(study)
    reported = plan.config.report

    found = CarryOut(tmp_path, board="memory://")(next(plan.jobs()))

    assert found.row["status"] == "done", found.traceback
    counted = {"tokens.total"}
    assert set(reported.responses) - counted <= set(found.row)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_figures_of_a_page_are_there_and_small(page: Path) -> None:
    figures = [page.parent / name for name in re.findall(r"\]\((\S+\.svg)\)", PAGES[page])]

    assert 1 <= len(figures) <= 3
    assert all(figure.stat().st_size < LARGEST_FIGURE for figure in figures)


def test_every_page_and_every_figure_is_linked() -> None:
    images = ROOT / "docs/images/studies"
    figures = {str(path.relative_to(images)) for path in images.rglob("*.*")}
    named = {name for text in PAGES.values() for name in re.findall(r"studies/(\S+\.svg)", text)}

    assert all(f"(studies/{page.name})" in OVERVIEW for page in PAGES)
    assert figures == named


def test_the_threshold_study_agrees_with_the_exact_binomial_at_every_point() -> None:
    rows = rows_of("threshold", "threshold")

    assert [row[0] for row in rows] == list(range(50, 101, 5))
    for percent, *shares in rows:
        for agents, right, wrong in zip((5, 21, 101), shares[::2], shares[1::2], strict=True):
            exact = majority(agents, 0.78, 0, int(percent))
            mistaken = majority(agents, 0.22, 0, int(percent))
            assert_agrees(right, exact, 10_000)
            assert_agrees(wrong, mistaken, 10_000)
            assert_agrees(1 - right - wrong, 1 - exact - mistaken, 10_000)


def test_deadlocks_save_from_wrong_decisions_as_often_as_the_page_of_the_threshold_says() -> None:
    rows = {row[0]: row[1:] for row in rows_of("threshold", "threshold")}

    saved = [
        (rows[50][wrong] - rows[80][wrong]) / (1 - rows[80][wrong - 1] - rows[80][wrong])
        for wrong in (1, 3, 5)
    ]

    assert saved == pytest.approx([1 / 5, 1 / 200, 0], abs=0.02)
    assert saved[1] == pytest.approx(1 / 200, rel=0.2)


def test_the_time_of_a_study_is_the_same_in_its_file_and_in_the_overview() -> None:
    rows = re.findall(r"^\| .* \| (`.*\.toml`) \| [\d,]+ \| (.*) \|$", OVERVIEW, re.MULTILINE)
    assert len(rows) == len(PAGES)

    for files, said in rows:
        names = re.findall(r"`(.*?)`", files)
        heads = [(ROOT / "examples/studies" / name).read_text("utf-8") for name in names]
        seconds = [int(its) for head in heads for its in re.findall(r"(\d+) s on two", head)]
        if seconds:
            assert len(seconds) == len(heads)
            assert said == f"{sum(seconds)} s"
        else:
            assert said.replace("min", "minutes on one processor core") in heads[0]


def test_the_correlation_study_agrees_with_the_beta_binomial_at_every_point() -> None:
    rows = rows_of("correlation", "agents")

    assert [row[0] for row in rows] == [1, 3, 9, 27, 81, 243, 729]
    for agents, *shares in rows:
        for correlation, share in zip((0, 0.02, 0.1, 0.3), shares, strict=True):
            assert_agrees(share, majority(int(agents), 0.65, correlation), 10_000)


def test_teams_of_planted_models_are_right_as_often_as_the_beta_binomial_says() -> None:
    rows = rows_of("team_size", "agents")

    assert len(rows) == 10
    for agents, *shares in rows:
        for accuracy, share, theory in zip(DIFFICULTIES, shares[::2], shares[1::2], strict=True):
            exact = majority(int(agents), accuracy, 0.1)
            assert theory == pytest.approx(exact, abs=0.00051)
            assert_agrees(share, exact, 500)


def planted_shares(seed: int) -> list[list[float]]:
    """Return how often majorities of planted voices are right, in the order of the page's table."""
    sizes = [int(row[0]) for row in rows_of("team_size", "agents")]
    columns = []
    for accuracy in DIFFICULTIES:
        model = PlantedModel(accuracy=accuracy, correlation=0.1, seed=seed)
        right = [
            [model.belief(q["task"], q["choices"], number=n).is_right for n in range(max(sizes))]
            for q in questions()
        ]
        columns.append([sum(2 * sum(its[:n]) > n for its in right) / len(right) for n in sizes])
    return [list(row) for row in zip(*columns, strict=True)]


def below_theory(rows: list[list[float]]) -> int:
    """Return how many shares of the teams lie below the beta-binomial."""
    sizes = [int(row[0]) for row in rows_of("team_size", "agents")]
    return sum(
        share < majority(agents, accuracy, 0.1)
        for agents, shares in zip(sizes, rows, strict=True)
        for accuracy, share in zip(DIFFICULTIES, shares, strict=True)
    )


def test_the_shares_of_teams_are_those_of_the_planted_voices() -> None:
    assert planted_shares(seed=0) == [row[1::2] for row in rows_of("team_size", "agents")]


def test_the_shares_of_teams_lie_below_theory_or_above_it_together_by_the_seed() -> None:
    text = PAGES[ROOT / "docs/studies/team_size.md"]

    assert f"{below_theory(planted_shares(seed=0))} of the 30 shares lie below theory" in text
    assert below_theory(planted_shares(seed=19)) == 0
    assert "with `seed=19` none lies below" in text


def test_the_questions_have_the_answers_that_a_planted_model_holds_to_be_right() -> None:
    asked, model = questions(), PlantedModel()

    assert len({question["task"] for question in asked}) == len(asked) == 500
    assert all(model.truth(q["task"], tuple(q["choices"])) == q["answer"] for q in asked)
