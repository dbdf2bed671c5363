import os
from math import comb
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from scenarios.customer_service.tau2 import (
    Call,
    Repeats,
    Retail,
    Score,
    Tools,
    database_floor,
    digest,
    floor,
    gold,
    pass_hat,
    score,
    scripted_gold,
)

RETAIL = Retail.read(Path(__file__).parent / "shop")


def after(*calls: Call) -> Tools:
    tools = Tools(RETAIL.database.fork())
    for call in calls:
        tools.call(call)
    return tools


def test_the_gold_calls_with_the_facts_pass_every_task() -> None:
    assert scripted_gold(RETAIL) == 1.0


def test_doing_nothing_passes_what_wants_nothing() -> None:
    assert floor(RETAIL) == pytest.approx(1 / 6)
    assert database_floor(RETAIL) == pytest.approx(2 / 6)


def test_the_writes_alone_make_the_gold_database() -> None:
    task = RETAIL.tasks[1]

    assert gold(task, RETAIL.database) == digest(after(task.gold[-1]).database)
    assert gold(task, RETAIL.database) == digest(after(*task.gold).database)


def test_gold_begins_from_the_file_whatever_has_changed_since() -> None:
    task = RETAIL.tasks[2]

    assert gold(task, after(*task.gold).database) == gold(task, RETAIL.database)


def test_another_way_to_the_same_database_is_right() -> None:
    task = RETAIL.tasks[5]
    searching = Call("list_all_product_types", {})

    turned = after(task.gold[2], searching, task.gold[1], task.gold[2])

    assert score(task, turned.database, "done") == Score(True, True)


@pytest.mark.parametrize(
    ("said", "is_said"),
    [
        ("You get back 1,020.00 USD.", True),
        ("You get back 1020 USD.", True),
        ("You get back everything.", False),
        ("", False),
    ],
)
def test_facts_are_found_without_commas(said: str, is_said: bool) -> None:
    task = RETAIL.tasks[2]

    reached = score(task, after(*task.gold).database, said)

    assert reached == Score(database_right=True, communicated=is_said)
    assert reached.passed == is_said


def test_the_right_words_do_not_mend_a_wrong_database() -> None:
    task = RETAIL.tasks[2]

    reached = score(task, RETAIL.database, "1020")

    assert (reached.database_right, reached.communicated, reached.passed) == (False, True, False)


def test_pass_hat_is_the_chance_that_all_drawn_trials_pass() -> None:
    tried = [[True, True, True, False], [True, False, False, False], [False] * 4, [True] * 4]

    assert pass_hat(tried, 1) == pytest.approx((3 + 1 + 0 + 4) / 16)
    assert pass_hat(tried, 2) == pytest.approx((3 / 6 + 0 + 0 + 1) / 4)
    assert pass_hat(tried, 4) == pytest.approx(1 / 4)


def test_pass_hat_takes_counts_and_tasks_tried_unequally_often() -> None:
    tried = [Repeats(3, 4), Repeats(2, 2)]

    assert pass_hat(tried, 2) == pytest.approx((comb(3, 2) / comb(4, 2) + 1) / 2)


@pytest.mark.parametrize(
    ("tried", "k"), [([], 1), ([[True]], 0), ([[True, True], [True]], 2), ([Repeats(3, 2)], 1)]
)
def test_pass_hat_of_too_few_trials_is_refused(tried: list[Repeats | list[bool]], k: int) -> None:
    with pytest.raises(ValueError, match=r"k must be|cannot pass"):
        pass_hat(tried, k)


@given(some.lists(some.lists(some.booleans(), min_size=5, max_size=5), min_size=1, max_size=8))
def test_pass_hat_never_rises_with_k(tried: list[list[bool]]) -> None:
    values = [pass_hat(tried, k) for k in range(1, 6)]

    assert values == sorted(values, reverse=True)
    assert 0 <= values[-1] <= values[0] <= 1


@pytest.mark.skipif(
    "SWARMBOARD_TAU2" not in os.environ,
    reason="SWARMBOARD_TAU2 names no directory with the benchmark's retail files",
)
def test_the_benchmarks_own_files_are_passed_by_their_gold_calls() -> None:
    retail = Retail.read(os.environ["SWARMBOARD_TAU2"])

    assert len(retail.tasks) == 114
    assert scripted_gold(retail) == 1.0
    assert database_floor(retail) == pytest.approx(11 / 114)
    assert floor(retail) == pytest.approx(7 / 114)
