"""What an adaptive study may say, and the line that tells what is wrong."""

from pathlib import Path
from typing import Any

import pytest

from blackboard import BadInput
from swarmboard.studies import make_study, plan_study
from swarmboard.studies.adaptive import searching
from swarmboard.studies.adaptive_config import Crossing, Levelling, parse_until, parse_where
from swarmboard.studies.taking_up import as_given

FIND = {"vary": "threshold", "between": [50, 100], "where": "deadlock = 50 %"}
SEARCH = {"by": "metrics.correct", "best": "high"}
VARY = {"agents": [4, 8]}


def planned(**given: Any) -> Any:
    content = {"scenario": "jury", "vary": VARY, **given}
    return plan_study(make_study(content), folder=Path())


@pytest.mark.parametrize(
    ("text", "half_width", "is_relative"),
    [
        ("ci95 of rounds < 5 %", 0.05, True),
        ("ci90 of yardstick.gap_percent < 0.5", 0.5, False),
        ("ci95 of deadlock < 2 points", 0.02, False),
    ],
)
def test_a_width_is_relative_absolute_or_in_points(
    text: str, half_width: float, is_relative: bool
) -> None:
    (asked,) = parse_until(text)

    assert (asked.half_width, asked.is_relative) == (half_width, is_relative)


def test_several_conditions_are_joined_by_and() -> None:
    asked = parse_until("ci95 of rounds < 5 %  and ci99 of deadlock < 2 points")

    assert [(one.response, one.confidence) for one in asked] == [("rounds", 95), ("deadlock", 99)]


@pytest.mark.parametrize(
    ("text", "target"),
    [("deadlock = 50 %", 0.5), ("yardstick.gap_percent = 1 %", 1.0), ("rounds = 12", 12.0)],
)
def test_percent_of_a_share_is_a_share_and_of_a_percentage_itself(text: str, target: float) -> None:
    goal = parse_where(text)

    assert isinstance(goal, Crossing)
    assert goal.target == target


def test_a_response_levels_off_within_one_percent_unless_said_otherwise() -> None:
    plain = parse_where("metrics.correct stops rising")
    wider = parse_where("rounds stops falling within 0.5")

    assert isinstance(plain, Levelling)
    assert isinstance(wider, Levelling)
    assert (plain.sign, plain.within, plain.is_relative) == (1, 0.01, True)
    assert (wider.sign, wider.within, wider.is_relative) == (-1, 0.5, False)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"until": "rounds < 5 %", "replicates": 9}, "'rounds < 5 %' is not understood"),
        ({"until": "ci95 of rounds < 5 % or so", "replicates": 9}, "or so' is not understood"),
        ({"until": "ci20 of rounds < 5 %", "replicates": 9}, "ci20 is no interval"),
        ({"until": "ci95 of rounds < 0", "replicates": 9}, "give a width above 0"),
        ({"until": "ci95 of rounds < 5 %"}, "replicates = 1 is what each point begins with"),
        ({"until": "ci95 of rounds < 5 %", "replicates": 9, "max_replicates": 5}, "is below"),
        ({"max_replicates": 5}, "max_replicates = 5 is for until"),
        ({"find": FIND, "until": "ci95 of rounds < 5 %", "replicates": 9}, "keep one of them"),
        ({"find": FIND | {"where": "deadlock is 50"}, "replicates": 9}, "'deadlock is 50'"),
        ({"find": FIND | {"between": [100, 50]}, "replicates": 9}, "does not rise"),
        ({"find": FIND | {"between": [50]}, "replicates": 9}, "find.between = [50] is wrong"),
        ({"find": FIND | {"vary": "agents"}, "replicates": 9}, "in [vary] and in [find]"),
        ({"find": FIND | {"vary": "treshold"}, "replicates": 9}, "did you mean threshold?"),
        ({"find": FIND | {"between": [50, 170]}, "replicates": 9}, "threshold=101"),
        ({"find": FIND | {"betwen": [5, 6]}, "replicates": 9}, "unknown name in [find] 'betwen'"),
        ({"find": {"vary": "threshold"}, "replicates": 9}, "find.between is missing"),
        ({"find": FIND, "fixed": {"threshold": 60}, "replicates": 9}, "is fixed and varies too"),
        ({"find": FIND, "replicates": 90_000}, "1,000,000 is the most"),
        ({"halving": {"by": "rounds", "best": "least"}}, "halving.best = 'least' is wrong"),
        ({"halving": {"by": "rounds", "best": "low"}, "replicates": 5}, "halving.first says"),
        ({"search": SEARCH, "design": "sobol", "samples": 8}, "chooses its own points"),
        ({"search": SEARCH | {"trials": 1}}, "search.trials = 1 is wrong"),
        ({"search": 5}, "search = 5 is no table"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(given: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput) as refusal:
        planned(**given)

    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_missing_library_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(searching, "find_spec", lambda name: None)

    with pytest.raises(BadInput, match=r"pip install 'swarmboard\[search\]'"):
        planned(search=SEARCH)


@pytest.mark.parametrize("given", [{"find": FIND, "replicates": 5}, {"search": SEARCH}])
def test_a_study_as_it_was_given_is_the_same_study(given: dict[str, Any]) -> None:
    study = make_study({"scenario": "jury", "vary": VARY, **given})

    assert make_study(as_given(study)) == study


def test_a_search_for_one_value_needs_nothing_else_that_varies() -> None:
    plan = planned(vary={}, find=FIND, replicates=5)

    assert plan.points.count == 51
    assert (plan.count, plan.most) == (2 * 5, 8 * 5 * 16)
