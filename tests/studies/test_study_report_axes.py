"""Numbers at the ticks of a report's axes, and how many there are."""

from itertools import pairwise

import matplotlib as mpl
import pytest

from viz.study_report import Axis, Curves, Plane, Point, Series, Spot, number
from viz.study_report.axes_drawn import log_ticks, thinned
from viz.study_report.drawing import _style, composed
from viz.study_report.telling import numbers, numbers_of_logs

DOUBLED = tuple(2.0**k for k in range(4, 15))
UNEVEN = (1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 9.0, 13.0, 19.0, 20.0)
LARGE = tuple(2.0**k for k in range(10, 21))


@pytest.mark.parametrize(
    ("ticks", "texts"),
    [
        ([7.8, 8.0, 8.2], ["7.8", "8.0", "8.2"]),
        ([0.0, 0.25, 0.5], ["0.00", "0.25", "0.50"]),
        ([0.0, 50_000.0, 100_000.0], ["0", "50,000", "100,000"]),
        ([-0.0, 0.5], ["0.0", "0.5"]),
        ([2048.0, 2048.5, 2049.0], ["2,048.0", "2,048.5", "2,049.0"]),
        ([0.0001, 0.5], ["0.0001", "0.5000"]),
        ([0.1, 0.2, 0.1 + 0.2], ["0.1", "0.2", "0.3"]),
        ([1.0, 2.0005], ["1", "2"]),
        ([9.0, 10.005], ["9.000", "10.005"]),
        ([], []),
    ],
)
def test_numbers_of_one_axis_have_as_many_decimals_each(
    ticks: list[float], texts: list[str]
) -> None:
    assert numbers(ticks) == texts


@pytest.mark.parametrize(
    ("ticks", "texts"),
    [
        ([0.0, 1e6, 2e6], ["0", "1e6", "2e6"]),
        ([1e6, 1.25e6, 1.5e6], ["1.00e6", "1.25e6", "1.50e6"]),
        ([0.0, 5e5, 1e6], ["0", "0.5e6", "1.0e6"]),
        ([2e-5, 4e-5], ["2e-5", "4e-5"]),
        ([1e6, 1e6 + 0.5], ["1,000,000.0", "1,000,000.5"]),
    ],
)
def test_large_and_small_numbers_of_one_axis_share_one_power_of_ten(
    ticks: list[float], texts: list[str]
) -> None:
    assert numbers(ticks) == texts


@pytest.mark.parametrize(
    ("ticks", "texts"),
    [
        ([0.1, 1.0, 1000.0], ["0.1", "1", "1,000"]),
        ([3e5, 1e6, 3e6], ["3e5", "1e6", "3e6"]),
        ([512.0, 1_048_576.0], ["512", "1,048,576"]),
    ],
)
def test_numbers_of_one_logarithmic_axis_share_one_notation(
    ticks: list[float], texts: list[str]
) -> None:
    assert numbers_of_logs(ticks) == texts


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1024, "1,024"),
        (0.05, "0.05"),
        (9999.7, "10,000"),
        (999_999.7, "1e6"),
        (1_048_576, "1.049e6"),
        (-2.5e7, "-2.5e7"),
        (3e-7, "3e-7"),
    ],
)
def test_a_number_alone_is_compact_where_it_is_very_large_or_small(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize("levels", [DOUBLED, UNEVEN, LARGE])
def test_labels_below_a_logarithmic_axis_do_not_overlap(levels: tuple[float, ...]) -> None:
    points = tuple(Point(x, 1.0) for x in levels)

    assert_apart(Curves(Axis("n", True, levels), Axis("y"), (Series("", points),)))


def test_labels_below_a_logarithmic_axis_without_levels_do_not_overlap() -> None:
    spots = (Spot(Point(0, 10.0**k), Point(0, 9.0 - k), "", True) for k in range(-3, 6))

    assert_apart(Plane(Axis("cost", True), Axis("gap"), tuple(spots)))


def assert_apart(drawing: Curves | Plane) -> None:
    with mpl.rc_context(_style("x")):
        figure = composed(drawing)
        figure.draw_without_rendering()
        labels = [t for t in figure.axes[0].get_xticklabels() if t.get_text()]
        boxes = [label.get_window_extent() for label in labels]
    assert len(boxes) > 2
    assert all(a.x1 < b.x0 for a, b in pairwise(boxes))


def test_ticks_stand_at_all_levels_where_there_are_few() -> None:
    assert thinned((1, 2, 4, 8, 16, 32, 64, 128), is_log=True) == [1, 2, 4, 8, 16, 32, 64, 128]


def test_ticks_at_uneven_levels_keep_the_ends() -> None:
    kept = thinned(UNEVEN)

    assert (kept[0], kept[-1]) == (1, 20)
    assert set(kept) < set(UNEVEN)


def test_a_short_logarithmic_axis_has_ticks_inside_of_it() -> None:
    ticks = log_ticks([12.0, 17.0, 30.0])

    assert len(ticks) > 2
    assert all(11 < tick < 31 for tick in ticks)


def test_ticks_of_whole_values_are_whole() -> None:
    points = (Point(0, 0.5), Point(1, 0.7), Point(2, 0.9))
    with mpl.rc_context(_style("x")):
        figure = composed(Curves(Axis("rounds"), Axis("share"), (Series("", points),)))

    assert all(float(tick).is_integer() for tick in figure.axes[0].get_xticks())


def test_ticks_of_a_logarithmic_axis_without_room_for_all_are_its_decades() -> None:
    ticks = [300, 1_000, 3_000, 10_000, 30_000, 100_000]

    assert thinned(ticks, is_log=True) == [1_000, 10_000, 100_000]
