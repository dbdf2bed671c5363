"""Pages are brought up to date as often as they wish, until that is too much in all."""

import pytest

from viz.pages.pacing import FORGOTTEN_S, LONGEST_REST_S, Pace, Paces


class Effort:
    """CPU seconds that go on by as much as each piece of work takes."""

    def __init__(self, work_s: float) -> None:
        self.work_s, self.spent_s = work_s, -work_s

    def __call__(self) -> float:
        self.spent_s += self.work_s
        return self.spent_s


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@pytest.fixture
def paces(now: list[float]) -> Paces:
    return Paces(share=0.1, clock=lambda: now[0])


def worked(paces: Paces, work_s: float, least_s: float = 0.1) -> Pace:
    pace = Pace(least_s, most=1.0, among=paces, effort=Effort(work_s))
    with pace.work():
        pass
    return pace


def test_one_that_costs_little_rests_as_little_as_it_may(paces: Paces) -> None:
    pace = worked(paces, 0.005)

    assert pace.wish == pytest.approx(0.05)
    assert pace.rest_s() == 0.1


def test_many_rest_longer_so_that_all_keep_to_the_share(paces: Paces) -> None:
    pages = [worked(paces, 0.005) for _ in range(10)]
    tables = [worked(paces, 0.05, least_s=1.0) for _ in range(10)]

    rests = [pages[0].rest_s(), tables[0].rest_s()]

    assert rests == pytest.approx([1.0, 10.0])
    assert 10 * (0.005 / rests[0] + 0.05 / rests[1]) == pytest.approx(0.1)


def test_one_that_takes_long_slows_down_itself_and_not_the_others(paces: Paces) -> None:
    slow = Pace(1.0, most=0.01, among=paces, effort=Effort(0.02))
    with slow.work():
        pass
    quick = worked(paces, 0.005)

    assert slow.wish == 0.01
    assert slow.rest_s() == pytest.approx(2.0)
    assert quick.rest_s() == 0.1


def test_what_has_ended_or_not_worked_for_long_counts_for_nothing(
    paces: Paces, now: list[float]
) -> None:
    first, closed, away = (worked(paces, 0.01) for _ in range(3))
    assert first.rest_s() == pytest.approx(0.3)

    closed.end()
    assert first.rest_s() == pytest.approx(0.2)
    now[0] += FORGOTTEN_S
    with first.work():
        pass

    assert first.rest_s() == 0.1
    assert away.wish == pytest.approx(0.1)


def test_what_it_costs_is_an_average_over_the_latest_times(paces: Paces) -> None:
    effort = Effort(0.01)
    pace = Pace(0.1, most=1.0, among=paces, effort=effort)
    with pace.work():
        pass

    effort.work_s = 0.02
    with pace.work():
        pass

    assert pace.wish == pytest.approx(0.12)


def test_nobody_waits_long_for_one_that_takes_very_long(paces: Paces) -> None:
    slow = Pace(1.0, most=0.01, among=paces, effort=Effort(0.25))

    with slow.work():
        pass

    assert slow.rest_s() == LONGEST_REST_S
    assert slow.wish == 0.01
