"""Numbers at the ticks of a report's axes."""

import pytest

from viz.study_report.axes_drawn import numbers


@pytest.mark.parametrize(
    ("ticks", "texts"),
    [
        ([7.8, 8.0, 8.2], ["7.8", "8.0", "8.2"]),
        ([0.0, 0.25, 0.5], ["0.00", "0.25", "0.50"]),
        ([0.0, 50_000.0, 100_000.0], ["0", "50,000", "100,000"]),
        ([-0.0, 0.5], ["0.0", "0.5"]),
        ([0.0, 1e6, 2e6], ["0", "1e6", "2e6"]),
        ([], []),
    ],
)
def test_numbers_of_one_axis_have_as_many_decimals_each(
    ticks: list[float], texts: list[str]
) -> None:
    assert numbers(ticks) == texts
